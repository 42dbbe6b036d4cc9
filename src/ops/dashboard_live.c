/* /live, the WebSocket: one frame under way a client, and always the newest. libwebsockets calls
 * back only when all of the frame before has gone to the kernel and the kernel takes more. */
#include "tickd/ops/dashboard_parts.h"

#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/watch_thread.h"

static const struct control_host *host_of(const struct connection *connection)
{
    return connection->dashboard->options.host;
}

static void begin_work(const struct connection *connection)
{
    const struct control_host *host = host_of(connection);

    if (host->running != NULL)
        host->running(host->running_state, MODULE_DASHBOARD, watch_clock_ns());
}

static void end_work(const struct connection *connection)
{
    const struct control_host *host = host_of(connection);

    if (host->running != NULL)
        host->running(host->running_state, MODULE_COUNT, 0);
}

static void make_dirty(struct connection *connection)
{
    if (!connection->is_dirty)
        connection->dirty_us = system_time_us();
    connection->is_dirty = true;
    (void)lws_callback_on_writable(connection->wire);
}

int dashboard_on_live(struct connection *connection)
{
    connection->state = CONNECTION_LIVE;
    connection->idle_ticks = 0;
    connection->dashboard->live_count++;
    lws_set_timeout(connection->wire, NO_PENDING_TIMEOUT, 0); /* the tick keeps the time */
    make_dirty(connection);
    return 0;
}

/* Questions. */

static int close_because(struct connection *connection, enum lws_close_status status,
                         const char *why)
{
    char reason[64];

    (void)text_copy(reason, sizeof reason, why);
    lws_close_reason(connection->wire, status, (unsigned char *)reason, strlen(reason));
    return -1;
}

int dashboard_on_received(struct connection *connection, const char *bytes, size_t length)
{
    bool is_whole = lws_is_final_fragment(connection->wire) != 0 &&
                    lws_remaining_packet_payload(connection->wire) == 0;

    if (lws_frame_is_binary(connection->wire) != 0)
        return close_because(connection, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text is spoken");
    if (connection->asked_us != 0 ||
        connection->question_length + length > sizeof connection->question)
        return close_because(connection, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too long a question");
    memcpy(connection->question + connection->question_length, bytes, length);
    connection->question_length += length;
    if (!is_whole)
        return 0;
    connection->asked_us = system_time_us();
    (void)lws_rx_flow_control(connection->wire, 0); /* the next one waits for this one's answer */
    (void)lws_callback_on_writable(connection->wire);
    return 0;
}

static bool may_answer(const struct connection *connection)
{
    return connection->asked_us != 0 && connection->asked < DASHBOARD_QUESTIONS_A_TICK &&
           connection->dashboard->spent_ns < DASHBOARD_NS_A_TICK;
}

static bool has_log(const struct connection *connection)
{
    const struct log_tail *tail = connection->dashboard->options.tail;

    return tail != NULL && connection->log_next < tail->next;
}

static int send_text(struct connection *connection, const struct text *text)
{
    unsigned char *bytes = (unsigned char *)text->data;

    if (lws_write(connection->wire, bytes, text->length, LWS_WRITE_TEXT) < (int)text->length)
        return -1;
    if (lws_partial_buffered(connection->wire) == 0)
        return 0;
    dashboard_make_room(connection->dashboard, text->length);
    dashboard_note_unsent(connection, text->length);
    return 0;
}

static int answer(struct connection *connection, struct dashboard_desk *desk)
{
    int64_t begun_ns = watch_clock_ns();

    dashboard_answer_question(connection->dashboard, desk, connection->question,
                              connection->question_length);
    connection->dashboard->spent_ns += watch_clock_ns() - begun_ns;
    connection->asked++;
    connection->asked_us = 0;
    connection->question_length = 0;
    (void)lws_rx_flow_control(connection->wire, 1);
    return desk->answer.length > 0 ? send_text(connection, &desk->answer) : 0;
}

/* Pushes. */

static int push_log(struct connection *connection, struct dashboard_desk *desk)
{
    dashboard_print_log(connection->dashboard->options.tail, &connection->log_next, &desk->answer);
    return send_text(connection, &desk->answer);
}

/* A document that does not fit is not sent: half of one is none. */
static int push_document(struct connection *connection, struct dashboard_desk *desk)
{
    const struct text *document = dashboard_document(connection->dashboard, desk);

    connection->is_dirty = false;
    connection->dashboard->pushes++;
    return document->cut ? 0 : send_text(connection, document);
}

int dashboard_on_live_writable(struct connection *connection)
{
    struct dashboard_desk *desk = dashboard_desk(connection->dashboard);
    int result = 0;

    if (desk == NULL)
        return -1;
    if (connection->is_cut)
        return -1;
    connection->idle_ticks = 0;
    dashboard_note_unsent(connection, 0);
    begin_work(connection);
    if (may_answer(connection))
        result = answer(connection, desk);
    else if (connection->is_dirty)
        result = push_document(connection, desk);
    else if (has_log(connection))
        result = push_log(connection, desk);
    end_work(connection);
    if (may_answer(connection) || connection->is_dirty || has_log(connection))
        (void)lws_callback_on_writable(connection->wire);
    return result;
}

void dashboard_live_tick(struct connection *connection)
{
    connection->asked = 0;
    make_dirty(connection);
}

int64_t dashboard_live_owed_since_us(const struct connection *connection)
{
    int64_t since_us = connection->is_dirty ? connection->dirty_us : 0;

    if (may_answer(connection) && (since_us == 0 || connection->asked_us < since_us))
        since_us = connection->asked_us;
    /* What is of this tick or the last is on its way; to one that does not read, nothing is owed.
     */
    if (since_us == 0 || system_time_us() - since_us < 2 * DASHBOARD_TICK_MS * US_PER_MS ||
        lws_partial_buffered(connection->wire) != 0 || lws_send_pipe_choked(connection->wire) != 0)
        return 0;
    return since_us;
}
