/* lines.c: grammars whose statements are lines: Postfix main.cf, sshd_config, ini files, Apache's and ProFTPD's sections, dovecot.conf. */
#include "conftree/tree.h"
#include "base/i18n.h"

static bool ends_in_backslash(struct str text, size_t at)
{
    size_t end = conf_line_end(text, at);
    return end > at && text.p[end - 1] == '\\';
}

static size_t skip_blanks(struct str text, size_t at, size_t end)
{
    while (at < end && conf_blank(text.p[at]))
        at++;
    return at;
}

/* Neither statement nor continuation: a comment or an empty line. */
static bool nothing_in(const struct conf_grammar *g, struct str text, size_t at)
{
    size_t end = conf_line_end(text, at), first = skip_blanks(text, at, end);
    return first == end || conf_is(g->comments, text.p[first]);
}

static void take_line(struct parser *p)
{
    size_t next = conf_line_next(p->text, p->at);
    p->line += next > p->at && p->text.p[next - 1] == '\n';
    p->at = next;
}

/* The lines that continue the one in *l. */
static void take_continuation(struct parser *p, struct logical *l)
{
    const struct conf_grammar *g = p->t->g;
    struct parser ahead = *p;
    bool more = g->indent || (g->backslash && ends_in_backslash(p->text, conf_line_begin(p->text, l->begin)));
    while (more && ahead.at < p->text.n) {
        size_t at = ahead.at;
        if (g->inside && nothing_in(g, p->text, at)) {
            take_line(&ahead);
            continue;
        }
        if (g->indent && !conf_blank(p->text.p[at]))
            break;
        more = g->indent || ends_in_backslash(p->text, at);
        l->last_line = ahead.line;
        l->end = conf_line_end(p->text, at);
        take_line(&ahead);
        p->at = l->next = ahead.at;
        p->line = ahead.line;
    }
}

static bool next_logical(struct parser *p, struct logical *ret)
{
    const struct conf_grammar *g = p->t->g;
    while (p->at < p->text.n && nothing_in(g, p->text, p->at)) {
        bool more = true;
        while (more && p->at < p->text.n) {
            more = g->comment_goes_on && ends_in_backslash(p->text, p->at);
            take_line(p);
        }
    }
    if (p->at >= p->text.n)
        return false;
    size_t end = conf_line_end(p->text, p->at), begin = skip_blanks(p->text, p->at, end);
    struct logical l = {.begin = begin, .end = end, .line = p->line, .last_line = p->line, .indented = begin > p->at};
    take_line(p);
    l.next = p->at;
    take_continuation(p, &l);
    *ret = l;
    return true;
}

void conf_parse_lines(struct parser *p)
{
    struct logical l;
    while (!p->t->full && next_logical(p, &l))
        p->t->g->statement(p, &l);
}

size_t conf_tail(const struct conf_grammar *g, struct str line)
{
    if (!g->tail)
        return line.n;
    bool php = g->flat; /* ";" needs no blank before it */
    char quote = 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        bool fresh = i == 0 || conf_blank(line.p[i - 1]);
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && (php || fresh || line.p[i - 1] == '='))
            quote = c;
        else if (conf_is(g->comments, c) && (php || fresh))
            return i;
    }
    return line.n;
}

static size_t trim_back(struct str text, size_t begin, size_t end)
{
    while (end > begin && (conf_blank(text.p[end - 1]) || text.p[end - 1] == '\n'))
        end--;
    return end;
}

/* The end of what counts in text[begin, end): without the comment in its last line. */
static size_t content_end(const struct conf_grammar *g, struct str text, size_t begin, size_t end)
{
    size_t line = conf_line_begin(text, end);
    if (line < begin)
        line = begin;
    return trim_back(text, begin, line + conf_tail(g, str_span(text.p + line, end - line)));
}

void conf_value_lines(const struct conf_grammar *g, struct str raw, struct buf *ret)
{
    size_t before = ret->n;
    for (size_t at = 0; at < raw.n; at = conf_line_next(raw, at)) {
        size_t end = conf_line_end(raw, at);
        if (at && g->inside && nothing_in(g, raw, at))
            continue;
        struct str part = str_span(raw.p + at, end - at);
        part.n = conf_tail(g, part);
        if (g->backslash && part.n && part.p[part.n - 1] == '\\')
            part.n--;
        if (g->join[0])
            part = str_trim(part);
        if (at && part.n && ret->n > before)
            buf_addz(ret, g->join);
        buf_adds(ret, part);
    }
    while (ret->n > before && conf_blank(ret->p[ret->n - 1]))
        ret->p[--ret->n] = 0;
}

/* --- statements --- */

static struct conf_node node_of(struct parser *p, enum conf_kind kind, const struct logical *l, size_t name_end)
{
    size_t begin = l->begin;
    return (struct conf_node){.kind = kind, .name = str_span(p->text.p + begin, name_end - begin), .value = str_span(p->text.p + name_end, 0),
                              .begin = begin, .end = l->end, .line = l->line, .last_line = l->last_line, .name_end = name_end,
                              .value_begin = name_end, .value_end = name_end, .closed = true};
}

/* A section that ends where the next one begins reaches to its last statement. */
static void stretch(struct parser *p, const struct logical *l)
{
    if (!p->t->g->until_next || p->open < 0 || p->t->full)
        return;
    struct conf_node *s = &p->t->nodes[p->open];
    s->end = l->end;
    s->last_line = l->last_line;
    s->body_end = l->next;
}

static void odd(struct parser *p, const struct logical *l)
{
    conf_push(p, node_of(p, CONF_ODD, l, l->begin));
    stretch(p, l);
}

/* From behind the separator: over blanks, line ends and comments between continued lines. */
static size_t value_start(const struct conf_grammar *g, struct str text, size_t at, size_t end)
{
    size_t from = at;
    for (;;) {
        at = skip_blanks(text, at, end);
        bool broken = at + 1 < end && g->backslash && text.p[at] == '\\' && (text.p[at + 1] == '\n' || text.p[at + 1] == '\r');
        if (at >= end)
            return from;
        if (!broken && text.p[at] != '\n')
            return at;
        at = conf_line_next(text, at);
        while (at < end && g->inside && nothing_in(g, text, at))
            at = conf_line_next(text, at);
    }
}

static void set_value(struct parser *p, struct conf_node *node, size_t from, size_t end)
{
    const struct conf_grammar *g = p->t->g;
    size_t last = content_end(g, p->text, from, end);
    node->assigned = true;
    node->value_begin = value_start(g, p->text, from, last > from ? last : from);
    node->value_end = last > node->value_begin ? last : node->value_begin;
    node->value = str_span(p->text.p + node->value_begin, node->value_end - node->value_begin);
}

/* A quote that its line does not close: the program reads on, we do not. */
static void look_for_open_quote(struct parser *p, const struct conf_node *node)
{
    struct str v = node->value;
    if (p->t->g->flat && v.n && (v.p[0] == '"' || v.p[0] == '\'') && !memchr(v.p + 1, v.p[0], v.n - 1))
        conf_damage(p, node->begin, node->line, N_("this quote is not closed in its line"));
}

static void entry(struct parser *p, const struct logical *l)
{
    const struct conf_grammar *g = p->t->g;
    struct str text = p->text;
    size_t end = content_end(g, text, l->begin, l->end), at = l->begin;
    while (at < end && !conf_blank(text.p[at]) && text.p[at] != '\n' && !(g->equals && text.p[at] == '='))
        at++;
    struct conf_node node = node_of(p, CONF_ENTRY, l, at);
    size_t sep = skip_blanks(text, at, end);
    bool equals = sep < end && text.p[sep] == '=';
    if (at == l->begin || (g->equals && !equals && (sep < end || !g->flat))) {
        odd(p, l);
        return;
    }
    if (g->equals ? equals : sep < end)
        set_value(p, &node, g->equals || (equals && g->statement == conf_line_sshd) ? sep + 1 : sep, l->end);
    look_for_open_quote(p, &node);
    conf_push(p, node);
    stretch(p, l);
}

void conf_line_plain(struct parser *p, const struct logical *l)
{
    if (p->t->g->indent && l->indented)
        odd(p, l);
    else
        entry(p, l);
}

/* A heading that ends the section before it. */
static void heading(struct parser *p, const struct logical *l, size_t begin, size_t name_end, size_t from, size_t end)
{
    if (p->open >= 0)
        conf_leave(p, p->t->nodes[p->open].body_end, p->t->nodes[p->open].end, p->t->nodes[p->open].last_line);
    struct conf_node node = node_of(p, CONF_SECTION, l, name_end);
    node.name = str_span(p->text.p + begin, name_end - begin);
    node.value_begin = from;
    node.value_end = end;
    node.value = str_span(p->text.p + from, end - from);
    node.body_begin = node.body_end = l->next;
    conf_enter(p, conf_push(p, node));
}

void conf_line_sshd(struct parser *p, const struct logical *l)
{
    struct str word = str_span(p->text.p + l->begin, l->end - l->begin);
    if (!str_istarts(word, STR("Match")) || word.n < 6 || !conf_blank(word.p[5])) {
        entry(p, l);
        return;
    }
    size_t end = content_end(p->t->g, p->text, l->begin, l->end), from = skip_blanks(p->text, l->begin + 5, end);
    heading(p, l, l->begin, l->begin + 5, from, end > from ? end : from);
}

void conf_line_ini(struct parser *p, const struct logical *l)
{
    struct str line = str_span(p->text.p + l->begin, l->end - l->begin);
    ptrdiff_t close = str_find(line, ']');
    if (line.p[0] != '[') {
        entry(p, l);
    } else if (close > 0) {
        size_t end = l->begin + (size_t)close;
        heading(p, l, l->begin + 1, end, end, end);
    } else {
        conf_damage(p, l->begin, l->line, N_("this heading is not closed"));
        odd(p, l);
    }
}

static void close_angle(struct parser *p, const struct logical *l, struct str name)
{
    if (p->open < 0) {
        conf_damage(p, 0, l->line, N_("this closes a section that nothing opened"));
        return;
    }
    if (!str_ieq(p->t->nodes[p->open].name, name))
        conf_damage(p, 0, l->line, N_("this closes another section than the open one"));
    conf_leave(p, conf_line_begin(p->text, l->begin), l->end, l->last_line);
}

void conf_line_angle(struct parser *p, const struct logical *l)
{
    struct str text = p->text;
    if (text.p[l->begin] != '<') {
        entry(p, l);
        return;
    }
    size_t end = trim_back(text, l->begin, l->end), begin = skip_blanks(text, l->begin + 1, end);
    bool close = begin < end && text.p[begin] == '/', whole = text.p[end - 1] == '>';
    if (!whole)
        conf_damage(p, l->begin, l->line, N_("this heading is not closed"));
    end -= whole && end > begin;
    begin = close ? skip_blanks(text, begin + 1, end) : begin;
    size_t name_end = begin;
    while (name_end < end && !conf_blank(text.p[name_end]) && text.p[name_end] != '\n')
        name_end++;
    if (close) {
        close_angle(p, l, str_span(text.p + begin, name_end - begin));
        return;
    }
    struct conf_node node = node_of(p, CONF_SECTION, l, name_end);
    node.name = str_span(text.p + begin, name_end - begin);
    if (name_end < end)
        set_value(p, &node, name_end, end);
    node.body_begin = node.body_end = l->next;
    node.closed = false;
    conf_enter(p, conf_push(p, node));
}

static void open_dovecot(struct parser *p, const struct logical *l, size_t end)
{
    size_t name_end = l->begin;
    while (name_end < end && !conf_blank(p->text.p[name_end]) && p->text.p[name_end] != '\n')
        name_end++;
    struct conf_node node = node_of(p, CONF_SECTION, l, name_end);
    if (name_end < end)
        set_value(p, &node, name_end, end);
    node.body_begin = node.body_end = l->next;
    node.closed = false;
    conf_enter(p, conf_push(p, node));
}

static void close_dovecot(struct parser *p, const struct logical *l, size_t end)
{
    if (end > l->begin + 1)
        conf_damage(p, 0, l->line, N_("there is text behind the close of a section"));
    if (p->open < 0)
        conf_damage(p, 0, l->line, N_("this closes a section that nothing opened"));
    else
        conf_leave(p, conf_line_begin(p->text, l->begin), l->end, l->last_line);
}

/* "name = value", "!include file", "name argument {", "}". */
void conf_line_dovecot(struct parser *p, const struct logical *l)
{
    struct str text = p->text;
    size_t end = content_end(p->t->g, text, l->begin, l->end), name_end = l->begin;
    while (name_end < end && !conf_blank(text.p[name_end]) && text.p[name_end] != '=')
        name_end++;
    size_t sep = skip_blanks(text, name_end, end);
    if (text.p[l->begin] == '}') {
        close_dovecot(p, l, end);
    } else if (sep < end && text.p[sep] == '=') {
        entry(p, l);
    } else if (text.p[l->begin] == '!') {
        struct conf_node node = node_of(p, CONF_ENTRY, l, name_end);
        if (sep < end)
            set_value(p, &node, name_end, l->end);
        conf_push(p, node);
    } else if (end > l->begin && text.p[end - 1] == '{') {
        open_dovecot(p, l, trim_back(text, l->begin, end - 1));
    } else {
        odd(p, l);
    }
}
