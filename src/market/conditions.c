/* Finnhub's trade conditions as one table, and the two ways into it: Finnhub's own codes and the
 * flags of QuantConnect's Lean data. */
#include "tickd/market/conditions.h"

#include <assert.h>

#include "tickd/market/trade.h"

enum {
    HLV = MOVES_HIGH_LOW | MOVES_VOLUME, /* short, so that the table can be read as a table */
    L_V = MOVES_VOLUME,
    ALL = MOVES_ALL
};

/* By code. 12 and 24 stand with what they move at least: conditions_move() lets them move more. */
static const struct condition table[] = {
    {1, ALL, "regular"},
    {2, ALL, "acquisition"},
    {3, L_V, "average price"},
    {4, ALL, "bunched"},
    {5, L_V, "cash sale"},
    {6, ALL, "distribution"},
    {7, ALL, "automatic execution"},
    {8, ALL, "intermarket sweep"},
    {9, HLV, "bunched sold"},
    {10, L_V, "price variation"},
    {11, L_V, "cap election"},
    {12, L_V, "odd lot"},
    {13, ALL, "rule 127"},
    {14, ALL, "rule 155"},
    {15, ALL, "sold last"},
    {16, 0, "market centre official close"},
    {17, L_V, "next day"},
    {18, HLV, "market centre opening"},
    {19, ALL, "opening prints"},
    {20, MOVES_HIGH_LOW, "market centre official open"},
    {21, HLV, "prior reference price"},
    {22, L_V, "seller"},
    {23, ALL, "split trade"},
    {24, L_V, "Form T (extended hours)"},
    {25, L_V, "extended hours, out of sequence"},
    {26, L_V, "contingent"},
    {27, L_V, "stock option trade"},
    {28, ALL, "cross"},
    {29, ALL, "yellow flag"},
    {30, HLV, "sold, out of sequence"},
    {31, ALL, "stopped stock"},
    {32, HLV, "derivatively priced"},
    {33, ALL, "market centre re-opening"},
    {34, ALL, "re-opening prints"},
    {35, ALL, "market centre closing"},
    {36, ALL, "closing prints"},
    {37, L_V, "qualified contingent"},
    {38, ALL, "611 exempt placeholder"},
    {39, MOVES_HIGH_LOW, "corrected consolidated close"},
    {40, ALL, "opened"},
    {41, ALL, "trade-through exempt"},
};

static_assert(ARRAY_LENGTH(table) == CONDITION_CODE_MAX, "one row a code");

const struct condition *condition_by_code(unsigned code)
{
    return code >= 1 && code <= CONDITION_CODE_MAX ? &table[code - 1] : NULL;
}

unsigned conditions_move(uint64_t conditions, bool extended, bool odd_lots_move_price)
{
    unsigned moves = MOVES_ALL;

    if (conditions & UINT64_C(1) << CONDITION_SUSPICIOUS)
        return 0;
    if (extended)
        conditions &= ~(UINT64_C(1) << CONDITION_FORM_T);
    if (odd_lots_move_price)
        conditions &= ~(UINT64_C(1) << CONDITION_ODD_LOT);
    for (; conditions != 0; conditions &= conditions - 1) {
        const struct condition *condition = condition_by_code(trailing_zeros(conditions));

        if (condition != NULL)
            moves &= condition->moves;
    }
    return moves;
}

/* The code that the text is, or CONDITION_UNKNOWN. */
static unsigned code_of_text(const char *text, size_t length)
{
    unsigned code = 0;

    if (length == 0 || length > 2 || text[0] == '0')
        return CONDITION_UNKNOWN;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return CONDITION_UNKNOWN;
        code = code * 10 + (unsigned)(text[i] - '0');
    }
    return code <= CONDITION_CODE_MAX ? code : CONDITION_UNKNOWN;
}

uint64_t conditions_add_text(uint64_t conditions, const char *text, size_t length)
{
    return conditions | UINT64_C(1) << code_of_text(text, length);
}

enum {
    LEAN_SOLD = 1 << 11,
    LEAN_EXTENDED_HOURS = 1 << 13,
    LEAN_OUT_OF_SEQUENCE = 1 << 14,
    LEAN_FLAGS = 32
};

/* Finnhub's code of each of Lean's flags, by name (Lean: Common/Data/Auxiliary,
 * TradeConditionFlags). Lean's "extended hours" is what it sets on every print outside the regular
 * session, as "Form T (extended hours)" is in Finnhub's table. */
static const uint8_t code_of_lean_flag[LEAN_FLAGS] = {
    [0] = 1,                  /* regular */
    [1] = 5,                  /* cash */
    [2] = 17,                 /* next day */
    [3] = 22,                 /* seller */
    [4] = 29,                 /* yellow flag */
    [5] = 8,                  /* intermarket sweep */
    [6] = 19,                 /* opening print */
    [7] = 36,                 /* closing print */
    [8] = 34,                 /* re-opening print */
    [9] = 32,                 /* derivatively priced */
    [10] = CONDITION_FORM_T,  /* form T */
    [11] = 15,                /* sold: sold last */
    [12] = 31,                /* stopped */
    [13] = CONDITION_FORM_T,  /* extended hours */
    [14] = 30,                /* out of sequence */
    [15] = 23,                /* split */
    [16] = 2,                 /* acquisition */
    [17] = 4,                 /* bunched */
    [18] = 27,                /* stock option */
    [19] = 6,                 /* distribution */
    [20] = 3,                 /* average price */
    [21] = 28,                /* cross */
    [22] = 10,                /* price variation */
    [23] = 14,                /* rule 155 */
    [24] = 16,                /* official close */
    [25] = 21,                /* prior reference price */
    [26] = 20,                /* official open */
    [27] = 11,                /* cap election */
    [28] = 7,                 /* auto execution */
    [29] = 41,                /* trade-through exempt */
    [30] = CONDITION_UNKNOWN, /* a flag without a name */
    [31] = CONDITION_ODD_LOT, /* odd lot */
};

/* Two of Finnhub's codes stand for two of Lean's flags together: 25 "extended hours, out of
 * sequence" and 30 "sold, out of sequence". Takes the flags that are used up out of *flags. */
static uint64_t take_out_of_sequence(uint32_t *flags)
{
    uint32_t out_of_sequence_and = LEAN_OUT_OF_SEQUENCE;
    unsigned code = 30;

    if (!(*flags & LEAN_OUT_OF_SEQUENCE))
        return 0;
    if (*flags & LEAN_EXTENDED_HOURS) {
        code = 25;
        out_of_sequence_and |= LEAN_EXTENDED_HOURS;
    } else {
        out_of_sequence_and |= LEAN_SOLD;
    }
    *flags &= ~out_of_sequence_and;
    return UINT64_C(1) << code;
}

uint64_t conditions_from_lean(uint32_t flags)
{
    uint64_t conditions = take_out_of_sequence(&flags);

    for (; flags != 0; flags &= flags - 1)
        conditions |= UINT64_C(1) << code_of_lean_flag[trailing_zeros(flags)];
    return conditions;
}
