/* listeners.c: who listens in our network namespace (sockets.c, or proc(5) net/{tcp,tcp6,udp,udp6} where that cannot be asked), and the descriptors of all processes. */
#include "base/i18n.h"
#include "host/parts.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_TABLE (16u << 20)
#define MAX_PROCESSES 100000
#define MAX_DESCRIPTORS 200000
#define LISTEN "0A" /* TCP_LISTEN in the kernel's tcp_states.h */
#define UNCONNECTED "07"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_number(struct str s, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0)
            return false;
        v = v << 4 | (unsigned)d;
    }
    *ret = v;
    return s.n > 0 && s.n <= 16;
}

/* "0100007F:1F90": 32-bit words as this machine's memory has them, the port as a number. */
static bool endpoint_of(struct str s, struct addr *addr, uint16_t *port)
{
    ptrdiff_t colon = str_find(s, ':');
    uint64_t p, word;
    if ((colon != 8 && colon != 32) || !hex_number(str_from(s, (size_t)colon + 1), &p) || p > 65535)
        return false;
    *addr = (struct addr){.v6 = colon == 32};
    for (size_t i = 0; i < (size_t)colon / 8; i++) {
        if (!hex_number(str_span(s.p + i * 8, 8), &word))
            return false;
        uint32_t w = (uint32_t)word;
        memcpy(addr->bytes + i * 4, &w, 4);
    }
    *port = (uint16_t)p;
    return true;
}

int proc_net_parse(struct arena *a, struct str text, bool udp, struct proc_sockets *into)
{
    struct str line, word;
    while (str_line(&text, &line)) {
        struct str f[10] = {0};
        for (size_t i = 0; i < ARRAY_SIZE(f) && str_word(&line, " ", &word); i++)
            f[i] = word;
        /* sl local remote state queues timer retransmits uid timeout inode; a UDP socket with a peer serves only that one */
        struct proc_socket s = {.udp = udp};
        if (!str_eq(f[3], str_of(udp ? UNCONNECTED : LISTEN)) || !endpoint_of(f[1], &s.addr, &s.port) || !str_u64(f[9], UINT64_MAX, &s.inode) || !s.port)
            continue;
        if (into->list.n >= SOCKETS_MAX)
            return -E2BIG;
        *list_push(a, &into->list) = s;
    }
    return 0;
}

char *cgroup_parse(struct arena *a, struct str text)
{
    struct str line, part;
    char *unit = NULL;
    while (str_line(&text, &line)) {
        /* v2: "0::/system.slice/x.service"; v1: systemd's own hierarchy "1:name=systemd:/..." */
        bool ours = str_starts(line, STR("0::")) || str_search(line, STR(":name=systemd:")) >= 0;
        ptrdiff_t slash = str_find(line, '/');
        if (!ours || slash < 0)
            continue;
        struct str rest = str_from(line, (size_t)slash);
        while (str_word(&rest, "/", &part))
            if (str_ends(part, STR(".service")) || str_ends(part, STR(".scope"))) {
                /* The first one below the slices: services with delegation make groups of their own further down. */
                if (!unit && !str_eq(part, STR("init.scope")))
                    unit = arena_dup(a, part);
                break;
            }
    }
    return unit ? unit : arena_dup(a, STR(""));
}

struct holder {
    uint64_t inode;
    size_t listener;
};

struct holders {
    LIST(struct holder) list;
};

static int holder_cmp(const void *a, const void *b)
{
    uint64_t x = ((const struct holder *)a)->inode, y = ((const struct holder *)b)->inode;
    return x < y ? -1 : x > y;
}

/* "socket:[12345]" */
static bool inode_of(struct str link, uint64_t *ret)
{
    return str_starts(link, STR("socket:[")) && str_ends(link, STR("]")) && str_u64(str_span(link.p + 8, link.n - 9), UINT64_MAX, ret);
}

/* Processes come in the order of their numbers: the first holder is the master of those that share a socket. PID 1 holds those of socket units
   as well as the service that they start: it counts only where nobody else is seen. */
static void claim(struct host *h, const struct holders *holders, uint64_t inode, unsigned pid)
{
    struct holder key = {.inode = inode};
    const struct holder *found = bsearch(&key, holders->list.v, holders->list.n, sizeof key, holder_cmp);
    if (!found)
        return;
    struct listener *l = &h->listeners.v[found->listener];
    if (!l->pid || l->pid == 1)
        l->pid = pid;
}

struct scan {
    struct host *h;
    const struct holders *holders;
    unsigned pid;
    size_t seen;
};

static bool take_descriptor(void *arg, int fd, const char *name, unsigned char type)
{
    struct scan *s = arg;
    char link[64];
    (void)type;
    ssize_t n = readlinkat(fd, name, link, sizeof link);
    uint64_t inode;
    if (n > 0 && (size_t)n < sizeof link && inode_of(str_span(link, (size_t)n), &inode))
        claim(s->h, s->holders, inode, s->pid);
    return ++s->seen < MAX_DESCRIPTORS;
}

static int scan_process(struct host *h, const struct holders *holders, unsigned pid)
{
    char path[64];
    struct scan s = {h, holders, pid, 0};
    snprintf(path, sizeof path, "/proc/%u/fd", pid);
    return root_each(h->root, path, take_descriptor, &s);
}

/* Nobody can claim any more: each socket has its holder, and not only the one that starts services. */
static bool all_claimed(const struct host *h)
{
    for (size_t i = 0; i < h->listeners.n; i++)
        if (h->listeners.v[i].pid <= 1)
            return false;
    return true;
}

static int pid_cmp(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static void find_pids(struct host *h, const struct holders *holders)
{
    struct names in = {0};
    LIST(unsigned) pids = {0};
    uint64_t pid;
    int r = root_list(h->root, "/proc", MAX_PROCESSES, h->arena, &in);
    if (r < 0 && r != -E2BIG)
        h->listeners_seen = SEEN(r, host_why(h, r, "/proc"));
    for (size_t i = 0; i < in.list.n; i++)
        if (str_u64(str_of(in.list.v[i]), UINT32_MAX, &pid))
            *list_push(h->arena, &pids) = (unsigned)pid;
    if (pids.n)
        qsort(pids.v, pids.n, sizeof pids.v[0], pid_cmp);
    for (size_t i = 0; i < pids.n && !all_claimed(h); i++)
        if (scan_process(h, holders, pids.v[i]) == -EACCES)
            h->listeners_seen = SEEN(-EACCES, _("only root sees which program listens"));
}

static void describe(struct host *h, struct listener *l)
{
    char path[64], target[4096];
    _cleanup_(buf_free) struct buf b = BUF(65536);
    snprintf(path, sizeof path, "/proc/%u/exe", l->pid);
    ssize_t n = l->pid ? readlink(path, target, sizeof target) : 0;
    if (n > 0 && (size_t)n < sizeof target) {
        struct str exe = str_span(target, (size_t)n), gone = STR(" (deleted)");
        if (str_ends(exe, gone))
            exe.n -= gone.n;
        l->program = arena_dup(h->arena, exe);
    }
    snprintf(path, sizeof path, "/proc/%u/cgroup", l->pid);
    if (l->pid && root_read(h->root, path, &b) == 0)
        l->unit = cgroup_parse(h->arena, buf_str(&b));
}

/* /proc/net does not show IPV6_V6ONLY. A program that also listens on the same port over IPv4 must have set it on "::" (the second bind would have
   failed otherwise); without such a socket "::" takes both. */
static void judge_v6only(struct host *h)
{
    for (size_t i = 0; i < h->listeners.n; i++) {
        struct listener *six = &h->listeners.v[i];
        for (size_t k = 0; six->addr.v6 && addr_is_any(&six->addr) && k < h->listeners.n; k++) {
            const struct listener *four = &h->listeners.v[k];
            six->v6only |= !four->addr.v6 && four->udp == six->udp && four->port == six->port && four->pid == six->pid;
        }
    }
}

static int read_tables(struct host *h, struct proc_sockets *ret)
{
    static const struct { const char *path; bool udp; } tables[] = {{"/proc/net/tcp", false}, {"/proc/net/tcp6", false}, {"/proc/net/udp", true}, {"/proc/net/udp6", true}};
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        _cleanup_(buf_free) struct buf b = BUF(MAX_TABLE);
        if (sockets_ask(h->arena, tables[i].udp ? IPPROTO_UDP : IPPROTO_TCP, i % 2, ret) == 0)
            continue;
        int fd = open(tables[i].path, O_RDONLY | O_CLOEXEC); /* /proc/net is a magic link, which root_openat refuses */
        if (fd < 0 && errno == ENOENT && i > 0)
            continue; /* a kernel without IPv6 */
        int r = fd < 0 ? -errno : buf_read_fd(&b, fd);
        if (fd >= 0)
            close(fd);
        if (r == 0)
            r = b.full ? -EFBIG : proc_net_parse(h->arena, buf_str(&b), tables[i].udp, ret);
        if (r < 0) {
            h->listeners_seen = SEEN(r, host_why(h, r, tables[i].path));
            return r;
        }
    }
    return 0;
}

void host_see_listeners(struct host *h)
{
    if (!h->live) {
        h->listeners_seen = SEEN(-ENOTSUP, host_why(h, -ENOTSUP, ""));
        return;
    }
    struct proc_sockets sockets = {0};
    struct holders holders = {0};
    if (read_tables(h, &sockets) < 0)
        return;
    for (size_t i = 0; i < sockets.list.n; i++) {
        const struct proc_socket *s = &sockets.list.v[i];
        *list_push(h->arena, &holders.list) = (struct holder){.inode = s->inode, .listener = h->listeners.n};
        *list_push(h->arena, &h->listeners) = (struct listener){.udp = s->udp, .addr = s->addr, .port = s->port, .program = "", .unit = "", .package = ""};
    }
    if (!holders.list.n)
        return;
    qsort(holders.list.v, holders.list.n, sizeof holders.list.v[0], holder_cmp);
    find_pids(h, &holders);
    for (size_t i = 0; i < h->listeners.n; i++)
        describe(h, &h->listeners.v[i]);
    judge_v6only(h);
}
