/* Steps of the schema. Their text is the program's own, so what does not fit is a mistake of ours.
 */
#include "tickd/store/schema.h"

#include <string.h>

#include "tickd/base/assert.h"

extern const unsigned char store_schema[];

enum { STATEMENT_MAX = 128 };

const char *schema_text(void)
{
    return (const char *)store_schema;
}

/* Where step `number` begins, or NULL. */
static const char *find_step(const char *schema, int number)
{
    char memory[32];
    struct text mark;
    text_init(&mark, memory, sizeof memory);
    text_format(&mark, "\n-- step %d\n", number);
    const char *found = strstr(schema, memory);
    return found != NULL ? found + mark.length : NULL;
}

int schema_steps(const char *schema)
{
    int steps = 0;
    while (find_step(schema, steps + 1) != NULL) {
        steps++;
    }
    return steps;
}

/* Every statement from `sql` up to `end`. */
static int run_step(sqlite3 *handle, const char *sql, const char *end)
{
    int result = SQLITE_OK;
    while (result == SQLITE_OK && sql < end) {
        sqlite3_stmt *statement = NULL;
        result = sqlite3_prepare_v2(handle, sql, (int)(end - sql), &statement, &sql);
        if (result == SQLITE_OK && statement != NULL) {
            result = sqlite3_step(statement);
            result = result == SQLITE_DONE ? SQLITE_OK : result;
        }
        sqlite3_finalize(statement);
    }
    return result;
}

static int set_version(sqlite3 *handle, int version)
{
    char memory[STATEMENT_MAX];
    struct text sql;
    text_init(&sql, memory, sizeof memory);
    text_format(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION_ID,
                version);
    return sqlite3_exec(handle, memory, NULL, NULL, NULL);
}

int schema_upgrade(sqlite3 *handle, const char *schema, int version)
{
    int steps = schema_steps(schema);
    ASSERT(version >= 0 && version <= steps);
    int result = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (int step = version + 1; step <= steps && result == SQLITE_OK; step++) {
        const char *sql = find_step(schema, step);
        const char *next = find_step(schema, step + 1);
        result = run_step(handle, sql, next != NULL ? next : sql + strlen(sql));
    }
    if (result == SQLITE_OK) {
        result = set_version(handle, steps);
    }
    if (result == SQLITE_OK) {
        result = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
    }
    return result;
}
