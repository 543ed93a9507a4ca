#include "server/lines.h"

const struct line_style lines_postfix = {.separators = "=", .comments = "#", .indent = true};
const struct line_style lines_shell = {.separators = "=", .comments = "#", .tail = true, .quotes = true, .export = true};
const struct line_style lines_ini = {.separators = "=", .comments = "#;", .tail = true, .quotes = true, .sections = true};
const struct line_style lines_words = {.separators = " \t=", .comments = "#", .backslash = true, .quotes = true};

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool in(const char *set, char c)
{
    return c && set && strchr(set, c);
}

static struct str until_nul(struct str s)
{
    ptrdiff_t at = str_find(s, 0);
    return at < 0 ? s : str_span(s.p, (size_t)at);
}

static bool is_comment(const struct line_reader *r, struct str trimmed)
{
    return !trimmed.n || in(r->style->comments, trimmed.p[0]);
}

static bool take(struct line_reader *r, struct str *ret)
{
    if (!str_line(&r->rest, ret))
        return false;
    r->line++;
    return true;
}

/* Adds the lines that continue `*logical` (all in one pass: the joined text is never longer than what it is made of). */
static void join_indented(struct line_reader *r, struct str *logical)
{
    struct line_reader ahead = *r;
    size_t room = logical->n, used = logical->n, many = 0;
    struct str line;
    while (ahead.rest.n && take(&ahead, &line)) {
        bool none = is_comment(r, str_trim(line));
        if (!none && !blank(line.p[0]))
            break;
        many += !none;
        room += line.n + 1;
    }
    if (!many)
        return;
    char *joined = arena_zalloc(r->arena, room + 1);
    memcpy(joined, logical->p, logical->n);
    while (many) {
        take(r, &line);
        line = str_trim(line);
        if (is_comment(r, line))
            continue;
        joined[used++] = ' ';
        memcpy(joined + used, line.p, line.n);
        used += line.n;
        many--;
    }
    *logical = str_span(joined, used);
}

static bool goes_on(struct str s)
{
    return s.n && s.p[s.n - 1] == '\\';
}

static void join_backslashed(struct line_reader *r, struct str *logical)
{
    if (!goes_on(*logical))
        return;
    struct line_reader ahead = *r;
    size_t room = logical->n;
    struct str line = *logical;
    while (goes_on(line) && take(&ahead, &line))
        room += line.n;
    char *joined = arena_zalloc(r->arena, room + 1);
    size_t used = 0;
    line = *logical;
    for (;;) {
        bool more = goes_on(line);
        memcpy(joined + used, line.p, line.n - more);
        used += line.n - more;
        if (!more || !take(r, &line))
            break;
    }
    *logical = str_span(joined, used);
}

static struct str value_of(const struct line_style *style, struct str v)
{
    v = str_trim(v);
    if (style->quotes && v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'')) {
        ptrdiff_t end = str_find(str_from(v, 1), v.p[0]);
        struct str behind = end < 0 ? v : str_trim(str_from(v, (size_t)end + 2));
        if (end >= 0 && (!behind.n || (style->tail && in(style->comments, behind.p[0]))))
            return str_span(v.p + 1, (size_t)end);
    }
    if (style->tail) {
        if (v.n && in(style->comments, v.p[0]))
            return str_span(v.p, 0);
        for (size_t i = 1; i < v.n; i++)
            if (blank(v.p[i - 1]) && in(style->comments, v.p[i]))
                return str_trim(str_span(v.p, i));
    }
    return v;
}

static void split(const struct line_style *style, struct str line, struct line_item *ret)
{
    size_t at = 0;
    while (at < line.n && !in(style->separators, line.p[at]))
        at++;
    ret->key = str_trim(str_span(line.p, at));
    ret->value = (struct str){0};
    if (at < line.n) {
        struct str v = str_from(line, at + 1);
        if (blank(line.p[at])) {
            v = str_trim(v);
            if (v.n && v.p[0] == '=' && in(style->separators, '='))
                v = str_from(v, 1);
        }
        ret->value = value_of(style, v);
    }
    struct str word = STR("export ");
    if (style->export && str_starts(ret->key, word))
        ret->key = str_trim(str_from(ret->key, word.n));
}

bool lines_next(struct line_reader *r, struct line_item *ret)
{
    struct str line;
    while (take(r, &line)) {
        struct str trimmed = str_trim(line);
        if (is_comment(r, trimmed))
            continue;
        unsigned number = r->line;
        if (r->style->sections && trimmed.p[0] == '[' && str_find(trimmed, ']') > 0) {
            r->section = str_trim(until_nul(str_span(trimmed.p + 1, (size_t)str_find(trimmed, ']') - 1)));
            continue;
        }
        if (r->style->indent)
            join_indented(r, &trimmed);
        if (r->style->backslash)
            join_backslashed(r, &trimmed);
        struct line_item item = {.section = r->section, .line = number};
        split(r->style, until_nul(trimmed), &item);
        *ret = item;
        return true;
    }
    return false;
}
