#include "server/xinetd.h"
#include <errno.h>

#define SERVICES_MAX 500

static struct superserver *add(struct server *s, struct str service, const char *file, unsigned line)
{
    if (s->superservers.n >= SERVICES_MAX)
        return NULL;
    struct superserver *x = list_push(s->arena, &s->superservers);
    *x = (struct superserver){.service = arena_dup(s->arena, service), .server = "", .args = "", .address = "", .port = server_port(service), .enabled = true,
                              .file = file, .line = line};
    return x;
}

static void set(struct server *s, struct superserver *x, struct str key, struct str value)
{
    uint64_t port;
    if (str_ieq(key, STR("server")))
        x->server = arena_dup(s->arena, value);
    else if (str_ieq(key, STR("server_args")))
        x->args = arena_dup(s->arena, value);
    else if (str_ieq(key, STR("disable")))
        x->enabled = !str_ieq(value, STR("yes"));
    else if (str_ieq(key, STR("bind")) || str_ieq(key, STR("interface")))
        x->address = arena_dup(s->arena, value);
    else if (str_ieq(key, STR("port")) && str_u64(value, 65535, &port))
        x->port = (uint16_t)port;
}

void xinetd_parse(struct server *s, struct str text, const char *file)
{
    struct str line, word;
    struct superserver *x = NULL;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        struct str rest = line;
        if (str_word(&rest, " \t{", &word) && str_eq(word, STR("service")) && str_word(&rest, " \t{", &word)) {
            x = add(s, word, file, number);
        } else if (line.p[0] == '}' || str_starts(line, STR("defaults"))) {
            x = NULL;
        } else if (x && str_find(line, '=') > 0) {
            size_t at = (size_t)str_find(line, '=');
            struct str key = str_trim(str_span(line.p, at)); /* "key += value" leaves the sign at the key: none of ours adds */
            set(s, x, key, str_trim(str_from(line, at + 1)));
        }
    }
}

void inetd_parse(struct server *s, struct str text, const char *file)
{
    struct str line, service, word;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#' || !str_word(&line, " \t", &service))
            continue;
        bool whole = true;
        for (int field = 0; field < 4; field++)
            whole &= str_word(&line, " \t", &word);
        struct superserver *x = whole && str_word(&line, " \t", &word) ? add(s, service, file, number) : NULL;
        if (!x)
            continue;
        x->server = arena_dup(s->arena, word);
        x->args = arena_dup(s->arena, str_trim(line));
        ptrdiff_t colon = str_find(service, ':'); /* "127.0.0.1:smtp" */
        if (colon > 0) {
            x->address = arena_dup(s->arena, str_span(service.p, (size_t)colon));
            x->port = server_port(str_from(service, (size_t)colon + 1));
        }
    }
}

/* Executables of our own pid namespace: a container's server is not this machine's. */
static void processes_load(struct server *s)
{
    const struct root *root = s->host->root;
    struct names pids = {0};
    char *own = NULL, *exe, *theirs;
    if (!s->host->live || root_readlink(root, "/proc/self/ns/pid", s->arena, &own) < 0 || root_list(root, "/proc", 20000, s->arena, &pids) < 0)
        return;
    for (size_t i = 0; i < pids.list.n; i++) {
        const char *pid = pids.list.v[i];
        if (pid[0] < '0' || pid[0] > '9' || root_readlink(root, arena_printf(s->arena, "/proc/%s/exe", pid), s->arena, &exe) < 0)
            continue;
        if (root_readlink(root, arena_printf(s->arena, "/proc/%s/ns/pid", pid), s->arena, &theirs) < 0 || strcmp(own, theirs) != 0)
            continue;
        struct str path = str_of(exe), gone = STR(" (deleted)"); /* updated while it runs */
        if (str_ends(path, gone))
            exe = arena_dup(s->arena, str_span(path.p, path.n - gone.n));
        *list_push(s->arena, &s->processes) = exe;
    }
}

void superservers_load(struct server *s)
{
    struct names files = {0};
    struct str text;
    processes_load(s);
    if (server_read(s, "/etc/xinetd.conf", &text) == 0)
        xinetd_parse(s, text, "/etc/xinetd.conf");
    if (root_list(s->host->root, "/etc/xinetd.d", 500, s->arena, &files) == 0 || files.list.n)
        for (size_t i = 0; i < files.list.n; i++) {
            const char *path = arena_printf(s->arena, "/etc/xinetd.d/%s", files.list.v[i]);
            bool skipped = strchr(files.list.v[i], '.') || files.list.v[i][strlen(files.list.v[i]) - 1] == '~'; /* as xinetd's includedir does */
            if (!skipped && server_read(s, path, &text) == 0)
                xinetd_parse(s, text, path);
        }
    if (server_read(s, "/etc/inetd.conf", &text) == 0)
        inetd_parse(s, text, "/etc/inetd.conf");
}
