#include "log/rotation.h"
#include <fnmatch.h>

#define MAX_FILE (1u << 20)
#define MAX_FILES 1000
#define MAX_RULES 10000

struct reader {
    struct arena *arena;
    const char *file;
    unsigned line;
    struct rotation *global, current;
    struct rotations *into;
    size_t first;   /* index of the current block's first rule */
    bool in_block, script;
};

static void word(struct rotation *r, struct str w, struct str argument)
{
    static const struct { struct str name; unsigned days; } periods[] = {
        {{"hourly", 6}, 1}, {{"daily", 5}, 1}, {{"weekly", 6}, 7}, {{"monthly", 7}, 30}, {{"yearly", 6}, 365},
    };
    uint64_t n;
    for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
        if (str_eq(w, periods[i].name))
            r->days = periods[i].days;
    if (str_eq(w, STR("rotate")) && str_u64(argument, 1000000, &n))
        r->keep = (unsigned)n;
    if (str_eq(w, STR("maxage")) && str_u64(argument, 1000000, &n))
        r->maxage = (unsigned)n;
    if (str_eq(w, STR("size")))
        r->days = 0;
}

static void patterns(struct reader *r, struct str line)
{
    struct str w;
    while (str_word(&line, " \t\"'", &w)) {
        if (str_eq(w, STR("{")) || r->into->list.n >= MAX_RULES)
            continue;
        if (w.p[w.n - 1] == '{')
            w.n--;
        *list_push(r->arena, &r->into->list) = (struct rotation){.pattern = arena_dup(r->arena, w), .file = r->file, .line = r->line};
    }
}

static void close_block(struct reader *r)
{
    for (size_t i = r->first; i < r->into->list.n; i++) {
        struct rotation *x = &r->into->list.v[i];
        x->days = r->current.days;
        x->keep = r->current.keep;
        x->maxage = r->current.maxage;
    }
    r->in_block = false;
    r->first = r->into->list.n;
}

static void directive(struct reader *r, struct str line)
{
    struct str rest = line, w, argument = {"", 0};
    if (!str_word(&rest, " \t=", &w))
        return;
    (void)!str_word(&rest, " \t=", &argument);
    if (str_eq(w, STR("prerotate")) || str_eq(w, STR("postrotate")) || str_eq(w, STR("firstaction")) || str_eq(w, STR("lastaction")) || str_eq(w, STR("preremove")))
        r->script = true;
    else
        word(r->in_block ? &r->current : r->global, w, argument);
}

void rotations_parse(struct str text, const char *file, struct arena *a, struct rotation *inherited, struct rotations *into)
{
    struct reader r = {.arena = a, .file = arena_dupz(a, file), .global = inherited, .into = into, .first = into->list.n};
    struct str line;
    while (str_line(&text, &line)) {
        r.line++;
        line = str_trim(line);
        if (r.script) {
            r.script = !str_eq(line, STR("endscript"));
        } else if (!line.n || line.p[0] == '#') {
            continue;
        } else if (!r.in_block && (line.p[0] == '/' || line.p[0] == '"' || line.p[0] == '\'' || line.p[0] == '{')) {
            patterns(&r, line);
            if (str_find(line, '{') >= 0) {
                r.in_block = true;
                r.current = *r.global;
            }
        } else if (r.in_block && line.p[0] == '}') {
            close_block(&r);
        } else {
            directive(&r, line);
        }
    }
    if (r.in_block)
        close_block(&r);
    /* Patterns whose block never came rotate nothing. */
    into->list.n = r.first;
}

void rotations_read(const struct root *root, struct arena *a, struct rotations *ret)
{
    struct rotation global = {.days = 7, .keep = 0};
    struct names files = {0};
    *list_push(a, &files.list) = arena_dupz(a, "/etc/logrotate.conf");
    struct names more = {0};
    if (root_glob(root, "/etc/logrotate.d/*", MAX_FILES, a, &more) == 0)
        for (size_t i = 0; i < more.list.n; i++)
            *list_push(a, &files.list) = more.list.v[i];
    for (size_t i = 0; i < files.list.n; i++) {
        _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
        struct rotation copy = global;
        if (root_read(root, files.list.v[i], &b) == 0)
            rotations_parse(buf_str(&b), files.list.v[i], a, i ? &copy : &global, ret);
    }
}

const struct rotation *rotation_of(const struct rotations *r, const char *path)
{
    for (size_t i = 0; i < r->list.n; i++)
        if (fnmatch(r->list.v[i].pattern, path, FNM_PATHNAME) == 0)
            return &r->list.v[i];
    return NULL;
}

unsigned rotation_kept_days(const struct rotation *r)
{
    uint64_t days = (uint64_t)r->keep * r->days;
    if (r->maxage && r->maxage < days)
        days = r->maxage;
    return days > 36500 ? 36500 : (unsigned)days;
}
