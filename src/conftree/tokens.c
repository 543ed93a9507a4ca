/* tokens.c: grammars of words, ";" and braces, where a line end means nothing: nginx, apt.conf. */
#include "conftree/tree.h"
#include "base/i18n.h"

struct statement {
    struct conf_node node;
    size_t words;
};

static bool nginx(const struct conf_grammar *g)
{
    return !g->icase;
}

static bool at_word(struct str text, size_t at, const char *word)
{
    return str_starts(str_from(text, at), str_of(word));
}

/* How many bytes of blank or comment stand here; *ret_open: a comment that nothing closes. */
static size_t gap_length(const struct conf_grammar *g, struct str text, size_t at, bool *ret_open)
{
    size_t end = at;
    if (conf_blank(text.p[at]) || text.p[at] == '\n')
        return 1;
    bool line = nginx(g) ? text.p[at] == '#' : at_word(text, at, "//") || (text.p[at] == '#' && !at_word(text, at, "#clear") && !at_word(text, at, "#include"));
    if (line)
        return conf_line_end(text, at) - at;
    if (nginx(g) || !at_word(text, at, "/*"))
        return 0;
    for (end += 2; end < text.n && !at_word(text, end, "*/"); end++)
        continue;
    *ret_open = end >= text.n;
    return end < text.n ? end + 2 - at : text.n - at;
}

/* Behind a quoted word; text.n where nothing closes it. */
static size_t quoted_end(struct str text, size_t at)
{
    char quote = text.p[at++];
    while (at < text.n && text.p[at] != quote)
        at += text.p[at] == '\\' && at + 1 < text.n ? 2 : 1;
    return at < text.n ? at + 1 : text.n + 1;
}

static bool ends_word(const struct conf_grammar *g, struct str text, size_t at)
{
    char c = text.p[at];
    if (conf_blank(c) || c == '\n' || c == ';' || c == '{')
        return true;
    return !nginx(g) && (c == '}' || c == '"' || at_word(text, at, "//") || at_word(text, at, "/*"));
}

/* Behind the word that begins here: beyond text.n where its quote is not closed. In nginx "${name}" belongs to a word, and a backslash
   protects the next byte. */
static size_t word_end(const struct conf_grammar *g, struct str text, size_t at)
{
    if (text.p[at] == '"' || (text.p[at] == '\'' && nginx(g)))
        return quoted_end(text, at);
    while (at < text.n && !ends_word(g, text, at)) {
        bool variable = nginx(g) && at_word(text, at, "${"), protected = nginx(g) && text.p[at] == '\\' && at + 1 < text.n;
        at += variable || protected ? 2 : 1;
        while (variable && at < text.n && text.p[at] != '}' && !conf_blank(text.p[at]) && text.p[at] != '\n')
            at++;
    }
    return at;
}

static void advance(struct parser *p, size_t to)
{
    for (; p->at < to; p->at++)
        p->line += p->text.p[p->at] == '\n';
}

static void take_word(struct parser *p, struct statement *s)
{
    size_t begin = p->at, end = word_end(p->t->g, p->text, begin);
    unsigned line = p->line;
    if (end == begin) /* a quote or comment mark directly behind a word of apt.conf */
        end++;
    if (end > p->text.n) {
        conf_damage(p, s->words ? s->node.begin : begin, line, N_("this quote is not closed"));
        end = p->text.n;
    }
    advance(p, end);
    struct conf_node *n = &s->node;
    if (!s->words++) {
        *n = (struct conf_node){.kind = CONF_ENTRY, .name = str_span(p->text.p + begin, end - begin), .begin = begin, .line = line, .name_end = end,
                                .value_begin = end, .value_end = end, .closed = true};
    } else if (s->words == 2) {
        n->assigned = true;
        n->value_begin = begin;
    }
    n->value_end = end;
    n->value = str_span(p->text.p + n->value_begin, n->value_end - n->value_begin);
}

static void end_statement(struct parser *p, struct statement *s)
{
    advance(p, p->at + 1);
    if (!s->words)
        return;
    s->node.end = p->at;
    s->node.last_line = p->line;
    conf_push(p, s->node);
    s->words = 0;
}

/* Code of another language: its braces are balanced, its quotes are not followed. */
static void take_lua(struct parser *p, struct statement *s)
{
    size_t at = p->at, depth = 0;
    do {
        depth += p->text.p[at] == '{';
        depth -= p->text.p[at] == '}';
        at++;
    } while (depth && at < p->text.n);
    if (depth)
        conf_damage(p, s->node.begin, s->node.line, N_("this section is not closed"));
    advance(p, at);
    s->node.kind = CONF_ODD;
    s->node.end = at;
    s->node.last_line = p->line;
    conf_push(p, s->node);
    s->words = 0;
}

static void open_section(struct parser *p, struct statement *s)
{
    if (nginx(p->t->g) && s->words && str_ends(s->node.name, STR("_by_lua_block"))) {
        take_lua(p, s);
        return;
    }
    if (!s->words) {
        conf_damage(p, 0, p->line, N_("this section has no name"));
        s->node = (struct conf_node){.name = str_span(p->text.p + p->at, 0), .value = str_span(p->text.p + p->at, 0), .begin = p->at, .line = p->line,
                                     .name_end = p->at, .value_begin = p->at, .value_end = p->at};
    }
    advance(p, p->at + 1);
    s->node.kind = CONF_SECTION;
    s->node.closed = false;
    s->node.end = s->node.body_begin = s->node.body_end = p->at;
    s->node.last_line = p->line;
    conf_enter(p, conf_push(p, s->node));
    s->words = 0;
}

static void unfinished(struct parser *p, struct statement *s)
{
    if (s->words)
        conf_damage(p, s->node.begin, s->node.line, N_("this statement has no end"));
    s->words = 0;
}

static void close_section(struct parser *p, struct statement *s)
{
    size_t body_end = p->at;
    unfinished(p, s);
    unsigned line = p->line;
    advance(p, p->at + 1);
    if (p->open < 0) {
        conf_damage(p, 0, line, N_("this closes a section that nothing opened"));
        return;
    }
    size_t end = p->at;
    if (!nginx(p->t->g) && end < p->text.n && p->text.p[end] == ';') /* apt.conf: "};" */
        advance(p, ++end);
    conf_leave(p, body_end, end, p->line);
}

void conf_parse_tokens(struct parser *p)
{
    struct statement s = {0};
    while (p->at < p->text.n && !p->t->full) {
        bool open = false;
        size_t gap = gap_length(p->t->g, p->text, p->at, &open);
        char c = p->text.p[p->at];
        if (open)
            conf_damage(p, p->at, p->line, N_("this comment is not closed"));
        if (gap)
            advance(p, p->at + gap);
        else if (c == ';')
            end_statement(p, &s);
        else if (c == '{')
            open_section(p, &s);
        else if (c == '}')
            close_section(p, &s);
        else
            take_word(p, &s);
    }
    unfinished(p, &s);
}

void conf_value_tokens(const struct conf_grammar *g, struct str raw, struct buf *ret)
{
    size_t at = 0;
    bool open = false, fresh = true, any = false;
    while (at < raw.n) {
        size_t gap = gap_length(g, raw, at, &open), end = at;
        if (gap) {
            at += gap;
            fresh = true;
            continue;
        }
        end = word_end(g, raw, at);
        if (end == at)
            end++;
        if (end > raw.n)
            end = raw.n;
        if (fresh && any)
            buf_addc(ret, ' ');
        buf_adds(ret, str_span(raw.p + at, end - at));
        fresh = false;
        any = true;
        at = end;
    }
}
