/* Messages as rows. */
#include "tickd/store/tables.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"

enum { VALUE_MAX = 1024, S_PER_MINUTE = 60, DIGITS_LEAST = 15, DIGITS_MOST = 17 };

static bool is_to_act(const struct message *message)
{
    return message->body.decision.side != SIDE_HOLD;
}

/* VITALS come once a second, right after its boundary: those of the minute's first second. By the
 * message alone, so that a replay keeps the same ones. */
static bool begins_the_minute(const struct message *message)
{
    return floor_modulo(message->head.time_us, (int64_t)S_PER_MINUTE * US_PER_S) < US_PER_S;
}

static const struct store_table tables[STORE_TABLE_COUNT] = {
#define X(TOPIC, rank, has_symbol, wanted) {TOPIC_##TOPIC, rank, has_symbol, wanted},
    STORE_TABLES(X)
#undef X
};

const struct store_table *store_table(size_t index)
{
    ASSERT(index < STORE_TABLE_COUNT);
    return &tables[index];
}

/* Place in the table, plus one; 0 = not kept. */
static const unsigned char places[TOPIC_COUNT] = {
#define X(TOPIC, rank, has_symbol, wanted) [TOPIC_##TOPIC] = STORE_TABLE_##TOPIC + 1,
    STORE_TABLES(X)
#undef X
};

size_t store_table_for(const struct message *message)
{
    size_t place = places[message->head.topic];
    if (place == 0) {
        return STORE_TABLE_COUNT;
    }
    const struct store_table *table = &tables[place - 1];
    return table->wanted == NULL || table->wanted(message) ? place - 1 : STORE_TABLE_COUNT;
}

void store_table_name(const struct store_table *table, char name[STORE_NAME_MAX])
{
    struct text text;
    text_init(&text, name, STORE_NAME_MAX);
    text_add(&text, "raw_");
    for (const char *c = topic_name(table->topic); *c != '\0'; c++) {
        text_add_char(&text, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    }
}

static bool is_kept(const struct field *field)
{
    return strcmp(field->name, "unused") != 0;
}

void store_table_print_insert(const struct store_table *table, struct text *sql)
{
    char name[STORE_NAME_MAX];
    size_t count;
    const struct field *fields = topic_fields(table->topic, &count);
    size_t columns = table->has_symbol ? 5 : 4;
    store_table_name(table, name);
    text_format(sql, "INSERT INTO %s (run, sequence, time_us, cause%s", name,
                table->has_symbol ? ", symbol" : "");
    for (size_t i = 0; i < count; i++) {
        if (is_kept(&fields[i])) {
            text_format(sql, ", \"%s\"", fields[i].name);
            columns++;
        }
    }
    text_add(sql, ") VALUES (?");
    for (size_t i = 1; i < columns; i++) {
        text_add(sql, ", ?");
    }
    /* Not INSERT OR IGNORE: that would also swallow a NULL that may not be one, and would bend what
     * the triggers do. */
    text_add(sql, ") ON CONFLICT (run, sequence) DO NOTHING");
    ASSERT(!sql->cut);
}

/* Values. */

/* The shortest digits that read back as the same double. */
static void add_real(struct text *out, double value)
{
    char digits[32];
    struct text one;
    if (value - value != 0.0) {
        text_add(out, "null");
        return;
    }
    for (int digits_kept = DIGITS_LEAST; digits_kept <= DIGITS_MOST; digits_kept++) {
        text_init(&one, digits, sizeof digits);
        text_format(&one, "%.*g", digits_kept, value);
        if (strtod(digits, NULL) == value) {
            break;
        }
    }
    text_add(out, digits);
}

/* The species that a body names, or SPECIES_COUNT. */
static uint32_t species_in(enum topic topic, const unsigned char *body)
{
    size_t count;
    uint32_t species = SPECIES_COUNT;
    const struct field *fields = topic_fields(topic, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "species") == 0) {
            memcpy(&species, body + fields[i].offset, sizeof species);
        }
    }
    return species;
}

/* Parameters by their names, {"fast":12,"slow":26}. */
static void add_parameters(struct text *out, enum topic topic, const unsigned char *body,
                           const unsigned char *at)
{
    uint32_t species = species_in(topic, body);
    const struct species_description *description =
        species < SPECIES_COUNT ? species_describe((enum species)species) : NULL;
    text_add_char(out, '{');
    for (size_t i = 0; description != NULL && i < description->parameter_count; i++) {
        double value;
        memcpy(&value, at + i * sizeof value, sizeof value);
        text_format(out, "%s\"%s\":", i > 0 ? "," : "", description->parameters[i].name);
        add_real(out, value);
    }
    text_add_char(out, '}');
}

/* Shares by place, [0.04,0.039…]; those after the last that has any are left out. */
static void add_shares(struct text *out, const unsigned char *at, size_t count)
{
    uint16_t shares[AGENTS_MAX];
    ASSERT(count <= AGENTS_MAX);
    memcpy(shares, at, count * sizeof *shares);
    while (count > 0 && shares[count - 1] == 0) {
        count--;
    }
    text_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        text_format(out, "%s%.6f", i > 0 ? "," : "", (double)shares[i] / SHARE_ONE);
    }
    text_add_char(out, ']');
}

/* "feed,store". */
static void add_modules(struct text *out, uint32_t modules)
{
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        if ((modules >> id & 1U) != 0) {
            text_format(out, "%s%s", out->length > 0 ? "," : "",
                        module_id_name((enum module_id)id));
        }
    }
}

static int bind_text(sqlite3_stmt *insert, int place, const struct text *text)
{
    return sqlite3_bind_text(insert, place, text->data, (int)text->length, SQLITE_TRANSIENT);
}

static int bind_word(sqlite3_stmt *insert, int place, const struct field *field,
                     const unsigned char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    if (field->kind == FIELD_CHOICE) {
        return sqlite3_bind_text(insert, place, field->choice_name(word), -1, SQLITE_STATIC);
    }
    return sqlite3_bind_int64(insert, place, word);
}

static int bind_field(sqlite3_stmt *insert, int place, enum topic topic, const struct field *field,
                      const unsigned char *body)
{
    const unsigned char *at = body + field->offset;
    char memory[VALUE_MAX];
    struct text text;
    int64_t whole;
    double real;
    uint32_t modules;
    text_init(&text, memory, sizeof memory);
    switch (field->kind) {
    case FIELD_TIME_MS:
    case FIELD_TIME_US:
    case FIELD_MONEY:
    case FIELD_PRICE_OR_NONE:
    case FIELD_INTEGER:
    case FIELD_COUNT:
        memcpy(&whole, at, sizeof whole);
        return sqlite3_bind_int64(insert, place, whole);
    case FIELD_REAL:
        memcpy(&real, at, sizeof real);
        return sqlite3_bind_double(insert, place, real); /* NaN becomes NULL */
    case FIELD_WORD:
    case FIELD_CHOICE:
    case FIELD_FLAG:
        return bind_word(insert, place, field, at);
    case FIELD_SHARES:
        add_shares(&text, at, field->size / sizeof(uint16_t));
        return bind_text(insert, place, &text);
    case FIELD_REALS:
        add_parameters(&text, topic, body, at);
        return bind_text(insert, place, &text);
    case FIELD_MODULES:
        memcpy(&modules, at, sizeof modules);
        add_modules(&text, modules);
        return bind_text(insert, place, &text);
    case FIELD_TEXT:
        text_add_bytes(&text, (const char *)at, strnlen((const char *)at, field->size));
        return bind_text(insert, place, &text);
    case FIELD_INDICATORS:
    case FIELD_VOTES:
        break; /* of topics that are not kept */
    }
    return sqlite3_bind_null(insert, place);
}

int store_table_bind(const struct store_table *table, sqlite3_stmt *insert, int64_t run,
                     const struct message *message, const struct symbol_table *symbols)
{
    const struct message_head *head = &message->head;
    size_t count;
    const struct field *fields = topic_fields(table->topic, &count);
    int place = 1;
    int result = sqlite3_bind_int64(insert, place++, run);
    result |= sqlite3_bind_int64(insert, place++, (int64_t)head->sequence);
    result |= sqlite3_bind_int64(insert, place++, head->time_us);
    result |= head->caused_by == 0
                  ? sqlite3_bind_null(insert, place)
                  : sqlite3_bind_int64(insert, place, (int64_t)(head->sequence - head->caused_by));
    place++;
    if (table->has_symbol) {
        result |= head->symbol == SYMBOL_NONE
                      ? sqlite3_bind_null(insert, place)
                      : sqlite3_bind_text(insert, place, symbols_name(symbols, head->symbol), -1,
                                          SQLITE_STATIC);
        place++;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_kept(&fields[i])) {
            result |= bind_field(insert, place++, table->topic, &fields[i],
                                 (const unsigned char *)&message->body);
        }
    }
    return result;
}
