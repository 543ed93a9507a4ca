#include "update/apt_conf.h"
#include "base/child.h"
#include <ctype.h>
#include <errno.h>
#include <strings.h>

#define MAX_FILE (1u << 20)
#define MAX_FILES 1000
#define MAX_ROWS 20000
#define MAX_DEPTH 32
#define MAX_KEY 512

enum kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_SEMICOLON };

struct scanner {
    struct str rest;
    unsigned line;
};

static void step(struct scanner *s, size_t n)
{
    for (size_t i = 0; i < n && i < s->rest.n; i++)
        s->line += s->rest.p[i] == '\n';
    s->rest = str_from(s->rest, n);
}

static bool is_directive(struct str s)
{
    return str_istarts(s, STR("#clear")) || str_istarts(s, STR("#include")) || str_istarts(s, STR("#x-apt-configure-index"));
}

static void skip_blanks(struct scanner *s)
{
    for (;;) {
        if (s->rest.n && isspace((unsigned char)s->rest.p[0])) {
            step(s, 1);
        } else if (str_starts(s->rest, STR("//")) || (str_starts(s->rest, STR("#")) && !is_directive(s->rest))) {
            ptrdiff_t end = str_find(s->rest, '\n');
            step(s, end < 0 ? s->rest.n : (size_t)end + 1);
        } else if (str_starts(s->rest, STR("/*"))) {
            ptrdiff_t end = str_search(str_from(s->rest, 2), STR("*/"));
            step(s, end < 0 ? s->rest.n : (size_t)end + 4);
        } else {
            return;
        }
    }
}

static enum kind next(struct scanner *s, struct str *word)
{
    skip_blanks(s);
    if (!s->rest.n)
        return TOKEN_END;
    const char *marks = "{};", *mark = s->rest.p[0] ? strchr(marks, s->rest.p[0]) : NULL;
    if (mark) {
        step(s, 1);
        return (enum kind[]){TOKEN_OPEN, TOKEN_CLOSE, TOKEN_SEMICOLON}[mark - marks];
    }
    if (s->rest.p[0] == '"') {
        ptrdiff_t end = str_find(str_from(s->rest, 1), '"');
        *word = str_span(s->rest.p + 1, end < 0 ? s->rest.n - 1 : (size_t)end);
        step(s, word->n + 2);
        return TOKEN_QUOTED;
    }
    size_t n = 0;
    while (n < s->rest.n && !isspace((unsigned char)s->rest.p[n]) && s->rest.p[n] != ';' && s->rest.p[n] != '{' && s->rest.p[n] != '}')
        n++;
    *word = str_span(s->rest.p, n);
    step(s, n);
    return TOKEN_WORD;
}

/* Scopes that are open: "APT::Periodic" is one string, cut back when its scope closes. */
struct place {
    char key[MAX_KEY];
    size_t ends[MAX_DEPTH];
    unsigned depth;
};

static void join(char ret[MAX_KEY], const char *scope, struct str name)
{
    size_t n = strnlen(scope, MAX_KEY - 1);
    memcpy(ret, scope, n);
    const char *between = n && !(n >= 2 && scope[n - 1] == ':') ? "::" : "";
    size_t gap = strlen(between);
    if (n + gap + name.n < MAX_KEY) {
        memcpy(ret + n, between, gap);
        if (name.n)
            memcpy(ret + n + gap, name.p, name.n);
        n += gap + name.n;
    }
    ret[n] = 0;
}

static void clear(struct apt_conf *c, const char *key)
{
    size_t n = strlen(key), kept = 0;
    for (size_t i = 0; i < c->rows.n; i++) {
        const char *k = c->rows.v[i].key;
        if (strncasecmp(k, key, n) != 0 || (k[n] && k[n] != ':'))
            c->rows.v[kept++] = c->rows.v[i];
    }
    c->rows.n = kept;
}

static void add(struct arena *a, struct apt_conf *c, const char *key, struct str value, const char *file, unsigned line)
{
    if (c->rows.n < MAX_ROWS)
        *list_push(a, &c->rows) = (struct apt_row){.key = arena_dupz(a, key), .value = arena_dup(a, value), .file = file, .line = line};
}

static void open_scope(struct place *at, struct str name)
{
    char key[MAX_KEY];
    if (at->depth >= MAX_DEPTH)
        return;
    at->ends[at->depth++] = strlen(at->key);
    join(key, at->key, name);
    memcpy(at->key, key, MAX_KEY);
}

static void statement(struct arena *a, struct apt_conf *c, const struct place *at, const struct str words[2], size_t n, bool first_quoted, const char *file, unsigned line)
{
    char key[MAX_KEY];
    if (n == 2 && str_ieq(words[0], STR("#clear"))) {
        join(key, "", words[1]);
        clear(c, key);
    } else if (n == 2 && words[0].n && words[0].p[0] != '#') {
        join(key, at->key, words[0]);
        add(a, c, key, words[1], file, line);
    } else if (n == 1 && first_quoted) {
        join(key, at->key, STR(""));
        add(a, c, key, words[0], file, line);
    }
}

void apt_conf_parse(struct arena *a, struct str text, const char *file, struct apt_conf *into)
{
    struct scanner s = {.rest = text, .line = 1};
    struct place at = {.key = ""};
    struct str words[2] = {0}, word = {0};
    bool quoted = false;
    unsigned line = 1;
    size_t n = 0;
    for (enum kind k; (k = next(&s, &word)) != TOKEN_END;) {
        if (k == TOKEN_WORD || k == TOKEN_QUOTED) {
            if (n == 0) {
                line = s.line;
                quoted = k == TOKEN_QUOTED;
            }
            if (n < 2)
                words[n++] = word;
            continue;
        }
        if (k == TOKEN_OPEN)
            open_scope(&at, n ? words[0] : STR(""));
        else if (n)
            statement(a, into, &at, words, n, quoted, file, line);
        if (k == TOKEN_CLOSE && at.depth)
            at.key[at.ends[--at.depth]] = 0;
        n = 0;
    }
}

/* apt reads names of letters, digits, "-", "_" and "." that have no suffix or ".conf". */
static bool is_part(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            return false;
    const char *dot = strrchr(name, '.');
    return !dot || strcmp(dot, ".conf") == 0;
}

static int load_file(const struct host *h, struct arena *a, const char *path, struct apt_conf *c)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    int r = root_read(h->root, path, &b);
    if (r == 0)
        apt_conf_parse(a, buf_str(&b), path, c);
    return r == -EFBIG ? r : 0;
}

/* What apt computed, with the place from the files where they say the same. */
static void ask_apt(struct arena *a, struct apt_conf *c)
{
    static const char *const argv[] = {"apt-config", "dump", NULL};
    struct child_result out;
    struct err err = {0};
    if (child_run(argv, NULL, &out, &err) < 0)
        return;
    struct apt_conf said = {0};
    if (out.status == 0 && !out.out.full)
        apt_conf_parse(a, buf_str(&out.out), NULL, &said);
    for (size_t i = 0; i < said.rows.n; i++)
        for (size_t k = c->rows.n; k-- > 0;)
            if (strcasecmp(c->rows.v[k].key, said.rows.v[i].key) == 0 && strcmp(c->rows.v[k].value, said.rows.v[i].value) == 0) {
                said.rows.v[i].file = c->rows.v[k].file;
                said.rows.v[i].line = c->rows.v[k].line;
                break;
            }
    if (said.rows.n)
        *c = said;
    child_result_free(&out);
}

int apt_conf_load(const struct host *h, struct arena *a, struct apt_conf *ret)
{
    struct apt_conf c = {0};
    struct names parts = {0};
    int r = root_list(h->root, "/etc/apt/apt.conf.d", MAX_FILES, a, &parts), worst = r == -E2BIG ? r : 0;
    for (size_t i = 0; i < parts.list.n; i++)
        if (is_part(parts.list.v[i])) {
            r = load_file(h, a, arena_printf(a, "/etc/apt/apt.conf.d/%s", parts.list.v[i]), &c);
            worst = r < 0 ? r : worst;
        }
    r = load_file(h, a, "/etc/apt/apt.conf", &c);
    if (h->live)
        ask_apt(a, &c);
    *ret = c;
    return r < 0 ? r : worst;
}

struct apt_row apt_conf_get(const struct apt_conf *c, const char *key)
{
    for (size_t i = c->rows.n; i-- > 0;)
        if (strcasecmp(c->rows.v[i].key, key) == 0)
            return c->rows.v[i];
    return (struct apt_row){.key = key};
}

struct apt_row apt_conf_entry(const struct apt_conf *c, const char *list, size_t n)
{
    size_t length = strlen(list);
    for (size_t i = 0; i < c->rows.n; i++) {
        const char *key = c->rows.v[i].key;
        if (strncasecmp(key, list, length) == 0 && strncmp(key + length, "::", 2) == 0 && c->rows.v[i].value[0] && n-- == 0)
            return c->rows.v[i];
    }
    return (struct apt_row){.key = list};
}

struct apt_row ini_value(struct arena *a, struct str text, const char *file, const char *section, const char *key)
{
    struct apt_row found = {.key = key};
    bool inside = false;
    struct str line;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        line = str_trim(line);
        ptrdiff_t eq = str_find(line, '=');
        if (str_starts(line, STR("[")) && str_ends(line, STR("]")))
            inside = str_ieq(str_span(line.p + 1, line.n - 2), str_of(section));
        else if (inside && eq > 0 && line.p[0] != '#' && line.p[0] != ';' && str_ieq(str_trim(str_span(line.p, (size_t)eq)), str_of(key)))
            found = (struct apt_row){.key = key, .value = arena_dup(a, str_trim(str_from(line, (size_t)eq + 1))), .file = file, .line = number};
    }
    return found;
}
