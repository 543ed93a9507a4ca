/* The wall over the real kernel, in a network namespace of the test's own, and over a real file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "firewall/wall.h"
#include "host/never.h"
#include "nft/bans.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64], ledger[128], sessions[128];
    struct config *config;
    int64_t now, most;
    struct wall *wall;
};

static int64_t now_of(void *ctx)
{
    return ((struct place *)ctx)->now;
}

static void opened(struct place *p)
{
    struct err err = {0};
    struct wall_options o = {p->ledger, {now_of, p}, p->config, "bansho.conf, line 3", p->sessions, p->most};
    int r = wall_open(&o, &p->wall, &err);
    if (r < 0)
        print_message("%s\n", err.text);
    assert_int_equal(r, 0);
}

static void again(struct place *p)
{
    wall_closep(&p->wall);
    opened(p);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char conf[] = "mode = act\nsource office {\n prefixes = 198.51.100.16/28, 2001:db8:7::/48\n}\nguard {\n ban-time = 1h\n ban-time-max = 3h\n}\n";

static int setup(void **state)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct place *p = calloc(1, sizeof *p);
    *state = NULL;
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
        free(p);
        return 0;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ioctl(fd, SIOCSIFFLAGS, &lo);
    close(fd);
    snprintf(p->dir, sizeof p->dir, "/tmp/bansho-wall-XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->ledger, sizeof p->ledger, "%s/wall.db", p->dir);
    snprintf(p->sessions, sizeof p->sessions, "%s/sessions", p->dir);
    mkdir(p->sessions, 0755);
    p->config = config_new();
    p->now = 1800000000;
    if (config_parse(str_of(conf), "test", p->config) < 0)
        return -1;
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    if (!p)
        return 0;
    wall_close(p->wall);
    config_free(p->config);
    const char *const argv[] = {"rm", "-rf", p->dir, NULL};
    struct child_result r;
    umount(p->dir);
    if (child_run(argv, &(struct child_options){0}, &r, NULL) == 0)
        child_result_free(&r);
    free(p);
    return 0;
}

static struct place *begun(void **state)
{
    if (!*state)
        skip();
    opened(*state);
    return *state;
}

static struct wall_answer ban(struct place *p, const char *network, const char *id, int64_t until)
{
    struct wall_answer a;
    struct wall_request q = {.id = id, .network = str_of(network), .has_until = until >= 0, .until = until, .why = STR("test"), .by = "root", .ordered = true};
    wall_ban(p->wall, &q, 1, &a);
    return a;
}

/* Seconds that remain in the kernel (rounded); -1: not there. */
static int64_t left(const char *network, uint8_t protocol, uint16_t port)
{
    struct bans *b = NULL;
    struct ban_key k = {.protocol = protocol, .port = port};
    uint64_t ms = 0;
    assert_true(prefix_parse(str_of(network), true, &k.network));
    assert_int_equal(bans_open(&b, NULL), 0);
    int r = bans_find(b, &k, &ms, NULL);
    bans_close(b);
    return r == 1 ? (int64_t)(ms + 500) / 1000 : -1;
}

/* What is never banned, each with its reason. */
static void refusals(void **state)
{
    static const struct { const char *network, *reason; } table[] = {
        {"0.0.0.0/0", "larger"}, {"::/0", "larger"}, {"203.0.0.0/15", "larger"}, {"2001:db8::/31", "larger"}, {"2001:db8::1/64", "no network"}, {"", "no network"}, {"host.example", "no network"},
        {"203.0.113.5/24", "no network"}, {"127.0.0.1", "no client"}, {"127.1.0.0/16", "no client"}, {"::1", "no client"}, {"224.0.0.251", "no client"}, {"255.255.255.255", "no client"},
        {"ff02::1", "no client"}, {"fe80::1", "no client"}, {"198.51.100.17", "source office"}, {"198.51.100.0/24", "source office"}, {"2001:db8:7:1::/64", "source office"},
        {"203.0.113.77", "root is logged in"}, {"203.0.113.0/24", "root is logged in"}, {"::ffff:203.0.113.77", "root is logged in"},
    };
    char path[256];
    if (!*state)
        skip();
    struct place *p = *state;
    snprintf(path, sizeof path, "%s/17", p->sessions);
    write_file(path, "UID=0\nUSER=root\nSTATE=active\nREMOTE=1\nCLASS=user\nREMOTE_HOST=203.0.113.77\n");
    snprintf(path, sizeof path, "%s/18", p->sessions);
    write_file(path, "UID=65534\nUSER=nobody\nSTATE=active\nREMOTE=1\nCLASS=user\nREMOTE_HOST=192.0.2.77\n");
    opened(p);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct wall_answer a = ban(p, table[i].network, NULL, -1);
        if (a.end != WALL_REFUSED || !strstr(a.reason, table[i].reason))
            fail_msg("%s: %d %s", table[i].network, a.end, a.reason);
    }
    assert_int_equal(ban(p, "192.0.2.77", NULL, -1).end, WALL_DONE); /* logged in, but nobody who may become root */
    assert_int_equal(ban(p, "192.0.2.9", NULL, p->now).end, WALL_REFUSED);
    assert_int_equal(ban(p, "192.0.2.9", NULL, p->now + 400LL * 365 * 86400).end, WALL_REFUSED);
    struct str services[] = {STR("telnet")};
    struct wall_request q = {.network = STR("192.0.2.9"), .services = services, .services_n = 1, .why = STR(""), .by = "root", .ordered = true};
    struct wall_answer a;
    wall_ban(p->wall, &q, 1, &a);
    assert_int_equal(a.end, WALL_REFUSED);
    struct config *c = config_new();
    assert_int_equal(wall_configure(p->wall, c, NULL), 0); /* nothing is written: what is ordered is done, what a program wants is not */
    q = (struct wall_request){.network = STR("192.0.2.9"), .why = STR(""), .by = "watch"};
    wall_ban(p->wall, &q, 1, &a);
    assert_int_equal(a.end, WALL_REFUSED);
    assert_non_null(strstr(a.reason, "observe"));
    assert_int_equal(ban(p, "192.0.2.9", NULL, -1).end, WALL_DONE);
    assert_int_equal(wall_configure(p->wall, p->config, NULL), 0);
    config_free(c);
    struct wall_status s;
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_int_equal(s.bans, 2);
    assert_int_equal(s.in_kernel, 2);
    assert_int_equal(s.refused, ARRAY_SIZE(table) + 4);
}

/* Times rise from one ban to the next, a verdict counts once, an unban forgives, services have their own time. */
static void times(void **state)
{
    struct place *p = begun(state);
    struct wall_answer a = ban(p, "192.0.2.1", "one", -1);
    assert_int_equal(a.until, p->now + 3600);
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
    p->now += 10;
    a = ban(p, "192.0.2.1", "one", -1);
    assert_int_equal(a.end, WALL_KNOWN);
    assert_int_equal(a.until, p->now - 10 + 3600);
    assert_int_equal(ban(p, "192.0.2.1", "two", -1).until, p->now + 7200);
    assert_int_equal(ban(p, "192.0.2.1", "three", -1).until, p->now + 10800); /* ban-time-max */
    assert_in_range(left("192.0.2.1", 0, 0), 10790, 10800);
    int64_t removed = 0;
    assert_int_equal(wall_unban(p->wall, false, STR("192.0.2.1"), &removed, NULL), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(left("192.0.2.1", 0, 0), -1);
    assert_int_equal(ban(p, "192.0.2.1", "one", -1).end, WALL_KNOWN); /* sent again, long after */
    assert_int_equal(left("192.0.2.1", 0, 0), -1);
    assert_int_equal(ban(p, "192.0.2.1", "four", -1).until, p->now + 3600);

    struct str ssh[] = {STR("ssh")}, both[] = {STR("ssh"), STR("imap"), STR("ssh")};
    struct wall_request q[] = {{.network = STR("2001:db8:1::/48"), .services = ssh, .services_n = 1, .has_until = true, .until = p->now + 500, .why = STR("a"), .by = "root", .ordered = true},
                               {.network = STR("2001:db8:1::/48"), .services = both, .services_n = 3, .has_until = true, .until = p->now + 100, .why = STR("b"), .by = "root", .ordered = true}};
    struct wall_answer answers[2];
    wall_ban(p->wall, q, 2, answers);
    assert_true(answers[0].end == WALL_DONE && answers[1].end == WALL_DONE);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 22), 490, 500);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 143), 90, 100);
    assert_int_equal(ban(p, "198.51.100.99", NULL, 0).end, WALL_DONE); /* without an end */
    p->now += 50;
    again(p);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 22), 440, 450);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 143), 40, 50);
    assert_int_equal(left("198.51.100.99", 0, 0), 0);
    p->now += 200;
    again(p);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 22), 240, 250);
    assert_int_equal(left("2001:db8:1::/48", IPPROTO_TCP, 143), -1);
    p->now -= 30 * 86400; /* a clock that lost a month: no ban becomes longer than it was given */
    again(p);
    assert_in_range(left("2001:db8:1::/48", IPPROTO_TCP, 22), 490, 500);
    p->now += 30 * 86400;
    assert_int_equal(wall_unban(p->wall, true, STR(""), &removed, NULL), 0);
    assert_int_equal(removed, 3);
    assert_int_equal(left("198.51.100.99", 0, 0), -1);
    struct wall_status s;
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 0 && s.in_kernel == 0);
}

/* The end that is answered is the one that holds; a clock that was years ahead for a moment makes no ban that lasts for years. */
static void ends(void **state)
{
    struct place *p = begun(state);
    assert_int_equal(ban(p, "192.0.2.1", NULL, p->now + 5000).until, p->now + 5000);
    assert_int_equal(ban(p, "192.0.2.1", NULL, p->now + 100).until, p->now + 5000);
    assert_in_range(left("192.0.2.1", 0, 0), 4990, 5000);
    assert_int_equal(ban(p, "192.0.2.2", NULL, 0).until, 0);
    assert_int_equal(ban(p, "192.0.2.2", NULL, p->now + 100).until, 0);
    assert_int_equal(left("192.0.2.2", 0, 0), 0);
    p->now += 12LL * 365 * 86400;
    assert_int_equal(ban(p, "192.0.2.3", NULL, p->now + 900).until, p->now + 900);
    p->now -= 12LL * 365 * 86400;
    assert_int_equal(ban(p, "192.0.2.3", NULL, p->now + 100).until, p->now + 900);
    assert_in_range(left("192.0.2.3", 0, 0), 890, 900);
    p->now += 1000;
    again(p);
    assert_int_equal(left("192.0.2.3", 0, 0), -1);
}

/* bansho.conf cannot be read: bans hold, and nobody new is shut out, because nobody knows who is protected. Then it can, and protects somebody who is shut out. */
static void unread(void **state)
{
    struct place *p = begun(state);
    struct config *all = p->config, *more = config_new();
    struct wall_status s;
    for (int i = 1; i < 5; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, -1).end, WALL_DONE);
    }
    p->config = NULL;
    again(p);
    p->config = all;
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
    struct wall_answer a = ban(p, "198.51.100.17", NULL, -1);
    assert_int_equal(a.end, WALL_FAILED);
    assert_non_null(strstr(a.reason, "bansho.conf"));
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_non_null(strstr(s.trouble, "line 3"));
    assert_int_equal(s.bans, 4);
    assert_int_equal(config_parse(str_of("mode = act\nsource new { prefixes = 192.0.2.0/31, 192.0.2.3 }\n"), "test", more), 0);
    assert_int_equal(wall_configure(p->wall, more, NULL), 0);
    assert_int_equal(left("192.0.2.1", 0, 0), -1);
    assert_in_range(left("192.0.2.2", 0, 0), 3590, 3600);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_null(s.trouble);
    assert_true(s.bans == 2 && s.in_kernel == 2 && s.let_in == 2);
    assert_int_equal(ban(p, "198.51.100.17", NULL, -1).end, WALL_DONE);
    again(p); /* with the sources of before, that protect this one */
    assert_int_equal(left("198.51.100.17", 0, 0), -1);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 2 && s.let_in == 1);
    config_free(more);
}

static bool nft(const char *command)
{
    const char *const argv[] = {"nft", command, NULL};
    struct child_result r;
    if (child_run(argv, &(struct child_options){0}, &r, NULL) < 0)
        return false;
    assert_int_equal(r.status, 0);
    child_result_free(&r);
    return true;
}

/* Chains, rules and sets without their elements, as nft shows them. */
static char *listed_table(void)
{
    const char *const argv[] = {"nft", "-t", "list", "table", "inet", "bansho_bans", NULL};
    struct child_result r;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    char *text = strdup(r.out.p);
    child_result_free(&r);
    return text;
}

static void as_made(const char *rules)
{
    char *now = listed_table();
    assert_string_equal(now, rules);
    free(now);
}

/* What others take away is put back, and they are named; what is theirs is left alone. */
static void mended(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    struct wall_status s;
    for (int i = 1; i < 200; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, -1).end, WALL_DONE);
    }
    if (!nft("add table inet theirs"))
        skip();
    assert_false(wall_news(p->wall, &n));
    char *rules = listed_table();
    static const char *const commands[] = {"flush ruleset", "delete table inet bansho_bans", "delete element inet bansho_bans ipv4_32 { 192.0.2.7 }", "flush chain inet bansho_bans ipv4",
                                           "insert rule inet bansho_bans prerouting accept", "add element inet bansho_bans ipv4_32 { 203.0.113.99 timeout 1h, 203.0.113.98 }",
                                           "delete element inet bansho_bans ipv4_32 { 192.0.2.7, 192.0.2.8 }; add element inet bansho_bans ipv4_32 { 192.0.2.7 timeout 5s }",
                                           "flush set inet bansho_bans ipv4_32", "add chain inet bansho_bans theirs; add set inet bansho_bans theirs { type ipv4_addr; elements = { 192.0.2.1 }; }; "
                                           "add rule inet bansho_bans ipv4 ip saddr @theirs goto theirs", "add table inet bansho_bans { flags dormant; }", "delete element inet bansho_bans ipv4_32 { 192.0.2.9 }; "
                                           "insert rule inet bansho_bans ipv4 accept"};
    static const int64_t expected[] = {-1, -1, 1, 0, 0, 2, 3, 199, 0, -1, 1};
    int64_t changed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct pollfd fd = {wall_fd(p->wall), POLLIN, 0};
        assert_true(nft(commands[i]));
        assert_int_equal(poll(&fd, 1, 1000), 1);
        if (!wall_news(p->wall, &n))
            fail_msg("%s was not seen", commands[i]);
        assert_non_null(strstr(n.who, "nft ("));
        assert_int_equal(wall_mend(p->wall, &n, &changed, NULL), 0);
        assert_int_equal(changed, expected[i]);
        assert_int_equal(wall_status(p->wall, &s, NULL), 0);
        assert_true(s.bans == 199 && s.in_kernel == 199 && s.healed == (int64_t)i + 1);
        assert_string_equal(s.last_healed_by, n.who);
        assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
        assert_int_equal(left("203.0.113.99", 0, 0), -1);
        as_made(rules);
    }
    free(rules);
    assert_true(nft("flush ruleset")); /* and a ban that comes before anybody looked */
    assert_int_equal(ban(p, "198.51.100.200", NULL, -1).end, WALL_DONE);
    assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
    assert_in_range(left("198.51.100.200", 0, 0), 3590, 3600);
    assert_true(nft("add table inet theirs"));
    again(p);
    assert_true(nft("list table inet theirs"));
    assert_int_equal(wall_remove_table(NULL), 0);
    assert_int_equal(left("192.0.2.7", 0, 0), -1);
    assert_true(nft("list table inet theirs"));
}

/* Who makes a set of ours in his own way, so that the kernel refuses our transaction, holds nobody up. */
static void refused_by_the_kernel(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    struct wall_status s;
    int64_t changed = 0;
    assert_int_equal(ban(p, "192.0.2.1", NULL, -1).end, WALL_DONE);
    if (!nft("add set inet bansho_bans ipv4_24 { type ipv4_addr; flags constant; }"))
        skip();
    assert_int_equal(ban(p, "198.51.100.0/24", "net", -1).end, WALL_REFUSED); /* the office's */
    assert_int_equal(ban(p, "203.0.113.0/24", "net", -1).end, WALL_DONE);
    assert_in_range(left("203.0.113.0/24", 0, 0), 3590, 3600);
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
    assert_true(wall_news(p->wall, &n));
    assert_non_null(strstr(n.who, "nft ("));
    for (int r = wall_mend(p->wall, &n, &changed, NULL); r != 0; r = wall_mend_more(p->wall, NULL))
        assert_int_equal(r, 1);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 2 && s.in_kernel == 2 && !s.trouble);
}

/* More attackers than there is room for: those whose bans would end first make room, the others are held, in the ledger and in the kernel alike. */
static void too_many(void **state)
{
    struct place *p = *state;
    struct wall_status s;
    if (!p)
        skip();
    p->most = 200;
    opened(p);
    for (int i = 0; i < 1000; i++) {
        char network[32];
        snprintf(network, sizeof network, "11.0.%d.%d", i / 250, i % 250);
        assert_int_equal(ban(p, network, NULL, p->now + 1000 + i).end, WALL_DONE);
    }
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 200 && s.in_kernel == 200 && s.dropped_for_room == 800 && wall_given_up(p->wall) == 800);
    assert_int_equal(left("11.0.0.0", 0, 0), -1);
    assert_in_range(left("11.0.3.249", 0, 0), 1990, 2000);
    again(p);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 200 && s.in_kernel == 200);
}

/* Without the right to, or in a kernel without nftables, it says why it cannot begin. */
static void no_kernel(void **state)
{
    struct place *p = *state;
    int status = 0;
    if (!p)
        skip();
    for (int way = 0; way < 2; way++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct err err = {0};
            struct wall_options o = {p->ledger, {now_of, p}, p->config, "", p->sessions, 0};
            struct sock_filter code[] = { /* socket(AF_NETLINK, .., NETLINK_NETFILTER) as where it is not built in */
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
            struct sock_fprog program = {ARRAY_SIZE(code), code};
            signal(SIGSEGV, SIG_DFL); /* cmocka's handler would go on with the next test */
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            if (way == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 : syscall(SYS_setuid, 65534) < 0 || chmod(p->dir, 0777) == 0)
                _exit(9);
            int r = wall_open(&o, &p->wall, &err);
            _exit(!err.text[0] ? 8 : way == 0 ? r != -EPROTONOSUPPORT || !strstr(err.text, "nftables") : r != -EPERM && r != -EACCES);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

/* More happened than the kernel could keep for us: every element is compared, and the one that is gone is put back. */
static void not_heard(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    int64_t changed = 0;
    for (int i = 1; i < 100; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, i % 3 ? -1 : 0).end, WALL_DONE);
    }
    char *rules = nft("add table inet theirs { set s { type ipv4_addr; }; }") ? listed_table() : NULL;
    if (!rules)
        skip();
    int small = 4096;
    assert_int_equal(setsockopt(wall_fd(p->wall), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_true(nft("delete element inet bansho_bans ipv4_32 { 192.0.2.7 }; add element inet bansho_bans ipv4_32 { 203.0.113.99 timeout 1h }; insert rule inet bansho_bans ipv4 accept"));
    char path[128];
    snprintf(path, sizeof path, "%s/many", p->dir);
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < 5000; i++)
        fprintf(f, "add element inet theirs s { 10.%u.%u.%u }\n", i >> 16, i >> 8 & 255, i & 255);
    fclose(f);
    const char *const argv[] = {"nft", "-f", path, NULL};
    struct child_result r;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
    assert_true(wall_news(p->wall, &n));
    assert_true(n.touched.many && !n.touched.table);
    assert_int_equal(wall_mend(p->wall, &n, &changed, NULL), 0);
    assert_int_equal(changed, 2);
    assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
    assert_int_equal(left("203.0.113.99", 0, 0), -1);
    as_made(rules);
    free(rules);
}

/* A large table is put back chunk by chunk, and meanwhile bans come and go. */
static void chunk_by_chunk(void **state)
{
    struct place *p = *state;
    struct ledger *l = NULL;
    struct wall_news n;
    struct wall_status s;
    int64_t changed = 0, removed = 0;
    if (!p)
        skip();
    assert_int_equal(ledger_open(p->ledger, &l, NULL), 0);
    assert_int_equal(ledger_begin(l, NULL), 0);
    const unsigned many = BANS_CHUNK + 40000;
    for (unsigned i = 0; i < many; i++) {
        struct ban b = {.network = {.addr.bytes = {11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, .length = 32}, .services = "", .since = p->now, .until = p->now + 3600, .times = 1,
                        .why = "", .by = "root"};
        assert_int_equal(ledger_put(l, &b, NULL, NULL), 0);
    }
    assert_int_equal(ledger_commit(l, NULL), 0);
    ledger_close(l);
    opened(p);
    if (!nft("flush ruleset"))
        skip();
    assert_true(wall_news(p->wall, &n));
    int r = wall_mend(p->wall, &n, &changed, NULL), parts = 0;
    assert_int_equal(changed, -1);
    for (; r > 0; r = wall_mend_more(p->wall, NULL), parts++) {
        if (parts == 1) {
            assert_int_equal(ban(p, "192.0.2.1", NULL, -1).end, WALL_DONE);
            assert_int_equal(wall_unban(p->wall, false, STR("11.2.156.59"), &removed, NULL), 0);
            assert_int_equal(wall_unban(p->wall, false, STR("11.0.0.7"), &removed, NULL), 0);
            assert_int_equal(removed, 1);
        }
        assert_false(wall_news(p->wall, &n)); /* that was ourselves */
    }
    assert_int_equal(r, 0);
    assert_true(parts > 3);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_int_equal(s.bans, many - 1);
    assert_int_equal(left("11.0.0.7", 0, 0), -1);
    assert_int_equal(left("11.2.156.59", 0, 0), -1);
    for (unsigned i = 0; i < many; i += 977)
        if (i != 7 && i != many - 5) {
            char network[32];
            snprintf(network, sizeof network, "11.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
            assert_in_range(left(network, 0, 0), 3500, 3600);
        }
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
}

/* kill -9 at any moment: what was answered is in the ledger and, after the next start, in the kernel; a verdict that is sent again is not counted twice. */
static void killed(void **state)
{
    struct place *p = *state;
    if (!p)
        skip();
    int answered = 0;
    for (int round = 0; round < 8; round++) {
        int fds[2];
        char byte;
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) {
            opened(p);
            for (int i = answered; i < 60000; i++) {
                char network[32], id[32];
                snprintf(network, sizeof network, "100.64.%d.%d", i / 250, i % 250);
                snprintf(id, sizeof id, "verdict-%d", i);
                if (ban(p, network, id, -1).end > WALL_KNOWN || write(fds[1], "", 1) != 1)
                    _exit(1);
            }
            _exit(0);
        }
        close(fds[1]);
        for (int i = 0; i < 5 + round * 3 && read(fds[0], &byte, 1) == 1; i++)
            answered++;
        kill(child, SIGKILL);
        while (read(fds[0], &byte, 1) == 1)
            answered++;
        close(fds[0]);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    assert_true(answered > 50);
    opened(p);
    for (int i = 0; i < answered; i++) {
        char network[32], id[32];
        snprintf(network, sizeof network, "100.64.%d.%d", i / 250, i % 250);
        snprintf(id, sizeof id, "verdict-%d", i);
        struct wall_answer a = ban(p, network, id, -1);
        assert_int_equal(a.end, WALL_KNOWN);
        assert_int_equal(a.until, p->now + 3600);
        assert_in_range(left(network, 0, 0), 3590, 3600);
    }
}

/* A full disk: the packets are dropped all the same, but it is not answered as done; once there is room, the same verdict is. */
static void full_disk(void **state)
{
    struct place *p = *state;
    char path[256];
    if (!p || mount("tmpfs", p->dir, "tmpfs", 0, "size=1m") < 0)
        skip();
    opened(p);
    assert_int_equal(ban(p, "192.0.2.1", "first", -1).end, WALL_DONE);
    snprintf(path, sizeof path, "%s/fill", p->dir);
    FILE *f = fopen(path, "w");
    static char block[4096];
    while (fwrite(block, 1, sizeof block, f) == sizeof block && fflush(f) == 0)
        ;
    fclose(f);
    struct wall_answer a = {0};
    char network[32] = "", id[32];
    for (int i = 2; i < 250 && a.end != WALL_FAILED; i++) { /* until the pages that SQLite still has are used */
        snprintf(network, sizeof network, "192.0.2.%d", i);
        snprintf(id, sizeof id, "%d", i);
        a = ban(p, network, id, -1);
    }
    assert_int_equal(a.end, WALL_FAILED);
    assert_true(a.reason[0]);
    assert_in_range(left(network, 0, 0), 3590, 3600);
    struct wall_status s;
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_non_null(s.trouble);
    int64_t removed = 0;
    struct err err = {0};
    assert_int_equal(left("192.0.2.1", 0, 0) > 0, 1);
    assert_int_equal(wall_unban(p->wall, false, str_of("192.0.2.1"), &removed, &err), -ENOSPC); /* nobody stays shut out because the disk is full */
    assert_non_null(strstr(err.text, "starts anew"));
    assert_int_equal(left("192.0.2.1", 0, 0), -1);
    (void)!wall_unban(p->wall, false, str_of(network), &removed, &err); /* it is in no ledger */
    assert_int_equal(left(network, 0, 0), -1);
    unlink(path);
    assert_int_equal(ban(p, network, id, -1).end, WALL_DONE);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_null(s.trouble);
    wall_closep(&p->wall);
}

/* The list in parts, for one address with the networks around it. */
static void listed(void **state)
{
    struct place *p = begun(state);
    struct arena *a = arena_new(1u << 20);
    for (int i = 1; i < 24; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, p->now + 100 + i).end, WALL_DONE);
    }
    assert_int_equal(ban(p, "192.0.2.0/24", NULL, -1).end, WALL_DONE);
    p->now += 105; /* the first five have ended */
    struct wall_page page = {.after_network = "", .after_services = "", .max = 10};
    bool end = false;
    size_t n = 0;
    for (int parts = 0; !end; parts++) {
        struct ban_list list = {0};
        assert_int_equal(wall_page(p->wall, &page, a, &list, &end, NULL), 0);
        n += list.bans.n;
        assert_true(parts < 5);
    }
    assert_int_equal(n, 19);
    struct prefix one;
    assert_true(prefix_parse(STR("192.0.2.9"), true, &one));
    page = (struct wall_page){.network = &one, .after_network = "", .after_services = "", .max = 1000};
    struct ban_list list = {0};
    assert_int_equal(wall_page(p->wall, &page, a, &list, &end, NULL), 0);
    assert_true(end);
    assert_int_equal(list.bans.n, 2);
    arena_free(a);
}

/* A reason that is too long is cut, but not within a character: it would be no text any more for who asks. */
static void long_reason(void **state)
{
    struct place *p = begun(state);
    struct arena *a = arena_new(1u << 20);
    static char why[LEDGER_WHY_MAX + 10];
    memset(why, 'x', LEDGER_WHY_MAX - 1);
    memcpy(why + LEDGER_WHY_MAX - 1, "番", sizeof "番");
    struct wall_answer answer;
    wall_ban(p->wall, &(struct wall_request){.network = STR("192.0.2.9"), .why = str_of(why), .by = "root", .ordered = true}, 1, &answer);
    assert_int_equal(answer.end, WALL_DONE);
    struct wall_page page = {.after_network = "", .after_services = "", .max = 10};
    struct ban_list list = {0};
    bool end = false;
    assert_int_equal(wall_page(p->wall, &page, a, &list, &end, NULL), 0);
    assert_int_equal(list.bans.n, 1);
    assert_string_equal(list.bans.v[0].why, arena_printf(a, "%.*s", LEDGER_WHY_MAX - 1, why));
    arena_free(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(refusals), TEST(times), TEST(ends), TEST(unread), TEST(mended), TEST(refused_by_the_kernel), TEST(too_many), TEST(no_kernel), TEST(not_heard), TEST(chunk_by_chunk), TEST(killed), TEST(full_disk), TEST(listed), TEST(long_reason)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
