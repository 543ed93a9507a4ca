/* edit.c: each edit is a splice of the text, proven by parsing the result. */
#include "conftree/tree.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdlib.h>

/* --- apply and prove --- */

static bool same_node(const struct conf_node *old, const struct conf_node *new, int parent)
{
    return old->kind == new->kind && new->parent == parent && str_eq(old->name, new->name) && str_eq(old->value, new->value);
}

/* Whether nothing but the wanted node differs. */
static bool as_wanted(const struct conftree *old, const struct conftree *new, const struct change *c)
{
    int shift = c->added - c->removed;
    if (old->damage != new->damage || (int)new->n != (int)old->n + shift)
        return false;
    for (int i = 0; i < (int)old->n; i++) {
        if (i >= c->node && i < c->node + c->removed)
            continue;
        int to = i < c->node ? i : i + shift, parent = old->nodes[i].parent;
        parent = parent < c->node + c->removed ? parent : parent + shift;
        if (!same_node(&old->nodes[i], &new->nodes[to], parent))
            return false;
    }
    if (!c->added)
        return true;
    const struct conf_node *node = &new->nodes[c->node];
    _cleanup_(buf_free) struct buf value = BUF(CONFTREE_BYTES_MAX), want = BUF(CONFTREE_BYTES_MAX);
    conftree_value(new, node, &value);
    conf_value_of(old->g, c->want.kind, c->want.value, &want);
    bool whole = conf_same_value(buf_str(&want), c->want.value); /* no comment in it, no continuation */
    return whole && node->kind == c->want.kind && node->parent == c->want.parent && str_eq(node->name, c->want.name) &&
           str_eq(buf_str(&value), buf_str(&want));
}

static unsigned line_of(const struct conftree *t, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at && i < t->text.n; i++)
        line += t->text.p[i] == '\n';
    return line;
}

int conf_apply(struct conftree *t, const struct change *c, struct err *err)
{
    if (c->at + c->cut >= t->sound)
        return err_at(err, -EBADMSG, t->file, t->damage_line, 0, "%s", _(t->damage));
    struct str old = buf_str(&t->text);
    struct conftree new = {.g = t->g, .file = t->file, .text = BUF(CONFTREE_BYTES_MAX)};
    buf_adds(&new.text, str_span(old.p, c->at));
    buf_adds(&new.text, c->put);
    buf_adds(&new.text, str_from(old, c->at + c->cut));
    int r = new.text.full || conf_read(&new) < 0 ? -E2BIG : as_wanted(t, &new, c) ? 1 : -EINVAL;
    if (r > 0) {
        struct conftree swap = *t;
        *t = new;
        new = swap;
    } else if (r == -E2BIG) {
        err_at(err, r, t->file, 0, 0, _("the file is too large to be edited"));
    } else {
        err_at(err, r, t->file, line_of(t, c->at), 0, _("this edit would change more than was wanted"));
    }
    free(new.nodes);
    buf_free(&new.text);
    return r;
}

static int check_words(const struct conftree *t, struct str name, struct str value, struct err *err)
{
    bool bad = !name.n || memchr(value.p, 0, value.n) || memchr(value.p, '\n', value.n) || memchr(value.p, '\r', value.n) || str_trim(value).n != value.n;
    for (size_t i = 0; i < name.n; i++)
        bad |= conf_blank(name.p[i]) || name.p[i] == '\n' || !name.p[i];
    return bad ? err_at(err, -EINVAL, t->file, 0, 0, _("a name is one word, a value one line without blanks around it")) : 0;
}

/* --- set --- */

/* Comments between the lines of a value that becomes one line stay, behind it. */
static void keep_comments(const struct conftree *t, size_t begin, size_t end, struct buf *put)
{
    struct str text = buf_str(&t->text);
    if (!t->g->inside)
        return;
    for (size_t at = conf_line_next(text, begin); at < end; at = conf_line_next(text, at)) {
        if (!conf_is_comment_line(t->g, text, at))
            continue;
        buf_addz(put, conf_eol(t));
        buf_adds(put, str_span(text.p + at, conf_line_end(text, at) - at));
    }
}

/* An -o whose value now has blanks, and stands without braces. */
static bool needs_braces(const struct conftree *t, const struct conf_node *node, struct str value)
{
    if (t->g->statement != conf_line_master || node->kind != CONF_ENTRY)
        return false;
    size_t before = node->name_end - node->name.n;
    while (before && (conf_blank(t->text.p[before - 1]) || t->text.p[before - 1] == '\n'))
        before--;
    bool blanks = value.n && value.p[0] == '{';
    for (size_t i = 0; i < value.n; i++)
        blanks |= conf_blank(value.p[i]);
    return blanks && (!before || t->text.p[before - 1] != '{');
}

static void put_value(const struct conftree *t, const struct conf_node *node, struct str value, struct change *c, struct buf *put)
{
    c->at = node->value_begin;
    c->cut = node->value_end - node->value_begin;
    if (needs_braces(t, node, value)) {
        c->at = node->begin;
        c->cut = node->end - node->begin;
        t->g->put_entry(put, t->g, node->name, "=", value);
        return;
    }
    if (conf_splice_words(t, node, value, c, put))
        return;
    if (!node->assigned) {
        c->at = node->name_end;
        c->cut = 0;
        buf_addz(put, t->g->assign);
    } else if (!c->cut) {
        /* "name =": the blanks behind it give way */
        while (c->at + c->cut < conf_line_end(buf_str(&t->text), c->at) && conf_blank(t->text.p[c->at + c->cut]))
            c->cut++;
        size_t n = strlen(t->g->assign);
        buf_addz(put, t->g->assign[n - 1] == ' ' && c->at && t->text.p[c->at - 1] == '=' ? " " : "");
    }
    buf_adds(put, value);
    keep_comments(t, node->value_begin, node->value_end, put);
}

int conftree_set_node(struct conftree *t, const struct conf_node *node, struct str value, struct err *err)
{
    int r = check_words(t, STR("x"), value, err);
    if (r < 0)
        return r;
    if (node->kind != CONF_ENTRY && node->kind != CONF_FIELD)
        return err_at(err, -EINVAL, t->file, node->line, 0, _("this has no value to set"));
    _cleanup_(buf_free) struct buf now = BUF(CONFTREE_BYTES_MAX), put = BUF(CONFTREE_BYTES_MAX);
    conftree_value(t, node, &now);
    if (conf_same_value(buf_str(&now), value))
        return 0;
    int number = conf_number(t, node);
    struct change c = {.node = number, .removed = 1, .added = 1, .want = *node};
    c.want.value = value;
    put_value(t, node, value, &c, &put);
    c.put = buf_str(&put);
    return conf_apply(t, &c, err);
}

int conftree_set(struct conftree *t, const struct conf_node *in, const char *name, struct str value, struct err *err)
{
    const struct conf_node *node = conftree_entry(t, in, name, 0);
    if (!node)
        return conftree_add(t, in, name, value, err);
    const struct conf_node *first = conftree_entry(t, in, name, 1);
    if (t->g->wins == WINS_ONLY && first != node)
        return err_at(err, -EEXIST, t->file, node->line, 0, _("%s stands here and in line %u"), name, first->line);
    return conftree_set_node(t, node, value, err);
}

/* --- add --- */

/* Lines of their own: indentation before, line end behind; at the end of a text without a last line end, that is kept missing. */
static void put_lines(const struct conftree *t, const struct place *p, struct str body, bool gap, struct buf *put)
{
    struct str text = buf_str(&t->text);
    bool last = p->at == text.n, hangs = last && text.n && text.p[text.n - 1] != '\n';
    buf_addz(put, hangs ? conf_eol(t) : "");
    buf_addz(put, gap ? conf_eol(t) : "");
    buf_addz(put, p->indent);
    buf_adds(put, body);
    buf_addz(put, hangs ? "" : conf_eol(t));
}

static int insert(struct conftree *t, const struct place *p, const struct conf_node *want, struct str put, struct err *err)
{
    struct change c = {.at = p->at, .put = put, .node = p->number, .added = 1, .want = *want};
    return conf_apply(t, &c, err);
}

int conftree_add(struct conftree *t, const struct conf_node *in, const char *name, struct str value, struct err *err)
{
    int r = check_words(t, str_of(name), value, err);
    if (r < 0)
        return r;
    if (in ? in->kind != CONF_SECTION : t->g->statement == conf_line_master)
        return err_at(err, -EINVAL, t->file, in ? in->line : 0, 0, _("nothing can be added here"));
    _cleanup_(buf_free) struct buf body = BUF(CONFTREE_BYTES_MAX), put = BUF(CONFTREE_BYTES_MAX);
    struct place p;
    conf_place(t, in, str_of(name), &p);
    t->g->put_entry(&body, t->g, str_of(name), p.assign, value);
    if (p.in_line) {
        buf_addc(&put, ' ');
        buf_adds(&put, buf_str(&body));
    } else {
        put_lines(t, &p, buf_str(&body), false, &put);
    }
    const struct conf_node *php = !in && t->g->flat ? conftree_section(t, NULL, "PHP", NULL, 1) : NULL;
    struct conf_node want = {.kind = CONF_ENTRY, .name = str_of(name), .value = value, .parent = conf_number(t, in ? in : php)};
    return insert(t, &p, &want, buf_str(&put), err);
}

int conftree_add_section(struct conftree *t, const struct conf_node *in, const char *name, const char *arg, struct err *err)
{
    struct str argument = str_of(arg ? arg : "");
    int r = check_words(t, str_of(name), argument, err);
    if (r < 0)
        return r;
    bool master = t->g->statement == conf_line_master, nests = !master && !t->g->until_next;
    if (!t->g->put_section || (in && (!nests || in->kind != CONF_SECTION)))
        return err_at(err, -EINVAL, t->file, in ? in->line : 0, 0, _("nothing can be added here"));
    _cleanup_(buf_free) struct buf body = BUF(CONFTREE_BYTES_MAX), put = BUF(CONFTREE_BYTES_MAX);
    struct place p;
    conf_place_section(t, in, &p);
    t->g->put_section(&body, str_of(name), argument, p.indent, conf_eol(t));
    if (p.in_line) {
        buf_addc(&put, ' ');
        buf_adds(&put, buf_str(&body));
    } else {
        put_lines(t, &p, buf_str(&body), !in && !master && t->text.n, &put);
    }
    struct conf_node want = {.kind = CONF_SECTION, .name = str_of(name), .value = argument, .parent = conf_number(t, in)};
    if (t->g->put_section && master) { /* all its columns come with it: the service is proven by its type alone */
        str_word(&argument, " \t", &want.value);
        struct change c = {.at = p.at, .put = buf_str(&put), .node = p.number, .added = 7, .want = want};
        return conf_apply(t, &c, err);
    }
    return insert(t, &p, &want, buf_str(&put), err);
}

/* --- remove, comment --- */

static bool own_lines(const struct conftree *t, const struct conf_node *node)
{
    return conf_begins_line(t, node) && conf_ends_line(t, node->end);
}

int conftree_remove(struct conftree *t, const struct conf_node *node, struct err *err)
{
    if (node->kind == CONF_FIELD)
        return err_at(err, -EINVAL, t->file, node->line, 0, _("a column of a service cannot be taken away"));
    struct str text = buf_str(&t->text);
    _cleanup_(buf_free) struct buf put = BUF(CONFTREE_BYTES_MAX);
    struct change c = {.at = node->begin, .node = conf_number(t, node), .removed = node->last - conf_number(t, node) + 1};
    size_t end = node->end;
    if (own_lines(t, node)) {
        c.at = conf_line_begin(text, node->begin);
        end = conf_line_next(text, node->end);
        bool hangs = end == text.n && end && text.p[end - 1] != '\n';
        if (hangs && c.at) /* the line before is the last one now, and has no line end either */
            c.at = conf_line_end(text, conf_line_begin(text, c.at - 1));
        if (node->kind == CONF_ENTRY)
            keep_comments(t, node->begin, node->end, &put);
        if (put.n && !hangs) { /* the line end stands behind each comment, not before it */
            size_t n = strlen(conf_eol(t));
            buf_addz(&put, conf_eol(t));
            memmove(put.p, put.p + n, put.n -= n);
        }
    } else {
        while (c.at && conf_blank(text.p[c.at - 1]) && !conf_begins_line(t, node))
            c.at--;
        while (end < text.n && conf_blank(text.p[end]) && conf_begins_line(t, node))
            end++;
    }
    c.cut = end - c.at;
    c.put = buf_str(&put);
    return conf_apply(t, &c, err);
}

int conftree_comment(struct conftree *t, const struct conf_node *node, struct err *err)
{
    if (node->kind == CONF_FIELD || !own_lines(t, node))
        return err_at(err, -EINVAL, t->file, node->line, 0, _("something else stands in the same line"));
    struct str text = buf_str(&t->text);
    _cleanup_(buf_free) struct buf put = BUF(CONFTREE_BYTES_MAX);
    size_t begin = conf_line_begin(text, node->begin), end = conf_line_end(text, node->end);
    for (size_t at = begin; at < end || at == begin; at = conf_line_next(text, at)) {
        size_t stop = conf_line_next(text, at), first = at;
        stop = stop < end ? stop : end;
        while (first < stop && conf_blank(text.p[first]))
            first++;
        bool empty = first == stop || text.p[first] == '\n';
        buf_adds(&put, str_span(text.p + at, first - at));
        buf_addz(&put, empty || conf_is_comment_line(t->g, text, at) ? "" : t->g->mark);
        buf_adds(&put, str_span(text.p + first, stop - first));
        if (stop == end)
            break;
    }
    int number = conf_number(t, node);
    struct change c = {.at = begin, .cut = end - begin, .put = buf_str(&put), .node = number, .removed = node->last - number + 1};
    return conf_apply(t, &c, err);
}
