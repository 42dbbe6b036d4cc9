/* tickctl sql: a table on a terminal, a list of objects as JSON elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"
#include "tickd/bin/tickctl_sql.h"
#include "tickd/ops/ctl_client.h"
#include "tickd/ops/ctl_table.h"
#include "tickd/ops/json_writer.h"
#include "tickd/store/query.h"

enum { QUERY_FAILED = 1, WHY_MAX = 1024, SQL_MAX = 65536, ROW_MAX = 4 << 20, KEY_MAX = 24 };

static int complain(int code, const char *what)
{
    fprintf(stderr, "tickctl: %s\n", what);
    return code;
}

/* Where the archive is. */

/* The path that a running daemon tells; false: none runs, or it has no archive. */
static bool ask_daemon(const char *given, char path[CTL_PATH_MAX])
{
    char socket[CTL_PATH_MAX];
    char memory[WHY_MAX];
    struct text why;
    struct ctl_client client;
    char *line;
    size_t length;
    bool found = false;
    text_init(&why, memory, sizeof memory);
    if (ctl_find_socket(given, socket, &why) != 0 || ctl_connect(&client, socket, &why) != 0) {
        return false;
    }
    if (ctl_send(&client, "status", NULL, 0) == 0 && ctl_read_line(&client, &line, &length) == 0) {
        cJSON *reply = cJSON_ParseWithLength(line, length);
        const cJSON *told = ctl_member(reply, "result.store.path");
        found = cJSON_IsString(told) && text_copy(path, CTL_PATH_MAX, told->valuestring);
        cJSON_Delete(reply);
    }
    ctl_close(&client);
    return found;
}

static bool is_in(const char *folder, size_t length, char path[CTL_PATH_MAX])
{
    struct text text;
    text_init(&text, path, CTL_PATH_MAX);
    text_add_bytes(&text, folder, length);
    text_add(&text, "/tickd.db");
    return !text.cut && access(path, F_OK) == 0;
}

static bool look_around(char path[CTL_PATH_MAX])
{
    static const char *const folders[] = {"/var/lib/tickd", "./var/state"};
    const char *state = getenv("STATE_DIRECTORY");
    if (state != NULL && *state != '\0' && is_in(state, strcspn(state, ":"), path)) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        if (is_in(folders[i], strlen(folders[i]), path)) {
            return true;
        }
    }
    return false;
}

static int find_archive(const struct tickctl_sql *request, char path[CTL_PATH_MAX])
{
    if (request->db != NULL) {
        return text_copy(path, CTL_PATH_MAX, request->db)
                   ? 0
                   : complain(EX_USAGE, "--db: the path is too long");
    }
    if (ask_daemon(request->socket, path) || (request->socket == NULL && look_around(path))) {
        return 0;
    }
    return complain(EX_UNAVAILABLE,
                    "no archive: no daemon tells of one, and there is no tickd.db in "
                    "$STATE_DIRECTORY, /var/lib/tickd or ./var/state; --db names one");
}

/* Rows as JSON, each printed as it comes. */

struct json_rows {
    struct json json;
    struct text text;
    bool cut; /* a row was too long */
};

static void add_blob(struct text *out, sqlite3_stmt *row, int column)
{
    const unsigned char *bytes = sqlite3_column_blob(row, column);
    int size = sqlite3_column_bytes(row, column);
    for (int i = 0; i < size; i++) {
        text_format(out, "%02x", bytes[i]);
    }
}

static void add_json_value(struct json *json, sqlite3_stmt *row, int column)
{
    const char *key = sqlite3_column_name(row, column);
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        json_integer(json, key, sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        json_real(json, key, sqlite3_column_double(row, column));
        break;
    case SQLITE_TEXT:
        json_raw(json, key);
        text_add_json(json->out, (const char *)sqlite3_column_text(row, column),
                      (size_t)sqlite3_column_bytes(row, column));
        break;
    case SQLITE_BLOB:
        json_raw(json, key);
        text_add_char(json->out, '"');
        add_blob(json->out, row, column);
        text_add_char(json->out, '"');
        break;
    default:
        json_null(json, key);
        break;
    }
}

static void print_json_row(void *state, sqlite3_stmt *row)
{
    struct json_rows *rows = state;
    json_begin_object(&rows->json, NULL);
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        add_json_value(&rows->json, row, i);
    }
    json_end(&rows->json);
    rows->cut |= rows->text.cut;
    fputs(rows->text.data, stdout);
    text_clear(&rows->text);
}

/* Rows as a table: its widths are known when all are there. */

struct table_rows {
    cJSON *list;
    struct ctl_column columns[QUERY_COLUMNS_MAX];
    char keys[QUERY_COLUMNS_MAX][KEY_MAX];
    char titles[QUERY_COLUMNS_MAX][CTL_CELL_MAX];
    size_t count;
};

static void name_columns(struct table_rows *rows, sqlite3_stmt *row)
{
    rows->count = (size_t)sqlite3_column_count(row);
    for (size_t i = 0; i < rows->count; i++) {
        int type = sqlite3_column_type(row, (int)i);
        bool is_number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
        struct text title;
        text_init(&title, rows->titles[i], sizeof rows->titles[i]);
        ctl_add_clean(&title, sqlite3_column_name(row, (int)i));
        (void)snprintf(rows->keys[i], sizeof rows->keys[i], "%u", (unsigned)i);
        rows->columns[i] = (struct ctl_column){.title = rows->titles[i],
                                               .key = rows->keys[i],
                                               .cell = is_number ? CELL_NUMBER : CELL_TEXT};
    }
}

static void add_cell(cJSON *object, const char *key, sqlite3_stmt *row, int column)
{
    char memory[CTL_CELL_MAX];
    struct text cell;
    text_init(&cell, memory, sizeof memory);
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        text_format(&cell, "%lld", (long long)sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        text_format(&cell, "%.15g", sqlite3_column_double(row, column));
        break;
    case SQLITE_TEXT:
        text_add(&cell, (const char *)sqlite3_column_text(row, column));
        break;
    case SQLITE_BLOB:
        add_blob(&cell, row, column);
        break;
    default:
        text_add_char(&cell, '-');
        break;
    }
    cJSON_AddStringToObject(object, key, memory);
}

static void keep_table_row(void *state, sqlite3_stmt *row)
{
    struct table_rows *rows = state;
    cJSON *object = cJSON_CreateObject();
    if (rows->count == 0) {
        name_columns(rows, row);
    }
    for (size_t i = 0; i < rows->count; i++) {
        add_cell(object, rows->keys[i], row, (int)i);
    }
    cJSON_AddItemToArray(rows->list, object);
}

/* Asking. */

static int exit_code_of(int error)
{
    switch (error) {
    case ERROR_NOT_FOUND:
        return EX_UNAVAILABLE;
    case ERROR_SYNTAX:
        return EX_USAGE;
    case ERROR_DENIED:
        return EX_NOPERM;
    default:
        return QUERY_FAILED;
    }
}

static int ask_for_json(const char *path, const char *sql, const struct query_limits *limits,
                        struct query_result *result, struct text *why)
{
    struct json_rows rows = {.cut = false};
    char *memory = malloc(ROW_MAX);
    struct query_sink sink = {.row = print_json_row, .state = &rows};
    if (memory == NULL) {
        text_add(why, "there is no memory");
        return ERROR_MEMORY;
    }
    text_init(&rows.text, memory, ROW_MAX);
    json_init(&rows.json, &rows.text, true);
    json_begin_rows(&rows.json, NULL);
    int error = query_run(path, sql, limits, &sink, result, why);
    if (error == 0 || result->rows > 0) {
        json_end(&rows.json);
        printf("%s\n", rows.text.data);
    }
    free(memory);
    if (error == 0 && rows.cut) {
        text_format(why, "a row is longer than %d MiB and was cut", ROW_MAX >> 20);
        error = ERROR_FULL;
    }
    return error;
}

static int ask_for_table(const char *path, const char *sql, const struct query_limits *limits,
                         struct query_result *result, struct text *why)
{
    static struct table_rows rows;
    struct query_sink sink = {.row = keep_table_row, .state = &rows};
    rows = (struct table_rows){.list = cJSON_CreateArray()};
    int error = query_run(path, sql, limits, &sink, result, why);
    if (error == 0) {
        ctl_print_table(stdout, rows.list, rows.columns, rows.count);
    }
    cJSON_Delete(rows.list);
    return error;
}

static int ask(const struct tickctl_sql *request, const char *path, const char *sql,
               const struct query_limits *limits)
{
    char memory[WHY_MAX];
    struct text why;
    struct query_result result = {0};
    text_init(&why, memory, sizeof memory);
    int error = request->wants_json ? ask_for_json(path, sql, limits, &result, &why)
                                    : ask_for_table(path, sql, limits, &result, &why);
    if (fflush(stdout) != 0) {
        return complain(EX_IOERR, "the output cannot be written");
    }
    if (error != 0) {
        return complain(exit_code_of(error), memory);
    }
    if (result.cut) {
        fprintf(stderr, "tickctl: only the first %lld rows; --rows N gives more\n",
                (long long)limits->rows);
    }
    return 0;
}

int tickctl_sql(const struct tickctl_sql *request)
{
    static char memory[SQL_MAX];
    char path[CTL_PATH_MAX];
    struct text sql;
    struct query_limits limits = {.rows = QUERY_ROWS, .seconds = QUERY_SECONDS};
    if (request->rows != NULL && options_whole(request->rows, 1, INT32_MAX, &limits.rows) != 0) {
        return complain(EX_USAGE, "--rows: allowed is a whole number from 1 on");
    }
    text_init(&sql, memory, sizeof memory);
    for (size_t i = 0; i < request->word_count; i++) {
        text_format(&sql, "%s%s", i > 0 ? " " : "", request->words[i]);
    }
    if (sql.cut) {
        return complain(EX_USAGE, "the query is too long");
    }
    int code = find_archive(request, path);
    return code != 0 ? code : ask(request, path, memory, &limits);
}
