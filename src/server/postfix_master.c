/* postfix_master.c: master.cf. */
#include "server/postfix.h"
#include <ctype.h>

struct word {
    struct str text;
    unsigned line;
};

/* Words of one service: blanks and line ends part them, {...} keeps them together (the braces are taken off). */
struct words {
    struct str rest;
    unsigned line;
};

static bool next_word(struct words *w, struct word *ret)
{
    while (w->rest.n && isspace((unsigned char)w->rest.p[0])) {
        w->line += w->rest.p[0] == '\n';
        w->rest = str_from(w->rest, 1);
    }
    if (!w->rest.n)
        return false;
    unsigned line = w->line;
    size_t n = 0, level = 0;
    bool braces = w->rest.p[0] == '{';
    for (; n < w->rest.n && (level || !isspace((unsigned char)w->rest.p[n])); n++) {
        char c = w->rest.p[n];
        level += braces && c == '{';
        level -= level && c == '}';
        w->line += c == '\n';
    }
    struct str text = str_span(w->rest.p, n);
    if (braces && n >= 2 && text.p[n - 1] == '}')
        text = str_trim(str_span(text.p + 1, n - 2));
    *ret = (struct word){text, line};
    w->rest = str_from(w->rest, n);
    return true;
}

/* A logical line as it stands in the file, comments inside it blanked: so words keep their line numbers. */
static bool next_logical(struct arena *a, struct str *rest, unsigned *line, struct words *ret)
{
    struct str physical, begin = {0};
    struct str ahead = *rest;
    unsigned number = *line, first = 0;
    size_t length = 0;
    while (ahead.n) {
        struct str here = ahead;
        str_line(&ahead, &physical);
        struct str trimmed = str_trim(physical);
        bool none = !trimmed.n || trimmed.p[0] == '#';
        if (first && !none && !isspace((unsigned char)physical.p[0]))
            break;
        number++;
        if (!first && !none) {
            first = number;
            begin = here;
        }
        if (first && !none)
            length = (size_t)(physical.p + physical.n - begin.p);
        *rest = ahead;
        *line = number;
    }
    if (!first)
        return false;
    char *text = arena_dup(a, str_span(begin.p, length));
    bool comment = false, fresh = true;
    for (size_t i = 0; i < length; i++) {
        if (fresh && !isspace((unsigned char)text[i])) {
            comment = text[i] == '#';
            fresh = false;
        }
        if (text[i] == '\n') {
            comment = false;
            fresh = true;
        } else if (comment || text[i] == 0) {
            text[i] = ' ';
        }
    }
    *ret = (struct words){str_span(text, length), first};
    return true;
}

static void add_override(struct arena *a, struct postfix_master *m, struct postfix_service *s, const struct word *w)
{
    ptrdiff_t at = str_find(w->text, '=');
    struct str key = str_trim(str_span(w->text.p, at < 0 ? w->text.n : (size_t)at));
    if (at <= 0 || !key.n)
        return;
    if (m->overrides++ >= 10 * POSTFIX_SERVICES_MAX) {
        m->full = true;
        return;
    }
    char *value = arena_dup(a, str_trim(str_from(w->text, (size_t)at + 1)));
    for (char *p = value; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    *list_push(a, &s->overrides) = (struct postfix_override){arena_dup(a, key), value, w->line};
}

/* Options as getopt takes them: -v -o x=y -ox=y; the first word that is none ends them. */
static void read_options(struct arena *a, struct postfix_master *m, struct postfix_service *s, struct words *w)
{
    struct word word;
    while (next_word(w, &word) && word.text.n > 1 && word.text.p[0] == '-') {
        struct str options = str_from(word.text, 1);
        if (str_eq(options, STR("-")))
            return;
        while (options.n) {
            char c = options.p[0];
            options = str_from(options, 1);
            if (!strchr("ocdmMns", c) || !c) /* these take a value; -v and -D do not */
                continue;
            struct word value = {options, word.line};
            if (!options.n && !next_word(w, &value))
                return;
            if (c == 'o')
                add_override(a, m, s, &value);
            break;
        }
    }
}

void postfix_master_parse(struct arena *a, struct str text, struct postfix_master *ret)
{
    struct postfix_master m = {0};
    struct words w;
    unsigned line = 0;
    while (next_logical(a, &text, &line, &w)) {
        struct word field[8];
        size_t n = 0;
        unsigned first = w.line;
        while (n < ARRAY_SIZE(field) && next_word(&w, &field[n]))
            n++;
        if (n < ARRAY_SIZE(field))
            continue;
        if (m.services.n >= POSTFIX_SERVICES_MAX) {
            m.full = true;
            break;
        }
        struct postfix_service *s = list_push(a, &m.services);
        *s = (struct postfix_service){.name = arena_dup(a, field[0].text), .type = arena_dup(a, field[1].text), .command = arena_dup(a, field[7].text),
                                      .private = field[2].text.n ? field[2].text.p[0] : '-', .chroot = field[4].text.n ? field[4].text.p[0] : '-', .line = first};
        read_options(a, &m, s, &w);
    }
    *ret = m;
}
