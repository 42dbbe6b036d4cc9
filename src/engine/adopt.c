/* Kept books as a series of commands. */
#include "tickd/engine/adopt.h"

#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/engine/engine_state.h"

static void give(struct engine *engine, enum command_verb verb, const char *argument,
                 int64_t number, int64_t second)
{
    struct command_message command = {.number = number, .second = second, .verb = verb};
    text_copy(command.argument, sizeof command.argument, argument);
    engine_command(engine, &command);
}

static int64_t day_of(int64_t time_us)
{
    return floor_divide(time_us, (int64_t)S_PER_DAY * US_PER_S);
}

static int look_first(struct engine *engine, const struct kept_books *kept, struct text *why)
{
    if (portfolio_counts(engine->portfolio)->orders != 0) {
        text_add(why, "an order was placed before the books could be taken over");
        return ERROR_STATE;
    }
    for (size_t i = 0; i < kept->position_count; i++) {
        const char *name = kept->positions[i].symbol;
        if (symbols_find(&engine->symbols, name, strlen(name)) == SYMBOL_NONE) {
            text_format(why, "there is a position in %s, which is not among feed.symbols: add it",
                        name);
            return ERROR_NOT_FOUND;
        }
    }
    return 0;
}

static void give_all(struct engine *engine, const struct kept_books *kept)
{
    bool same_day = day_of(kept->time_us) == day_of(bus_time(engine->bus));
    give(engine, COMMAND_ADOPT_CASH, "", kept->initial_cash, kept->cash);
    give(engine, COMMAND_ADOPT_RESULT, "", kept->realised_pnl, kept->fees);
    give(engine, COMMAND_ADOPT_TURNOVER, "", kept->turnover, 0);
    for (size_t i = 0; i < kept->position_count; i++) {
        const struct kept_position *position = &kept->positions[i];
        give(engine, COMMAND_ADOPT_PRICE, position->symbol, position->price, 0);
        give(engine, COMMAND_ADOPT_POSITION, position->symbol, position->quantity, position->cost);
    }
    give(engine, COMMAND_ADOPT_BOOKS, "", kept->peak, same_day ? kept->day_equity : 0);
    if (kept->halted) {
        give(engine, COMMAND_HALT, "the kill switch was on when the books were kept", 0, 0);
    }
}

int engine_adopt_books(struct engine *engine, const struct kept_books *kept, struct text *why)
{
    int error = look_first(engine, kept, why);
    if (error != 0) {
        return error;
    }
    uint64_t before = portfolio_counts(engine->portfolio)->adoptions;
    give_all(engine, kept);
    if (portfolio_counts(engine->portfolio)->adoptions == before) {
        text_add(why, "the kept books do not add up");
        return ERROR_RANGE;
    }
    return 0;
}
