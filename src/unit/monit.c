#include "unit/monit.h"
#include "base/child.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (1u << 20)
#define FILES_MAX 300
#define SERVICES_MAX 1000
#define WORD_MAX 4096

/* The first one of a family that is there counts: on Debian /usr/local/psa is a link to /opt/psa. */
static const struct {
    int family;
    struct monit_install is;
} installs[] = {
    {1, {"monit", "/etc/monit/monitrc", "/usr/bin/monit"}},
    {1, {"monit", "/etc/monitrc", "/usr/bin/monit"}},
    {1, {"monit", "/etc/monit.conf", "/usr/bin/monit"}},
    {2, {"Plesk Watchdog", "/usr/local/psa/etc/modules/watchdog/monitrc", "/usr/local/psa/admin/bin/modules/watchdog/monit"}},
    {2, {"Plesk Watchdog", "/opt/psa/etc/modules/watchdog/monitrc", "/opt/psa/admin/bin/modules/watchdog/monit"}},
};

struct token {
    struct str s;
    bool quoted;
};

/* monit's words: parted by blanks, "=" is noise, quotes hold a word together, # begins a comment. */
static bool next(struct str *rest, struct token *ret)
{
    size_t i = 0;
    for (; i < rest->n; i++) {
        if (rest->p[i] == '#')
            while (i + 1 < rest->n && rest->p[i] != '\n')
                i++;
        else if (!strchr(" \t\r\n=;,", rest->p[i]) || !rest->p[i])
            break;
    }
    *rest = str_from(*rest, i);
    if (!rest->n)
        return false;
    char q = rest->p[0];
    size_t n = 0;
    if (q == '"' || q == '\'') {
        while (n + 1 < rest->n && rest->p[n + 1] != q)
            n++;
        *ret = (struct token){str_span(rest->p + 1, n), true};
        *rest = str_from(*rest, n + 2);
        return true;
    }
    while (n < rest->n && !strchr(" \t\r\n=;,\"'#", rest->p[n]))
        n++;
    n += n == 0; /* a NUL byte is a word of its own */
    *ret = (struct token){str_span(rest->p, n), false};
    *rest = str_from(*rest, n);
    return true;
}

static bool word_is(const struct token *t, const char *word)
{
    return !t->quoted && str_ieq(t->s, str_of(word));
}

static const char *text_of(struct arena *a, const struct token *t)
{
    return arena_dup(a, str_span(t->s.p, t->s.n < WORD_MAX ? t->s.n : WORD_MAX));
}

/* "check process NAME ...": a new one; any other check ends the last. */
static struct monit_service *begin(struct str *rest, struct arena *a, struct monit_services *services)
{
    struct token kind, name;
    if (!next(rest, &kind) || !word_is(&kind, "process") || !next(rest, &name))
        return NULL;
    if (services->list.n >= SERVICES_MAX) {
        services->partly = true;
        return NULL;
    }
    struct monit_service *s = list_push(a, &services->list);
    *s = (struct monit_service){.name = text_of(a, &name), .pidfile = "", .start = ""};
    return s;
}

/* `start program = "..."`; in `if ... then start` no quotes follow. */
static void take_start(struct str *rest, struct arena *a, struct monit_service *s)
{
    struct str ahead = *rest;
    struct token t;
    if (!next(&ahead, &t))
        return;
    if (word_is(&t, "program") && !next(&ahead, &t))
        return;
    if (t.quoted) {
        s->start = text_of(a, &t);
        *rest = ahead;
    }
}

void monit_parse(struct str text, struct arena *a, struct monit_services *services, struct monit_includes *includes)
{
    struct monit_service *s = NULL;
    struct token t;
    while (next(&text, &t)) {
        if (word_is(&t, "check"))
            s = begin(&text, a, services);
        else if (word_is(&t, "include")) {
            if (includes->list.n < FILES_MAX && next(&text, &t))
                *list_push(a, &includes->list) = (char *)(uintptr_t)text_of(a, &t);
        } else if (s && word_is(&t, "start"))
            take_start(&text, a, s);
        else if (s && word_is(&t, "pidfile") && next(&text, &t))
            s->pidfile = text_of(a, &t);
    }
}

static void read_install(const struct root *root, struct arena *a, const struct monit_install *by, struct monit_services *ret)
{
    struct monit_includes files = {0};
    size_t first = ret->list.n;
    *list_push(a, &files.list) = arena_dupz(a, by->conf);
    for (size_t i = 0; i < files.list.n && i < FILES_MAX; i++) {
        struct names found = {0};
        if (root_glob(root, files.list.v[i], FILES_MAX, a, &found) < 0)
            ret->partly = true;
        for (size_t k = 0; k < found.list.n; k++) {
            _cleanup_(buf_free) struct buf b = BUF(FILE_MAX);
            int r = root_read(root, found.list.v[k], &b);
            if (r == 0)
                monit_parse(buf_str(&b), a, ret, &files);
            else
                ret->partly = true;
        }
    }
    for (size_t i = first; i < ret->list.n; i++)
        ret->list.v[i].by = by;
}

void monit_read(const struct root *root, struct arena *a, struct monit_services *ret)
{
    int had = 0;
    for (size_t i = 0; i < ARRAY_SIZE(installs); i++)
        if (installs[i].family != had && root_exists(root, installs[i].is.conf)) {
            had = installs[i].family;
            read_install(root, a, &installs[i].is, ret);
        }
}

static struct str last_part(struct str path)
{
    size_t n = path.n;
    while (n && path.p[n - 1] != '/')
        n--;
    return str_from(path, n);
}

/* The service that a start command names to systemd or to an init script; empty: none. */
static struct str started_by(struct str command)
{
    struct str rest = command, word, program = {0};
    while (str_word(&rest, " \t\"'", &word)) {
        struct str name = last_part(word);
        if (str_eq(name, STR("systemctl"))) {
            while (str_word(&rest, " \t\"'", &word))
                if (!str_starts(word, STR("-")) && !str_eq(word, STR("start")) && !str_eq(word, STR("restart")))
                    return word;
        } else if (str_eq(name, STR("service")) || str_eq(name, STR("invoke-rc.d")))
            return str_word(&rest, " \t\"'", &word) ? word : (struct str){0};
        else if (str_search(word, STR("/init.d/")) >= 0)
            return name;
        if (!program.n)
            program = name;
    }
    return (struct str){0};
}

static bool same_unit(struct str given, const char *unit)
{
    struct str u = str_of(unit);
    return str_eq(given, u) || (str_ends(u, STR(".service")) && str_eq(given, str_span(u.p, u.n - strlen(".service"))));
}

bool monit_watches(const struct monit_service *s, const struct root *root, const char *unit, uint32_t main_pid)
{
    _cleanup_(buf_free) struct buf b = BUF(32);
    uint64_t pid;
    struct str given = started_by(str_of(s->start));
    if (given.n && same_unit(given, unit))
        return true;
    return main_pid && s->pidfile[0] == '/' && root_read(root, s->pidfile, &b) == 0 && str_u64(str_trim(buf_str(&b)), UINT32_MAX, &pid) && pid == main_pid;
}

bool monit_starts_by_systemd(const struct monit_service *s)
{
    return !s->start[0] || started_by(str_of(s->start)).n;
}

int monit_command(const struct monit_service *s, bool watch, struct err *err)
{
    const char *const argv[] = {s->by->program, "-c", s->by->conf, watch ? "monitor" : "unmonitor", s->name, NULL};
    struct child_result res = {0};
    int r = child_run(argv, NULL, &res, err);
    if (r == 0 && res.status != 0) {
        struct str said = str_trim(buf_str(res.err.n ? &res.err : &res.out));
        r = err_set(err, -EIO, _("%s does not take the command %s %s: %.*s"), s->by->title, argv[3], s->name, (int)(said.n < 200 ? said.n : 200), said.p);
    }
    child_result_free(&res);
    return r < 0 ? -EIO : 0;
}
