#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/worker.h"
#include "dialogue/netlink.h"
#include "dialogue/stranger.h"
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 2525
static bool can; /* root with network namespaces: the test then runs in one of its own, which stands for the server's machine */
static struct addr server[2];

static struct prefix prefix(const char *text)
{
    struct prefix p = {0};
    assert_true(prefix_parse(str_of(text), true, &p));
    return p;
}

static void chooses(void **state)
{
    (void)state;
    static const struct { bool v6; const char *busy[4], *trusted[4], *want; } table[] = {
        {false, {0}, {0}, "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24"},
        {false, {"192.0.2.0/24"}, {0}, "198.51.100.0/24 203.0.113.0/24"},
        {false, {"192.0.2.77/32"}, {"198.51.100.0/25"}, "203.0.113.0/24"},
        {false, {"10.0.0.0/8"}, {"0.0.0.0/0"}, "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24"},      /* they trust everybody: a stranger is trusted too */
        {false, {"192.0.2.0/24"}, {"0.0.0.0/0"}, "198.51.100.0/24 203.0.113.0/24"},
        {false, {"192.0.2.0/24", "198.51.100.0/22", "203.0.113.9/32"}, {0}, ""},
        {true, {"192.0.2.0/24"}, {0}, "2001:db8:ba45::/48 2001:db8:f0f0::/48 3fff:ba5::/48"},
        {true, {"2001:db8::/64"}, {"2001:db8:a000::/35"}, "2001:db8:f0f0::/48 3fff:ba5::/48"},
        {true, {"2001:db8::/32"}, {0}, "3fff:ba5::/48"},
        {true, {"2001:db8::/32", "3fff::/20"}, {0}, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct prefix busy[4], trusted[4];
        struct stranger_options o = {.busy = busy, .trusted = trusted};
        for (; o.busy_n < 4 && table[i].busy[o.busy_n]; o.busy_n++)
            busy[o.busy_n] = prefix(table[i].busy[o.busy_n]);
        for (; o.trusted_n < 4 && table[i].trusted[o.trusted_n]; o.trusted_n++)
            trusted[o.trusted_n] = prefix(table[i].trusted[o.trusted_n]);
        struct prefix got[STRANGER_NETWORKS];
        char text[ADDR_TEXT + 4], all[STRANGER_NETWORKS * (ADDR_TEXT + 5)] = "";
        size_t n = stranger_choose(table[i].v6, &o, got);
        for (size_t k = 0; k < n; k++) {
            prefix_text(&got[k], text);
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? " " : "", text);
        }
        assert_string_equal(all, table[i].want);
    }
}

struct caller {
    struct addr to, from;
};

/* In the stranger's namespace: connects and tells as whom the server saw it. */
static int calls(void *arg, struct buf *out)
{
    const struct caller *c = arg;
    struct sockaddr_storage at, own;
    socklen_t n = addr_to_sockaddr(&c->to, PORT, &at), m = addr_to_sockaddr(&c->from, 0, &own);
    int fd = socket(c->to.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, m) < 0 || connect(fd, (struct sockaddr *)&at, n) < 0)
        return -errno;
    int r = buf_read_fd(out, fd);
    close(fd);
    return r;
}

static int listens(bool v6)
{
    struct sockaddr_storage at;
    struct addr any = {.v6 = v6};
    socklen_t n = addr_to_sockaddr(&any, PORT, &at);
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

/* A server that answers each of two connections with its client's address. */
static pid_t serves(bool v6)
{
    int fd = listens(v6);
    pid_t pid = fork();
    if (pid == 0) {
        struct sockaddr_storage from;
        socklen_t n = sizeof from;
        char text[ADDR_TEXT];
        int client = accept(fd, (struct sockaddr *)&from, &n);
        struct addr a = addr_of_sockaddr((struct sockaddr *)&from);
        dprintf(client, "%s", addr_text(&a, text));
        _exit(0);
    }
    close(fd);
    return pid;
}

static struct stranger *make(const char *interface)
{
    static const struct prefix none[1];
    struct stranger_options o = {.interface = interface, .targets = server, .targets_n = 2, .busy = none, .count = 3, .seed = 252};
    struct stranger *s = NULL;
    struct err err = {0};
    int r = stranger_new(&o, &s, &err);
    if (r < 0)
        fprintf(stderr, "%s\n", err.text);
    assert_int_equal(r, 0);
    return s;
}

static void is_seen_as_a_stranger(void **state)
{
    (void)state;
    if (!can)
        skip();
    _cleanup_(stranger_freep) struct stranger *s = make("bansho-12345678");
    static const struct { bool v6; const char *want; } table[] = {
        {false, "192.0.2.253"}, {false, "192.0.2.254"}, {false, "198.51.100.1"}, {true, "2001:db8:ba45::1000:fc"}, {true, "2001:db8:ba45::1000:fd"}, {true, "2001:db8:ba45::1000:fe"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        bool v6 = table[i].v6;
        struct caller c = {.to = server[v6]};
        const char *why;
        assert_true(stranger_addr(s, v6, i % 3, &c.from, &why));
        struct worker_options o = {.kind = WORKER_DIALOGUE, .timeout_ms = 3000, .netns = stranger_netns(s)};
        _cleanup_(buf_free) struct buf out = BUF(100);
        struct err err = {0};
        pid_t pid = serves(v6);
        int r = worker_run(&o, calls, &c, &out, &err);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        assert_int_equal(r, 0);
        assert_string_equal(out.p, table[i].want);
    }
    assert_int_not_equal(if_nametoindex("bansho-12345678"), 0);
    stranger_free(s);
    s = NULL;
    assert_int_equal(if_nametoindex("bansho-12345678"), 0);
}

static int waits(void *arg, struct buf *out)
{
    (void)out;
    (void)!write(*(int *)arg, "!", 1);
    for (int i = 0; i < 200; i++)
        usleep(100000);
    return 0;
}

static void leaves_nothing_when_killed(void **state)
{
    (void)state;
    if (!can)
        skip();
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct stranger *s = make("bansho-killed");
        struct worker_options o = {.kind = WORKER_DIALOGUE, .timeout_ms = 20000, .netns = stranger_netns(s)};
        struct buf out = BUF(100);
        (void)!worker_run(&o, waits, &ready[1], &out, NULL);
        _exit(0);
    }
    char c;
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_not_equal(if_nametoindex("bansho-killed"), 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int64_t end = clock_monotonic_ms() + 1000;
    while (if_nametoindex("bansho-killed") && clock_monotonic_ms() < end)
        usleep(5000);
    assert_int_equal(if_nametoindex("bansho-killed"), 0);
}

static void refused_without_privilege(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct stranger_options o = {.interface = "bansho-nobody", .targets = server, .targets_n = 1};
        struct stranger *s = NULL;
        struct err err = {0};
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
            _exit(9);
        _exit(stranger_new(&o, &s, &err) == -EPERM && err.text[0] && !s ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static int own_machine(void **state)
{
    (void)state;
    unsigned lo = 0;
    addr_parse(STR("198.18.7.1"), &server[0]);
    addr_parse(STR("fd00:7::1"), &server[1]);
    can = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
    int nl = can ? netlink_open() : -1;
    if (!can)
        return 0;
    if (netlink_index(nl, "lo", &lo) < 0 || netlink_up(nl, lo) < 0 || netlink_address(nl, lo, &server[0]) < 0 || netlink_address(nl, lo, &server[1]) < 0)
        return -1;
    return close(nl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(chooses), cmocka_unit_test(is_seen_as_a_stranger), cmocka_unit_test(leaves_nothing_when_killed), cmocka_unit_test(refused_without_privilege)};
    return cmocka_run_group_tests(tests, own_machine, NULL);
}
