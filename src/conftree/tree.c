#include "conftree/tree.h"
#include "base/i18n.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

bool conf_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

size_t conf_line_begin(struct str text, size_t at)
{
    while (at && text.p[at - 1] != '\n')
        at--;
    return at;
}

size_t conf_line_next(struct str text, size_t at)
{
    const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
    return end ? (size_t)(end - text.p) + 1 : text.n;
}

size_t conf_line_end(struct str text, size_t at)
{
    size_t end = conf_line_next(text, at);
    if (end > at && text.p[end - 1] == '\n')
        end--;
    if (end > at && text.p[end - 1] == '\r')
        end--;
    return end;
}

/* --- what parsers call --- */

int conf_push(struct parser *p, struct conf_node node)
{
    struct conftree *t = p->t;
    if (t->n >= CONFTREE_NODES_MAX) {
        t->full = true;
        return (int)t->n - 1;
    }
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        struct conf_node *nodes = reallocarray(t->nodes, cap, sizeof *nodes);
        if (!nodes) {
            t->full = true;
            return t->n ? (int)t->n - 1 : -1;
        }
        t->nodes = nodes;
        t->cap = cap;
    }
    node.parent = p->open;
    node.last = (int)t->n;
    t->nodes[t->n] = node;
    return (int)t->n++;
}

void conf_enter(struct parser *p, int node)
{
    if (!p->t->full)
        p->open = node;
}

void conf_leave(struct parser *p, size_t body_end, size_t end, unsigned last_line)
{
    if (p->t->full)
        return;
    assert(p->open >= 0);
    struct conf_node *s = &p->t->nodes[p->open];
    s->body_end = body_end;
    s->end = end;
    s->last_line = last_line;
    s->last = (int)p->t->n - 1;
    s->closed = true;
    p->open = s->parent;
}

void conf_damage(struct parser *p, size_t from, unsigned line, const char *why)
{
    if (from < p->t->sound)
        p->t->sound = from;
    if (!p->t->damage) {
        p->t->damage = why;
        p->t->damage_line = line;
    }
}

/* Sections that nothing closed reach to the end of the text. */
static void close_rest(struct parser *p)
{
    while (p->open >= 0 && !p->t->full) {
        struct conf_node *s = &p->t->nodes[p->open];
        if (!p->t->g->until_next)
            conf_damage(p, s->begin, s->line, N_("this section is not closed"));
        conf_leave(p, p->text.n, p->t->g->until_next ? s->end : p->text.n, p->t->g->until_next ? s->last_line : p->line);
        s->closed = p->t->g->until_next;
    }
}

int conf_read(struct conftree *t)
{
    struct parser p = {.t = t, .text = buf_str(&t->text), .line = 1, .open = -1};
    t->sound = SIZE_MAX;
    const char *nul = memchr(p.text.p, 0, p.text.n);
    t->g->parse(&p);
    close_rest(&p);
    if (nul) {
        unsigned line = 1;
        for (const char *c = p.text.p; c < nul; c++)
            line += *c == '\n';
        conf_damage(&p, 0, line, N_("there is a NUL byte"));
    }
    return t->full ? -E2BIG : 0;
}

/* --- open and close --- */

int conftree_open(const struct conf_grammar *g, const char *file, struct str bytes, struct conftree **ret, struct err *err)
{
    _cleanup_(conftree_freep) struct conftree *t = calloc(1, sizeof *t);
    if (!t || !(t->file = strdup(file)))
        return err_set(err, -ENOMEM, "%s", err_name(-ENOMEM));
    t->g = g;
    t->text = BUF(CONFTREE_BYTES_MAX);
    buf_adds(&t->text, bytes);
    if (t->text.full || conf_read(t) < 0)
        return err_at(err, -E2BIG, file, 0, 0, _("the file is too large to be edited"));
    *ret = t;
    t = NULL;
    return 0;
}

void conftree_free(struct conftree *t)
{
    if (!t)
        return;
    free(t->file);
    free(t->nodes);
    buf_free(&t->text);
    free(t);
}

void conftree_freep(struct conftree **t)
{
    conftree_free(*t);
    *t = NULL;
}

struct str conftree_text(const struct conftree *t)
{
    return buf_str(&t->text);
}

bool conftree_damaged(const struct conftree *t, unsigned *ret_line, const char **ret_why)
{
    if (!t->damage)
        return false;
    *ret_line = t->damage_line;
    *ret_why = t->damage;
    return true;
}

/* --- find --- */

int conf_number(const struct conftree *t, const struct conf_node *node)
{
    return node ? (int)(node - t->nodes) : -1;
}

const struct conf_node *conftree_child(const struct conftree *t, const struct conf_node *in, const struct conf_node *previous)
{
    int next = previous ? previous->last + 1 : conf_number(t, in) + 1;
    int last = in ? in->last : (int)t->n - 1;
    return next <= last ? &t->nodes[next] : NULL;
}

bool conf_same_name(const struct conftree *t, struct str a, struct str b)
{
    return t->g->icase ? str_ieq(a, b) : str_eq(a, b);
}

static bool has_arg(const struct conftree *t, const struct conf_node *node, const char *arg)
{
    if (!arg)
        return true;
    _cleanup_(buf_free) struct buf value = BUF(CONFTREE_BYTES_MAX);
    conftree_value(t, node, &value);
    return conf_same_value(buf_str(&value), str_of(arg)) || str_eq(conf_unquote(buf_str(&value)), str_of(arg));
}

/* php.ini: names count in whatever section they stand, but those of one host or directory. */
static bool elsewhere(const struct conf_node *section)
{
    return str_istarts(section->name, STR("HOST=")) || str_istarts(section->name, STR("PATH="));
}

struct wanted {
    bool section;
    struct str name;
    const char *arg;
    unsigned nth; /* 0: the one that counts */
    unsigned seen;
    const struct conf_node *found;
};

/* true: it is decided. */
static bool consider(const struct conftree *t, const struct conf_node *node, struct wanted *w)
{
    bool section = node->kind == CONF_SECTION;
    if (node->kind == CONF_ODD || section != w->section || !conf_same_name(t, node->name, w->name) || (section && !has_arg(t, node, w->arg)))
        return false;
    w->seen++;
    if (!w->nth || w->seen == w->nth)
        w->found = node;
    return w->nth ? w->seen == w->nth : t->g->wins == WINS_FIRST;
}

static const struct conf_node *find(const struct conftree *t, const struct conf_node *in, struct wanted *w)
{
    bool flat = t->g->flat && !in && !w->section;
    for (const struct conf_node *c = NULL; (c = conftree_child(t, in, c));) {
        if (consider(t, c, w))
            break;
        if (flat && c->kind == CONF_SECTION && !elsewhere(c))
            for (const struct conf_node *e = NULL; (e = conftree_child(t, c, e));)
                if (consider(t, e, w))
                    return w->found;
    }
    return w->found;
}

const struct conf_node *conftree_section(const struct conftree *t, const struct conf_node *in, const char *name, const char *arg, unsigned nth)
{
    return find(t, in, &(struct wanted){.section = true, .name = str_of(name), .arg = arg, .nth = nth});
}

const struct conf_node *conftree_entry(const struct conftree *t, const struct conf_node *in, const char *name, unsigned nth)
{
    return find(t, in, &(struct wanted){.name = str_of(name), .nth = nth});
}

const struct conf_node *conftree_at_line(const struct conftree *t, unsigned line)
{
    const struct conf_node *found = NULL;
    for (size_t i = 0; i < t->n && t->nodes[i].line <= line; i++)
        if (t->nodes[i].last_line >= line && t->nodes[i].kind != CONF_FIELD)
            found = &t->nodes[i];
    return found;
}

const struct conf_node *conftree_walk(const struct conftree *t, const struct conf_step *steps, size_t n)
{
    const struct conf_node *in = NULL;
    for (size_t i = 0; i < n; i++)
        if (!(in = conftree_section(t, in, steps[i].name, steps[i].arg, steps[i].nth)))
            return NULL;
    return in;
}

/* --- values --- */

struct str conf_unquote(struct str v)
{
    v = str_trim(v);
    bool quoted = v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0];
    return quoted && !memchr(v.p + 1, v.p[0], v.n - 2) ? str_span(v.p + 1, v.n - 2) : v;
}

void conf_value_of(const struct conf_grammar *g, enum conf_kind kind, struct str raw, struct buf *ret)
{
    if (!g->statement)
        conf_value_tokens(g, raw, ret);
    else if (kind == CONF_SECTION && g->statement != conf_line_angle)
        buf_adds(ret, str_trim(raw));
    else
        conf_value_lines(g, raw, ret);
}

void conftree_value(const struct conftree *t, const struct conf_node *node, struct buf *ret)
{
    conf_value_of(t->g, node->kind, node->value, ret);
}

bool conftree_get(const struct conftree *t, const struct conf_node *in, const char *name, struct buf *ret)
{
    const struct conf_node *node = conftree_entry(t, in, name, 0);
    if (!node)
        return false;
    _cleanup_(buf_free) struct buf value = BUF(CONFTREE_BYTES_MAX);
    conftree_value(t, node, &value);
    buf_adds(ret, conf_unquote(buf_str(&value)));
    return true;
}

static bool next_part(struct str *rest, struct str *ret)
{
    return str_word(rest, " \t\r\n\v\f", ret);
}

bool conf_same_value(struct str a, struct str b)
{
    struct str x, y;
    for (;;) {
        bool more_a = next_part(&a, &x), more_b = next_part(&b, &y);
        if (!more_a || !more_b)
            return more_a == more_b;
        if (!str_eq(x, y))
            return false;
    }
}
