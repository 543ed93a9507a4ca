/* How one value of each type is read: one small reader a type. */
#include "base/i18n.h"
#include "config/report.h"

__attribute__((format(printf, 3, 4))) static bool wrong(const struct reading *r, size_t item, const char *text, ...)
{
    va_list ap;
    va_start(ap, text);
    const char *s = arena_vprintf(r->config->arena, text, ap);
    va_end(ap);
    config_report(r->config, r->file, r->items[item].line, r->items[item].column, "%s", s);
    return false;
}

static const char *item(const struct reading *r, size_t i)
{
    return r->items[i].text.p;
}

/* Index of the word among "no|and|or"; -1: none. */
static int choice_index(const char *choices, struct str word, struct arena *a, struct candidates *near)
{
    struct str rest = str_of(choices), one;
    for (int i = 0; str_field(&rest, '|', &one); i++) {
        if (str_eq(one, word))
            return i;
        *list_push(a, &near->names) = arena_dup(a, one);
    }
    return -1;
}

static bool read_choice(const struct reading *r, struct value *v)
{
    const char *choices = v->option->type == OPTION_BOOL ? "no|yes" : v->option->choices;
    struct candidates near = {0};
    int i = choice_index(choices, r->items[0].text, r->config->arena, &near);
    if (i < 0)
        return wrong(r, 0, _("%s is not a value of %s; possible: %s%s"), item(r, 0), v->option->name, choices, 
                     nearest_text(r->config->arena, r->items[0].text, &near));
    v->number = i;
    return true;
}

static bool read_number(const struct reading *r, struct value *v)
{
    uint64_t n;
    if (!str_u64(r->items[0].text, INT64_MAX, &n))
        return wrong(r, 0, _("%s needs a whole number, not %s"), v->option->name, item(r, 0));
    if ((int64_t)n < v->option->min || (int64_t)n > v->option->max)
        return wrong(r, 0, _("%s must be between %lld and %lld"), v->option->name, (long long)v->option->min, (long long)v->option->max);
    v->number = (int64_t)n;
    return true;
}

static const struct { char letter; int64_t seconds; } units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

const char *duration_text(struct arena *a, int64_t seconds)
{
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (units[i].letter != 'w' && seconds % units[i].seconds == 0)
            return arena_printf(a, "%lld%c", (long long)(seconds / units[i].seconds), units[i].letter);
    return "";
}

static int64_t unit_seconds(char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (units[i].letter == letter)
            return units[i].seconds;
    return 0;
}

static bool read_duration(const struct reading *r, struct value *v)
{
    struct str s = r->items[0].text;
    uint64_t n;
    int64_t unit = s.n ? unit_seconds(s.p[s.n - 1]) : 0, seconds;
    if (str_u64(s, UINT64_MAX, &n))
        return wrong(r, 0, _("%s needs a unit: %ss, %sm, %sh, %sd or %sw"), v->option->name, s.p, s.p, s.p, s.p, s.p);
    if (!unit || !str_u64(str_span(s.p, s.n - 1), INT64_MAX, &n))
        return wrong(r, 0, _("%s needs a time such as 30s, 10m, 1h, 180d or 4w, not %s"), v->option->name, item(r, 0));
    if (__builtin_mul_overflow((int64_t)n, unit, &seconds) || seconds < v->option->min || seconds > v->option->max)
        return wrong(r, 0, _("%s must be between %s and %s"), v->option->name, duration_text(r->config->arena, v->option->min),
                     duration_text(r->config->arena, v->option->max));
    v->number = seconds;
    return true;
}

static bool read_text(const struct reading *r, struct value *v)
{
    if (r->items[0].text.n == 0)
        return wrong(r, 0, _("%s is empty; leave the line out instead"), v->option->name);
    return true;
}

static bool read_path(const struct reading *r, struct value *v)
{
    struct str rest = r->items[0].text, one;
    if (!str_starts(rest, STR("/")))
        return wrong(r, 0, _("%s needs a path that begins with /"), v->option->name);
    while (str_field(&rest, '/', &one))
        if (str_eq(one, STR("..")))
            return wrong(r, 0, _("%s needs a path without .."), v->option->name);
    return true;
}

/* Letters, digits, - and _ between dots (RFC 1123, and what people have): at most 253 bytes, labels at most 63. */
static bool is_host(struct str s)
{
    struct str one;
    if (s.n == 0 || s.n > 253 || s.p[s.n - 1] == '.')
        return false;
    while (str_field(&s, '.', &one)) {
        if (one.n == 0 || one.n > 63 || one.p[0] == '-' || one.p[one.n - 1] == '-')
            return false;
        for (size_t i = 0; i < one.n; i++)
            if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", one.p[i]) || !one.p[i])
                return false;
    }
    return true;
}

static bool read_host(const struct reading *r, struct value *v)
{
    struct addr a;
    if (addr_parse(r->items[0].text, &a))
        return wrong(r, 0, _("%s is an address; write prefixes = %s"), item(r, 0), item(r, 0));
    if (!is_host(r->items[0].text))
        return wrong(r, 0, _("%s needs a host name such as home.example.net, not %s"), v->option->name, item(r, 0));
    return true;
}

static bool read_url(const struct reading *r, struct value *v)
{
    struct str s = r->items[0].text;
    if (!str_starts(s, STR("https://")))
        return wrong(r, 0, _("%s needs an address that begins with https://"), v->option->name);
    s = str_from(s, sizeof "https://" - 1);
    size_t n = 0;
    while (n < s.n && !strchr("/:?#", s.p[n]))
        n++;
    if (!is_host(str_span(s.p, n)) || str_find(s, ' ') >= 0)
        return wrong(r, 0, _("%s has no host name: %s"), v->option->name, item(r, 0));
    return true;
}

static bool read_mailbox(const struct reading *r, struct value *v)
{
    struct str s = r->items[0].text;
    ptrdiff_t at = str_find(s, '@');
    if (at <= 0 || at > 64 || s.n > 254 || str_find(s, ' ') >= 0 || !is_host(str_from(s, (size_t)at + 1)))
        return wrong(r, 0, _("%s needs a mail address such as admin@example.jp, not %s"), v->option->name, item(r, 0));
    return true;
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", s.p[i]) || !s.p[i])
            return false;
    return s.n > 0 && s.n <= 64 && s.p[0] != '-' && s.p[0] != '.';
}

static bool read_words(const struct reading *r, struct value *v)
{
    bool good = true;
    for (size_t i = 0; i < r->n; i++) {
        if (!is_word(r->items[i].text))
            good = wrong(r, i, _("%s is not a name"), item(r, i));
        for (size_t k = 0; k < i; k++)
            if (str_eq(r->items[i].text, r->items[k].text)) {
                good = wrong(r, i, _("%s stands twice in this list"), item(r, i));
                break;
            }
        *list_push(r->config->arena, &v->words) = item(r, i);
    }
    return good;
}

static bool read_prefix(const struct reading *r, struct value *v, size_t i)
{
    struct prefix p;
    char text[ADDR_TEXT + 4];
    if (!prefix_parse(r->items[i].text, false, &p))
        return wrong(r, i, _("%s is not a network such as 203.0.113.0/28 or 2001:db8:1::/48"), item(r, i));
    if (p.length == 0)
        return wrong(r, i, _("%s is the whole Internet; write allow = any at the service instead"), item(r, i));
    if (!prefix_parse(r->items[i].text, true, &p))
        return wrong(r, i, _("%s is an address inside a network; the network is %s"), item(r, i), prefix_text(&p, text));
    *list_push(r->config->arena, &v->prefixes) = p;
    *list_push(r->config->arena, &v->words) = arena_dupz(r->config->arena, prefix_text(&p, text));
    return true;
}

static bool read_prefixes(const struct reading *r, struct value *v)
{
    bool good = true;
    for (size_t i = 0; i < r->n; i++)
        good &= read_prefix(r, v, i);
    return good;
}

static const struct {
    bool list;
    bool (*read)(const struct reading *r, struct value *v);
} types[] = {
    [OPTION_BOOL] = {false, read_choice}, [OPTION_NUMBER] = {false, read_number}, [OPTION_DURATION] = {false, read_duration},
    [OPTION_CHOICE] = {false, read_choice}, [OPTION_TEXT] = {false, read_text}, [OPTION_PATH] = {false, read_path},
    [OPTION_URL] = {false, read_url}, [OPTION_MAILBOX] = {false, read_mailbox}, [OPTION_WORDS] = {true, read_words},
    [OPTION_PREFIXES] = {true, read_prefixes}, [OPTION_HOST] = {false, read_host}, [OPTION_SOURCES] = {true, read_words},
};

bool option_type_takes_list(enum option_type type)
{
    return types[type].list;
}

bool option_read(const struct reading *r, struct value *v)
{
    struct arena *a = r->config->arena;
    if (!types[v->option->type].read(r, v))
        return false;
    _cleanup_(buf_free) struct buf text = BUF(1u << 20);
    if (!v->words.n)
        buf_adds(&text, r->items[0].text);
    for (size_t i = 0; i < v->words.n; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", v->words.v[i]);
    v->text = arena_dup(a, buf_str(&text));
    return true;
}
