#include "server/section_config.h"
#include "base/buf.h"
#include <errno.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

char *section_word(struct str *rest, struct arena *a)
{
    struct str s = *rest;
    while (s.n && blank(*s.p))
        s = str_from(s, 1);
    if (!s.n) {
        *rest = s;
        return NULL;
    }
    char quote = *s.p == '"' || *s.p == '\'' ? *s.p : 0;
    if (quote)
        s = str_from(s, 1);
    char *word = arena_zalloc(a, s.n + 1);
    size_t n = 0, i = 0;
    for (; i < s.n && (quote ? s.p[i] != quote : !blank(s.p[i])); i++) {
        if (quote && s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == quote || s.p[i + 1] == '\\'))
            i++;
        word[n++] = s.p[i];
    }
    *rest = str_from(s, i < s.n && quote ? i + 1 : i);
    return word;
}

/* One logical line (continuations joined) to an event. */
static int event(struct str text, unsigned line, section_fn *fn, void *arg)
{
    struct section_line l = {.kind = SECTION_DIRECTIVE, .line = line};
    text = str_trim(text);
    if (!text.n || *text.p == '#')
        return 0;
    if (*text.p == '<') {
        l.kind = text.n > 1 && text.p[1] == '/' ? SECTION_CLOSE : SECTION_OPEN;
        text = str_from(text, l.kind == SECTION_CLOSE ? 2 : 1);
        size_t end = text.n;
        while (end && text.p[end - 1] != '>')
            end--;
        text = str_trim(str_span(text.p, end ? end - 1 : text.n));
    }
    size_t n = 0;
    while (n < text.n && !blank(text.p[n]))
        n++;
    l.name = str_span(text.p, n);
    l.args = str_trim(str_from(text, n));
    return l.name.n ? fn(arg, &l) : 0;
}

int section_config_parse(struct str text, section_fn *fn, void *arg)
{
    _cleanup_(buf_free) struct buf joined = BUF(SECTION_LINE_MAX);
    struct str part;
    unsigned line = 0, first = 1;
    int cut = 0;
    while (str_line(&text, &part)) {
        line++;
        /* A comment is continued by a backslash too, in both programs. */
        bool more = part.n && part.p[part.n - 1] == '\\';
        if (more || joined.n || joined.full) {
            buf_adds(&joined, str_span(part.p, more ? part.n - 1 : part.n));
            if (more && text.n)
                continue;
            part = buf_str(&joined);
        }
        bool full = joined.full || part.n > SECTION_LINE_MAX;
        if (full)
            cut = -E2BIG;
        int r = full ? 0 : event(part, first, fn, arg);
        buf_reset(&joined);
        joined.full = false;
        if (r < 0)
            return r;
        first = line + 1;
    }
    return cut;
}
