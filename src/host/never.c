#include "host/never.h"
#include "base/buf.h"
#include "base/clock.h"
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <utmpx.h>

#define SESSION_FILE_MAX 65536
#define SESSIONS_MAX 4096
#define NOW_MS 1000
#define NOW_BYTES (16u << 20)

static void add(struct arena *a, struct never_list *l, struct prefix network, enum never_kind kind, const char *name)
{
    *list_push(a, &l->rows) = (struct never_row){network, kind, name};
}

static void add_address(struct arena *a, struct never_list *l, const struct addr *address, enum never_kind kind, const char *name)
{
    add(a, l, (struct prefix){*address, address->v6 ? 128 : 32}, kind, name);
}

static void add_special(struct arena *a, struct never_list *l)
{
    static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255", "::", "::1", "fe80::/10", "ff00::/8"};
    for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
        struct prefix p;
        if (prefix_parse(str_of(special[i]), true, &p))
            add(a, l, p, NEVER_SPECIAL, "");
    }
}

static void add_sources(const struct config *config, struct arena *a, struct never_list *l)
{
    for (size_t i = 0; config && i < config->sources.n; i++) {
        const struct value *v = config_value(config, "source", config->sources.v[i], "prefixes");
        for (size_t k = 0; v && k < v->prefixes.n; k++)
            add(a, l, v->prefixes.v[k], NEVER_SOURCE, arena_dupz(a, config->sources.v[i]));
    }
}

static void add_proxies(const struct config *config, struct arena *a, struct never_list *l)
{
    const struct value *v = config ? config_value(config, "guard", "", "trusted-proxies") : NULL;
    for (size_t k = 0; v && k < v->prefixes.n; k++)
        add(a, l, v->prefixes.v[k], NEVER_PROXY, "");
}

static void add_own(struct arena *a, struct never_list *l)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0)
        return;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)) {
            struct addr own = addr_of_sockaddr(i->ifa_addr);
            add_address(a, l, &own, NEVER_OWN, arena_dupz(a, i->ifa_name));
        }
    freeifaddrs(all);
}

void never_find(const struct config *config, struct arena *a, struct never_list *ret)
{
    add_special(a, ret);
    add_sources(config, a, ret);
    add_proxies(config, a, ret);
    add_own(a, ret);
}

const struct never_row *never_touched(const struct never_list *l, const struct prefix *p)
{
    for (size_t i = 0; i < l->rows.n; i++)
        if (prefix_overlaps(&l->rows.v[i].network, p))
            return &l->rows.v[i];
    return NULL;
}

bool session_parse(struct str text, struct login_session *ret)
{
    struct login_session s = {.uid = UINT32_MAX};
    bool remote = false, user = false, closing = false;
    for (struct str line, name; str_line(&text, &line);) {
        uint64_t uid;
        if (!str_field(&line, '=', &name))
            continue;
        if (str_eq(name, STR("REMOTE_HOST")))
            remote = addr_parse(line, &s.remote); /* a name is not believed */
        else if (str_eq(name, STR("UID")) && str_u64(line, UINT32_MAX - 1, &uid))
            s.uid = (uint32_t)uid;
        else if (str_eq(name, STR("USER")))
            s.user = line;
        else if (str_eq(name, STR("CLASS")))
            user = str_starts(line, STR("user"));
        else if (str_eq(name, STR("STATE")))
            closing = str_eq(line, STR("closing"));
    }
    if (!remote || !user || closing || s.uid == UINT32_MAX)
        return false;
    *ret = s;
    return true;
}

static bool member(const char *group, const char *user, gid_t primary)
{
    const struct group *g = getgrnam(group);
    if (!g)
        return false;
    for (size_t i = 0; g->gr_mem[i]; i++)
        if (strcmp(g->gr_mem[i], user) == 0)
            return true;
    return g->gr_gid == primary;
}

/* Who may become root with a password of his own. */
static bool is_admin(const struct passwd *p)
{
    static const char *const groups[] = {"sudo", "wheel", "admin"};
    if (p && p->pw_uid == 0)
        return true;
    for (size_t i = 0; p && i < ARRAY_SIZE(groups); i++)
        if (member(groups[i], p->pw_name, p->pw_gid))
            return true;
    return false;
}

/* The file's text and what it says. */
static bool read_session(const char *dir, const char *name, struct buf *text, struct login_session *ret)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    buf_reset(text);
    int r = buf_read_fd(text, fd);
    close(fd);
    return r == 0 && session_parse(buf_str(text), ret);
}

static void sessions_of_logind(const char *path, struct arena *a, struct never_list *ret)
{
    _cleanup_(buf_free) struct buf text = BUF(SESSION_FILE_MAX);
    DIR *d = opendir(path);
    struct login_session s;
    const struct dirent *e;
    for (int n = 0; d && n < SESSIONS_MAX && (e = readdir(d)); n++)
        if (e->d_name[0] != '.' && read_session(path, e->d_name, &text, &s) && (s.uid == 0 || is_admin(getpwuid(s.uid))))
            add_address(a, ret, &s.remote, NEVER_ADMIN, arena_dup(a, s.user));
    if (d)
        closedir(d);
}

/* Its process lives: a machine that fell leaves its lines behind. */
static bool lives(const struct utmpx *u)
{
    return u->ut_pid <= 0 || kill(u->ut_pid, 0) == 0 || errno != ESRCH;
}

static void sessions_of_utmp(struct arena *a, struct never_list *ret)
{
    const struct utmpx *u;
    setutxent();
    for (int n = 0; n < SESSIONS_MAX && (u = getutxent());) {
        static const uint8_t none[16];
        char name[sizeof u->ut_user + 1] = {0};
        struct addr from = {0};
        if (u->ut_type != USER_PROCESS || memcmp(u->ut_addr_v6, none, 16) == 0 || !lives(u))
            continue;
        n++;
        from.v6 = memcmp(&u->ut_addr_v6[1], none, 12) != 0; /* IPv4 is in the first four bytes */
        memcpy(from.bytes, u->ut_addr_v6, from.v6 ? 16 : 4);
        memcpy(name, u->ut_user, sizeof u->ut_user);
        if (is_admin(getpwnam(name)))
            add_address(a, ret, &from, NEVER_ADMIN, arena_dupz(a, name));
    }
    endutxent();
}

void never_admins(const char *dir, struct arena *a, struct never_list *ret)
{
    sessions_of_logind(dir, a, ret);
    sessions_of_utmp(a, ret);
}

/* "...\n0::/user.slice/user-0.slice/session-17.scope" */
static bool session_of(int64_t pid, char *ret, size_t size)
{
    _cleanup_(buf_free) struct buf text = BUF(SESSION_FILE_MAX);
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/cgroup", (long long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    int r = buf_read_fd(&text, fd);
    close(fd);
    struct str all = buf_str(&text);
    ptrdiff_t at = r == 0 ? str_search(all, STR("/session-")) : -1;
    ptrdiff_t end = at < 0 ? -1 : str_search(str_from(all, (size_t)at), STR(".scope"));
    if (end <= 9 || (size_t)end - 9 >= size)
        return false;
    memcpy(ret, all.p + at + 9, (size_t)end - 9);
    ret[end - 9] = 0;
    return !strchr(ret, '/');
}

void never_caller(const char *dir, int64_t pid, struct arena *a, struct never_list *ret)
{
    _cleanup_(buf_free) struct buf text = BUF(SESSION_FILE_MAX);
    char name[64];
    struct login_session s;
    if (session_of(pid, name, sizeof name) && read_session(dir, name, &text, &s))
        add_address(a, ret, &s.remote, NEVER_ADMIN, arena_dup(a, s.user));
}

const struct never_list *never_now(struct never_now *n)
{
    int64_t now = clock_monotonic_ms();
    if (n->at && now - n->at < NOW_MS)
        return &n->list;
    if (!n->arena)
        n->arena = arena_new(NOW_BYTES);
    arena_reset(n->arena);
    n->list = (struct never_list){0};
    never_find(n->config, n->arena, &n->list);
    if (n->sessions)
        never_admins(n->sessions, n->arena, &n->list);
    n->at = now;
    return &n->list;
}

void never_now_done(struct never_now *n)
{
    arena_free(n->arena);
    *n = (struct never_now){0};
}
