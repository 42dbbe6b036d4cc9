/* Names to addresses: answers come through the loop, and nobody waits for one that does not come.
 */
#include "tickd/feed/resolver.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"
#include "tickd/base/text.h"

static uv_loop_t loop;
static struct resolver resolver;
static int answers;
static char failure_text[128];
static int port;
static atomic_bool let_it_end;
static atomic_int lookups_ended;

static void take_answer(void *state, const char *failure, const struct addrinfo *list)
{
    assert_ptr_equal(state, &answers);
    answers++;
    failure_text[0] = '\0';
    port = 0;
    if (failure != NULL) {
        assert_null(list);
        (void)text_copy(failure_text, sizeof failure_text, failure);
    } else {
        assert_non_null(list);
        assert_int_equal(list->ai_family, AF_INET);
        struct sockaddr_in address;

        memcpy(&address, list->ai_addr, sizeof address);
        port = ntohs(address.sin_port);
        assert_int_equal(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK);
    }
    uv_stop(&loop);
}

/* A name server that says nothing until the test allows it. */
static int look_up_slowly(const char *host, const char *service, const struct addrinfo *hints,
                          struct addrinfo **list)
{
    while (!atomic_load(&let_it_end))
        (void)poll(NULL, 0, 1);
    int error = getaddrinfo(host, service, hints, list);

    (void)atomic_fetch_add(&lookups_ended, 1);
    return error;
}

static int set_up(void **state)
{
    (void)state;
    answers = 0;
    atomic_store(&let_it_end, false);
    atomic_store(&lookups_ended, 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(resolver_start(&resolver, &loop, take_answer, &answers), 0);
    return 0;
}

/* The loop empties at once, whatever a lookup does. */
static int tear_down(void **state)
{
    (void)state;
    resolver_stop(&resolver);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

static void test_an_address_is_its_own_answer(void **state)
{
    (void)state;
    assert_int_equal(resolver_ask(&resolver, "127.0.0.1", 8051), 0);
    assert_int_equal(answers, 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(answers, 1);
    assert_int_equal(port, 8051);
}

static void test_a_name_that_cannot_be_is_a_failure_with_words(void **state)
{
    (void)state;
    assert_int_equal(resolver_ask(&resolver, "no..name", 80), 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(answers, 1);
    assert_string_equal(failure_text, gai_strerror(EAI_NONAME));
}

static void test_questions_follow_each_other_but_never_overlap(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(resolver_ask(&resolver, "127.0.0.1", (uint16_t)(1000 + i)), 0);
        assert_int_equal(resolver_ask(&resolver, "127.0.0.1", 1), ERROR_STATE);
        (void)uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(port, 1000 + i);
    }
    assert_int_equal(answers, 20);
}

static void test_nobody_waits_for_a_name_server_that_is_dead(void **state)
{
    (void)state;
    resolver.lookup = look_up_slowly;
    assert_int_equal(resolver_ask(&resolver, "127.0.0.1", 80), 0);
    (void)tear_down(state);
    assert_int_equal(atomic_load(&lookups_ended), 0);
    assert_int_equal(answers, 0);
    atomic_store(&let_it_end, true); /* its thread ends, frees what it has, and tells nobody */
    while (atomic_load(&lookups_ended) == 0)
        (void)poll(NULL, 0, 1);
    (void)poll(NULL, 0, 20);
    assert_int_equal(answers, 0);
    (void)set_up(state);
}

static void test_an_answer_that_nobody_took_before_the_stop_is_freed(void **state)
{
    (void)state;
    resolver.lookup = look_up_slowly;
    atomic_store(&let_it_end, true);
    assert_int_equal(resolver_ask(&resolver, "127.0.0.1", 80), 0);
    while (atomic_load(&lookups_ended) == 0)
        (void)poll(NULL, 0, 1);
    (void)poll(NULL, 0, 20); /* the answer waits in the loop, which does not run */
    assert_int_equal(answers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_an_address_is_its_own_answer),
        TEST(test_a_name_that_cannot_be_is_a_failure_with_words),
        TEST(test_questions_follow_each_other_but_never_overlap),
        TEST(test_nobody_waits_for_a_name_server_that_is_dead),
        TEST(test_an_answer_that_nobody_took_before_the_stop_is_freed),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
