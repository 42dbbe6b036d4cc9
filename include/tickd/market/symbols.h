/* The symbol table: names to small dense ids, in order of addition. Fixed capacity, open-addressed
 * hash beside it; nothing is ever removed, so an id stays true for the life of the engine. */
#ifndef TICKD_MARKET_SYMBOLS_H
#define TICKD_MARKET_SYMBOLS_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"
#include "tickd/market/trade.h"

enum { SYMBOL_NAME_MAX = 32 /* with the terminating zero */, SYMBOLS_MAX = 4096 };

struct symbol_name {
    char text[SYMBOL_NAME_MAX];
    uint32_t length;
    uint32_t hash;
};

struct symbol_table {
    struct symbol_name *names;
    uint16_t *slots; /* power of two of them, at least twice the capacity; SYMBOL_NONE = free */
    size_t slot_mask;
    uint16_t capacity;
    uint16_t count;
    bool adopts; /* symbols_resolve() adds names that it does not know, while there is room */
};

/* Room for `capacity` symbols (1 to SYMBOLS_MAX) from the arena. */
void symbols_init(struct symbol_table *table, struct arena *arena, uint16_t capacity, bool adopts);

/* Adds a name of 1 to 31 bytes of printable UTF-8 (blanks inside are legal: "IC MARKETS:1"); *id is
 * its id, the old one if it was there. ERROR_FULL, ERROR_SYNTAX. */
int symbols_add(struct symbol_table *table, const char *name, size_t length, uint16_t *id);

/* The id, or SYMBOL_NONE. */
uint16_t symbols_find(const struct symbol_table *table, const char *name, size_t length);

/* As symbols_find(); when the table adopts, an unknown name is added first, if it can be. */
uint16_t symbols_resolve(struct symbol_table *table, const char *name, size_t length);

/* The name of an id that was given out; "" for SYMBOL_NONE. */
const char *symbols_name(const struct symbol_table *table, uint16_t id);

/* Ids have to mean the same again: a table that does not adopt has to have the very names that were
 * saved, one that adopts those that it has as the first of them. To be called before all whose
 * state names symbols. */
void symbols_persist(struct symbol_table *table, struct persist *persist);

/* Whether an id that was read is one of the saved table's, or SYMBOL_NONE. */
static inline bool symbols_were_there(const struct persist *persist, uint16_t id)
{
    return id < persist->symbols || id == SYMBOL_NONE;
}

#endif
