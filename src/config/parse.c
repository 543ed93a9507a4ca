/* Statements and sections. After an error the parser goes on behind the statement, so that one run tells everything. */
#include "base/i18n.h"
#include "config/report.h"
#include <errno.h>
#include <stdlib.h>

#define ITEMS_MAX 4096 /* values of one list, and networks of the whole file */
#define SECTIONS_MAX 512

struct parser {
    struct parsed out;
    struct lexer lexer;
    struct token now;
    size_t items;
};

static void next(struct parser *p)
{
    p->now = lexer_next(&p->lexer);
}

__attribute__((format(printf, 3, 4))) static void wrong(struct parser *p, const struct token *at, const char *text, ...)
{
    va_list ap;
    va_start(ap, text);
    const char *s = arena_vprintf(p->out.config->arena, text, ap);
    va_end(ap);
    config_report(p->out.config, p->out.file, at->line, at->column, "%s", s);
}

static bool ends_statement(enum token_kind k)
{
    return k == TOKEN_END || k == TOKEN_NEWLINE || k == TOKEN_SEMICOLON || k == TOKEN_CLOSE;
}

/* To the end of a statement that was wrong; a block in it is skipped with everything inside. */
static void skip_statement(struct parser *p)
{
    unsigned depth = 0;
    while (p->now.kind != TOKEN_END && (depth || !ends_statement(p->now.kind))) {
        if (p->now.kind == TOKEN_OPEN)
            depth++;
        if (p->now.kind == TOKEN_CLOSE && --depth == 0) {
            next(p);
            break;
        }
        next(p);
    }
    p->lexer.in_value = false;
}

static void unknown_option(struct parser *p, const char *section, const struct token *name)
{
    struct arena *a = p->out.config->arena;
    struct candidates near = {0};
    if (!*section && *name->text.p && option_section(name->text)) {
        wrong(p, name, _("%s is a section: %s { ... }"), name->text.p, name->text.p);
        return;
    }
    for (size_t i = 0; i < options_n; i++) {
        if (strcmp(options[i].section, section) == 0)
            *list_push(a, &near.names) = options[i].name;
        else if (str_eq(str_of(options[i].name), name->text)) {
            wrong(p, name, *options[i].section ? _("%s belongs into %s { }") : _("%s belongs outside of every { }"), name->text.p, options[i].section);
            return;
        }
    }
    wrong(p, name, _("there is no option %s%s"), name->text.p, nearest_text(a, name->text, &near));
}

/* The comma list after `=`. false: something is wrong with it; reported, and the statement is skipped. */
static bool take_items(struct parser *p, struct mention *m, const struct token *equals)
{
    for (;;) {
        if (p->now.kind == TOKEN_BAD)
            return false;
        if (p->now.kind != TOKEN_WORD) {
            if (m->items.n == 0 && ends_statement(p->now.kind))
                wrong(p, equals, _("%s has no value"), m->option->name);
            else
                wrong(p, &p->now, _("a value is missing before %s"), token_name(p->out.config->arena, &p->now));
            return false;
        }
        if (p->items++ == ITEMS_MAX)
            wrong(p, &p->now, _("more than %d values in this file"), ITEMS_MAX);
        if (p->items > ITEMS_MAX)
            return false;
        *list_push(p->out.config->arena, &m->items) = p->now;
        next(p);
        if (p->now.kind != TOKEN_COMMA)
            break;
        do
            next(p);
        while (p->now.kind == TOKEN_NEWLINE);
    }
    if (p->now.kind == TOKEN_BAD)
        return false;
    if (!ends_statement(p->now.kind)) {
        wrong(p, &p->now, _("%s does not belong here: values of a list are parted by commas, text with blanks stands in \"quotes\""),
              token_name(p->out.config->arena, &p->now));
        return false;
    }
    return true;
}

static const struct mention *earlier(const struct parser *p, const struct mention *m)
{
    for (size_t i = 0; i < p->out.mentions.n; i++)
        if (p->out.mentions.v[i].option == m->option && strcmp(p->out.mentions.v[i].instance, m->instance) == 0)
            return &p->out.mentions.v[i];
    return NULL;
}

static void read_value(struct parser *p, struct mention *m)
{
    struct config *c = p->out.config;
    if (m->items.n > 1 && !option_type_takes_list(m->option->type)) {
        wrong(p, &m->items.v[1], _("%s takes one value"), m->option->name);
        return;
    }
    struct reading r = {.config = c, .file = p->out.file, .items = m->items.v, .n = m->items.n};
    struct value v = {.option = m->option, .instance = m->instance, .file = p->out.file, .line = m->line, .column = m->column};
    if (!option_read(&r, &v))
        return;
    m->good = true;
    *list_push(c->arena, &c->values) = v;
}

/* NAME = value, value; the name is taken, `=` is now. */
static void take_option(struct parser *p, const char *section, const char *instance, const struct token *name)
{
    struct token equals = p->now;
    const struct option *o = option_find(section, name->text);
    p->lexer.in_value = true;
    next(p);
    if (!o) {
        unknown_option(p, section, name);
        skip_statement(p);
        return;
    }
    struct mention m = {.option = o, .instance = instance, .line = name->line, .column = name->column};
    const struct mention *before = earlier(p, &m);
    bool whole = take_items(p, &m, &equals);
    skip_statement(p);
    if (before) {
        wrong(p, name, _("%s stands already in line %u"), o->name, before->line);
        return;
    }
    if (whole)
        read_value(p, &m);
    *list_push(p->out.config->arena, &p->out.mentions) = m;
}

static bool is_instance(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", s.p[i]) || !s.p[i])
            return false;
    return s.n > 0 && s.n <= 64 && s.p[0] != '-' && s.p[0] != '.';
}

static void section_body(struct parser *p, const struct section *s)
{
    next(p);
    for (;;) {
        if (p->now.kind == TOKEN_END) {
            config_report(p->out.config, p->out.file, s->line, s->column, _("the { of this section is not closed"));
            return;
        }
        if (p->now.kind == TOKEN_CLOSE) {
            next(p);
            return;
        }
        struct token name = p->now;
        next(p);
        if (name.kind == TOKEN_NEWLINE || name.kind == TOKEN_SEMICOLON)
            continue;
        if (name.kind == TOKEN_WORD && p->now.kind == TOKEN_EQUALS)
            take_option(p, s->option->section, s->name, &name);
        else {
            if (name.kind == TOKEN_WORD && (p->now.kind == TOKEN_OPEN || p->now.kind == TOKEN_WORD))
                wrong(p, &name, _("%s: inside a section there are only lines NAME = VALUE"), name.text.p);
            else if (name.kind == TOKEN_WORD)
                wrong(p, &name, _("%s has no = VALUE"), name.text.p);
            else if (name.kind != TOKEN_BAD)
                wrong(p, &name, _("%s does not belong here"), token_name(p->out.config->arena, &name));
            skip_statement(p);
        }
    }
}

/* The head was read and is right so far; it is compared with the sections before it. */
static bool section_is_new(struct parser *p, const struct section *s, const struct token *at)
{
    for (size_t i = 0; i < p->out.sections.n; i++) {
        const struct section *o = &p->out.sections.v[i];
        if (strcmp(o->option->section, s->option->section) == 0 && strcmp(o->name, s->name) == 0) {
            wrong(p, at, _("%s%s%s stands already in line %u; write both into one section"), s->option->section, *s->name ? " " : "", s->name, o->line);
            return false;
        }
    }
    if (p->out.sections.n == SECTIONS_MAX)
        wrong(p, at, _("more than %d sections"), SECTIONS_MAX);
    return p->out.sections.n < SECTIONS_MAX;
}

static void enter_section(struct parser *p, const struct option *o, const struct token *kind, const struct token *name)
{
    struct config *c = p->out.config;
    const struct token *at = name ? name : kind;
    struct section s = {.option = o, .name = name ? name->text.p : "", .line = at->line, .column = at->column};
    if (!section_is_new(p, &s, at)) {
        skip_statement(p);
        return;
    }
    *list_push(c->arena, &p->out.sections) = s;
    if (strcmp(o->section, "source") == 0)
        *list_push(c->arena, &c->sources) = s.name;
    if (strcmp(o->section, "service") == 0)
        *list_push(c->arena, &c->services) = s.name;
    size_t errors = c->errors.n, at_index = p->out.sections.n - 1;
    section_body(p, &s);
    p->out.sections.v[at_index].broken = c->errors.n > errors;
}

/* KIND [NAME] { ; the kind is taken, and `now` stands behind it. */
static void take_section(struct parser *p, const struct token *kind)
{
    struct token name = {.kind = TOKEN_END};
    if (p->now.kind == TOKEN_WORD) {
        name = p->now;
        next(p);
    }
    if (p->now.kind == TOKEN_NEWLINE && lexer_brace_follows(&p->lexer))
        while (p->now.kind == TOKEN_NEWLINE)
            next(p);
    const struct option *o = *kind->text.p ? option_section(kind->text) : NULL;
    struct candidates near = {0};
    for (size_t i = 0; i < options_n; i++)
        if (*options[i].section)
            *list_push(p->out.config->arena, &near.names) = options[i].section;
    if (p->now.kind != TOKEN_OPEN) {
        if (p->now.kind != TOKEN_BAD)
            wrong(p, kind, _("after %s comes = VALUE or { ... }"), kind->text.p);
    } else if (!o)
        wrong(p, kind, _("there is no section %s%s"), kind->text.p, nearest_text(p->out.config->arena, kind->text, &near));
    else if (o->named && name.kind != TOKEN_WORD)
        wrong(p, kind, _("%s needs a name: %s NAME { ... }"), kind->text.p, kind->text.p);
    else if (!o->named && name.kind == TOKEN_WORD)
        wrong(p, &name, _("%s has no name of its own: %s { ... }"), kind->text.p, kind->text.p);
    else if (o->named && !is_instance(name.text))
        wrong(p, &name, _("%s is not a name"), name.text.p);
    else {
        enter_section(p, o, kind, name.kind == TOKEN_WORD ? &name : NULL);
        return;
    }
    skip_statement(p);
}

static void take_statement(struct parser *p)
{
    struct token first = p->now;
    next(p);
    switch (first.kind) {
    case TOKEN_NEWLINE:
    case TOKEN_SEMICOLON:
        return;
    case TOKEN_WORD:
        if (p->now.kind == TOKEN_EQUALS)
            take_option(p, "", "", &first);
        else
            take_section(p, &first);
        return;
    case TOKEN_CLOSE:
        wrong(p, &first, _("this } closes nothing"));
        return;
    case TOKEN_BAD:
        break;
    default:
        wrong(p, &first, _("%s does not belong here"), token_name(p->out.config->arena, &first));
    }
    skip_statement(p);
}

static int by_place(const void *a, const void *b)
{
    const struct config_error *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

int config_parse(struct str bytes, const char *file, struct config *c)
{
    struct parser p = {.out = {.config = c, .file = file}};
    if (lexer_begin(&p.lexer, c, file, bytes)) {
        next(&p);
        while (p.now.kind != TOKEN_END && c->errors.n <= ERRORS_MAX)
            take_statement(&p);
        config_judge(&p.out);
    }
    size_t sorted = c->errors.n > ERRORS_MAX ? ERRORS_MAX : c->errors.n;
    if (sorted)
        qsort(c->errors.v, sorted, sizeof *c->errors.v, by_place);
    for (size_t i = 0; i < c->errors.n; i++)
        if (!c->errors.v[i].warning)
            return -EINVAL;
    return 0;
}
