#include "server/brace_config.h"
#include "base/buf.h"
#include <errno.h>

struct reader {
    struct str rest;
    unsigned line;
    enum brace_dialect dialect;
    struct arena *words_arena; /* the words of one statement; replaced when it has grown */
    size_t arena_used;
    const char *words[BRACE_WORDS_MAX];
    size_t n;
    unsigned first;            /* line of words[0] */
    unsigned depth;
    int trouble;
};

static char next(struct reader *r)
{
    char c = *r->rest.p;
    if (c == '\n')
        r->line++;
    r->rest = str_from(r->rest, 1);
    return c;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void to_line_end(struct reader *r)
{
    while (r->rest.n && *r->rest.p != '\n')
        next(r);
}

/* Blanks and comments before a word. */
static void skip(struct reader *r)
{
    bool bind = r->dialect == BRACE_BIND;
    while (r->rest.n) {
        if (blank(*r->rest.p)) {
            next(r);
        } else if (*r->rest.p == '#' || (bind && str_starts(r->rest, STR("//")))) {
            to_line_end(r);
        } else if (bind && str_starts(r->rest, STR("/*"))) {
            while (r->rest.n && !str_starts(r->rest, STR("*/")))
                next(r);
            if (!r->rest.n)
                r->trouble = -EINVAL;
            r->rest = str_from(r->rest, 2);
        } else {
            return;
        }
    }
}

static void quoted(struct reader *r, char quote, struct buf *b)
{
    while (r->rest.n) {
        char c = next(r);
        if (c == quote)
            return;
        if (c == '\\' && r->rest.n && (*r->rest.p == quote || *r->rest.p == '\\'))
            c = next(r);
        buf_addc(b, c);
    }
    r->trouble = -EINVAL;
}

/* A word without quotes. In nginx "${name}" belongs to it, and a backslash protects the next byte (and stays, as in regular expressions). */
static void bare(struct reader *r, struct buf *b)
{
    bool nginx = r->dialect == BRACE_NGINX;
    while (r->rest.n && !blank(*r->rest.p) && *r->rest.p != ';') {
        if (nginx && str_starts(r->rest, STR("${"))) {
            while (r->rest.n && *r->rest.p != '}' && !blank(*r->rest.p))
                buf_addc(b, next(r));
            if (r->rest.n && *r->rest.p == '}')
                buf_addc(b, next(r));
            continue;
        }
        if (*r->rest.p == '{' || (*r->rest.p == '}' && !nginx))
            return;
        if (!nginx && (*r->rest.p == '"' || str_starts(r->rest, STR("//")) || str_starts(r->rest, STR("/*"))))
            return;
        if (nginx && *r->rest.p == '\\' && r->rest.n > 1)
            buf_addc(b, next(r));
        buf_addc(b, next(r));
    }
}

static void word(struct reader *r)
{
    _cleanup_(buf_free) struct buf b = BUF(BRACE_WORD_MAX);
    if (!r->n)
        r->first = r->line;
    char c = *r->rest.p;
    if (c == '"' || (c == '\'' && r->dialect == BRACE_NGINX)) {
        next(r);
        quoted(r, c, &b);
    } else {
        bare(r, &b);
    }
    if (b.full || r->n >= BRACE_WORDS_MAX) {
        r->trouble = -E2BIG;
        return;
    }
    r->arena_used += b.n + 32;
    r->words[r->n++] = arena_dup(r->words_arena, buf_str(&b));
}

/* Lua code: braces in it are balanced, quotes are not followed. */
static void skip_block(struct reader *r)
{
    unsigned depth = 1;
    while (r->rest.n && depth) {
        char c = next(r);
        depth += c == '{';
        depth -= c == '}';
    }
}

static int emit(struct reader *r, enum brace_kind kind, brace_fn *fn, void *arg)
{
    struct brace_line l = {.kind = kind, .words = r->words, .n = kind == BRACE_CLOSE ? 0 : r->n, .line = r->n ? r->first : r->line};
    int result = fn(arg, &l);
    r->n = 0;
    if (r->arena_used > 1u << 20) {
        arena_free(r->words_arena);
        r->words_arena = arena_new(64u << 20);
        r->arena_used = 0;
    }
    return result;
}

static int close_block(struct reader *r, brace_fn *fn, void *arg)
{
    r->n = 0; /* words without a ';' before the brace */
    if (!r->depth) {
        r->trouble = -EINVAL;
        return 0;
    }
    r->depth--;
    return emit(r, BRACE_CLOSE, fn, arg);
}

static int step(struct reader *r, brace_fn *fn, void *arg)
{
    switch (*r->rest.p) {
    case ';':
        next(r);
        return r->n ? emit(r, BRACE_STATEMENT, fn, arg) : 0;
    case '{':
        next(r);
        if (r->dialect == BRACE_NGINX && r->n && str_ends(str_of(r->words[0]), STR("_by_lua_block"))) {
            skip_block(r);
            r->n = 0;
            return 0;
        }
        r->depth++;
        return emit(r, BRACE_OPEN, fn, arg);
    case '}':
        next(r);
        return close_block(r, fn, arg);
    default:
        word(r);
        return 0;
    }
}

int brace_config_parse(struct str text, enum brace_dialect dialect, brace_fn *fn, void *arg)
{
    struct reader *r = &(struct reader){.rest = text, .line = 1, .dialect = dialect, .words_arena = arena_new(64u << 20)};
    int result = 0;
    for (skip(r); result >= 0 && r->rest.n; skip(r))
        result = step(r, fn, arg);
    arena_free(r->words_arena);
    if (result < 0)
        return result;
    return r->trouble ? r->trouble : r->depth ? -EINVAL : 0;
}
