/* Civil dates. Years are counted from March, so that the leap day is the last day of a year, and in
 * eras of 400 years, which all have 146,097 days; within them days and months follow from integer
 * divisions (E. G. Richards, in: Explanatory Supplement to the Astronomical Almanac, 3rd ed., ch.
 * 15, gives the same scheme for Julian day numbers). */
#include "tickd/base/calendar.h"

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

enum {
    DAYS_PER_ERA = 146097,
    DAYS_PER_CENTURY = 36524,   /* the last of an era has one more */
    DAYS_PER_FOUR_YEARS = 1461, /* the last of a century has one less, but for the era's */
    EPOCH_FROM_MARCH_0 = 719468 /* days from 0000-03-01 to 1970-01-01 */
};

/* Days from 1 March to the first of the month that is `index` after March: months of 31, 30, 31,
 * 30, 31 days, repeated, are 153 days in five. */
static int64_t days_before_month(int64_t index)
{
    return (153 * index + 2) / 5;
}

int64_t calendar_days_from_civil(struct civil_date date)
{
    ASSERT(date.month >= 1 && date.month <= 12);
    ASSERT(date.day >= 1 && date.day <= 31);
    int64_t index = (date.month + 9) % 12; /* 0 = March */
    int64_t year = (int64_t)date.year - (date.month <= 2 ? 1 : 0);
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = floor_modulo(year, 400);
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                         days_before_month(index) + date.day - 1;

    return era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_0;
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

struct civil_date calendar_civil_from_days(int64_t days)
{
    /* Days of an int32_t year, and more than an int64_t of microseconds can hold. */
    ASSERT(days > -INT64_C(700000000000) && days < INT64_C(700000000000));
    int64_t from_march_0 = days + EPOCH_FROM_MARCH_0;
    int64_t era = floor_divide(from_march_0, DAYS_PER_ERA);
    int64_t day = floor_modulo(from_march_0, DAYS_PER_ERA);
    int64_t century = at_most(day / DAYS_PER_CENTURY, 3);

    day -= century * DAYS_PER_CENTURY;
    int64_t four_years = day / DAYS_PER_FOUR_YEARS;

    day -= four_years * DAYS_PER_FOUR_YEARS;
    int64_t year = at_most(day / 365, 3);

    day -= year * 365;
    int64_t index = (5 * day + 2) / 153;
    int64_t month = index < 10 ? index + 3 : index - 9;

    year += era * 400 + century * 100 + four_years * 4 + (month <= 2 ? 1 : 0);
    return (struct civil_date){.year = (int32_t)year,
                               .month = (int32_t)month,
                               .day = (int32_t)(day - days_before_month(index) + 1)};
}

int32_t calendar_weekday(int64_t days)
{
    /* 1970-01-01 was a Thursday. Reduced first, so that no sum can overflow. */
    return (int32_t)((floor_modulo(days, 7) + 4) % 7);
}

int64_t calendar_nth_weekday(int32_t year, int32_t month, int32_t weekday, int32_t n)
{
    ASSERT(weekday >= 0 && weekday <= 6);
    ASSERT(n >= 1 && n <= 5);
    int64_t first = calendar_days_from_civil((struct civil_date){year, month, 1});

    return first + floor_modulo(weekday - calendar_weekday(first), 7) + 7 * (n - 1);
}

/* Writes `value` with at least `width` digits, returns behind the last. */
static char *print_padded(char *text, int64_t value, int width)
{
    int64_t unit = 1;

    for (int i = 1; i < width; i++)
        unit *= 10;
    while (value / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        *text++ = (char)('0' + value / unit % 10);
    return text;
}

static char *print_date(char *text, struct civil_date date)
{
    if (date.year < 0)
        *text++ = '-';
    text = print_padded(text, date.year < 0 ? -(int64_t)date.year : date.year, 4);
    *text++ = '-';
    text = print_padded(text, date.month, 2);
    *text++ = '-';
    return print_padded(text, date.day, 2);
}

size_t calendar_print_us(int64_t time_us, int places, char text[CALENDAR_TEXT_MAX])
{
    const int64_t us_per_day = (int64_t)S_PER_DAY * US_PER_S;
    int64_t us_of_day = floor_modulo(time_us, us_per_day);
    int64_t second_of_day = us_of_day / US_PER_S;
    int64_t us = us_of_day % US_PER_S;
    char *p = print_date(text, calendar_civil_from_days(floor_divide(time_us, us_per_day)));

    ASSERT(places == 0 || places == 3 || places == 6);
    *p++ = 'T';
    p = print_padded(p, second_of_day / 3600, 2);
    *p++ = ':';
    p = print_padded(p, second_of_day / 60 % 60, 2);
    *p++ = ':';
    p = print_padded(p, second_of_day % 60, 2);
    if (places > 0) {
        *p++ = '.';
        p = print_padded(p, places == 6 ? us : us / US_PER_MS, places);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - text);
}

/* Reads exactly `count` digits; false when one of them is none. */
static bool read_digits(const char *text, size_t count, int32_t *value)
{
    int32_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        sum = sum * 10 + (text[i] - '0');
    }
    *value = sum;
    return true;
}

static bool is_leap_year(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_of_month(int32_t year, int32_t month)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

int calendar_parse_date(const char *text, size_t length, struct civil_date *date)
{
    struct civil_date read;

    if (length != 10 || text[4] != '-' || text[7] != '-')
        return ERROR_SYNTAX;
    if (!read_digits(text, 4, &read.year) || !read_digits(text + 5, 2, &read.month) ||
        !read_digits(text + 8, 2, &read.day))
        return ERROR_SYNTAX;
    if (read.month < 1 || read.month > 12)
        return ERROR_RANGE;
    if (read.day < 1 || read.day > days_of_month(read.year, read.month))
        return ERROR_RANGE;
    *date = read;
    return 0;
}

int calendar_parse_minutes(const char *text, size_t length, int32_t *minutes)
{
    int32_t hour;
    int32_t minute;

    if (length != 5 || text[2] != ':' || !read_digits(text, 2, &hour) ||
        !read_digits(text + 3, 2, &minute))
        return ERROR_SYNTAX;
    if (minute > 59 || hour * 60 + minute > 1440)
        return ERROR_RANGE;
    *minutes = hour * 60 + minute;
    return 0;
}

/* ":33.123", ":33" or nothing; the second is below 60. */
static int parse_seconds(const char *text, size_t length, int64_t *us)
{
    int32_t seconds;
    int32_t fraction = 0;
    size_t places = length > 4 ? length - 4 : 0;

    *us = 0;
    if (length == 0)
        return 0;
    if (length < 3 || length == 4 || places > 6 || text[0] != ':' ||
        !read_digits(text + 1, 2, &seconds))
        return ERROR_SYNTAX;
    if (places > 0 && (text[3] != '.' || !read_digits(text + 4, places, &fraction)))
        return ERROR_SYNTAX;
    if (seconds > 59)
        return ERROR_RANGE;
    *us = fraction;
    for (; places > 0 && places < 6; places++)
        *us *= 10;
    *us += (int64_t)seconds * US_PER_S;
    return 0;
}

int calendar_parse_us(const char *text, size_t length, int64_t *time_us)
{
    enum { DATE_LENGTH = 10, MINUTE_LENGTH = 16 };
    struct civil_date date;
    int32_t minutes = 0;
    int64_t us = 0;
    int error;

    if (length > DATE_LENGTH && text[length - 1] == 'Z')
        length--;
    if (length < DATE_LENGTH)
        return ERROR_SYNTAX;
    error = calendar_parse_date(text, DATE_LENGTH, &date);
    if (error == 0 && length > DATE_LENGTH) {
        if (length < MINUTE_LENGTH || (text[DATE_LENGTH] != 'T' && text[DATE_LENGTH] != ' '))
            return ERROR_SYNTAX;
        error = calendar_parse_minutes(text + DATE_LENGTH + 1, MINUTE_LENGTH - DATE_LENGTH - 1,
                                       &minutes);
        if (error == 0)
            error = parse_seconds(text + MINUTE_LENGTH, length - MINUTE_LENGTH, &us);
    }
    if (error == 0)
        *time_us =
            (calendar_days_from_civil(date) * S_PER_DAY + (int64_t)minutes * 60) * US_PER_S + us;
    return error;
}
