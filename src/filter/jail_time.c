#include "filter/jail_time.h"
#include "base/i18n.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define DEPTH_MAX 20
#define SECONDS_MAX 1e12

static const struct {
    const char *words;
    double seconds;
} units[] = {
    {"s ss se sec second seconds", 1},
    {"m mm mi min minute minutes", 60},
    {"h hh ho hou hour hours", 3600},
    {"d dd da day days", 86400},
    {"w ww we wee week weeks", 604800},
    {"mo mon month months", 365.25 * 86400 / 12},
    {"y yy ye yea year years", 365.25 * 86400},
};

struct sum {
    struct str all, rest;
    unsigned depth;
    bool wrong;
};

static char front(struct sum *s)
{
    while (s->rest.n && isspace((unsigned char)s->rest.p[0]))
        s->rest = str_from(s->rest, 1);
    return s->rest.n ? s->rest.p[0] : 0;
}

static bool take(struct sum *s, char c)
{
    if (front(s) != c)
        return false;
    s->rest = str_from(s->rest, 1);
    return true;
}

/* The unit at the front; 0: there is none. It stands behind a digit or a blank. */
static double take_unit(struct sum *s)
{
    if (!isalpha((unsigned char)front(s)) || s->rest.p == s->all.p || !(isdigit((unsigned char)s->rest.p[-1]) || isspace((unsigned char)s->rest.p[-1])))
        return 0;
    size_t n = 0;
    while (n < s->rest.n && isalpha((unsigned char)s->rest.p[n]))
        n++;
    struct str word = str_span(s->rest.p, n), one;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        for (struct str words = str_of(units[i].words); str_field(&words, ' ', &one);)
            if (str_ieq(one, word)) {
                s->rest = str_from(s->rest, n);
                return units[i].seconds;
            }
    return 0;
}

static double take_number(struct sum *s)
{
    char text[32];
    size_t n = 0, digits = 0, dots = 0;
    while (n < s->rest.n && (isdigit((unsigned char)s->rest.p[n]) || s->rest.p[n] == '.')) {
        digits += s->rest.p[n] != '.';
        dots += s->rest.p[n++] == '.';
    }
    if (!digits || dots > 1 || n >= sizeof text) {
        s->wrong = true;
        return 0;
    }
    memcpy(text, s->rest.p, n);
    text[n] = 0;
    s->rest = str_from(s->rest, n);
    return strtod(text, NULL);
}

static double take_sum(struct sum *s);

static double take_one(struct sum *s)
{
    bool minus = false;
    for (char c; (c = front(s)) == '-' || c == '+'; minus ^= c == '-')
        take(s, c);
    double v = 0;
    if (take(s, '(')) {
        if (++s->depth > DEPTH_MAX)
            s->wrong = true;
        else
            v = take_sum(s);
        s->depth--;
        s->wrong |= !take(s, ')');
    } else
        v = take_number(s);
    return minus ? -v : v;
}

static double take_product(struct sum *s)
{
    double v = take_one(s);
    while (!s->wrong) {
        double unit = take_unit(s);
        if (unit != 0)
            v *= unit;
        else if (take(s, '*'))
            v *= take_one(s);
        else if (take(s, '/')) {
            double by = take_one(s);
            s->wrong |= by == 0;
            v = by == 0 ? 0 : v / by;
        } else
            break;
    }
    return v;
}

/* 1d 2h: a number behind a number or a unit is added. */
static bool follows_number(const struct sum *s)
{
    const char *p = s->rest.p;
    while (p > s->all.p && isspace((unsigned char)p[-1]))
        p--;
    return p > s->all.p && isalnum((unsigned char)p[-1]);
}

static double take_sum(struct sum *s)
{
    double v = take_product(s);
    while (!s->wrong) {
        char c = front(s);
        if (take(s, '+'))
            v += take_product(s);
        else if (take(s, '-'))
            v -= take_product(s);
        else if (isdigit((unsigned char)c) && follows_number(s))
            v += take_product(s);
        else
            break;
    }
    return v;
}

int jail_seconds(struct str text, double *ret, struct err *err)
{
    struct sum s = {.all = text, .rest = text};
    double v = take_sum(&s);
    if (s.wrong || front(&s) != 0 || s.rest.n)
        return err_set(err, -EINVAL, _("%.*s is not a time; understood are numbers, s m h d w mo y, + - * / and ( )"), text.n > 100 ? 100 : (int)text.n, text.p ? text.p : "");
    if (!(v >= -SECONDS_MAX && v <= SECONDS_MAX))
        return err_set(err, -EINVAL, _("%.*s is too long a time"), text.n > 100 ? 100 : (int)text.n, text.p ? text.p : "");
    *ret = v;
    return 0;
}
