/* The book of tranches. */
#include "tickd/modules/evolution_book.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/bus/vocabulary.h"

bool book_init(struct book *book, struct arena *arena, size_t symbols, size_t places,
               size_t horizon, double cost)
{
    struct book_symbol *of = arena_take(arena, "evolution", "symbols", symbols, sizeof *of);
    for (size_t i = 0; i < symbols; i++) {
        struct book_symbol scratch = {0};
        struct book_symbol *symbol = arena_measuring(arena) ? &scratch : &of[i];
        symbol->cells =
            arena_take(arena, "evolution", "positions of agents", places, sizeof *symbol->cells);
        symbol->sides = arena_take(arena, "evolution", "votes of the horizon", horizon * places, 1);
        symbol->scales =
            arena_take(arena, "evolution", "scales of the horizon", horizon, sizeof(double));
    }
    if (arena_measuring(arena)) {
        return false;
    }
    *book = (struct book){.of = of,
                          .symbols = symbols,
                          .places = places,
                          .horizon = horizon,
                          .root_of_horizon = sqrt((double)horizon),
                          .cost = cost};
    for (size_t i = 0; i < symbols; i++) {
        book_forget(book, (uint16_t)i);
    }
    return true;
}

void book_forget(struct book *book, uint16_t symbol)
{
    struct book_symbol *of = &book->of[symbol];
    memset(of->sides, REWARD_NO_SIDE, book->horizon * book->places);
    for (size_t i = 0; i < book->horizon; i++) {
        of->scales[i] = 0;
    }
    for (size_t i = 0; i < book->places; i++) {
        of->cells[i].position = 0;
        of->cells[i].held = 0;
    }
    of->price.bars = 0;
}

void book_clear(struct book *book, size_t place)
{
    ASSERT(place < book->places);
    for (size_t i = 0; i < book->symbols; i++) {
        struct book_symbol *of = &book->of[i];
        for (size_t row = 0; row < book->horizon; row++) {
            of->sides[row * book->places + place] = REWARD_NO_SIDE;
        }
        of->cells[place] = (struct book_cell){0};
    }
}

bool book_bar(struct book *book, uint16_t symbol, double close, double volatility)
{
    ASSERT(symbol < book->symbols);
    struct book_symbol *of = &book->of[symbol];
    size_t row = (size_t)(of->price.bars % book->horizon);
    of->bar_return = reward_next_return(&of->price, close, volatility);
    of->scale_out = of->scales[row];
    of->scales[row] = reward_scale(volatility, book->root_of_horizon);
    bool scored = of->price.bars > book->horizon;
    of->scored += scored ? 1 : 0;
    return scored;
}

/* What changes from bar to bar, the same for all places. */
struct bar_terms {
    double bar_return;
    double scale; /* of the votes that come in */
    double scale_out;
    double cost;
    uint32_t horizon;
};

/* reward_step() of tickd/agents/reward.h, here so that the compiler sees it inside the loop over
 * all places. */
static inline void take_vote(struct book_cell *cell, int side, int side_out,
                             const struct bar_terms *terms)
{
    double in = side == REWARD_NO_SIDE ? 0 : side;
    double out = side_out == REWARD_NO_SIDE ? 0 : side_out;
    if (cell->held == terms->horizon) {
        cell->earned += cell->position * terms->bar_return - terms->cost * fabs(in - out);
        cell->scored++;
    }
    cell->position += in * terms->scale - out * terms->scale_out;
    cell->held += (side == REWARD_NO_SIDE ? 0U : 1U) - (side_out == REWARD_NO_SIDE ? 0U : 1U);
    cell->position = cell->held == 0 ? 0 : cell->position;
}

void book_votes(struct book *book, uint16_t symbol, size_t first, size_t count, const int8_t *votes)
{
    ASSERT(symbol < book->symbols && first + count <= book->places);
    struct book_symbol *of = &book->of[symbol];
    size_t row = (size_t)((of->price.bars - 1) % book->horizon);
    int8_t *sides = of->sides + row * book->places + first;
    bool judged = of->scales[row] > 0;
    struct bar_terms terms = {.bar_return = of->bar_return,
                              .scale = of->scales[row],
                              .scale_out = of->scale_out,
                              .cost = book->cost * of->scales[row],
                              .horizon = (uint32_t)book->horizon};
    for (size_t i = 0; i < count; i++) {
        int side = (votes[i] > 0 ? 1 : 0) - (votes[i] < 0 ? 1 : 0);
        side = judged && votes[i] != VOTE_ABSTAINS ? side : REWARD_NO_SIDE;
        take_vote(&of->cells[first + i], side, sides[i], &terms);
        sides[i] = (int8_t)side;
    }
}

void book_begin_block(struct book *book)
{
    for (size_t i = 0; i < book->symbols; i++) {
        struct book_symbol *of = &book->of[i];
        of->scored = 0;
        for (size_t place = 0; place < book->places; place++) {
            of->cells[place].earned = 0;
            of->cells[place].scored = 0;
        }
    }
}

struct book_pair book_compare(const struct book *book, size_t first, size_t second)
{
    struct book_pair pair = {0};
    for (size_t i = 0; i < book->symbols; i++) {
        const struct book_symbol *of = &book->of[i];
        bool both = of->scored > 0 && of->cells[first].scored == of->scored;
        if (both && second != BOOK_NO_PLACE) {
            both = of->cells[second].scored == of->scored;
        }
        if (both) {
            pair.first += of->cells[first].earned;
            pair.second += second == BOOK_NO_PLACE ? 0 : of->cells[second].earned;
            pair.horizons += (double)of->scored;
        }
    }
    double horizon = (double)book->horizon;
    pair.first /= horizon;
    pair.second /= horizon;
    pair.horizons /= horizon;
    return pair;
}

double book_earned(const struct book *book, size_t place, uint64_t *scored)
{
    double earned = 0;
    *scored = 0;
    for (size_t i = 0; i < book->symbols; i++) {
        earned += book->of[i].cells[place].earned;
        *scored += book->of[i].cells[place].scored;
    }
    return earned;
}

/* Between two bars: bar_return and scale_out are written before they are read. */
static void persist_symbol(const struct book *book, struct book_symbol *of, struct persist *persist)
{
    size_t votes = book->horizon * book->places;
    persist_array(persist, "positions of agents", of->cells, book->places, book->places,
                  sizeof *of->cells, NULL, NULL);
    persist_array(persist, "votes of the horizon", of->sides, votes, votes, 1, NULL, NULL);
    persist_array(persist, "scales of the horizon", of->scales, book->horizon, book->horizon,
                  sizeof *of->scales, NULL, NULL);
    PERSIST(persist, of->price);
    PERSIST(persist, of->scored);
}

void book_persist(struct book *book, struct persist *persist)
{
    persist_same(persist, "electorate.horizon_bars", (int64_t)book->horizon);
    for (size_t i = 0; i < book->symbols; i++) {
        persist_symbol(book, &book->of[i], persist);
    }
}
