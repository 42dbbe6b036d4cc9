/* The symbol table: an array of names, the index being the id, and an open-addressed hash table of
 * ids beside it, probed linearly. It is at most half full, and nothing is ever removed. */
#include "tickd/market/symbols.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"

static size_t slots_for(uint16_t capacity)
{
    size_t slots = 2;

    while (slots < (size_t)capacity * 2)
        slots *= 2;
    return slots;
}

void symbols_init(struct symbol_table *table, struct arena *arena, uint16_t capacity, bool adopts)
{
    ASSERT(capacity >= 1 && capacity <= SYMBOLS_MAX);

    size_t slots = slots_for(capacity);

    table->names = arena_take(arena, "symbols", "names", capacity, sizeof *table->names);
    table->slots = arena_take(arena, "symbols", "hash slots", slots, sizeof *table->slots);
    table->slot_mask = slots - 1;
    table->capacity = capacity;
    table->count = 0;
    table->adopts = adopts;
    if (arena_measuring(arena))
        return;
    for (size_t i = 0; i < slots; i++)
        table->slots[i] = SYMBOL_NONE;
}

/* FNV-1a, 32 bits (Fowler, Noll & Vo): names are short and few. */
static uint32_t hash_of(const char *name, size_t length)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT32_C(16777619);
    return hash;
}

/* Valid UTF-8 without control characters (C0, DEL, C1) and without a blank at either end. */
static bool is_printable(const char *name, size_t length)
{
    if (name[0] == ' ' || name[length - 1] == ' ' || !text_is_utf8(name, length))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];

        if (byte < 0x20 || byte == 0x7f)
            return false;
        /* U+0080 to U+009F are written C2 80 to C2 9F. */
        if (byte == 0xc2 && (unsigned char)name[i + 1] < 0xa0)
            return false;
    }
    return true;
}

/* The slot that holds the name, or the free one where it would go. */
static size_t slot_of(const struct symbol_table *table, const char *name, size_t length,
                      uint32_t hash)
{
    size_t slot = hash & table->slot_mask;

    while (table->slots[slot] != SYMBOL_NONE) {
        const struct symbol_name *held = &table->names[table->slots[slot]];

        if (held->hash == hash && held->length == length && memcmp(held->text, name, length) == 0)
            break;
        slot = (slot + 1) & table->slot_mask;
    }
    return slot;
}

int symbols_add(struct symbol_table *table, const char *name, size_t length, uint16_t *id)
{
    if (length == 0 || length >= SYMBOL_NAME_MAX || !is_printable(name, length))
        return ERROR_SYNTAX;

    uint32_t hash = hash_of(name, length);
    size_t slot = slot_of(table, name, length, hash);

    if (table->slots[slot] == SYMBOL_NONE) {
        if (table->count == table->capacity)
            return ERROR_FULL;

        struct symbol_name *added = &table->names[table->count];

        memcpy(added->text, name, length);
        added->text[length] = '\0';
        added->length = (uint32_t)length;
        added->hash = hash;
        table->slots[slot] = table->count++;
    }
    *id = table->slots[slot];
    return 0;
}

uint16_t symbols_find(const struct symbol_table *table, const char *name, size_t length)
{
    if (length == 0 || length >= SYMBOL_NAME_MAX)
        return SYMBOL_NONE;
    return table->slots[slot_of(table, name, length, hash_of(name, length))];
}

uint16_t symbols_resolve(struct symbol_table *table, const char *name, size_t length)
{
    uint16_t id = symbols_find(table, name, length);

    if (id == SYMBOL_NONE && table->adopts && symbols_add(table, name, length, &id) != 0)
        return SYMBOL_NONE;
    return id;
}

const char *symbols_name(const struct symbol_table *table, uint16_t id)
{
    if (id == SYMBOL_NONE)
        return "";
    ASSERT(id < table->count);
    return table->names[id].text;
}

/* State. */

/* The names that are read, beside those that are there. */
struct name_check {
    const struct symbol_table *table;
    const struct symbol_name *first; /* that was read */
    size_t at;
    struct persist *persist;
};

static bool is_sound(const struct symbol_name *name)
{
    return name->length > 0 && name->length < SYMBOL_NAME_MAX && name->text[name->length] == '\0' &&
           is_printable(name->text, name->length) &&
           name->hash == hash_of(name->text, name->length);
}

static bool are_equal(const struct symbol_name *a, const struct symbol_name *b)
{
    return a->hash == b->hash && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool check_name(const void *value, void *context)
{
    struct name_check *check = context;
    const struct symbol_name *name = value;
    size_t at = check->at++;

    check->first = at == 0 ? name : check->first;
    if (!is_sound(name))
        return false;
    for (size_t i = 0; i < at; i++) {
        if (are_equal(&check->first[i], name))
            return false;
    }
    if (at < check->table->count && !are_equal(&check->table->names[at], name)) {
        persist_misfit(check->persist, "symbol %zu was %s, and is %s here", at, name->text,
                       check->table->names[at].text);
        return false;
    }
    return true;
}

static void rebuild_slots(struct symbol_table *table)
{
    for (size_t i = 0; i <= table->slot_mask; i++)
        table->slots[i] = SYMBOL_NONE;
    for (uint16_t id = 0; id < table->count; id++) {
        const struct symbol_name *name = &table->names[id];

        table->slots[slot_of(table, name->text, name->length, name->hash)] = id;
    }
}

void symbols_persist(struct symbol_table *table, struct persist *persist)
{
    struct name_check check = {.table = table, .persist = persist};

    persist_same(persist, "room for symbols", table->capacity);
    size_t count = persist_array(persist, "symbols", table->names, table->count, table->capacity,
                                 sizeof *table->names, check_name, &check);
    if (count < table->count || (count > table->count && !table->adopts))
        persist_misfit(persist, "there were %zu symbols, and are %u here", count, table->count);
    persist->symbols = count;
    if (persist_loading(persist)) {
        table->count = (uint16_t)count;
        rebuild_slots(table);
    }
}
