/* Between a frame with trades on the socket and its dispatch nothing is allocated: jemalloc's own
 * count of what this thread has taken, over thousands of frames. (Messages of other types, a ping a
 * minute, go through cJSON, which allocates.) */
#include "support/fake_feed.h"
#include "support/feed_rig.h"
#include "support/test_certificates.h"

#include <jemalloc/jemalloc.h>

enum { WARM_FRAMES = 1000, FRAMES = 10000, ENTRIES = 10, DAY_S = 86400, TLS_BYTES_MAX = 64 };

static struct fake_feed server;
static struct feed_rig rig;
static uint64_t *allocated;

/* Bytes that this thread has ever taken. */
static uint64_t taken_so_far(void)
{
    return *(volatile const uint64_t *)allocated;
}

/* One message with ENTRIES trades; every hundredth in two pieces with a PING between them. */
static void say_trades(struct fake_peer *peer, int number)
{
    char memory[2048];
    struct text text;

    text_init(&text, memory, sizeof memory);
    text_add(&text, "{\"type\":\"trade\",\"data\":[");
    for (int i = 0; i < ENTRIES; i++)
        text_format(&text,
                    "%s{\"t\":%lld,\"p\":310.%02d,\"v\":40,\"c\":[\"1\",\"8\"],\"s\":\"%c\"}",
                    i == 0 ? "" : ",", (long long)(rig_wall_us() / 1000), number % 100,
                    i % 2 == 0 ? 'A' : 'B');
    text_add(&text, "]}");
    if (number % 100 != 0) {
        fake_say(peer, memory);
        return;
    }
    fake_frame(peer, FAKE_TEXT, memory, 100);
    fake_frame(peer, FAKE_FIN | FAKE_PING, "beat", 4);
    fake_frame(peer, FAKE_FIN | FAKE_CONTINUATION, memory + 100, text.length - 100);
}

static void serve_frames(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    for (int i = 0; i < WARM_FRAMES + FRAMES; i++)
        say_trades(peer, i);
    fake_hear_out(peer);
}

static bool is_warm(struct feed_rig *r)
{
    return r->fixture.seen[TOPIC_TRADE] >= (uint64_t)WARM_FRAMES * ENTRIES;
}

static bool has_all(struct feed_rig *r)
{
    return r->fixture.seen[TOPIC_TRADE] == (uint64_t)(WARM_FRAMES + FRAMES) * ENTRIES;
}

/* Bytes taken from the moment it is warm until it has all frames, and how many frames those were.
 */
static uint64_t measure(uint64_t *frames)
{
    rig_run_until(&rig, is_warm);
    uint64_t begun = taken_so_far();
    uint64_t trades = rig.fixture.seen[TOPIC_TRADE];

    rig_run_until(&rig, has_all);
    uint64_t taken = taken_so_far() - begun;

    *frames = (rig.fixture.seen[TOPIC_TRADE] - trades) / ENTRIES;
    return taken;
}

static void test_the_counter_counts(void **state)
{
    uint64_t begun = taken_so_far();
    void *volatile block = malloc(100);

    (void)state;
    assert_true(taken_so_far() >= begun + 100);
    free(block);
}

static void test_a_frame_allocates_nothing(void **state)
{
    uint64_t frames;

    (void)state;
    fake_start(&server, serve_frames, NULL);
    rig_init(&rig, server.port);
    rig_start(&rig);
    uint64_t taken = measure(&frames);

    print_message("plain: %llu bytes in %llu frames\n", (unsigned long long)taken,
                  (unsigned long long)frames);
    assert_true(frames > FRAMES / 2);
    assert_int_equal(taken, 0);
    rig_close(&rig, true);
    fake_stop(&server);
}

/* OpenSSL takes 48 bytes a record for itself; with SSL_MODE_RELEASE_BUFFERS it would be 20 kB. */
static void test_a_frame_over_tls_allocates_next_to_nothing(void **state)
{
    struct test_certificate authority = certificate_make(NULL, NULL, -DAY_S, DAY_S);
    struct test_certificate certificate =
        certificate_make("IP:127.0.0.1", &authority, -DAY_S, DAY_S);
    SSL_CTX *tls = certificate_server(&certificate);
    char url[64];
    char path[] = "/tmp/tickd-ca-XXXXXX";
    int file = mkstemp(path);
    uint64_t frames;

    (void)state;
    assert_true(file >= 0);
    (void)close(file);
    certificate_write(&authority, path);
    fake_start(&server, serve_frames, tls);
    rig_init(&rig, server.port);
    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%d", server.port);
    rig_set(&rig, "feed.url", url);
    rig_set(&rig, "feed.ca_file", path);
    rig_start(&rig);
    uint64_t taken = measure(&frames);

    print_message("TLS: %llu bytes in %llu frames\n", (unsigned long long)taken,
                  (unsigned long long)frames);
    assert_true(frames > FRAMES / 2);
    assert_true(taken <= frames * TLS_BYTES_MAX);
    rig_close(&rig, true);
    fake_stop(&server);
    SSL_CTX_free(tls);
    certificate_free(&certificate);
    certificate_free(&authority);
    (void)unlink(path);
}

static int find_counter(void **state)
{
    size_t size = sizeof allocated;

    (void)state;
    return mallctl("thread.allocatedp", (void *)&allocated, &size, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_counter_counts),
        cmocka_unit_test(test_a_frame_allocates_nothing),
        cmocka_unit_test(test_a_frame_over_tls_allocates_next_to_nothing),
    };

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return cmocka_run_group_tests(tests, find_counter, NULL);
}
