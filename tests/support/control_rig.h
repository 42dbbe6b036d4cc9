/* A control socket and its clients in one thread: a client writes and reads without waiting;
 * between, the loop runs until what is expected is there. */
#ifndef TICKD_SUPPORT_CONTROL_RIG_H
#define TICKD_SUPPORT_CONTROL_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/engine_fixture.h"

#include "support/control_host.h"
#include "tickd/ops/control_client.h"

enum { CLIENTS_MAX = 4, OUTPUT_MAX = 65536, PATIENCE_MS = 300, TURNS_MAX = 100000 };

static struct test_host host;
static uv_loop_t loop;
static struct control *control;
static bool is_stopped;
static size_t output_all; /* of all clients; 0 = as in the daemon */
static char folder[] = "/tmp/tickd-control-XXXXXX";
static char path[64];
static char received[8 << 20];
static char why_memory[512];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/control.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int start_on(const char *socket_path, struct control **new_one)
{
    struct control_options options = {
        .loop = &loop,
        .path = socket_path,
        .clients_max = CLIENTS_MAX,
        .output_bytes_max = OUTPUT_MAX,
        .patience_ms = PATIENCE_MS,
        .output_bytes_all = output_all,
    };
    struct text why;

    text_init(&why, why_memory, sizeof why_memory);
    return control_start(new_one, &options, &host.host, &why);
}

static int start(void **state)
{
    (void)state;
    test_host_start(&host);
    is_stopped = false;
    return uv_loop_init(&loop) != 0 || start_on(path, &control) != 0;
}

/* All clients together may leave no more unread than one of them. */
static int start_narrow(void **state)
{
    output_all = OUTPUT_MAX;
    int error = start(state);

    output_all = 0;
    return error;
}

static void note_stopped(void *state)
{
    *(bool *)state = true;
}

static int stop(void **state)
{
    (void)state;
    if (control != NULL)
        control_stop(&control, note_stopped, &is_stopped);
    uv_run(&loop, UV_RUN_DEFAULT);
    test_host_stop(&host);
    return !is_stopped || uv_loop_close(&loop) != 0 || access(path, F_OK) == 0;
}

/* Clients. */

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int client = socket(AF_UNIX, SOCK_STREAM, 0);

    text_copy(address.sun_path, sizeof address.sun_path, path);
    assert_true(client >= 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    return client;
}

static void send_bytes(int client, const void *bytes, size_t length)
{
    assert_int_equal(send(client, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void send_text(int client, const char *text)
{
    send_bytes(client, text, strlen(text));
}

/* The same line many times, in one piece. */
static void send_repeated(int client, const char *line, size_t times)
{
    static char lines[262144];
    struct text text;

    text_init(&text, lines, sizeof lines);
    for (size_t i = 0; i < times; i++)
        text_add(&text, line);
    assert_false(text.cut);
    send_bytes(client, lines, text.length);
}

/* Reads what is there; *ended when the daemon has closed. */
static size_t receive_some(int client, size_t from, bool *ended)
{
    size_t length = from;
    ssize_t got;

    while ((got = read(client, received + length, sizeof received - 1 - length)) > 0)
        length += (size_t)got;
    *ended = got == 0 || (got < 0 && errno != EAGAIN);
    received[length] = '\0';
    return length;
}

/* Turns the loop until the client has so many lines, or is closed. Returns the number of lines. */
static size_t receive_lines(int client, size_t wanted, bool *ended)
{
    size_t length = 0;
    size_t lines = 0;

    for (int turn = 0; turn < TURNS_MAX; turn++) {
        length = receive_some(client, length, ended);
        lines = 0;
        for (size_t i = 0; i < length; i++)
            lines += received[i] == '\n';
        if (lines >= wanted || *ended)
            return lines;
        uv_run(&loop, UV_RUN_ONCE);
    }
    fail_msg("%zu lines of %zu", lines, wanted);
    return 0;
}

static void assert_line(int client, const char *part)
{
    bool ended;

    assert_true(receive_lines(client, 1, &ended) >= 1);
    if (strstr(received, part) == NULL)
        fail_msg("%s is not in: %.500s", part, received);
}

/* Turns the loop until the daemon has closed this client. */
static void assert_closed(int client)
{
    bool ended;

    receive_lines(client, SIZE_MAX, &ended);
    assert_true(ended);
    close(client);
}

static void run_until_clients(size_t count)
{
    for (int turn = 0; turn < TURNS_MAX && control->client_count != count; turn++)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(control->client_count, count);
}

static void run_until_one_may_go(void)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            if (control->clients[i] != NULL && client_may_go(control->clients[i]))
                return;
        }
        uv_run(&loop, UV_RUN_ONCE);
    }
    fail_msg("no client is idle");
}

/* Turns the loop until a reply waits in the daemon because a client does not read. */
static void run_until_stuck(void)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            const struct client *client = control->clients[i];

            if (client != NULL && output_unsent(&client->output) > 0)
                return;
        }
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    fail_msg("no client is stuck");
}

#endif
