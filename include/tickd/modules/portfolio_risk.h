/* The limits: what an order that takes on risk may still become. An order that reduces risk does
 * not come here. Exact integers: no NaN and no zero can switch a limit off. */
#ifndef TICKD_MODULES_PORTFOLIO_RISK_H
#define TICKD_MODULES_PORTFOLIO_RISK_H

#include "tickd/base/persist.h"
#include "tickd/base/ring.h"
#include "tickd/modules/portfolio_books.h"
#include "tickd/settings/settings.h"

enum { RISK_PRICES_TO_TRIP = 3 };

struct risk {
    struct settings_portfolio settings;
    struct ring order_times; /* of int64_t, the last orders that took on risk */
    int64_t peak;            /* highest equity; what an operator's unhalt found, afterwards */
    int64_t day;             /* UTC day that day_equity belongs to */
    int64_t day_equity;      /* equity at the day's first word */
    int beyond;              /* prices in a row that found the drawdown beyond its limit */
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

/* Takes the ring from the arena; initial equity. */
void risk_init(struct risk *risk, struct arena *arena, const struct settings_portfolio *settings);

/* Other limits from now on; orders_per_minute and initial_cash stay what they were. */
void risk_set_limits(struct risk *risk, const struct settings_portfolio *settings);

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

/* Judges an order that opens or adds, at an assumed price > 0. */
struct risk_verdict risk_judge(const struct risk *risk, const struct books *books, size_t place,
                               enum side side, int64_t quantity, int64_t price, int64_t now_us);

/* An order that takes on risk has been placed. */
void risk_note_order(struct risk *risk, int64_t now_us);

/* The largest quantity ≤ `quantity` that cash pays for at `price` with its fee. */
int64_t risk_affordable(const struct risk *risk, const struct books *books, int64_t quantity,
                        int64_t price);

/* What the limits have seen; the limits stay. */
void risk_persist(struct risk *risk, struct persist *persist);

#endif
