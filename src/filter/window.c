#include "filter/window.h"
#include <stdlib.h>

#define LINE_MAX_BYTES (1u << 20)

bool window_init(struct window *w, size_t max)
{
    *w = (struct window){.max = max, .seen = BUF((size_t)WINDOW_MAX * LINE_MAX_BYTES)};
    w->v = calloc(max, sizeof *w->v);
    for (size_t i = 0; w->v && i < max; i++)
        w->v[i].text = BUF(LINE_MAX_BYTES);
    return w->v != NULL;
}

void window_done(struct window *w)
{
    for (size_t i = 0; w->v && i < w->max; i++)
        buf_free(&w->v[i].text);
    free(w->v);
    buf_free(&w->seen);
    *w = (struct window){0};
}

void window_clear(struct window *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->v[i].matched = false;
    w->n = 0;
}

/* Takes line i out; its memory is used again. */
static void take_out(struct window *w, size_t i)
{
    struct window_line gone = w->v[i];
    memmove(w->v + i, w->v + i + 1, (w->n - i - 1) * sizeof gone);
    w->v[--w->n] = gone;
}

void window_add(struct window *w, struct str line, size_t start, size_t end)
{
    if (w->n == w->max)
        take_out(w, 0);
    struct window_line *l = &w->v[w->n++];
    buf_reset(&l->text);
    buf_adds(&l->text, line);
    l->start = start;
    l->end = end;
    l->matched = false;
}

static void add_seen(struct buf *b, const struct window_line *l)
{
    buf_add(b, l->text.p, l->start);
    buf_adds(b, str_from(buf_str(&l->text), l->end));
}

struct str window_text(struct window *w, bool matched_only)
{
    buf_reset(&w->seen);
    for (size_t i = 0; i < w->n; i++) {
        if (matched_only && !w->v[i].matched)
            continue;
        add_seen(&w->seen, &w->v[i]);
        buf_addc(&w->seen, '\n');
    }
    return buf_str(&w->seen);
}

static size_t newlines(struct str s, size_t to)
{
    size_t n = 0;
    for (size_t i = 0; i < to && i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* The line that a skipped text is, from line `from` on; it is no longer matched. */
static size_t unmark(struct window *w, size_t from, struct str text)
{
    for (size_t i = from; i < w->n; i++) {
        _cleanup_(buf_free) struct buf b = BUF(LINE_MAX_BYTES);
        if (!w->v[i].matched)
            continue;
        add_seen(&b, &w->v[i]);
        if (!str_eq(buf_str(&b), text))
            continue;
        w->v[i].matched = false;
        return i + 1;
    }
    return from;
}

void window_mark(struct window *w, struct str text, size_t start, size_t end, struct str skipped)
{
    struct str line;
    if (w->n <= 1) {
        if (w->n)
            w->v[0].matched = true;
        return;
    }
    size_t first = 0, last = text.n;
    for (size_t i = 0; i <= start && i < text.n; i++)
        first = text.p[i] == '\n' ? i + 1 : first;
    for (size_t i = end ? end - 1 : 0; i < text.n; i++) {
        if (text.p[i] != '\n')
            continue;
        last = i + 1;
        break;
    }
    size_t from = newlines(text, first), to = newlines(text, last), at = 0;
    for (size_t i = 0; i < w->n; i++)
        w->v[i].matched = i >= from && i < to;
    while (skipped.n && str_field(&skipped, '\n', &line))
        at = unmark(w, at, line);
}

void window_drop_marked(struct window *w)
{
    for (size_t i = w->n; i-- > 0;)
        if (w->v[i].matched)
            take_out(w, i);
}

void window_set(struct window *w, struct str line)
{
    w->n = 0;
    window_add(w, line, 0, 0);
}
