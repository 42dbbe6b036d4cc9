/* Adoption of books, command by command. */
#include "tickd/modules/portfolio_adoption.h"

#include "tickd/market/symbols.h"

bool adoption_is_verb(uint32_t verb)
{
    return verb >= COMMAND_ADOPT_CASH && verb <= COMMAND_ADOPT_BOOKS;
}

/* What marks and sums may still grow by is kept free. */
static bool is_within(const struct books *books)
{
    return books_fits(books->market_value) && books_fits(books->gross) && books_fits(books->cost);
}

static enum adoption_step step_of(bool good)
{
    return good ? ADOPTION_GOES_ON : ADOPTION_REFUSED;
}

static enum adoption_step complete(const struct books *books, struct risk *risk, int64_t peak,
                                   int64_t day_equity, int64_t now_us)
{
    if (!books_balance(books) || !books_fits(peak) || !books_fits(day_equity)) {
        return ADOPTION_REFUSED;
    }
    risk_see_positions(risk, books);
    risk_adopt(risk, books, peak, day_equity, now_us);
    return ADOPTION_DONE;
}

enum adoption_step adoption_take(struct books *books, struct risk *risk, uint16_t place,
                                 const struct command_message *command, int64_t now_us)
{
    int64_t number = command->number;
    int64_t second = command->second;
    bool knows_symbol = place < books->count;
    if (!books_fits(number) || !books_fits(second)) {
        return ADOPTION_REFUSED;
    }
    switch (command->verb) {
    case COMMAND_ADOPT_CASH:
        books->initial_cash = number;
        books->cash = second;
        return step_of(number > 0);
    case COMMAND_ADOPT_RESULT:
        books->realised_pnl = number;
        books->fees = second;
        return step_of(second >= 0);
    case COMMAND_ADOPT_TURNOVER:
        books->turnover = number;
        return step_of(number >= 0);
    case COMMAND_ADOPT_POSITION:
        return step_of(knows_symbol && books_set_position(books, place, number, second) == 0 &&
                       is_within(books));
    case COMMAND_ADOPT_PRICE:
        if (!knows_symbol || number <= 0 || books_mark(books, place, number) != 0) {
            return ADOPTION_REFUSED;
        }
        risk_see_price(risk, place, number);
        return step_of(is_within(books));
    case COMMAND_ADOPT_BOOKS:
        return complete(books, risk, number, second, now_us);
    default:
        return ADOPTION_REFUSED;
    }
}
