/* Civil dates and times in UTC, without the C library's clock or time zones. Proleptic Gregorian
 * calendar; days are counted from 1970-01-01. */
#ifndef TICKD_BASE_CALENDAR_H
#define TICKD_BASE_CALENDAR_H

#include "tickd/base/assert.h"
#include "tickd/base/compiler.h"

enum {
    CALENDAR_TEXT_MAX = 32,
    US_PER_MS = 1000,
    US_PER_S = 1000000,
    MS_PER_S = 1000,
    S_PER_DAY = 86400
};

struct civil_date {
    int32_t year;  /* −9999 to 9999 */
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

int64_t calendar_days_from_civil(struct civil_date date);
struct civil_date calendar_civil_from_days(int64_t days);

/* 0 = Sunday … 6 = Saturday. */
int32_t calendar_weekday(int64_t days);

/* Days of the n-th (1 to 5) `weekday` of a month; for daylight-saving rules. A fifth that the month
 * lacks is the next month's first. */
int64_t calendar_nth_weekday(int32_t year, int32_t month, int32_t weekday, int32_t n);

/* "2026-11-23T16:31:33.123456Z" (microseconds) or with fewer places: 0, 3 or 6. Returns length. */
size_t calendar_print_us(int64_t time_us, int places, char text[CALENDAR_TEXT_MAX]);

/* Reads "2026-11-23", exactly 10 bytes, a date that exists. ERROR_SYNTAX or ERROR_RANGE. */
int calendar_parse_date(const char *text, size_t length, struct civil_date *date);

/* Reads "09:30" as minutes after midnight, 0 to 1440. */
int calendar_parse_minutes(const char *text, size_t length, int32_t *minutes);

/* Reads a moment in UTC, "2026-11-23T16:31:33.123456Z", as calendar_print_us() writes it. The time
 * of day, its seconds, their fraction (1 to 6 places) and the Z may be left out; a blank may stand
 * for the T. ERROR_SYNTAX or ERROR_RANGE. */
int calendar_parse_us(const char *text, size_t length, int64_t *time_us);

/* Division that rounds towards −∞, and its non-negative remainder; divisor > 0. Here and not in
 * calendar.c because most divisors are constants: a compiler that knows them multiplies. */
static inline int64_t floor_divide(int64_t dividend, int64_t divisor)
{
    ASSERT(divisor > 0);
    int64_t quotient = dividend / divisor;

    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

static inline int64_t floor_modulo(int64_t dividend, int64_t divisor)
{
    ASSERT(divisor > 0);
    int64_t remainder = dividend % divisor;

    return remainder < 0 ? remainder + divisor : remainder;
}

#endif
