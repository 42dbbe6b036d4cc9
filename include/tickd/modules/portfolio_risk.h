/* The limits: what an order that takes on risk may still become. An order that reduces risk does
 * not come here. Exact integers: no NaN and no zero can switch a limit off.
 *
 * One bad print, high or low, moves no limit: each goes by the last three prices of every symbol
 * that is held. The peak rises to what the worst of them confirm, the kill switch trips when the
 * best of them are beyond it, that is after three prices in a row; sizes and the day's loss go by
 * the middle ones. */
#ifndef TICKD_MODULES_PORTFOLIO_RISK_H
#define TICKD_MODULES_PORTFOLIO_RISK_H

#include "tickd/base/persist.h"
#include "tickd/base/ring.h"
#include "tickd/modules/portfolio_books.h"
#include "tickd/settings/settings.h"

enum { RISK_PRICES = 3 };

struct risk_mark {
    int64_t prices[RISK_PRICES]; /* of the symbol, newest first; 0 = there was none */
    int64_t best;                /* the position at the best of them, less at the newest; >= 0 */
    int64_t worst;               /* at the worst of them; <= 0 */
};

struct risk {
    struct settings_portfolio settings;
    struct ring order_times; /* of int64_t, the last orders that took on risk */
    struct risk_mark *marks; /* by place */
    size_t places;
    int128 best; /* Σ of marks */
    int128 worst;
    int64_t peak; /* highest equity that three prices confirm; what an unhalt found, afterwards */
    int64_t day;  /* UTC day that day_equity belongs to */
    int64_t day_equity; /* equity at the middle prices, at the day's first word */
    bool halted;
    bool journal_failing; /* what has to be recorded cannot be: no new risk until it can */
};

/* The verdict on an order: how much of the quantity may be, and if nothing, why. */
struct risk_verdict {
    bool refused;
    enum reject_reason reason;
    int64_t quantity; /* allowed, > 0 unless refused */
    int64_t limit;    /* money, of the limit that refuses or cuts; 0 = none does */
    int64_t would_be; /* money, what it would have become */
};

/* What open orders may still take, at the newest prices. */
struct risk_open {
    int64_t gross; /* money, of entries on both sides */
    int64_t cash;  /* of those that buy, with their fees */
};

/* Takes ring and marks from the arena; initial equity. */
void risk_init(struct risk *risk, struct arena *arena, const struct settings_portfolio *settings,
               size_t places);

/* Other limits from now on; orders_per_minute and initial_cash stay what they were. */
void risk_set_limits(struct risk *risk, const struct settings_portfolio *settings);

/* The symbol's price, > 0, has moved. */
void risk_see_price(struct risk *risk, size_t place, int64_t price);

/* The position or its price has changed in the books. */
void risk_see_position(struct risk *risk, const struct books *books, size_t place);

/* The same for all, as after a load. */
void risk_see_positions(struct risk *risk, const struct books *books);

/* At the middle one of each symbol's last three prices; of fewer, at the oldest. */
int64_t risk_equity(const struct risk *risk, const struct books *books);

/* A price has moved equity, or time has passed: peak, day, drawdown. Returns true when the kill
 * switch trips now. `is_price`: only prices count towards tripping. */
bool risk_note(struct risk *risk, const struct books *books, int64_t now_us, bool is_price);

void risk_halt(struct risk *risk);
/* The present equity is the new peak. */
void risk_unhalt(struct risk *risk, const struct books *books);

/* Books have been taken over, with the highest equity that they had and the first of this day; one
 * that cannot be is taken as the present equity. */
void risk_adopt(struct risk *risk, const struct books *books, int64_t peak, int64_t day_equity,
                int64_t now_us);

/* 0 to 1. */
double risk_drawdown(const struct risk *risk, const struct books *books);

/* Judges an order that opens or adds, at an assumed price > 0; `open`: the others. */
struct risk_verdict risk_judge(const struct risk *risk, const struct books *books,
                               const struct risk_open *open, size_t place, enum side side,
                               int64_t quantity, int64_t price, int64_t now_us);

/* Adds what is left of an order that opens or adds. */
void risk_open_add(const struct risk *risk, struct risk_open *open, enum side side,
                   int64_t quantity, int64_t price);

/* An order that takes on risk has been placed. */
void risk_note_order(struct risk *risk, int64_t now_us);

/* What of an order that opens or adds may be filled at this price: the largest quantity ≤
 * `quantity` that stays within the limits of exposure, and that cash pays for with its fee. 0 =
 * nothing. */
int64_t risk_fillable(const struct risk *risk, const struct books *books, size_t place,
                      enum side side, int64_t quantity, int64_t price);

/* What the limits have seen; the limits stay. After a load, risk_see_positions(). */
void risk_persist(struct risk *risk, struct persist *persist);

#endif
