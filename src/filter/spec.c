#include "filter/spec.h"
#include "base/i18n.h"
#include <ctype.h>
#include <errno.h>

static bool is_blank(char c)
{
    return isspace((unsigned char)c);
}

static bool is_key(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

static struct str trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static size_t skip(struct str s, size_t i, bool (*kind)(char))
{
    while (i < s.n && kind(s.p[i]))
        i++;
    return i;
}

/* The value at i: in quotes, or up to , or ]. Returns where it ends. */
static size_t value_at(struct str s, size_t i, struct str *ret)
{
    if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
        ptrdiff_t close = str_find(str_from(s, i + 1), s.p[i]);
        if (close >= 0) {
            *ret = str_span(s.p + i + 1, (size_t)close);
            return i + 1 + (size_t)close + 1;
        }
    }
    size_t end = i;
    while (end < s.n && s.p[end] != ',' && s.p[end] != ']')
        end++;
    *ret = str_span(s.p + i, end - i);
    return end;
}

/* `]  [` at i, where one group of options ends and another one begins. Returns where that ends; i: there is none. */
static size_t regroup(struct str s, size_t i)
{
    if (i >= s.n || s.p[i] != ']')
        return i;
    size_t k = skip(s, i + 1, is_blank);
    return k < s.n && s.p[k] == '[' ? k + 1 : i;
}

static void set(struct arena *a, struct spec *spec, struct str key, struct str text)
{
    for (size_t i = 0; i < spec->options.n; i++)
        if (str_eq(str_of(spec->options.v[i].key), key)) {
            spec->options.v[i].text = arena_dup(a, text);
            return;
        }
    *list_push(a, &spec->options) = (struct spec_option){arena_dup(a, key), arena_dup(a, text)};
}

static int unexpected(struct err *err, struct str rest)
{
    return err_set(err, -EINVAL, _("here OPTION=VALUE, a comma or ] should stand, not: %.*s"), rest.n > 40 ? 40 : (int)rest.n, rest.p);
}

/* What stands between the outer brackets. */
static int parse_options(struct arena *a, struct str s, struct spec *spec, struct err *err)
{
    for (size_t i = 0; i < s.n;) {
        struct str value;
        size_t key = skip(s, i, is_blank), eq = skip(s, key, is_key);
        if (key == eq || eq == s.n || s.p[eq] != '=') {
            size_t end = skip(s, i + (s.p[i] == ','), is_blank);
            return end == s.n ? 0 : unexpected(err, str_from(s, key));
        }
        i = value_at(s, eq + 1, &value);
        if (spec->options.n == SPEC_OPTIONS_MAX)
            return err_set(err, -EINVAL, _("more than %d options"), SPEC_OPTIONS_MAX);
        set(a, spec, str_span(s.p + key, eq - key), trim(value));
        size_t next = regroup(s, i);
        if (next > i)
            i = next;
        else if (i < s.n && s.p[i] == ',')
            i++;
        else if (i < s.n && !(i + 1 == s.n && s.p[i] == '\n'))
            return unexpected(err, str_from(s, i));
    }
    return 0;
}

int spec_parse(struct arena *a, struct str s, struct spec *ret, struct err *err)
{
    struct spec spec = {0};
    ptrdiff_t open = str_find(s, '[');
    if (s.n && memchr(s.p, 0, s.n))
        return err_set(err, -EINVAL, _("a NUL byte may not stand in a name"));
    spec.name = arena_dup(a, open < 0 ? s : str_span(s.p, (size_t)open));
    if (open < 0 ? !s.n : open == 0)
        return err_set(err, -EINVAL, _("the name of a filter is missing"));
    if (open >= 0) {
        while (s.n && is_blank(s.p[s.n - 1]))
            s.n--;
        if (s.p[s.n - 1] != ']')
            return err_set(err, -EINVAL, _("the [ of %s is not closed"), spec.name);
        int e = parse_options(a, str_span(s.p + open + 1, s.n - (size_t)open - 2), &spec, err);
        if (e < 0)
            return e;
    }
    *ret = spec;
    return 0;
}

/* Where the brackets that begin at i end; i where they are not well formed. */
static size_t brackets(struct str s, size_t i)
{
    size_t at = skip(s, i + 1, is_blank);
    struct str value;
    while (at < s.n) {
        if (s.p[at] == ']')
            return at + 1;
        size_t eq = skip(s, at, is_key);
        if (eq == at || eq == s.n || s.p[eq] != '=')
            return i;
        at = skip(s, value_at(s, eq + 1, &value), is_blank);
        size_t next = regroup(s, at);
        at = skip(s, next > at ? next : at < s.n && s.p[at] == ',' ? at + 1 : at, is_blank);
    }
    return i;
}

static bool is_no_blank(char c)
{
    return !is_blank(c);
}

static bool is_name(char c)
{
    return !is_blank(c) && c != '[';
}

bool spec_next(struct str *rest, struct str *ret)
{
    struct str s = trim(*rest);
    if (!s.n)
        return false;
    size_t name = skip(s, 0, is_name), end = name, open = skip(s, name, is_blank);
    if (name && open < s.n && s.p[open] == '[') {
        size_t close = brackets(s, open);
        if (close > open && (close == s.n || is_blank(s.p[close])))
            end = close;
    }
    if (end == name && end < s.n && !is_blank(s.p[end]))
        end = skip(s, 0, is_no_blank);
    *ret = str_span(s.p, end);
    *rest = str_from(s, end);
    return true;
}

/* What is in quotes that begin at i; in double ones a backslash takes away the meaning of " and of itself. false: they are not closed. */
static bool quoted(struct str s, size_t *i, struct buf *word)
{
    char quote = s.p[(*i)++];
    for (; *i < s.n; ++*i) {
        char c = s.p[*i];
        if (c == quote) {
            ++*i;
            return true;
        }
        if (quote == '"' && c == '\\' && *i + 1 < s.n && (s.p[*i + 1] == '"' || s.p[*i + 1] == '\\'))
            c = s.p[++*i];
        buf_addc(word, c);
    }
    return false;
}

int spec_words(struct arena *a, struct str s, struct words *ret, struct err *err)
{
    struct words words = {0};
    _cleanup_(buf_free) struct buf word = BUF(s.n + 1);
    for (size_t i = 0; i < s.n;) {
        bool begun = false;
        buf_reset(&word);
        while (i < s.n && !is_blank(s.p[i])) {
            begun = true;
            if (s.p[i] == '"' || s.p[i] == '\'') {
                if (!quoted(s, &i, &word))
                    return err_set(err, -EINVAL, _("a quote is not closed: %.*s"), s.n > 100 ? 100 : (int)s.n, s.p);
                continue;
            }
            if (s.p[i] == '\\' && ++i == s.n)
                return err_set(err, -EINVAL, _("nothing follows the \\ at the end: %.*s"), s.n > 100 ? 100 : (int)s.n, s.p);
            buf_addc(&word, s.p[i++]);
        }
        if (begun)
            *list_push(a, &words.list) = arena_dup(a, buf_str(&word));
        i = skip(s, i, is_blank);
    }
    *ret = words;
    return 0;
}
