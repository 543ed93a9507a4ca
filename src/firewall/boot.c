#include "firewall/boot.h"
#include "base/child.h"
#include "base/worker.h"
#include "firewall/stranger.h"
#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILE (1u << 20)
#define NOT_LOADED 16 /* exit status of the trying child: the file could not be loaded */

struct method {
    const char *title, *unit;
    const char *file[2];   /* IPv4 (or both), IPv6 */
    const char *loader[2]; /* the program that loads it from standard input */
    unsigned (*read)(const struct probe_ctx *ctx, const struct method *m); /* judges the text */
};

static struct str file_of(const struct probe_ctx *ctx, const char *path, struct buf *b)
{
    return path && root_read(ctx->server->host->root, path, b) >= 0 ? buf_str(b) : (struct str){0};
}

/* The value of KEY=value or KEY = "value" in a shell-like file. */
static struct str value_of(struct str text, struct str key)
{
    struct str line, found = {0};
    while (str_line(&text, &line)) {
        line = str_trim(line);
        if (!str_starts(line, key))
            continue;
        struct str rest = str_trim(str_from(line, key.n));
        if (rest.n && rest.p[0] == '=') {
            rest = str_trim(str_from(rest, 1));
            while (rest.n && (rest.p[0] == '"' || rest.p[0] == '\''))
                rest = str_from(rest, 1);
            while (rest.n && (rest.p[rest.n - 1] == '"' || rest.p[rest.n - 1] == '\''))
                rest.n--;
            found = rest;
        }
    }
    return found;
}

static unsigned read_nft(const struct probe_ctx *ctx, const struct method *m)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE), clean = BUF(MAX_FILE);
    struct str text = file_of(ctx, m->file[0], &b), line;
    while (str_line(&text, &line)) {
        ptrdiff_t hash = str_find(line, '#');
        buf_adds(&clean, hash < 0 ? line : str_span(line.p, (size_t)hash));
        buf_addc(&clean, '\n');
    }
    struct str s = buf_str(&clean);
    ptrdiff_t hook = str_search(s, STR("hook input"));
    if (hook < 0)
        return 0;
    struct str behind = str_from(s, (size_t)hook);
    if (str_search(behind, STR("drop")) < 0 && str_search(behind, STR("reject")) < 0)
        return 0;
    bool inet = str_search(s, STR("table inet")) >= 0;
    return inet || str_search(s, STR("table ip6")) >= 0 ? BOOT_V4 | BOOT_V6 : BOOT_V4;
}

static unsigned read_iptables(const struct probe_ctx *ctx, const struct method *m)
{
    unsigned stops = 0;
    for (int i = 0; i < 2; i++) {
        _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
        struct str text = file_of(ctx, m->file[i], &b);
        if (str_search(text, STR(":INPUT DROP")) >= 0 || str_search(text, STR("\n-A INPUT -j DROP")) >= 0 || str_search(text, STR("\n-A INPUT -j REJECT")) >= 0)
            stops |= i ? BOOT_V6 : BOOT_V4;
    }
    return stops;
}

static unsigned read_ufw(const struct probe_ctx *ctx, const struct method *m)
{
    _cleanup_(buf_free) struct buf on = BUF(MAX_FILE), defaults = BUF(MAX_FILE);
    struct str enabled = value_of(file_of(ctx, m->file[0], &on), STR("ENABLED")), text = file_of(ctx, "/etc/default/ufw", &defaults);
    if (!str_ieq(enabled, STR("yes")) || str_ieq(value_of(text, STR("DEFAULT_INPUT_POLICY")), STR("ACCEPT")))
        return 0;
    return str_ieq(value_of(text, STR("IPV6")), STR("no")) ? BOOT_V4 : BOOT_V4 | BOOT_V6;
}

static unsigned read_firewalld(const struct probe_ctx *ctx, const struct method *m)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    return str_ieq(value_of(file_of(ctx, m->file[0], &b), STR("DefaultZone")), STR("trusted")) ? 0 : BOOT_V4 | BOOT_V6;
}

/* csf with TESTING = "1" empties its rules every few minutes. */
static unsigned read_csf(const struct probe_ctx *ctx, const struct method *m)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    struct str text = file_of(ctx, m->file[0], &b);
    if (!text.n || !str_eq(value_of(text, STR("TESTING")), STR("0")))
        return 0;
    return str_eq(value_of(text, STR("IPV6")), STR("1")) ? BOOT_V4 | BOOT_V6 : BOOT_V4;
}

static unsigned read_plesk(const struct probe_ctx *ctx, const struct method *m)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    struct str text = file_of(ctx, m->file[0], &b);
    bool v4 = str_search(text, STR("iptables -P INPUT DROP")) >= 0 || str_search(text, STR("iptables -A INPUT -j DROP")) >= 0;
    bool v6 = str_search(text, STR("ip6tables -P INPUT DROP")) >= 0 || str_search(text, STR("ip6tables -A INPUT -j DROP")) >= 0;
    return (v4 ? BOOT_V4 : 0) | (v6 ? BOOT_V6 : 0);
}

static const struct method methods[] = {
    {"nftables", "nftables.service", {"/etc/nftables.conf"}, {"nft"}, read_nft},
    {"nftables", "nftables.service", {"/etc/sysconfig/nftables.conf"}, {"nft"}, read_nft},
    {"netfilter-persistent", "netfilter-persistent.service", {"/etc/iptables/rules.v4", "/etc/iptables/rules.v6"}, {"iptables-restore", "ip6tables-restore"}, read_iptables},
    {"iptables", "iptables.service", {"/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"}, {"iptables-restore", "ip6tables-restore"}, read_iptables},
    {"ufw", "ufw.service", {"/etc/ufw/ufw.conf"}, {NULL}, read_ufw},
    {"firewalld", "firewalld.service", {"/etc/firewalld/firewalld.conf"}, {NULL}, read_firewalld},
    {"csf", "csf.service", {"/etc/csf/csf.conf"}, {NULL}, read_csf},
    {"Plesk Firewall", "psa-firewall.service", {"/usr/local/psa/var/modules/firewall/firewall-active.sh"}, {NULL}, read_plesk},
    {"Plesk Firewall", "plesk-firewall.service", {"/opt/psa/var/modules/firewall/firewall-active.sh"}, {NULL}, read_plesk},
};

static int load(const struct probe_ctx *ctx, const struct method *m)
{
    int loaded = 0;
    for (int i = 0; i < 2; i++) {
        _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
        if (!m->loader[i] || !m->file[i] || root_read(ctx->server->host->root, m->file[i], &b) < 0)
            continue;
        bool nft = strcmp(m->loader[i], "nft") == 0;
        const char *const by_name[] = {m->loader[i], "-f", m->file[i], NULL}, *const by_input[] = {m->loader[i], NULL};
        struct child_options o = {.timeout_ms = 5000, .input = nft ? (struct str){0} : buf_str(&b)};
        struct child_result r;
        if (child_run(nft ? by_name : by_input, &o, &r, NULL) < 0 || r.status != 0)
            return -EINVAL;
        child_result_free(&r);
        loaded++;
    }
    return loaded ? 0 : -ENOENT;
}

/* Among the machine's own interfaces: in an empty namespace `iif "eth0"` cannot be loaded, which says nothing. */
bool boot_nft_refuses(const char *file, struct buf *out)
{
    const char *const argv[] = {"nft", "-c", "-f", file, NULL};
    struct child_result r = {0};
    struct err ignored = {0};
    bool refuses = child_run(argv, &(struct child_options){.timeout_ms = 5000}, &r, &ignored) == 0 && r.status > 0;
    struct str said = str_trim(buf_str(&r.err)), first = said;
    if (refuses) {
        str_line(&said, &first);
        buf_adds(out, first);
    }
    child_result_free(&r);
    return refuses;
}

/* Really loads the files, in a network namespace of a child's own, and asks what a stranger's packet would meet. -errno: could not be tried. */
static int try_it(const struct probe_ctx *ctx, const struct method *m)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct ruleset *r = NULL;
        unsigned stops = 0;
        struct stranger s;
        if (unshare(CLONE_NEWNET) < 0 || load(ctx, m) < 0 || ruleset_open(&r, NULL) < 0)
            _exit(NOT_LOADED);
        for (int v6 = 0; v6 < 2; v6++)
            if (stranger_fate(r, ctx->server->host, v6, &s, NULL) == 0 && s.asked && s.may == FATE_STOP)
                stops |= v6 ? BOOT_V6 : BOOT_V4;
        _exit((int)stops);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) >= NOT_LOADED)
        return -ECHILD;
    return WEXITSTATUS(status);
}

size_t boot_filters(const struct probe_ctx *ctx, struct arena *a, struct boot_filter *ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(methods) && n < max; i++) {
        const struct method *m = &methods[i];
        const struct unit *u = host_unit(ctx->server->host, m->unit);
        if (!root_exists(ctx->server->host->root, m->file[0]) || (!u && !ctx->server->host->units_seen.code))
            continue;
        bool enabled = u && (u->enabled == UNIT_ENABLED || u->enabled == UNIT_GENERATED);
        int tried = enabled && ctx->live && ctx->server->host->privileged && m->loader[0] ? try_it(ctx, m) : -ENOTSUP;
        _cleanup_(buf_free) struct buf why = BUF(4096);
        bool refused = tried == -ECHILD && strcmp(m->loader[0], "nft") == 0 && boot_nft_refuses(m->file[0], &why);
        ret[n++] = (struct boot_filter){
            .title = arena_printf(a, "%s (%s)", m->title, m->file[0]), .file = m->file[0], .unit = m->unit, .enabled = enabled, .sure = tried >= 0 || refused,
            .stops = refused ? 0 : tried >= 0 ? (unsigned)tried : m->read(ctx, m), .refused = refused ? arena_dup(a, buf_str(&why)) : NULL};
    }
    return n;
}
