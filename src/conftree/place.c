/* place.c: where a new statement goes, and how it is indented there. */
#include "conftree/tree.h"

const char *conf_eol(const struct conftree *t)
{
    struct str text = buf_str(&t->text);
    ptrdiff_t at = str_find(text, '\n');
    return at > 0 && text.p[at - 1] == '\r' ? "\r\n" : "\n";
}

/* The blanks that begin the line of text[at]. */
static struct str indent_at(struct str text, size_t at)
{
    size_t begin = conf_line_begin(text, at), end = begin;
    while (end < text.n && (text.p[end] == ' ' || text.p[end] == '\t'))
        end++;
    return str_span(text.p + begin, end - begin);
}

bool conf_begins_line(const struct conftree *t, const struct conf_node *node)
{
    struct str text = buf_str(&t->text), indent = indent_at(text, node->begin);
    return indent.p + indent.n == text.p + node->begin;
}

bool conf_is_comment_line(const struct conf_grammar *g, struct str text, size_t at)
{
    size_t end = conf_line_end(text, at);
    while (at < end && conf_blank(text.p[at]))
        at++;
    return at < end && (conf_is(g->comments, text.p[at]) || (!g->statement && str_starts(str_from(text, at), str_of(g->mark))));
}

bool conf_ends_line(const struct conftree *t, size_t at)
{
    struct str text = buf_str(&t->text);
    size_t end = conf_line_end(text, at);
    bool empty = true;
    for (size_t i = at; i < end; i++)
        empty &= conf_blank(text.p[i]);
    return empty || (!t->g->statement && conf_is_comment_line(t->g, text, at));
}

static void set_indent(struct place *p, struct str outer, struct str unit)
{
    if (outer.n + unit.n >= sizeof p->indent)
        return;
    memcpy(p->indent, outer.p, outer.n);
    memcpy(p->indent + outer.n, unit.p, unit.n);
    p->indent[outer.n + unit.n] = 0;
}

/* How this file indents: what the first line in a section has more than the line of its section. */
static struct str unit_of(const struct conftree *t)
{
    struct str text = buf_str(&t->text);
    for (size_t i = 0; i < t->n && i < 1000; i++) { /* a line may be as long as the file */
        const struct conf_node *n = &t->nodes[i], *outer = n->parent >= 0 ? &t->nodes[n->parent] : NULL;
        if (!outer || !conf_begins_line(t, n) || n->kind == CONF_ODD)
            continue;
        struct str inner = indent_at(text, n->begin), begin = indent_at(text, outer->begin);
        if (str_starts(inner, begin) && inner.n - begin.n <= 16 && (inner.n > begin.n || t->g->until_next))
            return str_from(inner, begin.n);
    }
    return str_of(t->g->unit);
}

static void indent_in(const struct conftree *t, const struct conf_node *in, struct place *p)
{
    if (in)
        set_indent(p, indent_at(buf_str(&t->text), in->begin), unit_of(t));
}

/* Directly behind text[end), where `in` is around it. */
static void behind(const struct conftree *t, const struct conf_node *in, const struct conf_node *like, size_t end, struct place *p)
{
    struct str text = buf_str(&t->text);
    p->in_line = !conf_ends_line(t, end);
    p->at = p->in_line ? end : conf_line_next(text, end);
    if (like && conf_begins_line(t, like) && like->kind != CONF_FIELD)
        set_indent(p, indent_at(text, like->begin), STR(""));
    else
        indent_in(t, in, p);
}

static const char *assign_like(const struct conftree *t, const struct conf_node *like)
{
    const char *text = t->text.p;
    if (!like || !like->assigned || like->kind != CONF_ENTRY || !t->g->equals || text[like->name_end] == 0)
        return t->g->assign;
    if (text[like->name_end] == ' ')
        return " = ";
    return like->value_begin == like->name_end + 1 && like->value.n ? "=" : t->g->assign;
}

/* Of a section that ends where the next begins, the statements before the first section; comments directly above it are the section's. */
static void before_first_section(const struct conftree *t, struct place *p)
{
    struct str text = buf_str(&t->text);
    const struct conf_node *c = NULL;
    while ((c = conftree_child(t, NULL, c)) && c->kind != CONF_SECTION)
        continue;
    p->at = text.n;
    p->number = (int)t->n;
    if (!c)
        return;
    p->number = conf_number(t, c);
    p->at = conf_line_begin(text, c->begin);
    while (p->at && conf_is_comment_line(t->g, text, conf_line_begin(text, p->at - 1)))
        p->at = conf_line_begin(text, p->at - 1);
}

static const struct conf_node *neighbour(const struct conftree *t, const struct conf_node *in, struct str name)
{
    const struct conf_node *last = NULL, *same = NULL;
    for (const struct conf_node *c = NULL; (c = conftree_child(t, in, c));) {
        if (c->kind != CONF_ENTRY && c->kind != CONF_FIELD)
            continue;
        last = c;
        if (c->kind == CONF_ENTRY && conf_same_name(t, c->name, name))
            same = c;
    }
    return same ? same : last;
}

void conf_place(const struct conftree *t, const struct conf_node *in, struct str name, struct place *ret)
{
    struct place p = {0};
    if (!in && t->g->flat)
        in = conftree_section(t, NULL, "PHP", NULL, 1);
    const struct conf_node *like = neighbour(t, in, name);
    if (like) {
        behind(t, in, like, like->end, &p);
        p.number = like->last + 1;
    } else if (in) {
        p.number = conf_number(t, in) + 1;
        if (!t->g->statement) {
            behind(t, in, NULL, in->body_begin, &p);
        } else {
            p.at = in->body_begin;
            indent_in(t, in, &p);
        }
    } else if (t->g->until_next) {
        before_first_section(t, &p);
    } else {
        p.at = t->text.n;
        p.number = (int)t->n;
    }
    p.assign = assign_like(t, like);
    *ret = p;
}

void conf_place_section(const struct conftree *t, const struct conf_node *in, struct place *ret)
{
    struct place p = {.at = t->text.n, .number = (int)t->n};
    const struct conf_node *like = NULL;
    if (in) {
        for (const struct conf_node *c = NULL; (c = conftree_child(t, in, c));)
            like = c;
        p.number = in->last + 1;
        behind(t, in, like, like ? like->end : in->body_begin, &p);
        if (!like && t->g->statement) {
            p.in_line = false;
            p.at = in->body_begin;
        }
    }
    *ret = p;
}
