/* Alerts for people: the table of all, their changes, and those that fire. */
#include <string.h>

#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_view.h"

enum { LINE_MAX_BYTES = 1024 };

static const struct ctl_column alert_columns[] = {
    {"ALERT", "name", CELL_TEXT},      {"SEVERITY", "severity", CELL_TEXT},
    {"STATE", "state", CELL_TEXT},     {"SINCE (UTC)", "since_us", CELL_TIME_US},
    {"VALUE", "value", CELL_REAL},     {"IF", "comparison", CELL_TEXT},
    {"LIMIT", "threshold", CELL_REAL}, {"FOR s", "hold_s", CELL_NUMBER},
    {"FIRED", "fired", CELL_NUMBER},   {"", "text", CELL_TEXT},
};

static const struct ctl_column alert_change_columns[] = {
    {"SEQ", "seq", CELL_NUMBER},       {"TIME (UTC)", "time_us", CELL_TIME_US},
    {"ALERT", "alert", CELL_TEXT},     {"SEVERITY", "severity", CELL_TEXT},
    {"STATE", "state", CELL_TEXT},     {"VALUE", "value", CELL_REAL},
    {"LIMIT", "threshold", CELL_REAL}, {"", "text", CELL_TEXT},
};

static bool is(const cJSON *object, const char *key, const char *value)
{
    const cJSON *member = ctl_member(object, key);

    return cJSON_IsString(member) && strcmp(member->valuestring, value) == 0;
}

bool ctl_is_critical(const cJSON *list)
{
    const cJSON *alert;

    cJSON_ArrayForEach(alert, list)
    {
        if (is(alert, "state", "firing") && is(alert, "severity", "critical"))
            return true;
    }
    return false;
}

/* What to do about an alert that fires. */
static void print_remedy(FILE *out, const cJSON *alert)
{
    static const char *const parts[] = {"name", "severity", "summary", "remedy"};
    static const char *const after[] = {" (", "): ", ";\n    ", ""};
    char memory[LINE_MAX_BYTES];
    struct text line;

    text_init(&line, memory, sizeof memory);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        const cJSON *part = ctl_member(alert, parts[i]);

        if (cJSON_IsString(part))
            ctl_add_clean(&line, part->valuestring);
        text_add(&line, after[i]);
    }
    fprintf(out, "\n%s\n", memory);
}

/* The table, or changes when they were asked for. */
void ctl_print_alerts(FILE *out, const cJSON *list)
{
    const cJSON *alert;

    if (!cJSON_HasObjectItem(list->child, "fired")) {
        ctl_print_table(out, list, alert_change_columns, ARRAY_LENGTH(alert_change_columns));
        return;
    }
    ctl_print_table(out, list, alert_columns, ARRAY_LENGTH(alert_columns));
    cJSON_ArrayForEach(alert, list)
    {
        if (is(alert, "state", "firing"))
            print_remedy(out, alert);
    }
}

/* "alerts   feed critical: backing_off: no route", those that fire; none: no line. */
void ctl_print_firing(FILE *out, const cJSON *list)
{
    char memory[8 * CTL_CELL_MAX];
    struct text line;
    const cJSON *alert;
    const char *label = "alerts";

    cJSON_ArrayForEach(alert, list)
    {
        if (!is(alert, "state", "firing"))
            continue;
        text_init(&line, memory, sizeof memory);
        ctl_add_cell(&line, ctl_member(alert, "name"), CELL_TEXT);
        text_add_char(&line, ' ');
        ctl_add_cell(&line, ctl_member(alert, "severity"), CELL_TEXT);
        text_add(&line, ": ");
        ctl_add_cell(&line, ctl_member(alert, "text"), CELL_TEXT);
        fprintf(out, "%-9s %s\n", label, memory);
        label = "";
    }
}
