/* Market sessions. New York's offset comes from the daylight-saving law, the rest is minutes of a
 * local day. All intervals are half-open: the regular session of a usual day is [09:30, 16:00). */
#include "tickd/market/session.h"

#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"

enum {
    MINUTES_PER_HOUR = 60,
    SECONDS_PER_MINUTE = 60,
    SECONDS_PER_HOUR = 3600,
    STANDARD_OFFSET_S = -5 * SECONDS_PER_HOUR,
    DAYLIGHT_OFFSET_S = -4 * SECONDS_PER_HOUR,
    FOREX_TURN_MINUTES = 17 * MINUTES_PER_HOUR,
    EARLY_CLOSE_POST_MINUTES = 4 * MINUTES_PER_HOUR,
    DATE_LENGTH = 10,     /* "2026-12-25" */
    DATE_TIME_LENGTH = 16 /* "2026-11-27 13:00" */
};

enum { SUNDAY = 0, FRIDAY = 5, SATURDAY = 6 };

/* Energy Policy Act of 2005, section 110: from 2007 on, from the second Sunday of March to the
 * first Sunday of November, at 02:00 local time: 07:00 UTC out of standard time, 06:00 UTC out of
 * daylight time. */
int64_t new_york_offset_s(int64_t time_us)
{
    int64_t utc_s = floor_divide(time_us, US_PER_S);
    int32_t year = calendar_civil_from_days(floor_divide(utc_s, S_PER_DAY)).year;
    int64_t begin_s =
        calendar_nth_weekday(year, 3, SUNDAY, 2) * S_PER_DAY + INT64_C(7) * SECONDS_PER_HOUR;
    int64_t end_s =
        calendar_nth_weekday(year, 11, SUNDAY, 1) * S_PER_DAY + INT64_C(6) * SECONDS_PER_HOUR;

    return utc_s >= begin_s && utc_s < end_s ? DAYLIGHT_OFFSET_S : STANDARD_OFFSET_S;
}

void calendar_init(struct market_calendar *calendar)
{
    memset(calendar, 0, sizeof *calendar);
    calendar->pre_open_minutes = 4 * MINUTES_PER_HOUR;
    calendar->open_minutes = 9 * MINUTES_PER_HOUR + 30;
    calendar->close_minutes = 16 * MINUTES_PER_HOUR;
    calendar->post_close_minutes = 20 * MINUTES_PER_HOUR;
}

/* Index of the first exception on or after a day. */
static size_t lower_bound(const struct market_calendar *calendar, int64_t day)
{
    size_t low = 0;
    size_t high = calendar->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (calendar->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct session_day *find_day(const struct market_calendar *calendar, int64_t day)
{
    size_t index = lower_bound(calendar, day);

    return index < calendar->count && calendar->days[index].day == day ? &calendar->days[index]
                                                                       : NULL;
}

static int parse_day(const struct market_calendar *calendar, const char *text, size_t length,
                     struct session_day *day)
{
    struct civil_date date;
    int error;

    if (length != DATE_LENGTH && length != DATE_TIME_LENGTH)
        return ERROR_SYNTAX;
    error = calendar_parse_date(text, DATE_LENGTH, &date);
    if (error != 0)
        return error;
    day->day = (int32_t)calendar_days_from_civil(date);
    day->close_minutes = 0;
    if (length == DATE_LENGTH)
        return 0;
    if (text[DATE_LENGTH] != ' ')
        return ERROR_SYNTAX;
    error = calendar_parse_minutes(text + DATE_LENGTH + 1, length - DATE_LENGTH - 1,
                                   &day->close_minutes);
    if (error != 0)
        return error;
    return day->close_minutes > calendar->open_minutes &&
                   day->close_minutes < calendar->close_minutes
               ? 0
               : ERROR_RANGE;
}

int calendar_add_day(struct market_calendar *calendar, const char *text, size_t length)
{
    struct session_day day;
    int error = parse_day(calendar, text, length, &day);

    if (error != 0)
        return error;
    if (find_day(calendar, day.day) != NULL)
        return ERROR_EXISTS;
    if (calendar->count == SESSION_DAYS_MAX)
        return ERROR_FULL;

    size_t index = lower_bound(calendar, day.day);

    memmove(&calendar->days[index + 1], &calendar->days[index],
            (calendar->count - index) * sizeof calendar->days[0]);
    calendar->days[index] = day;
    calendar->count++;
    return 0;
}

enum venue venue_of_symbol(const char *name)
{
    static const char *const forex[] = {"OANDA",       "FXCM",       "FOREX.COM",
                                        "FXPIG",       "IC MARKETS", "ICMARKETS",
                                        "PEPPERSTONE", "SAXO",       "FX"};
    const char *colon = strchr(name, ':');

    if (colon == NULL)
        return VENUE_US_STOCKS;

    size_t length = (size_t)(colon - name);

    for (size_t i = 0; i < ARRAY_LENGTH(forex); i++) {
        if (strlen(forex[i]) == length && memcmp(forex[i], name, length) == 0)
            return VENUE_FOREX;
    }
    return VENUE_CRYPTO;
}

static enum session stock_session(const struct market_calendar *calendar, int64_t day,
                                  int32_t minutes)
{
    int32_t weekday = calendar_weekday(day);
    const struct session_day *exception = find_day(calendar, day);
    int32_t close_minutes = calendar->close_minutes;
    int32_t post_close_minutes = calendar->post_close_minutes;

    if (weekday == SUNDAY || weekday == SATURDAY)
        return SESSION_CLOSED;
    if (exception != NULL) {
        if (exception->close_minutes == 0)
            return SESSION_CLOSED;
        close_minutes = exception->close_minutes;
        post_close_minutes = close_minutes + EARLY_CLOSE_POST_MINUTES;
    }
    if (minutes < calendar->pre_open_minutes || minutes >= post_close_minutes)
        return SESSION_CLOSED;
    if (minutes < calendar->open_minutes)
        return SESSION_PRE_MARKET;
    return minutes < close_minutes ? SESSION_REGULAR : SESSION_POST_MARKET;
}

static enum session forex_session(int64_t day, int32_t minutes)
{
    int32_t weekday = calendar_weekday(day);

    if (weekday == SUNDAY)
        return minutes >= FOREX_TURN_MINUTES ? SESSION_REGULAR : SESSION_CLOSED;
    if (weekday == FRIDAY)
        return minutes < FOREX_TURN_MINUTES ? SESSION_REGULAR : SESSION_CLOSED;
    return weekday == SATURDAY ? SESSION_CLOSED : SESSION_REGULAR;
}

enum session session_at(const struct market_calendar *calendar, enum venue venue, int64_t time_us)
{
    if (venue == VENUE_CRYPTO)
        return SESSION_REGULAR;

    int64_t local_s = floor_divide(time_us, US_PER_S) + new_york_offset_s(time_us);
    int64_t day = floor_divide(local_s, S_PER_DAY);
    int32_t minutes = (int32_t)((local_s - day * S_PER_DAY) / SECONDS_PER_MINUTE);

    return venue == VENUE_FOREX ? forex_session(day, minutes)
                                : stock_session(calendar, day, minutes);
}

int64_t session_day_of(enum venue venue, int64_t time_us)
{
    int64_t utc_s = floor_divide(time_us, US_PER_S);

    switch (venue) {
    case VENUE_US_STOCKS:
        return floor_divide(utc_s + new_york_offset_s(time_us), S_PER_DAY);
    case VENUE_FOREX:
        return floor_divide(utc_s + new_york_offset_s(time_us) + INT64_C(7) * SECONDS_PER_HOUR,
                            S_PER_DAY);
    case VENUE_CRYPTO:
        break;
    }
    return floor_divide(utc_s, S_PER_DAY);
}

const char *session_name(enum session session)
{
    switch (session) {
    case SESSION_CLOSED:
        return "closed";
    case SESSION_PRE_MARKET:
        return "pre-market";
    case SESSION_REGULAR:
        return "regular";
    case SESSION_POST_MARKET:
        return "post-market";
    }
    return "unknown";
}

const char *venue_name(enum venue venue)
{
    switch (venue) {
    case VENUE_US_STOCKS:
        return "US stocks";
    case VENUE_CRYPTO:
        return "crypto";
    case VENUE_FOREX:
        return "forex";
    }
    return "unknown";
}
