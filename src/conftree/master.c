/* master.c: Postfix master.cf (master(5)): a service is a section, its columns are fields, its -o are entries. */
#include "conftree/tree.h"

struct word {
    size_t begin, end; /* with its braces */
    unsigned line;
};

struct words {
    struct str text;
    size_t at, end;
    unsigned line;
};

static bool gap(char c)
{
    return conf_blank(c) || c == '\n';
}

/* Blanks, line ends, and lines that are comments. */
static void skip_gap(struct words *w)
{
    while (w->at < w->end) {
        char c = w->text.p[w->at];
        bool comment = c == '#' && w->at && w->text.p[w->at - 1] == '\n';
        if (c == '\n') {
            size_t first = w->at + 1;
            while (first < w->end && conf_blank(w->text.p[first]))
                first++;
            w->line++;
            w->at = first;
            comment = first < w->end && w->text.p[first] == '#';
        } else if (gap(c)) {
            w->at++;
        } else if (!comment) {
            return;
        }
        if (comment)
            w->at = conf_line_end(w->text, w->at);
    }
}

static bool next_word(struct words *w, struct word *ret)
{
    skip_gap(w);
    if (w->at >= w->end)
        return false;
    struct word word = {.begin = w->at, .line = w->line};
    bool braces = w->text.p[w->at] == '{';
    for (size_t level = 0; w->at < w->end && (level || !gap(w->text.p[w->at])); w->at++) {
        char c = w->text.p[w->at];
        level += braces && c == '{';
        level -= level && c == '}';
        w->line += c == '\n';
    }
    word.end = w->at;
    *ret = word;
    return true;
}

static struct conf_node node_of(const struct words *w, enum conf_kind kind, const struct word *word)
{
    struct str text = str_span(w->text.p + word->begin, word->end - word->begin);
    return (struct conf_node){.kind = kind, .name = text, .value = text, .begin = word->begin, .end = word->end, .line = word->line, .last_line = w->line,
                              .name_end = word->end, .value_begin = word->begin, .value_end = word->end, .assigned = true, .closed = true};
}

/* name=value, or { name = value }; `begin` is where the -o stands. */
static void add_override(struct parser *p, const struct words *w, size_t begin, unsigned line, struct word word)
{
    const char *text = w->text.p;
    struct conf_node node = node_of(w, CONF_ENTRY, &word);
    node.begin = begin;
    node.line = line;
    size_t b = word.begin, e = word.end;
    if (text[b] == '{' && e - b >= 2 && text[e - 1] == '}') {
        b++;
        e--;
        while (b < e && gap(text[b]))
            b++;
        while (e > b && gap(text[e - 1]))
            e--;
    }
    const char *equals = memchr(text + b, '=', e - b);
    size_t at = equals ? (size_t)(equals - text) : e, name_end = at;
    while (name_end > b && gap(text[name_end - 1]))
        name_end--;
    if (!equals || name_end == b) {
        node.kind = CONF_ODD;
        conf_push(p, node);
        return;
    }
    for (at++; at < e && gap(text[at]);)
        at++;
    node.name = str_span(text + b, name_end - b);
    node.name_end = name_end;
    node.value_begin = at;
    node.value_end = e;
    node.value = str_span(text + at, e - at);
    conf_push(p, node);
}

/* As getopt takes them: -v -o x=y -ox=y; the first word that is none ends them. */
static void read_options(struct parser *p, struct words *w)
{
    struct word word;
    while (next_word(w, &word) && word.end - word.begin > 1 && w->text.p[word.begin] == '-') {
        unsigned line = word.line;
        size_t at = word.begin + 1;
        while (at < word.end && !conf_is("ocdmMns", w->text.p[at])) /* these take a value; -v and -D do not */
            at++;
        if (at == word.end)
            continue;
        char option = w->text.p[at];
        bool alone = at == word.begin + 1;
        struct word value = {at + 1, word.end, line};
        if (at + 1 == word.end && !next_word(w, &value))
            return;
        if (option == 'o' && alone)
            add_override(p, w, word.begin, line, value);
    }
}

void conf_line_master(struct parser *p, const struct logical *l)
{
    static const char *const fields[] = {NULL, NULL, "private", "unprivileged", "chroot", "wakeup", "maxproc", "command"};
    struct words w = {.text = p->text, .at = l->begin, .end = l->end, .line = l->line};
    struct word word[ARRAY_SIZE(fields)];
    size_t n = 0;
    while (!l->indented && n < ARRAY_SIZE(word) && next_word(&w, &word[n]))
        n++;
    struct conf_node service = node_of(&w, n < ARRAY_SIZE(word) ? CONF_ODD : CONF_SECTION, &(struct word){l->begin, l->end, l->line});
    service.last_line = l->last_line;
    if (service.kind == CONF_ODD) {
        service.name.n = service.value.n = 0;
        conf_push(p, service);
        return;
    }
    service.name = str_span(p->text.p + word[0].begin, word[0].end - word[0].begin);
    service.value = str_span(p->text.p + word[1].begin, word[1].end - word[1].begin);
    service.name_end = word[0].end;
    service.value_begin = word[1].begin;
    service.value_end = word[1].end;
    service.body_begin = word[7].end;
    conf_enter(p, conf_push(p, service));
    for (size_t i = 2; i < n; i++) {
        struct conf_node field = node_of(&w, CONF_FIELD, &word[i]);
        field.name = str_of(fields[i]);
        field.last_line = field.line;
        conf_push(p, field);
    }
    read_options(p, &w);
    if (!p->t->full)
        conf_leave(p, l->end, l->end, l->last_line);
}
