/* postfix_expand.c: the $name language of main.cf and master.cf. */
#include "server/postfix.h"
#include <ctype.h>

#define DEPTH_MAX 40

static void expand(struct postfix_expander *x, struct str text, struct buf *out);

static bool name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static struct str skip_blanks(struct str s)
{
    while (s.n && isspace((unsigned char)s.p[0]))
        s = str_from(s, 1);
    return s;
}

/* s begins with `open`: what stands between it and its partner goes to *ret, *s moves behind it. false: it has none. */
static bool balanced(struct str *s, char open, char close, struct str *ret)
{
    size_t level = 0;
    for (size_t i = 0; i < s->n; i++) {
        level += s->p[i] == open;
        if (s->p[i] == close && --level == 0) {
            *ret = str_span(s->p + 1, i - 1);
            *s = str_from(*s, i + 1);
            return true;
        }
    }
    return false;
}

/* {text}: blanks before the brace do not count, those inside do. */
static bool braced(struct str *s, struct str *ret)
{
    struct str rest = skip_blanks(*s);
    if (!rest.n || rest.p[0] != '{' || !balanced(&rest, '{', '}', ret))
        return false;
    *s = rest;
    return true;
}

static bool spend(struct postfix_expander *x)
{
    if (!x->steps || x->bad) {
        x->bad = true;
        return false;
    }
    x->steps--;
    return true;
}

static void expand_name(struct postfix_expander *x, struct str name, struct buf *out)
{
    if (!spend(x))
        return;
    const char *value = x->lookup(x->ctx, name);
    if (value) {
        expand(x, str_of(value), out);
    } else if (x->keep_unknown) {
        buf_addc(out, '$');
        buf_adds(out, name);
    }
}

/* "3.6" against "3.6.1": part by part, a missing part is 0. */
static int compare_levels(struct str a, struct str b)
{
    while (a.n || b.n) {
        struct str x = STR("0"), y = STR("0");
        uint64_t p = 0, q = 0;
        if (a.n)
            str_field(&a, '.', &x);
        if (b.n)
            str_field(&b, '.', &y);
        str_u64(x, UINT32_MAX, &p);
        str_u64(y, UINT32_MAX, &q);
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

static int compare(struct str a, struct str b, bool level)
{
    uint64_t p, q;
    if (level)
        return compare_levels(a, b);
    if (str_u64(a, UINT64_MAX, &p) && str_u64(b, UINT64_MAX, &q))
        return p < q ? -1 : p > q;
    int c = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

static bool holds(struct str op, int c, bool *ret)
{
    static const struct { const char *op; bool less, equal, more; } ops[] = {
        {"==", false, true, false}, {"!=", true, false, true}, {"<", true, false, false}, {"<=", true, true, false}, {">=", false, true, true}, {">", false, false, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
        if (str_eq(op, str_of(ops[i].op))) {
            *ret = c < 0 ? ops[i].less : c == 0 ? ops[i].equal : ops[i].more;
            return true;
        }
    return false;
}

/* {a} OP {b}: both sides are expanded before they are compared. */
static bool relation(struct postfix_expander *x, struct str *s, bool *ret)
{
    struct str left, right, op, level = STR("level");
    if (!braced(s, &left))
        return false;
    *s = skip_blanks(*s);
    size_t n = 0;
    while (n < s->n && s->p[n] != '{' && !isspace((unsigned char)s->p[n]))
        n++;
    op = str_span(s->p, n);
    *s = str_from(*s, n);
    if (!braced(s, &right))
        return false;
    bool by_level = str_ends(op, level);
    if (by_level)
        op.n -= level.n;
    _cleanup_(buf_free) struct buf a = BUF(POSTFIX_VALUE_MAX), b = BUF(POSTFIX_VALUE_MAX);
    expand(x, left, &a);
    expand(x, right, &b);
    return holds(op, compare(buf_str(&a), buf_str(&b), by_level), ret);
}

/* What follows the condition: "?text", ":text", "?{a}:{b}". */
static void branches(struct postfix_expander *x, struct str s, bool yes, struct buf *out)
{
    struct str then = STR(""), otherwise = STR("");
    s = skip_blanks(s);
    bool question = s.n && s.p[0] == '?';
    struct str rest = str_from(s, 1), text;
    if (!braced(&rest, &text)) {
        text = str_from(s, 1);
        rest = STR("");
    }
    *(question ? &then : &otherwise) = text;
    rest = skip_blanks(rest);
    if (question && rest.n && rest.p[0] == ':') {
        rest = str_from(rest, 1);
        if (!braced(&rest, &otherwise))
            otherwise = rest;
    }
    if (spend(x))
        expand(x, yes ? then : otherwise, out);
}

static bool is_set(struct postfix_expander *x, struct str name)
{
    const char *value = spend(x) ? x->lookup(x->ctx, name) : NULL;
    if (!value || !*value)
        return false;
    _cleanup_(buf_free) struct buf b = BUF(POSTFIX_VALUE_MAX);
    expand(x, str_of(value), &b);
    return b.n > 0;
}

/* The inside of ${...}. */
static void conditional(struct postfix_expander *x, struct str inside, struct buf *out)
{
    struct str s = skip_blanks(inside);
    bool yes = false;
    if (s.n && s.p[0] == '{') {
        if (relation(x, &s, &yes))
            branches(x, s, yes, out);
        else
            x->bad = true;
        return;
    }
    size_t n = 0;
    while (n < s.n && name_byte(s.p[n]))
        n++;
    struct str name = str_span(s.p, n), rest = skip_blanks(str_from(s, n));
    if (!rest.n)
        expand_name(x, name, out);
    else if (rest.p[0] == '?' || rest.p[0] == ':')
        branches(x, rest, is_set(x, name), out);
    else
        x->bad = true;
}

static void expand(struct postfix_expander *x, struct str text, struct buf *out)
{
    if (++x->depth > DEPTH_MAX)
        x->bad = true;
    while (text.n && !x->bad && !out->full) {
        ptrdiff_t at = str_find(text, '$');
        buf_adds(out, str_span(text.p, at < 0 ? text.n : (size_t)at));
        if (at < 0)
            break;
        text = str_from(text, (size_t)at + 1);
        struct str inside;
        size_t n = 0;
        while (n < text.n && name_byte(text.p[n]))
            n++;
        if (n) {
            expand_name(x, str_span(text.p, n), out);
            text = str_from(text, n);
        } else if (text.n && text.p[0] == '{' && balanced(&text, '{', '}', &inside)) {
            conditional(x, inside, out);
        } else if (text.n && text.p[0] == '(' && balanced(&text, '(', ')', &inside)) {
            conditional(x, inside, out);
        } else {
            buf_addc(out, '$');
            text = str_from(text, text.n && text.p[0] == '$');
        }
    }
    if (out->full)
        x->bad = true;
    x->depth--;
}

void postfix_expand(struct postfix_expander *x, struct str text, struct buf *out)
{
    x->depth = 0;
    x->bad = false;
    expand(x, text, out);
}
