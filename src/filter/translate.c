#include "filter/translate.h"
#include "base/buf.h"
#include "base/i18n.h"
#include "filter/utf8.h"
#include <errno.h>
#include <stdio.h>

#define GROUPS_DEEP 200
#define GROUPS_MAX 1000

/* What stands before a quantifier. */
enum item { ITEM_NONE, ITEM_ONE, ITEM_REPEATED };

struct job {
    struct str in;
    size_t at;
    struct buf *out;
    struct arena *a;
    struct regex_text *r;
    struct err *err;
    enum item last;
    bool verbose;
    unsigned depth;
    bool outer_verbose[GROUPS_DEEP];
    unsigned open[GROUPS_DEEP]; /* the numbers of the groups around; 0: it does not capture */
};

static int wrong(struct job *j, const char *what)
{
    if (j->err && !*j->err->text) {
        err_set(j->err, -EINVAL, "%s", _(what));
        j->err->column = (unsigned)j->at + 1;
    }
    return -EINVAL;
}

static bool more(const struct job *j) { return j->at < j->in.n; }
static char peek(const struct job *j) { return more(j) ? j->in.p[j->at] : 0; }

static bool take(struct job *j, const char *s)
{
    if (!str_starts(str_from(j->in, j->at), str_of(s)))
        return false;
    j->at += strlen(s);
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* One character that stands for itself, inside a set or not. */
static void put_char(struct job *j, uint32_t c)
{
    if (c >= 0x80)
        j->r->wide = true;
    if (c < 0x80 && (is_digit((char)c) || is_letter((char)c)))
        buf_addc(j->out, (char)c);
    else if (c > 0x20 && c < 0x7f)
        buf_printf(j->out, "\\%c", (char)c);
    else
        buf_printf(j->out, "\\x{%x}", c);
}

static int hex_digits(struct job *j, unsigned n, uint32_t *ret)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < n; i++, j->at++) {
        char c = peek(j);
        int d = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0)
            return wrong(j, N_("incomplete \\x, \\u or \\U"));
        v = v << 4 | (uint32_t)d;
    }
    if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return wrong(j, N_("no such character"));
    *ret = v;
    return 0;
}

static uint32_t octal(struct job *j, unsigned most)
{
    uint32_t v = 0;
    for (; most && peek(j) >= '0' && peek(j) <= '7'; most--)
        v = v * 8 + (uint32_t)(j->in.p[j->at++] - '0');
    return v;
}

/* Escapes that mean one character, the same inside and outside of a set; the backslash is taken. 0; -ENOENT: it is none of them. */
static int plain_escape(struct job *j, uint32_t *ret)
{
    static const char from[] = "afnrtv", to[] = "\a\f\n\r\t\v";
    char c = peek(j);
    const char *known = c ? strchr(from, c) : NULL;
    if (!is_letter(c) && !is_digit(c)) {
        if (!more(j))
            return wrong(j, N_("a backslash at the end"));
        size_t n = utf8_next(str_from(j->in, j->at), ret);
        j->at += n ? n : 1;
        return n ? 0 : wrong(j, N_("not UTF-8"));
    }
    if (!known && c != 'x' && c != 'u' && c != 'U' && c != '0')
        return -ENOENT;
    j->at++;
    if (known)
        *ret = (uint32_t)to[known - from];
    else if (c == '0')
        *ret = octal(j, 2);
    else
        return hex_digits(j, c == 'x' ? 2 : c == 'u' ? 4 : 8, ret);
    return 0;
}

/* Python counts the four separators of ASCII among the blanks, PCRE2 does not. */
#define SEPARATORS "\\x{1c}-\\x{1f}"

/* A reference by number. A group cannot refer to itself. */
static int reference(struct job *j, unsigned number)
{
    for (unsigned i = 0; i < j->depth; i++)
        if (j->open[i] == number)
            return wrong(j, N_("a reference to a group inside of itself"));
    buf_printf(j->out, "\\g{%u}", number);
    j->last = ITEM_ONE;
    return 0;
}

static int number_reference(struct job *j)
{
    size_t start = j->at;
    if (peek(j) <= '3' && j->in.n - j->at >= 3) { /* three octal digits are a character */
        uint32_t c = octal(j, 3);
        if (j->at - start == 3) {
            put_char(j, c);
            j->last = ITEM_ONE;
            return 0;
        }
        j->at = start;
    }
    unsigned n = 0;
    for (int i = 0; i < 2 && is_digit(peek(j)); i++)
        n = n * 10 + (unsigned)(j->in.p[j->at++] - '0');
    if (n > j->r->groups)
        return wrong(j, N_("a reference to a group that does not exist"));
    return reference(j, n);
}

static int escape(struct job *j)
{
    static const struct { char c; const char *to; enum item item; } rows[] = {
        {'A', "\\A", ITEM_NONE}, {'Z', "\\z", ITEM_NONE}, {'b', "\\b", ITEM_NONE}, {'B', "\\B", ITEM_NONE},
        {'d', "\\d", ITEM_ONE}, {'D', "\\D", ITEM_ONE}, {'w', "\\w", ITEM_ONE}, {'W', "\\W", ITEM_ONE},
        {'s', "[\\s" SEPARATORS "]", ITEM_ONE}, {'S', "[^\\s" SEPARATORS "]", ITEM_ONE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (more(j) && peek(j) == rows[i].c) {
            j->at++;
            buf_addz(j->out, rows[i].to);
            j->last = rows[i].item;
            return 0;
        }
    }
    if (peek(j) >= '1' && peek(j) <= '9')
        return number_reference(j);
    uint32_t c;
    int r = plain_escape(j, &c);
    if (r == -ENOENT)
        return wrong(j, N_("an unknown escape"));
    if (r == 0)
        put_char(j, c);
    j->last = ITEM_ONE;
    return r;
}

/* One member of a set: a character (*ret_single) or a class such as \w, which is written at once. */
static int set_member(struct job *j, uint32_t *ret, bool *ret_single)
{
    *ret_single = true;
    if (peek(j) != '\\') {
        size_t n = utf8_next(str_from(j->in, j->at), ret);
        j->at += n;
        return n ? 0 : wrong(j, N_("not UTF-8"));
    }
    j->at++;
    char c = peek(j);
    if (c && strchr("dDwWsS", c)) {
        j->at++;
        *ret_single = false;
        buf_printf(j->out, "\\%c%s", c, c == 's' ? SEPARATORS : "");
        return 0;
    }
    if (c == 'b') {
        j->at++;
        *ret = '\b';
        return 0;
    }
    if (c >= '1' && c <= '7') {
        *ret = octal(j, 3);
        return *ret <= 0377 ? 0 : wrong(j, N_("no such character"));
    }
    int r = plain_escape(j, ret);
    return r == -ENOENT ? wrong(j, N_("an unknown escape in a set")) : r;
}

static int set(struct job *j)
{
    buf_addz(j->out, take(j, "^") ? "[^" : "[");
    for (bool first = true; first || peek(j) != ']'; first = false) {
        uint32_t low = 0, high = 0;
        bool single, single_end = true;
        if (!more(j))
            return wrong(j, N_("a set without its end"));
        if (set_member(j, &low, &single) < 0)
            return -EINVAL;
        bool range = peek(j) == '-' && j->at + 1 < j->in.n && j->in.p[j->at + 1] != ']';
        if (single)
            put_char(j, low);
        if (!range)
            continue;
        j->at++;
        if (!single)
            return wrong(j, N_("a range that begins with a class of characters"));
        struct str rest = str_from(j->in, j->at);
        if (rest.n > 1 && rest.p[0] == '\\' && strchr("dDwWsS", rest.p[1]))
            return wrong(j, N_("a range that ends with a class of characters"));
        if (set_member(j, &high, &single_end) < 0)
            return -EINVAL;
        if (high < low)
            return wrong(j, N_("a range in the wrong order"));
        buf_addc(j->out, '-');
        put_char(j, high);
    }
    j->at++;
    buf_addc(j->out, ']');
    j->last = ITEM_ONE;
    return 0;
}

static int group_name(struct job *j, char end, struct str *ret)
{
    size_t start = j->at;
    while (more(j) && peek(j) != end)
        j->at++;
    *ret = str_span(j->in.p + start, j->at - start);
    if (!more(j))
        return wrong(j, N_("a group's name without its end"));
    j->at++;
    bool good = ret->n && !is_digit(ret->p[0]);
    for (size_t i = 0; i < ret->n; i++)
        good = good && (is_letter(ret->p[i]) || is_digit(ret->p[i]) || ret->p[i] == '_' || (ret->p[i] & 0x80));
    return good ? 0 : wrong(j, N_("a group's name that is none"));
}

static int open_group(struct job *j, const char *text)
{
    if (j->depth == GROUPS_DEEP)
        return wrong(j, N_("groups are nested too deep"));
    j->open[j->depth] = 0;
    j->outer_verbose[j->depth++] = j->verbose;
    buf_addz(j->out, text);
    j->last = ITEM_NONE;
    return 0;
}

static int open_capture(struct job *j)
{
    if (++j->r->groups > GROUPS_MAX)
        return wrong(j, N_("too many groups"));
    if (open_group(j, "(") < 0)
        return -EINVAL;
    j->open[j->depth - 1] = j->r->groups;
    return 0;
}

static int open_named(struct job *j)
{
    struct str name;
    if (group_name(j, '>', &name) < 0)
        return -EINVAL;
    if (regex_text_group(j->r, name))
        return wrong(j, N_("two groups of the same name"));
    struct regex_name *n = list_push(j->a, &j->r->names);
    n->name = arena_dup(j->a, name);
    n->number = j->r->groups + 1;
    return open_capture(j);
}

static int named_reference(struct job *j)
{
    struct str name;
    if (group_name(j, ')', &name) < 0)
        return -EINVAL;
    unsigned number = regex_text_group(j->r, name);
    if (!number || number > j->r->groups)
        return wrong(j, N_("a reference to a group that does not exist"));
    return reference(j, number);
}

static int condition(struct job *j)
{
    struct str rest = str_from(j->in, j->at), name;
    uint64_t number = 0;
    ptrdiff_t end = str_find(rest, ')');
    if (end > 0 && str_u64(str_span(rest.p, (size_t)end), GROUPS_MAX, &number))
        j->at += (size_t)end + 1;
    else if (group_name(j, ')', &name) < 0)
        return -EINVAL;
    else
        number = regex_text_group(j->r, name);
    if (!number || number > j->r->groups)
        return wrong(j, N_("a condition on a group that does not exist"));
    char text[32];
    snprintf(text, sizeof text, "(?(%u)", (unsigned)number);
    return open_group(j, text);
}

static int set_flag(struct job *j, char c, bool on)
{
    switch (c) {
    case 'i': j->r->caseless |= on; return 0;
    case 'm': j->r->multiline |= on; return 0;
    case 's': j->r->dotall |= on; return 0;
    case 'x': j->verbose = on; return 0;
    case 'a': j->r->ascii |= on; return 0;
    case 'u': return 0;
    default: return wrong(j, c == 'L' ? N_("the flag L (locale)") : N_("an unknown flag or extension"));
    }
}

/* (?i) for all of it, or (?i-s: ... ) for a group. */
static int flags(struct job *j)
{
    struct str rest = str_from(j->in, j->at);
    size_t n = 0;
    while (n < rest.n && (is_letter(rest.p[n]) || rest.p[n] == '-'))
        n++;
    struct str letters = str_span(rest.p, n);
    if (!n || n == rest.n || (rest.p[n] != ')' && rest.p[n] != ':'))
        return wrong(j, N_("an unknown extension after (?"));
    if (rest.p[n] == ')') {
        for (size_t i = 0; i < n; i++, j->at++)
            if (set_flag(j, letters.p[i], true) < 0)
                return -EINVAL;
        j->at++;
        return 0;
    }
    char text[40] = "(?";
    size_t length = 2;
    bool on = true, verbose = j->verbose;
    for (size_t i = 0; i < n && length < sizeof text - 2; i++, j->at++) {
        char c = letters.p[i];
        if (c == '-')
            on = false;
        if (c == 'x')
            verbose = on;
        else if (c == 'i' || c == 'm' || c == 's' || c == '-')
            text[length++] = c;
        else if (c != 'u')
            return wrong(j, N_("a flag that cannot hold for a part"));
    }
    text[length++] = ':';
    text[length] = 0;
    j->at = (size_t)(letters.p + n + 1 - j->in.p);
    if (open_group(j, text) < 0)
        return -EINVAL;
    j->verbose = verbose;
    return 0;
}

static int comment(struct job *j)
{
    while (more(j) && peek(j) != ')')
        j->at++;
    return take(j, ")") ? 0 : wrong(j, N_("a comment without its end"));
}

static int group(struct job *j)
{
    static const char *const as_they_are[] = {"?:", "?=", "?!", "?<=", "?<!", "?>"};
    if (peek(j) == '*')
        return wrong(j, N_("nothing to repeat"));
    if (peek(j) != '?')
        return open_capture(j);
    for (size_t i = 0; i < ARRAY_SIZE(as_they_are); i++) {
        if (!take(j, as_they_are[i]))
            continue;
        char text[8];
        snprintf(text, sizeof text, "(%s", as_they_are[i]);
        return open_group(j, text);
    }
    if (take(j, "?P<"))
        return open_named(j);
    if (take(j, "?P="))
        return named_reference(j);
    if (take(j, "?("))
        return condition(j);
    if (take(j, "?#"))
        return comment(j);
    j->at++;
    return flags(j);
}

static int close_group(struct job *j)
{
    if (!j->depth)
        return wrong(j, N_("a closing parenthesis too many"));
    j->verbose = j->outer_verbose[--j->depth];
    buf_addc(j->out, ')');
    j->last = ITEM_ONE;
    return 0;
}

/* {2} {2,} {,2} {2,3}; a brace that begins none of them stands for itself. */
static bool braces(struct job *j)
{
    struct str rest = str_from(j->in, j->at);
    size_t n = 0, low, high;
    while (n < rest.n && is_digit(rest.p[n]))
        n++;
    low = high = n;
    bool comma = n < rest.n && rest.p[n] == ',';
    if (comma) {
        for (high = ++n; n < rest.n && is_digit(rest.p[n]);)
            n++;
    }
    if (n >= rest.n || rest.p[n] != '}' || n == 0)
        return false;
    buf_printf(j->out, "{%.*s", low ? (int)low : 1, low ? rest.p : "0");
    if (comma)
        buf_printf(j->out, ",%.*s", (int)(n - high), rest.p + high);
    buf_addc(j->out, '}');
    j->at += n + 1;
    return true;
}

static int repeated(struct job *j)
{
    if (j->last == ITEM_NONE)
        return wrong(j, N_("nothing to repeat"));
    if (j->last == ITEM_REPEATED)
        return wrong(j, N_("repeated twice"));
    if (peek(j) == '?' || peek(j) == '+')
        buf_addc(j->out, j->in.p[j->at++]);
    j->last = ITEM_REPEATED;
    return 0;
}

static int literal(struct job *j)
{
    uint32_t c;
    size_t n = utf8_next(str_from(j->in, j->at), &c);
    if (!n)
        return wrong(j, N_("not UTF-8"));
    j->at += n;
    put_char(j, c);
    j->last = ITEM_ONE;
    return 0;
}

static bool skip_blank(struct job *j)
{
    if (!j->verbose)
        return false;
    if (strchr(" \t\n\r\f\v", peek(j)) && peek(j)) {
        j->at++;
        return true;
    }
    if (peek(j) != '#')
        return false;
    while (more(j) && peek(j) != '\n')
        j->at++;
    return true;
}

static int step(struct job *j)
{
    if (skip_blank(j))
        return 0;
    char c = peek(j);
    switch (c) {
    case '\\': j->at++; return escape(j);
    case '[': j->at++; return set(j);
    case '(': j->at++; return group(j);
    case ')': j->at++; return close_group(j);
    case '*': case '+': case '?':
        buf_addc(j->out, j->in.p[j->at++]);
        return repeated(j);
    case '{':
        j->at++;
        if (braces(j))
            return repeated(j);
        j->at--;
        return literal(j);
    case '^': case '$': case '|':
        buf_addc(j->out, j->in.p[j->at++]);
        j->last = ITEM_NONE;
        return 0;
    case '.':
        buf_addc(j->out, j->in.p[j->at++]);
        j->last = ITEM_ONE;
        return 0;
    default: return literal(j);
    }
}

int regex_translate(struct arena *a, struct str python, struct regex_text *ret, struct err *err)
{
    _cleanup_(buf_free) struct buf out = BUF(16 * REGEX_TEXT_MAX);
    struct regex_text made = {0};
    struct job j = {.in = python, .out = &out, .a = a, .r = &made, .err = err};
    if (python.n > REGEX_TEXT_MAX)
        return err_set(err, -EINVAL, _("longer than %d bytes"), REGEX_TEXT_MAX);
    while (more(&j))
        if (step(&j) < 0)
            return -EINVAL;
    if (j.depth)
        return wrong(&j, N_("a parenthesis without its end"));
    if (out.full)
        return wrong(&j, N_("too long"));
    made.pattern = str_span(arena_dup(a, buf_str(&out)), out.n);
    *ret = made;
    return 0;
}

unsigned regex_text_group(const struct regex_text *t, struct str name)
{
    for (size_t i = 0; i < t->names.n; i++)
        if (str_eq(str_of(t->names.v[i].name), name))
            return t->names.v[i].number;
    return 0;
}
