/* Market sessions: when a venue is open. Pure arithmetic: US daylight-saving rules (second Sunday
 * of March to first Sunday of November, 02:00 local time, the law since 2007) are computed,
 * holidays and early closes are a table that the configuration fills. */
#ifndef TICKD_MARKET_SESSION_H
#define TICKD_MARKET_SESSION_H

#include "tickd/base/compiler.h"

enum session { SESSION_CLOSED, SESSION_PRE_MARKET, SESSION_REGULAR, SESSION_POST_MARKET };

enum venue {
    VENUE_US_STOCKS, /* New York: pre 04:00, regular 09:30 to 16:00, post to 20:00 */
    VENUE_CRYPTO,    /* always open */
    VENUE_FOREX      /* Sunday 17:00 to Friday 17:00, New York */
};

enum { SESSION_DAYS_MAX = 128 };

/* An exception to the weekly rule, by New York's date. */
struct session_day {
    int32_t day;           /* days since 1970-01-01 */
    int32_t close_minutes; /* minutes after midnight of the early close; 0 = closed all day */
};

struct market_calendar {
    struct session_day days[SESSION_DAYS_MAX]; /* by day, ascending */
    size_t count;
    int32_t pre_open_minutes; /* minutes after New York's midnight */
    int32_t open_minutes;
    int32_t close_minutes;
    int32_t post_close_minutes;
};

/* The usual hours of US stocks, no exceptions. */
void calendar_init(struct market_calendar *calendar);

/* Adds "2026-12-25" (closed) or "2026-11-27 13:00" (early close), keeping the order.
 * ERROR_SYNTAX, ERROR_RANGE (no such date, or a close that is not inside the usual regular
 * session), ERROR_EXISTS (the day is there), ERROR_FULL. */
int calendar_add_day(struct market_calendar *calendar, const char *text, size_t length);

/* By its prefix: none = US stocks; OANDA:, FXCM:, FOREX.COM:, FXPIG:, IC MARKETS:, ICMARKETS:,
 * PEPPERSTONE:, SAXO:, FX: = forex; any other = crypto. */
enum venue venue_of_symbol(const char *name);

/* The session at a UTC time. Early close: the regular session ends then, post-market four hours
 * after it, as the exchanges do. */
enum session session_at(const struct market_calendar *calendar, enum venue venue, int64_t time_us);

/* Local trading day that a time belongs to, as days since 1970-01-01: New York's date for stocks,
 * New York's date + 7 h for forex (a day begins at 17:00), UTC's date for crypto. Session VWAP
 * starts anew when it changes. */
int64_t session_day_of(enum venue venue, int64_t time_us);

/* Seconds to add to UTC for New York's local time (−18000 or −14400). */
int64_t new_york_offset_s(int64_t time_us);

const char *session_name(enum session session);
const char *venue_name(enum venue venue);

#endif
