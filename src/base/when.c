#include "base/when.h"
#include <time.h>

#define DAY_SECONDS 86400

/* Takes exactly n digits off *s. */
static bool number(struct str *s, size_t n, int *ret)
{
    uint64_t v;
    if (s->n < n || !str_u64(str_span(s->p, n), 9999, &v))
        return false;
    *ret = (int)v;
    *s = str_from(*s, n);
    return true;
}

static bool skip(struct str *s, const char *any)
{
    bool found = s->n && strchr(any, s->p[0]);
    if (found)
        *s = str_from(*s, 1);
    return found;
}

/* H:MM[:SS] to the end. */
static bool clock_part(struct str s, struct tm *tm)
{
    size_t hour = s.n > 1 && s.p[1] == ':' ? 1 : 2;
    if (!number(&s, hour, &tm->tm_hour) || !skip(&s, ":") || !number(&s, 2, &tm->tm_min))
        return false;
    if (skip(&s, ":") && !number(&s, 2, &tm->tm_sec))
        return false;
    return !s.n && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

/* mktime mends 30 February; nobody means that. */
static bool point(struct tm tm, int64_t *ret)
{
    struct tm wanted = tm;
    tm.tm_isdst = -1;
    time_t t = mktime(&tm);
    if (tm.tm_mday != wanted.tm_mday || tm.tm_mon != wanted.tm_mon)
        return false;
    *ret = (int64_t)t;
    return true;
}

static bool today_plus(int64_t now, int days, enum when_end end, int64_t *ret)
{
    time_t t = (time_t)now;
    struct tm tm;
    if (!localtime_r(&t, &tm))
        return false;
    tm.tm_mday += days + (end == WHEN_END);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    *ret = (int64_t)mktime(&tm) - (end == WHEN_END);
    return true;
}

static bool calendar(struct str s, enum when_end end, int64_t *ret)
{
    struct tm tm = {0};
    if (!number(&s, 4, &tm.tm_year) || !skip(&s, "-") || !number(&s, 2, &tm.tm_mon) || !skip(&s, "-") || !number(&s, 2, &tm.tm_mday))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (!s.n)
        return point(tm, ret) && today_plus(*ret, 0, end, ret);
    return skip(&s, " T") && clock_part(s, &tm) && point(tm, ret);
}

bool when_length(struct str s, int64_t *ret)
{
    static const struct { char unit; int64_t seconds; } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_SECONDS}, {'w', 7 * DAY_SECONDS}};
    uint64_t n;
    if (s.n < 2 || !str_u64(str_span(s.p, s.n - 1), 100000, &n))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (s.p[s.n - 1] == units[i].unit) {
            *ret = (int64_t)n * units[i].seconds;
            return true;
        }
    return false;
}

static bool ago(struct str s, int64_t now, int64_t *ret)
{
    int64_t seconds;
    if (!when_length(s, &seconds))
        return false;
    *ret = now - seconds;
    return true;
}

static bool time_of_day(struct str s, int64_t now, int64_t *ret)
{
    time_t t = (time_t)now;
    struct tm tm, wanted = {0};
    if (!clock_part(s, &wanted) || !localtime_r(&t, &tm))
        return false;
    for (int back = 0; back < 2; back++) {
        struct tm day = tm;
        day.tm_mday -= back;
        day.tm_hour = wanted.tm_hour;
        day.tm_min = wanted.tm_min;
        day.tm_sec = wanted.tm_sec;
        day.tm_isdst = -1;
        *ret = (int64_t)mktime(&day);
        if (*ret <= now)
            break;
    }
    return true;
}

bool when_read(struct str text, int64_t now, enum when_end end, int64_t *ret)
{
    uint64_t seconds;
    text = str_trim(text);
    if (str_u64(text, 253402300799, &seconds)) {
        *ret = (int64_t)seconds;
        return true;
    }
    if (str_eq(text, STR("now"))) {
        *ret = now;
        return true;
    }
    if (str_eq(text, STR("today")) || str_eq(text, STR("yesterday")))
        return today_plus(now, str_eq(text, STR("today")) ? 0 : -1, end, ret);
    return ago(text, now, ret) || time_of_day(text, now, ret) || calendar(text, end, ret);
}
