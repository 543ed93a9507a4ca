#include "filter/date.h"
#include "base/i18n.h"
#include "base/buf.h"
#include "filter/date_time.h"
#include <errno.h>
#include <time.h>

/* Names of days and months in the order in which the longest comes first. */
#define MON "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#define MONTH "september|february|november|december|january|october|august|march|april|june|july|may"
#define DAY3 "mon|tue|wed|thu|fri|sat|sun"
#define DAYS "wednesday|thursday|saturday|tuesday|monday|friday|sunday"
#define ZONE "[A-Z](?:[A-Z]{2,4})?"
#define OFFSET "[+-][01]\\d(?::?\\d{2})?"
#define P_DAY "(?P<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])"
#define P_MONTH "(?P<m>1[0-2]|0[1-9]|[1-9])"
#define P_HOUR "(?P<H>2[0-3]|[01]\\d|\\d)"
#define P_MINUTE "(?P<M>[0-5]\\d|\\d)"
#define P_SECOND "(?P<S>6[01]|[0-5]\\d|\\d)"

/* What the codes match; a code of several letters stands before one that it begins with. */
static const struct { const char *code, *regex, *name; } codes[] = {
    {"ExY", NULL, "ExYear"}, {"Exy", "(?P<y>\\d{2})", "ExYear2"}, {"Exm", "(?P<m>0[1-9]|1[0-2])", "ExMonth"}, {"Exd", "(?P<d>[12]\\d|0[1-9]|3[01])", "ExDay"},
    {"ExH", "(?P<H>[01]\\d|2[0-3])", "Ex24hour"}, {"Exk", " ?(?P<H>[01]?\\d|2[0-3])", "%Exk"}, {"Exl", " ?(?P<I>1[0-2]|\\d)", "%Exl"},
    {"ExM", "(?P<M>[0-5]\\d)", "ExMinute"}, {"ExS", "(?P<S>[0-5]\\d|6[01])", "ExSecond"}, {"ExZ", "(?P<Z>" ZONE ")", "ExZone name"},
    {"Exz", "(?P<z>(?:" ZONE ")?" OFFSET "|" ZONE ")", "ExZone offset"},
    {"a", "(?P<a>" DAY3 ")", "DAY"}, {"A", "(?P<A>" DAYS ")", "DAYNAME"}, {"b", "(?P<b>" MON ")", "MON"}, {"B", "(?P<B>" MONTH ")", "MONTH"},
    {"d", "(?P<d>[12]\\d|[0 ]?[1-9]|3[01])", "Day"}, {"H", "(?P<H>[01]?\\d|2[0-3])", "24hour"}, {"I", "(?P<I>1[0-2]|0[1-9]|[1-9])", "12hour"},
    {"j", "(?P<j>36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9])", "Yearday"}, {"k", " ?(?P<H>[0-2]?\\d)", "%k"}, {"l", " ?(?P<I>1?\\d)", "%l"},
    {"m", "(?P<m>0?[1-9]|1[0-2])", "Month"}, {"M", "(?P<M>[0-5]?\\d)", "Minute"}, {"p", "(?P<p>am|pm)", "AMPM"}, {"S", "(?P<S>[0-5]?\\d|6[01])", "Second"},
    {"U", "(?P<U>5[0-3]|[0-4]\\d|\\d)", "Yearweek"}, {"W", "(?P<W>5[0-3]|[0-4]\\d|\\d)", "Yearweek"}, {"w", "(?P<w>[0-6])", "Weekday"}, {"u", "(?P<u>[1-7])", "%u"},
    {"V", "(?P<V>5[0-3]|0[1-9]|[1-4]\\d|\\d)", "%V"}, {"G", "(?P<G>\\d{4})", "%G"}, {"y", "(?P<y>\\d{2})", "Year2"}, {"Y", "(?P<Y>\\d{4})", "Year"},
    {"z", "(?P<z>Z|UTC|GMT|" OFFSET ")", "Zone offset"}, {"Z", "(?P<Z>Z|[A-Z]{3,5})", "Zone name"}, {"f", "(?P<f>[0-9]{1,6})", "Microseconds"}, {"%", "%", "%"},
    {"c", "(?P<a>" DAY3 ")\\s+(?P<b>" MON ")\\s+" P_DAY "\\s+" P_HOUR ":" P_MINUTE ":" P_SECOND "\\s+(?P<Y>\\d{4})", "%c"},
    {"x", P_MONTH "/" P_DAY "/(?P<y>\\d\\d)", "%x"}, {"X", P_HOUR ":" P_MINUTE ":" P_SECOND, "%X"},
};

const char *date_decades(struct arena *a, int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm tm = {.tm_year = 126};
    (void)localtime_r(&seconds, &tm);
    int decade = (tm.tm_year + 1900 + 3) / 10 % 1000;
    return decade < 210 ? arena_printf(a, "(?P<Y>20[0-%d]\\d)", decade < 201 ? 1 : decade - 200) : "(?P<Y>2\\d\\d\\d)";
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static size_t span_of(struct str s, char c)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == c)
        n++;
    return n;
}

/* Bytes of "(?iu)" at the beginning of s; 0: none. lower: small letters only. */
static size_t flags_length(struct str s, bool lower)
{
    if (!str_starts(s, STR("(?")))
        return 0;
    size_t n = 2;
    while (n < s.n && (lower ? s.p[n] >= 'a' && s.p[n] <= 'z' : is_word(s.p[n])))
        n++;
    return n > 2 && n < s.n && s.p[n] == ')' ? n + 1 : 0;
}

static bool opens_with_start(struct str s, bool not_alternative)
{
    size_t at = str_starts(s, STR("(")) ? (str_starts(str_from(s, 1), STR("?:")) ? 3 : 1) : 0;
    bool found = at < s.n && s.p[at] == '^';
    return found && !(at && not_alternative && at + 1 < s.n && s.p[at + 1] == '|');
}

/* The pattern says itself where it begins: ^, (^ or **, behind parentheses and flags. */
static bool bound_begin(struct str s)
{
    for (size_t i = 0, parens = span_of(s, '('); i <= parens; i++) {
        struct str at = str_from(s, i), behind = str_from(at, flags_length(at, false));
        if (opens_with_start(at, false) || opens_with_start(behind, false) || str_starts(str_from(behind, span_of(behind, '(')), STR("**")))
            return true;
    }
    return false;
}

static bool ends_unescaped(struct str s, struct str end, char also)
{
    if (!str_ends(s, end))
        return false;
    char before = s.n > end.n ? s.p[s.n - end.n - 1] : 0;
    return before != '\\' && (!also || before != also);
}

/* Where a final ** with closing parentheses begins; s.n: there is none. */
static size_t stars_at_end(struct str s)
{
    size_t n = s.n;
    while (n && s.p[n - 1] == ')')
        n--;
    bool found = n >= 2 && s.p[n - 1] == '*' && s.p[n - 2] == '*' && (n < 3 || s.p[n - 3] != '\\');
    return found ? n - 2 : s.n;
}

static bool bound_end(struct str s)
{
    return ends_unescaped(s, STR("$"), 0) || ends_unescaped(s, STR("$)"), 0) || ends_unescaped(s, STR("\\b"), 0) || ends_unescaped(s, STR("\\s"), 0) || stars_at_end(s) < s.n;
}

static bool has_group(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool open = s.p[i] == '(' && (i == 0 || s.p[i - 1] != '\\') && (i < 2 || s.p[i - 1] != '?' || s.p[i - 2] != '(');
        if (open && (i + 1 == s.n || s.p[i + 1] != '?'))
            return true;
    }
    return false;
}

static void put_grouped(struct buf *b, struct str s)
{
    size_t from = flags_length(s, false);
    from += from < s.n && s.p[from] == '^';
    from += flags_length(str_from(s, from), false);
    bool end = s.n > from && s.p[s.n - 1] == '$';
    buf_add(b, s.p, from);
    buf_addc(b, '(');
    buf_add(b, s.p + from, s.n - from - end);
    buf_addz(b, end ? ")$" : ")");
}

/* Takes the ** off both ends. */
static void put_without_stars(struct buf *b, struct str s)
{
    size_t at = span_of(s, '(');
    size_t flags = flags_length(str_from(s, at ? at - 1 : 0), false);
    if (flags)
        at = at - 1 + flags;
    at += span_of(str_from(s, at), '(');
    bool front = str_starts(str_from(s, at), STR("**"));
    if (front) {
        buf_add(b, s.p, at);
        s = str_from(s, at + 2);
    }
    size_t stars = stars_at_end(s);
    buf_add(b, s.p, stars);
    if (stars < s.n)
        buf_add(b, s.p + stars + 2, s.n - stars - 2);
}

enum bound { BOUND_NONE, BOUND_WORD, BOUND_LINE };

/* Puts bounds and the group that is cut out around an expression, as wanted and as far as it does not say so itself. */
static int bind(struct arena *a, struct str regex, enum bound begin, bool end, struct date_template *t, struct err *err)
{
    _cleanup_(buf_free) struct buf plain = BUF(REGEX_TEXT_MAX), bare = BUF(REGEX_TEXT_MAX), out = BUF(REGEX_TEXT_MAX), whole = BUF(REGEX_TEXT_MAX);
    regex = str_trim(regex);
    struct str flags = {0};
    for (size_t i = 0; i < regex.n && !flags.n; i++) {
        size_t n = flags_length(str_from(regex, i), true);
        if (!n)
            continue;
        flags = str_span(regex.p + i, n);
        buf_add(&plain, regex.p, i);
        buf_adds(&plain, str_from(regex, i + n));
    }
    struct str s = flags.n ? buf_str(&plain) : regex;
    bool to_begin = begin != BOUND_NONE && !bound_begin(s), to_end = end && !bound_end(s);
    if (to_begin)
        buf_addz(&out, begin == BOUND_LINE ? "^(?:\\W{0,2})?" : "(?=^|\\b|\\W)");
    if (has_group(s))
        buf_adds(&out, s);
    else
        put_grouped(&out, s);
    buf_addz(&out, to_end ? "(?=\\b|\\W|$)" : "");
    s = buf_str(&out);
    t->line_begin = (to_begin && begin == BOUND_LINE) || opens_with_start(s, true) || opens_with_start(str_from(s, flags_length(s, false)), true);
    t->line_end = ends_unescaped(s, STR("$"), '|') || ends_unescaped(s, STR("$)"), '|');
    if (to_begin && begin == BOUND_LINE && !str_starts(str_of(t->name), STR("{^LN-BEG}")))
        t->name = arena_printf(a, "{^LN-BEG}%s", t->name);
    put_without_stars(&bare, s);
    buf_adds(&whole, flags);
    buf_adds(&whole, buf_str(&bare));
    return whole.full || out.full ? err_set(err, -EINVAL, "%s", _("too long")) : t->line_begin ? regex_compile_sure(a, buf_str(&whole), &t->re, err) : regex_compile(a, buf_str(&whole), false, &t->re, err);
}

static size_t code_at(struct str s)
{
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (str_starts(s, str_of(codes[i].code)))
            return i;
    return ARRAY_SIZE(codes);
}

/* Codes become expressions, and words in the name. */
static int replace_codes(struct str pattern, const char *decades, struct buf *regex, struct buf *name, bool *ret_letters, struct err *err)
{
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] != '%') {
            buf_addc(regex, pattern.p[i]);
            buf_addc(name, pattern.p[i]);
            continue;
        }
        size_t code = code_at(str_from(pattern, i + 1));
        if (code == ARRAY_SIZE(codes))
            return err_set(err, -EINVAL, "%s", _("an unknown code after a percent sign in a date"));
        buf_addz(regex, codes[code].regex ? codes[code].regex : decades);
        buf_addz(name, codes[code].name);
        *ret_letters |= !codes[code].code[1] && strchr("aAbBpc", codes[code].code[0]);
        i += strlen(codes[code].code);
    }
    return 0;
}

static int pattern_template(struct arena *a, struct str pattern, const char *decades, struct date_template *t, struct err *err)
{
    _cleanup_(buf_free) struct buf regex = BUF(REGEX_TEXT_MAX), name = BUF(REGEX_TEXT_MAX);
    enum bound begin = BOUND_WORD;
    bool end = true, letters = false;
    if (str_starts(pattern, STR("{UNB}"))) {
        pattern = str_from(pattern, 5);
        begin = BOUND_NONE;
        end = false;
    } else if (str_starts(pattern, STR("{^LN-BEG}"))) {
        pattern = str_from(pattern, 9);
        begin = BOUND_LINE;
    }
    int r = replace_codes(pattern, decades, &regex, &name, &letters, err);
    if (r < 0)
        return r;
    t->name = arena_dup(a, buf_str(&name));
    _cleanup_(buf_free) struct buf whole = BUF(REGEX_TEXT_MAX);
    buf_addz(&whole, letters ? "(?iu)" : "");
    buf_adds(&whole, buf_str(&regex));
    return bind(a, buf_str(&whole), begin, end, t, err);
}

#define EPOCH "\\d{10,11}\\b(?:\\.\\d{3,6})?"
#define LONG_EPOCH "\\d{10,11}(?:\\d{3}(?:\\.\\d{1,6}|\\d{3})?)?"

/* {EPOCH} or {LEPOCH} somewhere in s, in any case, without a backslash before it. */
static bool epoch_at(struct str s, size_t i, size_t *ret_n)
{
    struct str at = str_from(s, i);
    bool is_long = str_istarts(at, STR("{LEPOCH}"));
    if ((!is_long && !str_istarts(at, STR("{EPOCH}"))) || (i && s.p[i - 1] == '\\'))
        return false;
    *ret_n = is_long ? 8 : 7;
    return true;
}

static int epoch_in_pattern(struct arena *a, struct str pattern, struct date_template *t, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(REGEX_TEXT_MAX);
    buf_addc(&b, '(');
    for (size_t i = 0, n = 0; i < pattern.n; i += n) {
        n = 1;
        if (epoch_at(pattern, i, &n))
            buf_printf(&b, "(%s)", t->kind == DATE_LONG_EPOCH ? LONG_EPOCH : EPOCH);
        else
            buf_addc(&b, pattern.p[i]);
    }
    buf_addc(&b, ')');
    t->name = t->pattern;
    t->value_group = 2;
    return bind(a, buf_str(&b), BOUND_WORD, true, t, err);
}

static int epoch_template(struct arena *a, bool begin, struct date_template *t, struct err *err)
{
    const char *number = t->kind == DATE_LONG_EPOCH ? LONG_EPOCH : EPOCH;
    t->name = t->kind == DATE_LONG_EPOCH ? "LongEpoch" : "Epoch";
    t->value_group = 1;
    const char *regex = begin ? arena_printf(a, "((?P<square>(?<=^\\[))?%s)(?(square)(?=\\]))", number)
                              : arena_printf(a, "((?:^|(?P<square>(?<=^\\[))|(?P<selinux>(?<=\\baudit\\()))%s)(?:(?(selinux)(?=:\\d+\\)))|(?(square)(?=\\])))", number);
    return bind(a, str_of(regex), begin ? BOUND_LINE : BOUND_NONE, true, t, err);
}

static bool is_named(struct str key, const char *name, bool *ret_begin)
{
    bool begin = str_starts(key, STR("{^LN-BEG}")), caret = str_starts(key, STR("^"));
    *ret_begin = begin || caret;
    return str_ieq(str_from(key, begin ? 9 : caret), str_of(name));
}

int date_template_new(struct arena *a, struct str pattern, const char *decades, struct date_template *ret, struct err *err)
{
    struct date_template t = {.pattern = arena_dup(a, pattern), .weight = 1};
    bool begin = false, in_pattern = false;
    size_t n = 0;
    for (size_t i = 0; i < pattern.n && !in_pattern; i++)
        in_pattern = epoch_at(pattern, i, &n);
    int r;
    if (in_pattern) {
        t.kind = n == 8 ? DATE_LONG_EPOCH : DATE_EPOCH;
        r = epoch_in_pattern(a, pattern, &t, err);
    } else if (is_named(pattern, "EPOCH", &begin)) {
        t.kind = DATE_EPOCH;
        r = epoch_template(a, begin, &t, err);
    } else if (is_named(pattern, "LEPOCH", &begin)) {
        t.kind = DATE_LONG_EPOCH;
        r = epoch_template(a, begin, &t, err);
    } else if (is_named(pattern, "TAI64N", &begin)) {
        t.kind = DATE_TAI64N;
        t.name = "TAI64N";
        r = bind(a, STR("@[0-9a-f]{24}"), begin ? BOUND_LINE : BOUND_NONE, true, &t, err);
    } else {
        r = pattern_template(a, pattern, decades, &t, err);
    }
    if (r == 0)
        *ret = t;
    return r;
}

struct str date_template_unbound(struct str s)
{
    static const char *const begins[] = {"{UNB}", "{^LN-BEG}"};
    static const char *const alternatives[] = {"(^|\\b|\\W)", "(?:^|\\b|\\W)"};
    for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
        s = str_starts(s, str_of(begins[i])) ? str_from(s, strlen(begins[i])) : s;
    for (size_t i = 0; i < ARRAY_SIZE(alternatives); i++)
        s = str_starts(s, str_of(alternatives[i])) ? str_from(s, strlen(alternatives[i])) : s;
    struct str end = STR("(?=\\b|\\W|$)");
    return str_ends(s, end) ? str_span(s.p, s.n - end.n) : s;
}

/* 1124013600, with a fraction or with milliseconds or microseconds behind it. */
static bool epoch_time(const struct date_template *t, struct str v, int64_t *ret)
{
    ptrdiff_t dot = str_find(v, '.');
    struct str whole = dot < 0 ? v : str_span(v.p, (size_t)dot), fraction = dot < 0 ? STR("") : str_from(v, (size_t)dot + 1);
    uint64_t n = 0, part = 0;
    if (!str_u64(whole, 99999999999999999, &n) || (fraction.n && !str_u64(fraction, 999999, &part)))
        return false;
    for (size_t i = fraction.n; i < 6; i++)
        part *= 10;
    if (t->kind != DATE_LONG_EPOCH || v.n < 13)
        *ret = (int64_t)(n * 1000000 + part);
    else if (v.n >= 16 && dot < 0)
        *ret = (int64_t)n;
    else
        *ret = (int64_t)(n * 1000 + part / 1000);
    return true;
}

static bool tai_time(struct str v, int64_t *ret)
{
    uint64_t n = 0;
    for (size_t i = 2; i < 17 && i < v.n; i++) {
        char c = v.p[i];
        n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (v.n < 17 || n > INT64_MAX / 1000000)
        return false;
    *ret = (int64_t)n * 1000000;
    return true;
}

#define PARTS_MAX 40

bool date_template_time(const struct date_template *t, const struct regex_found *f, int64_t now, int64_t *ret)
{
    struct date_part parts[PARTS_MAX];
    size_t n = 0;
    int64_t seconds;
    if (t->kind == DATE_TAI64N)
        return tai_time(regex_group(f, 1), ret);
    if (t->kind != DATE_PARTS)
        return epoch_time(t, regex_group(f, t->value_group), ret);
    for (size_t i = 0; i < t->re.text.names.n && n < PARTS_MAX; i++) {
        const struct regex_name *name = &t->re.text.names.v[i];
        struct str text = regex_group(f, name->number);
        if (text.p && name->name[0] && !name->name[1])
            parts[n++] = (struct date_part){name->name[0], text};
    }
    if (!date_time(parts, n, now, &seconds))
        return false;
    *ret = seconds * 1000000;
    return true;
}
