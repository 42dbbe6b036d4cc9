/* The control socket itself: what clients may do, and what becomes of those that may not. */
#include "tickd/ops/control.h"

#include <sys/stat.h>

#include "support/control_rig.h"

#include "tickd/base/error.h"

#define VERSION_REQUEST "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"}\n"
#define VERSION_REPLY \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tickd\":\"" TICKD_VERSION "\"}}\n"

/* The file. */

static void test_the_socket_is_for_owner_and_group(void **state)
{
    struct stat seen;

    (void)state;
    assert_int_equal(stat(path, &seen), 0);
    assert_true(S_ISSOCK(seen.st_mode));
    assert_int_equal(seen.st_mode & 0777, 0660);
}

static void test_a_living_daemons_socket_is_left_alone(void **state)
{
    struct control *second = NULL;

    (void)state;
    assert_int_equal(start_on(path, &second), ERROR_EXISTS);
    assert_null(second);
    assert_non_null(strstr(why_memory, path));
    assert_non_null(strstr(why_memory, "another daemon is listening there"));
    int client = connect_client();

    send_text(client, VERSION_REQUEST);
    assert_line(client, VERSION_REPLY);
    close(client);
}

static void test_a_dead_daemons_socket_is_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct control *second = NULL;
    char dead_path[80];
    bool stopped = false;

    (void)state;
    (void)snprintf(dead_path, sizeof dead_path, "%s/dead.sock", folder);
    text_copy(address.sun_path, sizeof address.sun_path, dead_path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    assert_int_equal(access(dead_path, F_OK), 0);
    assert_int_equal(start_on(dead_path, &second), 0);
    control_stop(&second, note_stopped, &stopped);
    while (!stopped)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(access(dead_path, F_OK), -1);
}

static void test_a_file_that_is_no_socket_is_not_touched(void **state)
{
    struct control *second = NULL;
    char file_path[80];

    (void)state;
    (void)snprintf(file_path, sizeof file_path, "%s/precious", folder);
    close(open(file_path, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(start_on(file_path, &second), ERROR_EXISTS);
    assert_non_null(strstr(why_memory, "is no socket"));
    assert_int_equal(access(file_path, F_OK), 0);
    unlink(file_path);
}

static void test_a_path_that_no_socket_can_have_is_an_error(void **state)
{
    struct control *second = NULL;
    char long_path[200];

    (void)state;
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(start_on(long_path, &second), ERROR_RANGE);
    assert_non_null(strstr(why_memory, "at most 107 bytes"));
    assert_int_equal(start_on("/nowhere/at/all.sock", &second), ERROR_IO);
    assert_non_null(strstr(why_memory, "No such file or directory"));
}

/* Talking. */

static void test_requests_are_answered_in_their_order(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    send_text(client, VERSION_REQUEST "nonsense\n\n" VERSION_REQUEST);
    assert_int_equal(receive_lines(client, 3, &ended), 3);
    assert_false(ended);
    assert_int_equal(strncmp(received, VERSION_REPLY, strlen(VERSION_REPLY)), 0);
    assert_non_null(strstr(received, "\"code\":-32601"));
    assert_string_equal(received + strlen(received) - strlen(VERSION_REPLY), VERSION_REPLY);
    close(client);
}

static void test_a_request_in_pieces_is_put_together(void **state)
{
    int client = connect_client();

    (void)state;
    for (const char *at = VERSION_REQUEST; *at != '\0'; at++) {
        send_bytes(client, at, 1);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_line(client, VERSION_REPLY);
    close(client);
}

static void test_a_last_line_without_its_end_is_answered_when_the_client_has_ended(void **state)
{
    int client = connect_client();

    (void)state;
    send_text(client, "version");
    shutdown(client, SHUT_WR);
    assert_line(client, "\"tickd\": \"" TICKD_VERSION "\"");
    assert_closed(client);
}

static void test_half_a_request_at_the_end_is_a_parse_error(void **state)
{
    int client = connect_client();

    (void)state;
    send_text(client, "{\"jsonrpc\":\"2.0\",\"id\":1,");
    shutdown(client, SHUT_WR);
    assert_line(client, "\"code\":-32700");
    assert_closed(client);
}

static void test_a_client_that_sends_half_a_line_and_stays_is_let_go(void **state)
{
    int client = connect_client();

    (void)state;
    send_text(client, "vers");
    assert_line(client, "the line was begun and not ended");
    assert_closed(client);
}

static void test_binary_is_an_error_and_the_connection_goes_on(void **state)
{
    static const unsigned char bytes[] = {0x16, 0x03, 0x01, 0x00, 0xff, 0xfe, 0x00, '\n'};
    int client = connect_client();

    (void)state;
    send_bytes(client, bytes, sizeof bytes);
    assert_line(client, "\"code\":-32700");
    send_text(client, VERSION_REQUEST);
    assert_line(client, VERSION_REPLY);
    close(client);
}

static void test_a_line_of_the_full_length_is_taken(void **state)
{
    static char line[RPC_LINE_MAX + 1];
    int client = connect_client();

    (void)state;
    memset(line, ' ', sizeof line);
    memcpy(line, "version", 7);
    line[RPC_LINE_MAX] = '\n';
    send_bytes(client, line, sizeof line);
    assert_line(client, "{\n");
    close(client);
}

static void test_a_line_that_is_too_long_is_an_error_and_the_end(void **state)
{
    static char line[RPC_LINE_MAX + 1];
    int client = connect_client();

    (void)state;
    memset(line, 'x', sizeof line);
    send_bytes(client, line, sizeof line);
    assert_line(client, "\"code\":-32005");
    assert_closed(client);
}

static void test_one_client_too_many_is_told_so(void **state)
{
    int clients[CLIENTS_MAX];

    (void)state;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        clients[i] = connect_client();
    run_until_clients(CLIENTS_MAX);
    int refused = connect_client();

    assert_line(refused, "\"code\":-32004,\"message\":\"4 clients are connected already\"");
    assert_closed(refused);
    send_text(clients[0], VERSION_REQUEST);
    assert_line(clients[0], VERSION_REPLY);
    close(clients[0]);
    run_until_clients(CLIENTS_MAX - 1);
    int next = connect_client();

    send_text(next, VERSION_REQUEST);
    assert_line(next, VERSION_REPLY);
    close(next);
    for (size_t i = 1; i < CLIENTS_MAX; i++)
        close(clients[i]);
    run_until_clients(0);
    assert_int_equal(control->refused, 1);
}

static void test_an_idle_client_gives_its_place_to_one_that_comes(void **state)
{
    int clients[CLIENTS_MAX];

    (void)state;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        clients[i] = connect_client();
    run_until_clients(CLIENTS_MAX);
    send_text(clients[0], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\","
                          "\"params\":[\"TRADE\"]}\n");
    assert_line(clients[0], "\"id\":1");
    run_until_one_may_go();
    send_text(clients[1], VERSION_REQUEST);
    assert_line(clients[1], VERSION_REPLY);
    int next = connect_client();

    send_text(next, VERSION_REQUEST);
    assert_line(next, VERSION_REPLY);
    assert_int_equal(control->client_count, CLIENTS_MAX);
    bool ended = false;
    size_t given = 0;

    for (size_t i = 2; i < CLIENTS_MAX; i++) {
        receive_some(clients[i], 0, &ended);
        given += ended;
        assert_true(!ended || strstr(received, "\"code\":-32004,\"message\":\"idle") != NULL);
    }
    assert_int_equal(given, 1);
    assert_int_equal(control->cut_off, 1);
    assert_int_equal(control->refused, 0);
    for (size_t i = 0; i < 2; i++) {
        receive_some(clients[i], 0, &ended);
        assert_false(ended);
    }
    close(next);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        close(clients[i]);
    run_until_clients(0);
}

static void test_a_thousand_lines_are_answered_a_turn_at_a_time(void **state)
{
    int client = connect_client();
    struct vitals_message vitals = {0};
    bool was_owed = false;
    bool ended = false;
    size_t length = 0;

    (void)state;
    send_repeated(client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"}\n", 1000);
    while (control->answered < 1000) {
        uint64_t before = control->answered;

        uv_run(&loop, UV_RUN_ONCE);
        assert_true(control->answered - before <= 3 * CONTROL_LINES_A_TURN);
        control_fill_vitals(control, &vitals);
        was_owed |= vitals.control_owed_since_us != 0;
        length = receive_some(client, length, &ended);
    }
    receive_some(client, length, &ended);
    assert_true(was_owed);
    uv_run(&loop, UV_RUN_NOWAIT);
    control_fill_vitals(control, &vitals);
    assert_int_equal(vitals.control_owed_since_us, 0);
    assert_int_equal(vitals.control_handled, 1000);
    assert_int_equal(vitals.wired, 1U << MODULE_CONTROL);
    assert_int_equal(length, 1000 * strlen(VERSION_REPLY));
    close(client);
}

static void test_a_client_that_goes_in_the_middle_leaves_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        int client = connect_client();

        send_text(client, i % 2 == 0 ? "config\nhistory bus 100\nsta" : "");
        if (i % 3 == 0)
            uv_run(&loop, UV_RUN_NOWAIT);
        close(client);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    run_until_clients(0);
}

/* Not reading. */

static void test_a_client_that_asks_and_never_reads_is_cut_off(void **state)
{
    int client = connect_client();
    int other = connect_client();

    (void)state;
    for (int i = 0; i < 200; i++) {
        if (send(client, "config\n", 7, MSG_NOSIGNAL) < 0)
            break;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    send_text(other, VERSION_REQUEST); /* the others do not notice */
    assert_line(other, VERSION_REPLY);
    run_until_clients(1);
    assert_int_equal(control->cut_off, 1);
    assert_true(control->answered < 200);
    close(client);
    close(other);
}

static void test_a_slow_reader_gets_everything(void **state)
{
    int client = connect_client();
    size_t length = 0;
    bool ended = false;

    (void)state;
    send_repeated(client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"config\"}\n", 40);
    run_until_stuck(); /* the socket holds no more */
    assert_true(control->answered < 40);
    for (int turn = 0; turn < TURNS_MAX && control->answered < 40; turn++) {
        length = receive_some(client, length, &ended);
        uv_run(&loop, UV_RUN_ONCE);
    }
    uv_run(&loop, UV_RUN_NOWAIT);
    length = receive_some(client, length, &ended);
    size_t line = strcspn(received, "\n") + 1;

    assert_int_equal(length, 40 * line);
    for (size_t i = 1; i < 40; i++)
        assert_memory_equal(received + i * line, received, line);
    assert_int_equal(control->cut_off, 0);
    close(client);
}

static void advance(int seconds)
{
    static int at;

    for (int i = 0; i < seconds; i++) {
        at++;
        engine_advance(host.fixture.engine, engine_time_us(host.fixture.engine) + US_PER_S);
    }
}

static void test_a_watcher_gets_what_it_watches_and_nothing_else(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    send_text(client,
              "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"watch\",\"params\":[\"CLOCK\"]}\n");
    assert_line(client, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"watching\":[\"CLOCK\"]}}\n");
    test_host_trade(&host, 3);
    assert_int_equal(receive_lines(client, 2, &ended), 2);
    assert_non_null(strstr(received, "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":{"));
    assert_non_null(strstr(received, "\"topic\":\"CLOCK\""));
    assert_null(strstr(received, "\"topic\":\"TRADE\""));
    close(client);
    run_until_clients(0);
    assert_int_equal(control->watched, 0);
}

static void test_a_watcher_can_ask_and_watch_more(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    send_text(client, "watch CLOCK\nwatch TRADE\n");
    while (control->answered < 2)
        uv_run(&loop, UV_RUN_ONCE);
    test_host_trade(&host, 3);
    assert_int_equal(receive_lines(client, 5, &ended), 5);
    assert_non_null(strstr(received, "\"topic\":\"TRADE\""));
    assert_non_null(strstr(received, "\"topic\":\"CLOCK\""));
    send_text(client, VERSION_REQUEST);
    assert_line(client, VERSION_REPLY);
    close(client);
}

static void test_a_watcher_that_does_not_read_is_cut_off_and_nobody_waits(void **state)
{
    int client = connect_client();
    int other = connect_client();
    struct vitals_message vitals = {.clients_fill = 0};
    uint32_t fullest = 0;

    (void)state;
    send_text(client, "watch all\n");
    while (control->watched == 0)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 400 && control->cut_off == 0; i++) {
        control_fill_vitals(control, &vitals);
        assert_in_range(vitals.clients_fill, fullest, 1000);
        fullest = vitals.clients_fill;
        advance(10);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_true(fullest > 500);
    control_fill_vitals(control, &vitals);
    assert_int_equal(vitals.clients_fill, 0);
    assert_int_equal(control->cut_off, 1);
    assert_int_equal(control->watched, 0);
    send_text(other, VERSION_REQUEST);
    assert_line(other, VERSION_REPLY);
    run_until_clients(1);
    close(client);
    close(other);
}

static void test_a_burst_that_is_larger_than_the_limit_cuts_a_watcher_off_at_once(void **state)
{
    int client = connect_client();

    (void)state;
    send_text(client, "watch CLOCK\n");
    while (control->watched == 0)
        uv_run(&loop, UV_RUN_ONCE);
    advance(OUTPUT_MAX / 64); /* a line has more than 64 bytes; the loop does not turn */
    assert_int_equal(control->cut_off, 1);
    run_until_clients(0);
    close(client);
}

static void watch_unread(int client, size_t answered)
{
    send_text(client, "watch all\n");
    while (control->answered < answered)
        uv_run(&loop, UV_RUN_ONCE);
}

static size_t unsent_of_all(void)
{
    size_t unsent = 0;

    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        const struct client *client = control->clients[i];

        if (client != NULL && client->state != CLIENT_CLOSING)
            unsent += output_unsent(&client->output);
    }
    return unsent;
}

/* Until so many were cut off; the share of its own limit that the fullest had come to. */
static uint32_t advance_until_cut_off(uint64_t count)
{
    struct vitals_message vitals = {.clients_fill = 0};
    uint32_t fullest = 0;

    for (int i = 0; i < 4000 && control->cut_off < count; i++) {
        control_fill_vitals(control, &vitals);
        fullest = vitals.clients_fill;
        advance(1);
        assert_in_range(unsent_of_all(), 0, OUTPUT_MAX + 2 * OUTPUT_BLOCK_BYTES);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(control->cut_off, count);
    return fullest;
}

static void test_what_all_clients_leave_unread_together_is_bounded(void **state)
{
    int watchers[CLIENTS_MAX - 1];
    int other = connect_client();

    (void)state;
    for (size_t i = 0; i < CLIENTS_MAX - 1; i++) {
        watchers[i] = connect_client();
        watch_unread(watchers[i], i + 1);
    }
    assert_in_range(advance_until_cut_off(1), 200, 450); /* a third of the room each */
    assert_in_range(advance_until_cut_off(2), 300, 600); /* half of it each */
    send_text(other, VERSION_REQUEST);
    assert_line(other, VERSION_REPLY);
    run_until_clients(2);
    for (size_t i = 0; i < CLIENTS_MAX - 1; i++)
        close(watchers[i]);
    run_until_clients(1);
    assert_int_equal(output_pool_used(&control->pool), 0);
    close(other);
}

static void test_the_one_that_has_left_the_most_unread_makes_room_for_a_reply(void **state)
{
    int deaf = connect_client();
    int other = connect_client();
    bool ended = false;

    (void)state;
    watch_unread(deaf, 1);
    while (unsent_of_all() < OUTPUT_MAX - 2048) {
        advance(1);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(control->cut_off, 0);
    send_text(other, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\","
                     "\"params\":[\"message_log\",200]}\n");
    assert_int_equal(receive_lines(other, 1, &ended), 1);
    assert_false(ended);
    assert_true(strlen(received) > 3 * OUTPUT_BLOCK_BYTES);
    assert_int_equal(control->cut_off, 1);
    run_until_clients(1);
    assert_closed(deaf);
    close(other);
}

static void test_a_watcher_that_has_gone_is_noticed_without_a_message(void **state)
{
    int client = connect_client();

    (void)state;
    send_text(client, "watch BAR\n");
    shutdown(client, SHUT_WR);
    while (control->watched == 0)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(control->client_count, 1); /* ended, and still listening */
    close(client);
    run_until_clients(0);
}

/* Waiting. */

static void test_a_wait_is_answered_when_it_is_so(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    host.feed_state = FEED_CONNECTING;
    send_text(client, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"wait\",\"params\":[\"streaming\"]"
                      "}\n" VERSION_REQUEST);
    while (control->answered < 1)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(receive_some(client, 0, &ended), 0);
    host.feed_state = FEED_STREAMING;
    assert_int_equal(receive_lines(client, 2, &ended), 2);
    assert_int_equal(strncmp(received, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"state\":", 41),
                     0);
    assert_non_null(strstr(received, VERSION_REPLY)); /* the next line had to wait as well */
    close(client);
}

static void test_a_thousand_waits_that_are_over_at_once_are_answered(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    host.feed_state = FEED_STREAMING;
    send_repeated(client,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\",\"params\":[\"ready\"]}\n",
                  1000);
    assert_int_equal(receive_lines(client, 1000, &ended), 1000);
    close(client);
}

static void test_a_waiter_that_has_gone_is_forgotten(void **state)
{
    int client = connect_client();

    (void)state;
    host.feed_state = FEED_CONNECTING;
    send_text(client, "wait streaming\n");
    shutdown(client, SHUT_WR);
    while (control->answered < 1)
        uv_run(&loop, UV_RUN_ONCE);
    close(client);
    run_until_clients(0);
}

/* The end. */

static void test_whoever_waits_is_told_that_the_daemon_ends(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    host.feed_state = FEED_CONNECTING;
    send_text(client,
              "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"wait\",\"params\":[\"streaming\"]}\n");
    while (control->answered < 1)
        uv_run(&loop, UV_RUN_ONCE);
    control_stop(&control, note_stopped, &is_stopped);
    assert_null(control);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(is_stopped);
    receive_some(client, 0, &ended);
    assert_true(ended);
    assert_non_null(strstr(received, "\"code\":-32007"));
    close(client);
}

static void stop_now(void *state)
{
    (void)state;
    control_stop(&control, note_stopped, &is_stopped);
}

static void test_a_shutdown_is_answered_even_if_it_stops_the_socket_at_once(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    host.on_command = stop_now;
    send_text(client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}\n" VERSION_REQUEST);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(is_stopped);
    receive_some(client, 0, &ended);
    assert_true(ended);
    assert_string_equal(received,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"done\":\"shutdown\"}}\n");
    assert_int_equal(host.command.uid, getuid());
    close(client);
}

static void test_a_watcher_sees_its_own_command(void **state)
{
    int client = connect_client();
    bool ended;

    (void)state;
    send_text(client, "watch COMMAND\nrotate\n");
    assert_int_equal(receive_lines(client, 4, &ended), 4);
    assert_non_null(strstr(received, "\"topic\":\"COMMAND\""));
    assert_non_null(strstr(received, "\"done\": \"rotate\""));
    close(client);
}

static void test_stopping_with_clients_in_every_state_closes_them_all(void **state)
{
    int idle = connect_client();
    int half = connect_client();
    int stuck = connect_client();
    int watcher = connect_client();

    (void)state;
    send_text(half, "vers");
    send_text(watcher, "watch all\n");
    for (int i = 0; i < 40; i++)
        send_text(stuck, "config\n");
    run_until_clients(4);
    run_until_stuck();
    while (control->watched == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(control->client_count, 4);
    advance(5);
    control_stop(&control, note_stopped, &is_stopped);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(is_stopped);
    close(idle);
    close(half);
    close(stuck);
    close(watcher);
}

static void test_the_status_counts_clients_and_requests(void **state)
{
    static struct status status;
    int client = connect_client();

    (void)state;
    send_text(client, VERSION_REQUEST);
    assert_line(client, VERSION_REPLY);
    control_fill_status(control, &status);
    assert_int_equal(status.live.control_clients, 1);
    assert_int_equal(status.live.control_requests, 1);
    assert_int_equal(status.live.control_cut_off, 0);
    assert_int_equal(status.live.control_refused, 0);
    close(client);
}

int main(void)
{
#define CONTROL_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define CONTROL_NARROW(test) cmocka_unit_test_setup_teardown(test, start_narrow, stop)
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(test_the_socket_is_for_owner_and_group),
        CONTROL_TEST(test_a_living_daemons_socket_is_left_alone),
        CONTROL_TEST(test_a_dead_daemons_socket_is_replaced),
        CONTROL_TEST(test_a_file_that_is_no_socket_is_not_touched),
        CONTROL_TEST(test_a_path_that_no_socket_can_have_is_an_error),
        CONTROL_TEST(test_requests_are_answered_in_their_order),
        CONTROL_TEST(test_a_request_in_pieces_is_put_together),
        CONTROL_TEST(test_a_last_line_without_its_end_is_answered_when_the_client_has_ended),
        CONTROL_TEST(test_half_a_request_at_the_end_is_a_parse_error),
        CONTROL_TEST(test_a_client_that_sends_half_a_line_and_stays_is_let_go),
        CONTROL_TEST(test_binary_is_an_error_and_the_connection_goes_on),
        CONTROL_TEST(test_a_line_of_the_full_length_is_taken),
        CONTROL_TEST(test_a_line_that_is_too_long_is_an_error_and_the_end),
        CONTROL_TEST(test_one_client_too_many_is_told_so),
        CONTROL_TEST(test_an_idle_client_gives_its_place_to_one_that_comes),
        CONTROL_TEST(test_a_thousand_lines_are_answered_a_turn_at_a_time),
        CONTROL_TEST(test_a_client_that_goes_in_the_middle_leaves_nothing_behind),
        CONTROL_TEST(test_a_client_that_asks_and_never_reads_is_cut_off),
        CONTROL_TEST(test_a_slow_reader_gets_everything),
        CONTROL_TEST(test_a_watcher_gets_what_it_watches_and_nothing_else),
        CONTROL_TEST(test_a_watcher_can_ask_and_watch_more),
        CONTROL_TEST(test_a_watcher_that_does_not_read_is_cut_off_and_nobody_waits),
        CONTROL_TEST(test_a_burst_that_is_larger_than_the_limit_cuts_a_watcher_off_at_once),
        CONTROL_NARROW(test_what_all_clients_leave_unread_together_is_bounded),
        CONTROL_NARROW(test_the_one_that_has_left_the_most_unread_makes_room_for_a_reply),
        CONTROL_TEST(test_a_watcher_that_has_gone_is_noticed_without_a_message),
        CONTROL_TEST(test_a_wait_is_answered_when_it_is_so),
        CONTROL_TEST(test_a_thousand_waits_that_are_over_at_once_are_answered),
        CONTROL_TEST(test_a_waiter_that_has_gone_is_forgotten),
        CONTROL_TEST(test_whoever_waits_is_told_that_the_daemon_ends),
        CONTROL_TEST(test_a_shutdown_is_answered_even_if_it_stops_the_socket_at_once),
        CONTROL_TEST(test_a_watcher_sees_its_own_command),
        CONTROL_TEST(test_stopping_with_clients_in_every_state_closes_them_all),
        CONTROL_TEST(test_the_status_counts_clients_and_requests),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
