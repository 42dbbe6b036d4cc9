/* Requests: a table of routes, and no path that is ever one of a file. Every answer is written
 * here, head and all; libwebsockets reads requests and carries bytes. */
#include "tickd/ops/dashboard_parts.h"

#include <assert.h>
#include <string.h>

#include "tickd/ops/dashboard_assets.h"
#include "tickd/ops/dashboard_origin.h"
#include "tickd/ops/status_json.h"
#include "tickd/ops/watch_thread.h"

enum {
    HTTP_OK = 200,
    HTTP_NOT_MODIFIED = 304,
    HTTP_BAD_REQUEST = 400,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_NOT_ALLOWED = 405,
    HTTP_MISDIRECTED = 421,
    HTTP_UPGRADE_REQUIRED = 426,
    HTTP_INTERNAL = 500,
    HTTP_UNAVAILABLE = 503,
    VALUE_MAX = 512 /* of a request's header that is looked at */
};

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {HTTP_OK, "OK"},
    {HTTP_NOT_MODIFIED, "Not Modified"},
    {HTTP_BAD_REQUEST, "Bad Request"},
    {HTTP_FORBIDDEN, "Forbidden"},
    {HTTP_NOT_FOUND, "Not Found"},
    {HTTP_NOT_ALLOWED, "Method Not Allowed"},
    {HTTP_MISDIRECTED, "Misdirected Request"},
    {HTTP_UPGRADE_REQUIRED, "Upgrade Required"},
    {HTTP_INTERNAL, "Internal Server Error"},
    {HTTP_UNAVAILABLE, "Service Unavailable"},
};

/* What every answer carries: the page brings all it needs, from here, and nobody frames it. */
static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

/* One answer on its way. `body` is in the program, or in the desk's answer. */
struct response {
    unsigned status;
    const char *type;
    const char *cache;
    const char *tag;      /* NULL = none */
    const char *encoding; /* NULL = as it is */
    const char *more;     /* further lines of the head, "" = none */
    const unsigned char *body;
    size_t length;
    bool is_head; /* HEAD: all but the body */
    bool closes;
};

static const char *reason_of(unsigned status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "";
}

static void print_head(const struct response *response, struct text *head)
{
    text_format(head, "HTTP/1.1 %u %s\r\n", response->status, reason_of(response->status));
    text_format(head, "Content-Type: %s\r\n", response->type);
    if (response->status != HTTP_NOT_MODIFIED)
        text_format(head, "Content-Length: %zu\r\n", response->length);
    text_format(head, "Cache-Control: %s\r\n", response->cache);
    if (response->tag != NULL)
        text_format(head, "ETag: %s\r\nVary: Accept-Encoding\r\n", response->tag);
    if (response->encoding != NULL)
        text_format(head, "Content-Encoding: %s\r\n", response->encoding);
    text_add(head, response->more);
    text_add(head, policy);
    text_add(head, response->closes ? "Connection: close\r\n\r\n" : "\r\n");
}

/* Headers of the request. false: it is not there, or longer than VALUE_MAX, and *value is "". */
static bool take_header(const struct connection *connection, enum lws_token_indexes token,
                        char value[VALUE_MAX])
{
    int length = lws_hdr_copy(connection->wire, value, VALUE_MAX, token);

    if (length <= 0)
        value[0] = '\0';
    return length > 0;
}

static bool has_header(const struct connection *connection, enum lws_token_indexes token)
{
    return lws_hdr_total_length(connection->wire, token) > 0;
}

/* HTTP/1.0 is answered, and the connection closed. */
static bool is_http_1_0(const struct connection *connection)
{
    char version[VALUE_MAX];

    return take_header(connection, WSI_TOKEN_HTTP, version) && strstr(version, "1.1") == NULL;
}

static bool wants_close(const struct connection *connection)
{
    char value[VALUE_MAX];

    return is_http_1_0(connection) ||
           (take_header(connection, WSI_TOKEN_CONNECTION, value) && strstr(value, "lose") != NULL);
}

/* Sending. */

static int send_response(struct connection *connection, const struct response *response,
                         bool is_lasting)
{
    char memory[DASHBOARD_HEAD_MAX];
    struct text head;
    size_t length = response->is_head ? 0 : response->length;

    text_init(&head, memory, sizeof memory);
    print_head(response, &head);
    if (head.cut)
        return -1;
    connection->closes = response->closes;
    return dashboard_send(connection, &head,
                          (struct dashboard_body){response->body, length, is_lasting});
}

/* A body that was made for this answer: in the desk, until the next one is. */
static int send_made(struct connection *connection, const struct dashboard_desk *desk,
                     struct response *response)
{
    response->body = (const unsigned char *)desk->answer.data;
    response->length = desk->answer.length;
    return send_response(connection, response, false);
}

/* "404 Not Found", and the connection's end. */
static int refuse(struct connection *connection, unsigned status, const char *more)
{
    struct dashboard_desk *desk = dashboard_desk(connection->dashboard);
    struct response response = {
        .status = status,
        .type = "text/plain; charset=utf-8",
        .cache = "no-store",
        .more = more,
        .closes = true,
        .is_head = has_header(connection, WSI_TOKEN_HEAD_URI),
    };

    if (desk == NULL)
        return -1;
    text_clear(&desk->answer);
    text_format(&desk->answer, "%u %s\n", status, reason_of(status));
    return send_made(connection, desk, &response);
}

/* Routes. */

/* Appends the body to `out`; the status. */
typedef unsigned print_route(struct control_desk *desk, struct text *out);

static unsigned print_status(struct control_desk *desk, struct text *out)
{
    struct json json;

    json_init(&json, out, false);
    status_print_json(control_desk_status(desk), &json);
    text_add_char(out, '\n');
    return out->cut ? HTTP_INTERNAL : HTTP_OK;
}

/* 200 while no module is stale or failed. */
static unsigned print_health(struct control_desk *desk, struct text *out)
{
    const struct status *status = control_desk_status(desk);
    unsigned code = HTTP_OK;

    for (size_t i = 0; i < status->module_count; i++) {
        const struct assessment *module = &status->modules[i];

        if (module->state != MODULE_STALE && module->state != MODULE_FAILED)
            continue;
        code = HTTP_UNAVAILABLE;
        text_format(out, "%s %s\n", module_id_name(module->id), module_state_name(module->state));
    }
    if (code == HTTP_OK)
        text_add(out, "healthy\n");
    return code;
}

static const struct dashboard_route {
    const char *path;
    const char *type;
    print_route *print;
} routes[] = {
    {"/status.json", "application/json", print_status},
    {"/healthz", "text/plain; charset=utf-8", print_health},
};

static const char live_path[] = "/live";
static const char metrics_path[] = "/metrics";

/* What stands in the desk's answer. */
static int answer_made(struct connection *connection, struct dashboard_desk *desk, unsigned status,
                       const char *type, bool is_head)
{
    struct response response = {
        .status = status,
        .type = type,
        .cache = "no-store",
        .more = "",
        .closes = wants_close(connection),
        .is_head = is_head,
    };

    if (status == HTTP_INTERNAL)
        return refuse(connection, HTTP_INTERNAL, "");
    return send_made(connection, desk, &response);
}

/* Others have had what a tick has for answers. */
static bool is_exhausted(const struct connection *connection)
{
    return connection->dashboard->spent_ns >= DASHBOARD_NS_A_TICK;
}

static int answer_later(struct connection *connection)
{
    return refuse(connection, HTTP_UNAVAILABLE, "Retry-After: 1\r\n");
}

static int answer_route(struct connection *connection, const struct dashboard_route *route,
                        bool is_head)
{
    struct dashboard_desk *desk = dashboard_desk(connection->dashboard);
    int64_t begun_ns = watch_clock_ns();

    if (desk == NULL)
        return -1;
    if (is_exhausted(connection))
        return answer_later(connection);
    text_clear(&desk->answer);
    unsigned status = route->print(desk->desk, &desk->answer);

    connection->dashboard->spent_ns += watch_clock_ns() - begun_ns;
    return answer_made(connection, desk, status, route->type, is_head);
}

static_assert((int)METRICS_TEXT_MAX <= (int)DASHBOARD_DOCUMENT_MAX, "metrics fit into an answer");

/* In the format that the client likes best. */
static int answer_metrics(struct connection *connection, bool is_head)
{
    struct dashboard_desk *desk = dashboard_desk(connection->dashboard);
    char accepted[VALUE_MAX];
    bool is_said = take_header(connection, WSI_TOKEN_HTTP_ACCEPT, accepted);
    enum metrics_format format = metrics_negotiate(is_said ? accepted : NULL);

    if (desk == NULL)
        return -1;
    if (is_exhausted(connection))
        return answer_later(connection);
    int64_t begun_ns = watch_clock_ns();

    text_clear(&desk->answer);
    metrics_print(control_desk_status(desk->desk), &connection->dashboard->options.histograms,
                  format, &desk->answer);
    connection->dashboard->spent_ns += watch_clock_ns() - begun_ns;
    return answer_made(connection, desk, desk->answer.cut ? HTTP_INTERNAL : HTTP_OK,
                       metrics_content_type(format), is_head);
}

static int answer_asset(struct connection *connection, const struct dashboard_asset *asset,
                        bool is_head)
{
    char accepted[VALUE_MAX];
    char known[VALUE_MAX];
    bool takes_gzip = take_header(connection, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accepted) &&
                      strstr(accepted, "gzip") != NULL && strstr(accepted, "gzip;q=0") == NULL;
    bool is_known = take_header(connection, WSI_TOKEN_HTTP_IF_NONE_MATCH, known) &&
                    strstr(known, asset->tag) != NULL;
    struct response response = {
        .status = is_known ? HTTP_NOT_MODIFIED : HTTP_OK,
        .type = asset->type,
        .cache = "no-cache", /* kept, and asked about each time */
        .tag = asset->tag,
        .encoding = takes_gzip && !is_known ? "gzip" : NULL,
        .more = "",
        .body = takes_gzip ? asset->gzip : asset->bytes,
        .length = is_known     ? 0
                  : takes_gzip ? asset->gzip_length
                               : asset->length,
        .is_head = is_head,
        .closes = wants_close(connection),
    };

    return send_response(connection, &response, true);
}

static int answer_path(struct connection *connection, const char *path, bool is_head)
{
    for (size_t i = 0; i < dashboard_asset_count; i++) {
        if (strcmp(dashboard_assets[i]->path, path) == 0)
            return answer_asset(connection, dashboard_assets[i], is_head);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(routes[i].path, path) == 0)
            return answer_route(connection, &routes[i], is_head);
    }
    if (strcmp(path, metrics_path) == 0)
        return answer_metrics(connection, is_head);
    if (strcmp(path, live_path) == 0)
        return refuse(connection, HTTP_UPGRADE_REQUIRED, "Upgrade: websocket\r\n");
    return refuse(connection, HTTP_NOT_FOUND, "");
}

/* Who asks, by what name. 0 = it may be answered; else the status of the refusal. */
static unsigned judge(const struct connection *connection)
{
    char host[VALUE_MAX];
    char origin[VALUE_MAX];
    const struct setting_list *hosts = &connection->dashboard->options.settings->hosts;

    /* No browser speaks HTTP/1.0; what does, as a probe, may leave Host out. */
    if (!take_header(connection, WSI_TOKEN_HOST, host) &&
        (has_header(connection, WSI_TOKEN_HOST) || !is_http_1_0(connection)))
        return HTTP_BAD_REQUEST;
    if (host[0] != '\0' && !dashboard_host_is_allowed(host, connection->local, hosts))
        return HTTP_MISDIRECTED;
    if (has_header(connection, WSI_TOKEN_ORIGIN) &&
        (!take_header(connection, WSI_TOKEN_ORIGIN, origin) ||
         !dashboard_origin_is_own(origin, host)))
        return HTTP_FORBIDDEN;
    return 0;
}

static unsigned judge_method(const struct connection *connection)
{
    bool is_read =
        has_header(connection, WSI_TOKEN_GET_URI) || has_header(connection, WSI_TOKEN_HEAD_URI);

    return is_read ? 0 : HTTP_NOT_ALLOWED;
}

int dashboard_on_request(struct connection *connection, const char *path)
{
    unsigned refusal = judge(connection);

    connection->dashboard->requests++;
    lws_set_timeout(connection->wire, NO_PENDING_TIMEOUT, 0); /* the tick keeps the time */
    if (refusal != 0)
        return refuse(connection, refusal, "");
    if (judge_method(connection) != 0)
        return refuse(connection, HTTP_NOT_ALLOWED, "Allow: GET, HEAD\r\n");
    return answer_path(connection, path, has_header(connection, WSI_TOKEN_HEAD_URI));
}

int dashboard_on_upgrade(struct connection *connection)
{
    char path[VALUE_MAX];
    unsigned refusal = judge(connection);

    connection->dashboard->requests++;
    if (refusal == 0 &&
        (!take_header(connection, WSI_TOKEN_GET_URI, path) || strcmp(path, live_path) != 0))
        refusal = HTTP_NOT_FOUND;
    return refusal == 0 ? 0 : refuse(connection, refusal, "");
}
