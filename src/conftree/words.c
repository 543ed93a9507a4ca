/* words.c: a list that stands in several lines keeps its layout: only the words that differ are replaced. */
#include "conftree/tree.h"

#define WORDS_MAX 1000

struct words {
    struct str v[WORDS_MAX];
    size_t n;
    bool comment; /* one stands between them */
};

static bool gap(char c)
{
    return conf_blank(c) || c == '\n';
}

static bool split(const struct conf_grammar *g, struct str raw, bool file, struct words *ret)
{
    ret->n = 0;
    ret->comment = false;
    for (size_t at = 0; at < raw.n;) {
        bool fresh = file && at && raw.p[at - 1] == '\n';
        if (fresh && conf_is_comment_line(g, raw, at)) {
            ret->comment = true;
            at = conf_line_next(raw, at);
            continue;
        }
        if (gap(raw.p[at])) {
            at++;
            continue;
        }
        size_t end = at;
        while (end < raw.n && !gap(raw.p[end]))
            end++;
        if (ret->n == WORDS_MAX)
            return false;
        ret->v[ret->n++] = str_span(raw.p + at, end - at);
        at = end;
    }
    return true;
}

/* Whether a comment stands in text[begin, end) of the value. */
static bool comment_between(const struct conf_grammar *g, struct str raw, size_t begin, size_t end)
{
    for (size_t at = conf_line_next(raw, begin); at < end; at = conf_line_next(raw, at))
        if (conf_is_comment_line(g, raw, at))
            return true;
    return false;
}

bool conf_splice_words(const struct conftree *t, const struct conf_node *node, struct str value, struct change *c, struct buf *put)
{
    struct words old, new;
    struct str raw = node->value;
    if (!t->g->indent || !memchr(raw.p, '\n', raw.n) || !split(t->g, raw, true, &old) || !split(t->g, value, false, &new))
        return false;
    size_t least = old.n < new.n ? old.n : new.n, head = 0, tail = 0;
    while (head < least && str_eq(old.v[head], new.v[head]))
        head++;
    while (tail < least - head && str_eq(old.v[old.n - 1 - tail], new.v[new.n - 1 - tail]))
        tail++;
    if (!head && !tail)
        return false;
    bool goes = head + tail < old.n, comes = head + tail < new.n;
    /* What comes stands where the first word that goes stood, or behind the last one before; what goes takes the gap before it along. */
    const char *begin = head && (!goes || !comes) ? old.v[head - 1].p + old.v[head - 1].n : old.v[head].p;
    const char *end = goes ? old.v[old.n - tail - 1].p + old.v[old.n - tail - 1].n : begin;
    if (goes && !comes && !head)
        end = old.v[old.n - tail].p;
    if (comment_between(t->g, raw, (size_t)(begin - raw.p), (size_t)(end - raw.p)))
        return false;
    buf_addz(put, head && !goes ? " " : "");
    for (size_t i = head; i < new.n - tail; i++) {
        buf_addz(put, i > head ? " " : "");
        buf_adds(put, new.v[i]);
    }
    buf_addz(put, !head && !goes ? " " : "");
    c->at = node->value_begin + (size_t)(begin - raw.p);
    c->cut = (size_t)(end - begin);
    return true;
}
