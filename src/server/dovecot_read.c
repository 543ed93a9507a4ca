/* dovecot_read.c: the language of dovecot.conf. */
#include "server/dovecot.h"
#include "base/i18n.h"
#include <errno.h>

#define DEPTH_MAX 20     /* blocks in blocks; files in files */
#define DBS_MAX 100
#define FILES_MAX 300
#define VARIABLES_MAX 200
#define VALUE_MAX 16384

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without what follows a "#" that begins the line or stands behind a blank, outside of quotes. */
static struct str without_comment(struct str line)
{
    char quote = 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && (i == 0 || blank(line.p[i - 1]) || line.p[i - 1] == '='))
            quote = c;
        else if (c == '#' && (i == 0 || blank(line.p[i - 1])))
            return str_span(line.p, i);
    }
    return line;
}

static struct str unquoted(struct str s)
{
    if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
        return str_span(s.p + 1, s.n - 2);
    return s;
}

/* A line with those that its trailing backslash adds. */
static bool logical(struct dovecot_reader *r, struct str *ret)
{
    struct str line, ahead = r->rest;
    size_t room = 0, lines = 0;
    do {
        if (!str_line(&ahead, &line))
            break;
        room += line.n + 1;
        lines++;
    } while (line.n && line.p[line.n - 1] == '\\');
    if (!lines)
        return false;
    if (lines == 1 && !(line.n && line.p[line.n - 1] == '\\')) {
        r->rest = ahead;
        r->line++;
        *ret = line;
        return true;
    }
    char *joined = arena_zalloc(r->arena, room + 1);
    size_t n = 0;
    for (size_t k = 0; k < lines; k++) {
        str_line(&r->rest, &line);
        line = str_trim(line);
        if (line.n && line.p[line.n - 1] == '\\')
            line = str_trim(str_span(line.p, line.n - 1));
        if (k && n)
            joined[n++] = ' ';
        memcpy(joined + n, line.n ? line.p : "", line.n);
        n += line.n;
    }
    r->line += (unsigned)lines;
    *ret = str_span(joined, n);
    return true;
}

static bool is_include(struct str line, const char *word, struct str *ret)
{
    struct str w = str_of(word);
    if (!str_starts(line, w) || line.n == w.n || !blank(line.p[w.n]))
        return false;
    *ret = unquoted(str_trim(str_from(line, w.n)));
    return true;
}

/* "key = value": the key is one word. */
static bool is_setting(struct str line, struct str *ret_key, struct str *ret_value)
{
    ptrdiff_t at = str_find(line, '=');
    if (at <= 0)
        return false;
    struct str key = str_trim(str_span(line.p, (size_t)at));
    for (size_t i = 0; i < key.n; i++)
        if (blank(key.p[i]) || key.p[i] == '{' || key.p[i] == '}')
            return false;
    *ret_key = key;
    *ret_value = unquoted(str_trim(str_from(line, (size_t)at + 1)));
    return key.n > 0;
}

bool dovecot_next(struct dovecot_reader *r, struct dovecot_item *ret)
{
    struct str line, word;
    do {
        if (!logical(r, &line))
            return false;
        ptrdiff_t nul = str_find(line, 0);
        line = str_trim(without_comment(nul < 0 ? line : str_span(line.p, (size_t)nul)));
    } while (!line.n);
    struct dovecot_item item = {.kind = DOVECOT_OTHER, .key = line, .value = STR(""), .line = r->line};
    if (is_include(line, "!include_try", &item.key)) {
        item.kind = DOVECOT_INCLUDE_TRY;
    } else if (is_include(line, "!include", &item.key)) {
        item.kind = DOVECOT_INCLUDE;
    } else if (line.p[0] == '}') {
        item.kind = DOVECOT_CLOSE;
    } else if (is_setting(line, &item.key, &item.value)) {
        item.kind = DOVECOT_SET;
    } else if (line.p[line.n - 1] == '{') {
        struct str words = str_span(line.p, line.n - 1);
        item.key = STR("");
        if (str_word(&words, " \t", &word))
            item.key = word;
        item.value = unquoted(str_trim(words));
        item.kind = DOVECOT_OPEN;
    }
    *ret = item;
    return true;
}

/* --- into settings --- */

struct reading {
    struct server *s;
    struct instance *i;
    const char *sections[DEPTH_MAX]; /* as they are named in the settings; [0] is "" */
    size_t depth, skipped;           /* skipped: blocks deeper than that */
    unsigned dbs[2], nameless[2];    /* passdb and userdb blocks so far */
    const char *open[DEPTH_MAX];     /* files that include each other */
    size_t files_open, files, variables;
};

static void read_text(struct reading *r, struct str text, const char *file);

static const char *const db_kinds[] = {"passdb", "userdb"};

static void open_section(struct reading *r, const struct dovecot_item *item, const char *file)
{
    struct arena *a = r->s->arena;
    if (r->depth + 1 >= DEPTH_MAX) {
        r->skipped++;
        instance_unseen(r->i, -E2BIG, arena_printf(a, _("%s has more than %d settings"), file ? file : "doveconf", DEPTH_MAX));
        return;
    }
    const char *outer = r->sections[r->depth], *kind = arena_dup(a, item->key), *name = arena_dup(a, item->value);
    const char *inner = *name ? arena_printf(a, "%s%s%s %s", outer, *outer ? "/" : "", kind, name) : arena_printf(a, "%s%s%s", outer, *outer ? "/" : "", kind);
    r->sections[++r->depth] = inner;
    for (size_t k = 0; k < ARRAY_SIZE(db_kinds) && !*outer; k++) {
        if (strcmp(kind, db_kinds[k]) != 0)
            continue;
        if (++r->dbs[k] > DBS_MAX)
            instance_unseen(r->i, -E2BIG, arena_printf(a, _("%s has more than %d settings"), file ? file : "doveconf", DBS_MAX));
        if (!*name && ++r->nameless[k] > 1)
            r->sections[r->depth] = arena_printf(a, "%s %u", kind, r->nameless[k]);
        if (*name) /* 2.4: the name is the driver, where the block names no other */
            setting_add(r->s, r->i, file ? FROM_FILE : FROM_PROGRAM, inner, STR("driver"), item->value, file, item->line);
    }
}

/* 2.4 writes lists as blocks of booleans and prefixes as blocks: both become the plain setting that they mean. */
static void set_in_block(struct reading *r, const char *section, const struct dovecot_item *item, struct str value, const char *file)
{
    static const char *const lists[] = {"protocols", "auth_mechanisms"}, *const prefixes[] = {"ssl_server", "ssl_client"};
    enum setting_from from = file ? FROM_FILE : FROM_PROGRAM;
    for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++)
        if (strcmp(section, prefixes[k]) == 0) {
            const char *key = arena_printf(r->s->arena, "%s_%.*s", section, (int)item->key.n, item->key.p);
            setting_add(r->s, r->i, from, "", str_of(key), value, file, item->line);
            return;
        }
    for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
        if (strcmp(section, lists[k]) == 0) {
            const char *before = setting_value(r->i, "", section, "");
            if (str_ieq(value, STR("yes")) && strlen(before) < VALUE_MAX && r->variables++ < VARIABLES_MAX) {
                const char *all = arena_printf(r->s->arena, "%s%s%.*s", before, *before ? " " : "", (int)item->key.n, item->key.p);
                setting_add(r->s, r->i, from, "", str_of(section), str_of(all), file, item->line);
            }
            return;
        }
    setting_add(r->s, r->i, from, section, item->key, value, file, item->line);
}

/* "$protocols" is what that setting was so far. */
static struct str with_variables(struct reading *r, const char *section, struct str value)
{
    _cleanup_(buf_free) struct buf out = BUF(VALUE_MAX);
    if (str_find(value, '$') < 0)
        return value;
    if (r->variables++ >= VARIABLES_MAX) {
        instance_unseen(r->i, -E2BIG, arena_printf(r->s->arena, _("%s: the value of %s cannot be worked out"), r->i->config, "$"));
        return value;
    }
    for (size_t k = 0; k < value.n; k++) {
        size_t n = k + 1;
        while (value.p[k] == '$' && n < value.n && (value.p[n] == '_' || (value.p[n] >= 'a' && value.p[n] <= 'z') || (value.p[n] >= '0' && value.p[n] <= '9')))
            n++;
        if (n == k + 1) {
            buf_addc(&out, value.p[k]);
            continue;
        }
        const char *name = arena_dup(r->s->arena, str_span(value.p + k + 1, n - k - 1));
        buf_addz(&out, setting_value(r->i, section, name, setting_value(r->i, "", name, "")));
        k = n - 1;
    }
    return str_trim(str_span(arena_dup(r->s->arena, buf_str(&out)), out.n));
}

static const char *beside(struct arena *a, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    return path[0] == '/' ? path : arena_printf(a, "%.*s/%s", slash ? (int)(slash - file) : 0, file, path);
}

static void include_one(struct reading *r, const char *path, bool must)
{
    struct server *s = r->s;
    struct str text;
    for (size_t k = 0; k < r->files_open; k++)
        if (strcmp(r->open[k], path) == 0 || r->files_open >= DEPTH_MAX) {
            instance_unseen(r->i, -ELOOP, arena_printf(s->arena, _("%s includes itself"), path));
            return;
        }
    if (++r->files > FILES_MAX) {
        instance_unseen(r->i, -E2BIG, arena_printf(s->arena, _("%s includes too many files"), r->i->config));
        return;
    }
    if (!must && !root_exists(s->host->root, path))
        return;
    if (instance_read(s, r->i, path, &text) == 0)
        read_text(r, text, path);
}

static void include(struct reading *r, const struct dovecot_item *item, const char *file)
{
    struct arena *a = r->s->arena;
    struct names names = {0};
    bool must = item->kind == DOVECOT_INCLUDE;
    if (!file || !item->key.n)
        return;
    const char *path = beside(a, file, arena_dup(a, item->key));
    if (!strpbrk(path, "*?[")) {
        include_one(r, path, must);
        return;
    }
    if (root_glob(r->s->host->root, path, FILES_MAX + 1, a, &names) < 0)
        return;
    for (size_t k = 0; k < names.list.n && r->files <= FILES_MAX; k++)
        include_one(r, names.list.v[k], must);
}

static void read_text(struct reading *r, struct str text, const char *file)
{
    struct dovecot_reader lines = {.arena = r->s->arena, .rest = text};
    struct dovecot_item item;
    size_t depth = r->depth;
    if (file)
        r->open[r->files_open++] = file;
    while (r->i->seen.code != -E2BIG && dovecot_next(&lines, &item)) {
        const char *section = r->sections[r->depth];
        if (item.kind == DOVECOT_OPEN) {
            open_section(r, &item, file);
        } else if (item.kind == DOVECOT_CLOSE) {
            if (r->skipped)
                r->skipped--;
            else if (r->depth > depth)
                r->depth--;
        } else if (item.kind == DOVECOT_SET) {
            set_in_block(r, section, &item, file ? with_variables(r, section, item.value) : item.value, file);
        } else if (item.kind != DOVECOT_OTHER && r->s->host) {
            include(r, &item, file);
        }
    }
    r->depth = depth; /* a block ends in the file in which it began */
    if (file)
        r->files_open--;
}

void dovecot_read(struct server *s, struct instance *i, struct str text, const char *file)
{
    struct reading r = {.s = s, .i = i, .sections = {""}};
    read_text(&r, text, file);
}
