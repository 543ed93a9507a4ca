/* exim_read.c: the configuration language of Exim: macros, .ifdef, .include, continued lines; lists of interfaces. */
#include "server/exim.h"
#include "base/addr.h"
#include "base/i18n.h"
#include <ctype.h>
#include <errno.h>

#define MACROS_MAX 1000
#define CONDITIONS_MAX 50
#define FILES_MAX 100
#define DEPTH_MAX 10
#define LINE_MAX_ 65536
#define LINES_MAX 50000
#define REPLACED_MAX (8u << 20)

struct macro {
    struct str name, value;
};

struct reading {
    struct server *s;
    struct instance *i;
    LIST(struct macro) macros;
    struct { bool holds, done; } conditions[CONDITIONS_MAX];
    size_t depth, files, open, lines, replaced; /* replaced: bytes of lines in which macros were replaced */
    const char *section; /* NULL: a part of which nothing is kept */
    bool authenticators;
};

static bool active(const struct reading *r)
{
    for (size_t k = 0; k < r->depth; k++)
        if (!r->conditions[k].holds)
            return false;
    return true;
}

/* Macros are replaced wherever their name stands, in the order of their definition. */
static struct str replaced(struct reading *r, struct str line)
{
    for (size_t k = 0; k < r->macros.n; k++) {
        const struct macro *m = &r->macros.v[k];
        if (str_search(line, m->name) < 0)
            continue;
        if (r->replaced > REPLACED_MAX) {
            instance_unseen(r->i, -E2BIG, arena_printf(r->s->arena, _("%s: the value of %s cannot be worked out"), r->i->config, "macro"));
            break;
        }
        _cleanup_(buf_free) struct buf out = BUF(LINE_MAX_);
        ptrdiff_t at;
        while ((at = str_search(line, m->name)) >= 0) {
            buf_adds(&out, str_span(line.p, (size_t)at));
            buf_adds(&out, m->value);
            line = str_from(line, (size_t)at + m->name.n);
        }
        buf_adds(&out, line);
        if (out.full)
            instance_unseen(r->i, -E2BIG, arena_printf(r->s->arena, _("%s: the value of %s cannot be worked out"), r->i->config, "macro"));
        line = str_span(arena_dup(r->s->arena, buf_str(&out)), out.n);
        r->replaced += line.n;
    }
    return line;
}

static bool define(struct reading *r, struct str name, struct str value)
{
    if (!name.n || !isupper((unsigned char)name.p[0]))
        return false;
    if (value.n && value.p[0] == '=') /* NAME == value: once more */
        value = str_trim(str_from(value, 1));
    for (size_t k = 0; k < r->macros.n; k++)
        if (str_eq(r->macros.v[k].name, name)) {
            r->macros.v[k].value = value;
            return true;
        }
    if (r->macros.n < MACROS_MAX)
        *list_push(r->s->arena, &r->macros) = (struct macro){name, value};
    return true;
}

static bool is_defined(const struct reading *r, struct str name)
{
    for (size_t k = 0; k < r->macros.n; k++)
        if (str_eq(r->macros.v[k].name, name))
            return true;
    return false;
}

static void condition(struct reading *r, struct str word, struct str name)
{
    size_t top = r->depth - 1;
    bool not = str_ends(word, STR("ndef"));
    if (str_eq(word, STR(".ifdef")) || str_eq(word, STR(".ifndef"))) {
        if (r->depth >= CONDITIONS_MAX) {
            instance_unseen(r->i, -E2BIG, arena_printf(r->s->arena, _("%s has more than %d settings"), r->i->config, CONDITIONS_MAX));
            return;
        }
        bool holds = is_defined(r, name) != not;
        r->conditions[r->depth].holds = r->conditions[r->depth].done = holds;
        r->depth++;
    } else if (!r->depth) {
        return;
    } else if (str_eq(word, STR(".endif"))) {
        r->depth--;
    } else {
        bool wanted = str_eq(word, STR(".else")) || is_defined(r, name) != not;
        r->conditions[top].holds = wanted && !r->conditions[top].done;
        r->conditions[top].done |= wanted;
    }
}

static void read_text(struct reading *r, struct str text, const char *file);

static void include(struct reading *r, struct str path, bool must, const char *file, unsigned line)
{
    struct str text;
    const char *name = arena_dup(r->s->arena, path);
    if (!r->s->host || name[0] != '/')
        return;
    if (r->open >= DEPTH_MAX || ++r->files > FILES_MAX) {
        instance_unseen(r->i, -ELOOP, arena_printf(r->s->arena, _("%s:%u: too many files are included"), file, line));
        return;
    }
    if (!must && !root_exists(r->s->host->root, name))
        return;
    if (instance_read(r->s, r->i, name, &text) == 0)
        read_text(r, text, name);
}

/* true: the line was one for the preprocessor. */
static bool directive(struct reading *r, struct str line, const char *file, unsigned number)
{
    struct str word, rest = line;
    if (line.p[0] != '.' || !str_word(&rest, " \t", &word))
        return false;
    rest = str_trim(rest);
    if (str_eq(word, STR(".include")) || str_eq(word, STR(".include_if_exists"))) {
        if (active(r))
            include(r, replaced(r, rest), str_eq(word, STR(".include")), file, number);
    } else {
        condition(r, word, rest);
    }
    return true;
}

static void begin(struct reading *r, struct str part)
{
    r->authenticators = str_eq(part, STR("authenticators"));
    r->section = NULL;
}

/* "key = value", "key" and "no_key" are options; "name:" begins a driver. */
static void option(struct reading *r, struct str line, const char *file, unsigned number)
{
    struct str hide = STR("hide "), key, value;
    ptrdiff_t at = str_find(line, '=');
    if (str_starts(line, hide))
        line = str_trim(str_from(line, hide.n));
    at = str_find(line, '=');
    key = str_trim(str_span(line.p, at < 0 ? line.n : (size_t)at));
    value = at < 0 ? STR("yes") : str_trim(str_from(line, (size_t)at + 1));
    if (at < 0 && (str_starts(key, STR("no_")) || str_starts(key, STR("not_")))) {
        key = str_from(key, key.p[2] == '_' ? 3 : 4);
        value = STR("no");
    }
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = str_span(value.p + 1, value.n - 2);
    if (r->section && key.n)
        setting_add(r->s, r->i, FROM_FILE, r->section, key, value, file, number);
}

static void one_line(struct reading *r, struct str line, const char *file, unsigned number)
{
    struct str rest, word;
    if (directive(r, line, file, number) || !active(r))
        return;
    line = str_trim(replaced(r, line));
    ptrdiff_t at = str_find(line, '=');
    if (!line.n || (at > 0 && define(r, str_trim(str_span(line.p, (size_t)at)), str_trim(str_from(line, (size_t)at + 1)))))
        return;
    rest = line;
    str_word(&rest, " \t", &word);
    if (str_eq(word, STR("begin"))) {
        begin(r, str_trim(rest));
    } else if (r->authenticators && at < 0 && line.p[line.n - 1] == ':') {
        r->section = arena_printf(r->s->arena, "authenticator %.*s", (int)(line.n - 1), line.p);
    } else if (r->section) {
        option(r, line, file, number);
    }
}

static struct str cleaned(struct str line)
{
    ptrdiff_t nul = str_find(line, 0);
    return str_trim(nul < 0 ? line : str_span(line.p, (size_t)nul));
}

/* A line with those that its trailing backslash adds; their leading blanks do not count. */
static struct str joined(struct reading *r, struct str line, struct str *rest, unsigned *number)
{
    if (!line.n || line.p[line.n - 1] != '\\')
        return line;
    _cleanup_(buf_free) struct buf out = BUF(LINE_MAX_);
    while (line.n && line.p[line.n - 1] == '\\') {
        buf_add(&out, line.p, line.n - 1);
        do {
            if (!str_line(rest, &line))
                line = STR("");
            else
                ++*number;
            line = cleaned(line);
        } while (line.n && line.p[0] == '#');
    }
    buf_adds(&out, line);
    return str_span(arena_dup(r->s->arena, buf_str(&out)), out.n);
}

static void read_text(struct reading *r, struct str text, const char *file)
{
    struct str line;
    r->open++;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        unsigned first = number;
        line = cleaned(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (++r->lines > LINES_MAX) {
            instance_unseen(r->i, -E2BIG, arena_printf(r->s->arena, _("%s has more than %d settings"), file, LINES_MAX));
            break;
        }
        line = str_trim(joined(r, line, &text, &number));
        if (line.n)
            one_line(r, line, file, first);
    }
    r->open--;
}

void exim_read(struct server *s, struct instance *i, struct str text, const char *file)
{
    struct reading r = {.s = s, .i = i, .section = ""};
    read_text(&r, text, file);
}

/* --- lists --- */

static bool next_item(struct str *list, char separator, struct arena *a, struct str *ret)
{
    char *out = arena_zalloc(a, list->n + 1);
    size_t n = 0, k = 0;
    if (!list->n)
        return false;
    for (; k < list->n; k++) {
        if (list->p[k] == separator && k + 1 < list->n && list->p[k + 1] == separator)
            k++; /* doubled: itself */
        else if (list->p[k] == separator)
            break;
        out[n++] = list->p[k];
    }
    *list = str_from(*list, k + 1);
    *ret = str_trim(str_span(out, n));
    return true;
}

static char separator_of(struct str *list)
{
    *list = str_trim(*list);
    if (list->n < 2 || list->p[0] != '<' || !ispunct((unsigned char)list->p[1]))
        return ':';
    char c = list->p[1];
    *list = str_from(*list, 2);
    return c;
}

static bool in_ports(const char *ports, uint16_t port, struct arena *a)
{
    struct str list = str_of(ports), item;
    char separator = separator_of(&list);
    while (next_item(&list, separator, a, &item))
        if (item.n && server_port(item) == port)
            return true;
    return false;
}

static void add(struct server *s, struct instance *i, const struct addr *addr, uint16_t port, const char *tls_ports, const char *file, unsigned line)
{
    char text[ADDR_TEXT];
    const char *address = addr_is_any(addr) ? "" : addr_text(addr, text);
    for (size_t k = 0; k < i->endpoints.n; k++) /* 0.0.0.0 and ::0 are one */
        if (i->endpoints.v[k].port == port && strcmp(i->endpoints.v[k].address, address) == 0)
            return;
    if (port)
        endpoint_add(s, i, NULL, "daemon", address, port, in_ports(tls_ports, port, s->arena), file, line);
}

void exim_interfaces(struct server *s, struct instance *i, const char *interfaces, const char *ports, const char *tls_ports, const char *file, unsigned line)
{
    struct str list = str_of(interfaces), item;
    char separator = separator_of(&list);
    while (i->endpoints.n < 200 && next_item(&list, separator, s->arena, &item)) {
        struct addr addr;
        uint64_t own = 0;
        ptrdiff_t close = item.n && item.p[0] == '[' ? str_find(item, ']') : -1;
        size_t dot = item.n;
        while (dot > 0 && item.p[dot - 1] != '.')
            dot--;
        bool whole = addr_parse(item, &addr);
        bool with_port = !whole && close > 0 && addr_parse(str_span(item.p + 1, (size_t)close - 1), &addr);
        if (with_port)
            str_u64(str_from(item, (size_t)close + 2), 65535, &own);
        else if (!whole && (!dot || !addr_parse(str_span(item.p, dot - 1), &addr) || !str_u64(str_from(item, dot), 65535, &own)))
            continue;
        if (own) {
            add(s, i, &addr, (uint16_t)own, tls_ports, file, line);
            continue;
        }
        struct str each = str_of(ports), port;
        char between = separator_of(&each);
        while (i->endpoints.n < 200 && next_item(&each, between, s->arena, &port))
            add(s, i, &addr, server_port(port), tls_ports, file, line);
    }
}
