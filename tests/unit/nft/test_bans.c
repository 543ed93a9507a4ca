/* The real kernel, in a network namespace of the test's own: packets of loopback addresses, which pass prerouting like any others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "nft/bans.h"
#include "nft/connections.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define V6_ADDRESSES 3 /* 2001:db8::1 the server, ::2 and ::3 clients */

static void nap(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void lo_up(void)
{
    struct ifreq i = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &i), 0);
    for (uint8_t last = 1; last <= V6_ADDRESSES; last++) {
        struct { struct in6_addr addr; uint32_t length; int index; } add = {{{{0x20, 0x01, 0x0d, 0xb8, [15] = last}}}, 128, (int)if_nametoindex("lo")};
        assert_int_equal(ioctl(fd, SIOCSIFADDR, &add), 0);
    }
    struct sockaddr_in6 last = {.sin6_family = AF_INET6, .sin6_addr = {{{0x20, 0x01, 0x0d, 0xb8, [15] = V6_ADDRESSES}}}};
    for (int n = 0; n < 200 && bind(fd, (struct sockaddr *)&last, sizeof last) < 0; n++)
        nap(10); /* until the kernel has taken them in */
    close(fd);
}

/* Its own namespace for each test; without root nothing can be tried. */
static int own_network(void **state)
{
    struct bans *b = NULL;
    struct err err = {0};
    *state = NULL;
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        return 0;
    lo_up();
    int r = bans_open(&b, &err);
    if (r < 0)
        print_message("%s\n", err.text);
    assert_int_equal(r, 0);
    *state = b;
    return 0;
}

static int no_network(void **state)
{
    bans_close(*state);
    return 0;
}

static struct ban_key key(const char *network, uint8_t protocol, uint16_t port)
{
    struct ban_key k = {.protocol = protocol, .port = port};
    assert_true(prefix_parse(str_of(network), true, &k.network));
    return k;
}

static int nothing(void *arg, struct ban_element *out, size_t max, struct err *err)
{
    (void)arg, (void)out, (void)max, (void)err;
    return 0;
}

static struct bans *begun(void **state)
{
    struct err err = {0};
    if (!*state)
        skip();
    int r = bans_reset(*state, nothing, NULL, &err);
    if (r < 0)
        print_message("%s\n", err.text);
    assert_int_equal(r, 0);
    return *state;
}

static void put(struct bans *b, const char *network, uint8_t protocol, uint16_t port, uint64_t ms)
{
    struct ban_element e = {key(network, protocol, port), ms, .held = true};
    struct err err = {0};
    int r = bans_put(b, &e, 1, &err);
    if (r < 0)
        print_message("%s: %s\n", network, err.text);
    assert_int_equal(r, 0);
}

static void removed(struct bans *b, const char *network, uint8_t protocol, uint16_t port)
{
    struct ban_element e = {key(network, protocol, port), 0};
    assert_int_equal(bans_remove(b, &e, 1, NULL), 0);
}

/* What remains; -1: it is not there. */
static int64_t left(struct bans *b, const char *network, uint8_t protocol, uint16_t port)
{
    struct ban_key k = key(network, protocol, port);
    uint64_t ms = 0;
    int r = bans_find(b, &k, &ms, NULL);
    assert_true(r >= 0);
    return r ? (int64_t)ms : -1;
}

static int listener(const char *address, uint16_t port)
{
    struct addr a;
    struct sockaddr_storage ss;
    int off = 0, on = 1;
    assert_true(addr_parse(str_of(address), &a));
    int fd = socket(a.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    socklen_t n = addr_to_sockaddr(&a, port, &ss);
    assert_int_equal(bind(fd, (struct sockaddr *)&ss, n), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* A connection from one address to another; -1: nobody answered within `ms`. */
static int connected(const char *from, const char *to, uint16_t port, int ms)
{
    struct addr a, s;
    struct sockaddr_storage ss;
    assert_true(addr_parse(str_of(to), &a) && addr_parse(str_of(from), &s));
    int fd = socket(a.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
    socklen_t n = addr_to_sockaddr(&s, 0, &ss), size = sizeof error;
    assert_int_equal(bind(fd, (struct sockaddr *)&ss, n), 0);
    n = addr_to_sockaddr(&a, port, &ss);
    struct pollfd p = {fd, POLLOUT, 0};
    if (connect(fd, (struct sockaddr *)&ss, n) < 0)
        assert_int_equal(errno, EINPROGRESS);
    if (poll(&p, 1, ms) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return fd;
    close(fd);
    return -1;
}

static bool passes(const char *from, const char *to, uint16_t port)
{
    int fd = connected(from, to, port, 5000);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool drops(const char *from, const char *to, uint16_t port)
{
    int fd = connected(from, to, port, 200);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

/* Who is shut out, by address, by network, by port, for both families; and who is not. */
static void packets(void **state)
{
    struct bans *b = begun(state);
    int v4 = listener("127.0.0.1", 2022), other = listener("127.0.0.1", 2025), v6 = listener("2001:db8::1", 2022);
    assert_true(passes("127.0.7.5", "127.0.0.1", 2022));
    put(b, "127.0.7.5", 0, 0, 60000);
    assert_true(drops("127.0.7.5", "127.0.0.1", 2022));
    assert_true(passes("127.0.7.6", "127.0.0.1", 2022));
    put(b, "127.0.7.0/25", 0, 0, 60000);
    assert_true(drops("127.0.7.6", "127.0.0.1", 2022));
    assert_true(passes("127.0.7.128", "127.0.0.1", 2022));
    put(b, "127.0.9.9", IPPROTO_TCP, 2022, 60000);
    assert_true(drops("127.0.9.9", "127.0.0.1", 2022));
    assert_true(passes("127.0.9.9", "127.0.0.1", 2025));
    assert_true(passes("127.0.9.8", "127.0.0.1", 2022));
    assert_true(passes("2001:db8::2", "2001:db8::1", 2022));
    put(b, "2001:db8::2", 0, 0, 60000);
    assert_true(drops("2001:db8::2", "2001:db8::1", 2022));
    assert_true(passes("2001:db8::3", "2001:db8::1", 2022));
    put(b, "2001:db8::3", IPPROTO_TCP, 2022, 60000);
    assert_true(drops("2001:db8::3", "2001:db8::1", 2022));
    removed(b, "2001:db8::2", 0, 0);
    assert_true(passes("2001:db8::2", "2001:db8::1", 2022));
    put(b, "2001:db8::2/127", IPPROTO_TCP, 2022, 60000);
    assert_true(drops("2001:db8::2", "2001:db8::1", 2022));
    removed(b, "127.0.7.0/25", 0, 0);
    removed(b, "127.0.7.0/25", 0, 0); /* no longer there: no error */
    assert_true(passes("127.0.7.6", "127.0.0.1", 2022));
    assert_true(drops("127.0.7.5", "127.0.0.1", 2022));
    close(v4), close(other), close(v6);
}

/* A ban ends by itself; a refreshed one has its new time, longer or shorter; of a key that is given twice the longer time holds. */
static void times(void **state)
{
    struct bans *b = begun(state);
    put(b, "192.0.2.1", 0, 0, 300);
    put(b, "192.0.2.2", 0, 0, 60000);
    assert_in_range(left(b, "192.0.2.2", 0, 0), 50000, 60000);
    put(b, "192.0.2.2", 0, 0, 3600000);
    assert_in_range(left(b, "192.0.2.2", 0, 0), 3500000, 3600000);
    put(b, "192.0.2.2", 0, 0, 60000);
    assert_in_range(left(b, "192.0.2.2", 0, 0), 50000, 60000);
    struct ban_element twice[] = {{key("192.0.2.3", 0, 0), 5000}, {key("192.0.2.2", 0, 0), 1000, true}, {key("192.0.2.3", 0, 0), 90000}, {key("192.0.2.4", 0, 0), 0}};
    assert_int_equal(bans_put(b, twice, 4, NULL), 0);
    assert_in_range(left(b, "192.0.2.3", 0, 0), 80000, 90000);
    assert_in_range(left(b, "192.0.2.2", 0, 0), 1, 1000);
    assert_int_equal(left(b, "192.0.2.4", 0, 0), 0);
    for (int i = 0; i < 50 && left(b, "192.0.2.1", 0, 0) >= 0; i++)
        nap(20);
    assert_int_equal(left(b, "192.0.2.1", 0, 0), -1);
    assert_int_equal(left(b, "198.51.100.0/24", 0, 0), -1);
    assert_int_equal(left(b, "192.0.2.4", IPPROTO_TCP, 22), -1);
}

struct counted {
    size_t n, ports;
    uint64_t most;
};

static void count(void *arg, const struct ban_element *e)
{
    struct counted *c = arg;
    c->n++;
    c->ports += e->key.protocol == IPPROTO_TCP && e->key.port == 587;
    c->most = e->ms > c->most ? e->ms : c->most;
}

static struct counted counted(struct bans *b)
{
    struct counted c = {0};
    assert_int_equal(bans_list(b, count, &c, NULL), 0);
    return c;
}

static struct ban_element nth(size_t i, uint64_t ms)
{
    struct ban_element e = {.key.network = {.addr = {.bytes = {100, 64}}, .length = 32}, .ms = ms};
    uint32_t v = htonl(0x64400000u + (uint32_t)i);
    memcpy(e.key.network.addr.bytes, &v, 4);
    return e;
}

struct many {
    size_t at, n;
};

static int next_of_many(void *arg, struct ban_element *out, size_t max, struct err *err)
{
    struct many *m = arg;
    size_t i = 0;
    (void)err;
    for (; i < max && m->at < m->n; i++, m->at++)
        out[i] = nth(m->at, 600000);
    return (int)i;
}

/* More than one transaction; all of it listed; the same ones again are refreshed; made anew with others, the old ones are gone. */
static void large(void **state)
{
    struct bans *b = begun(state);
    size_t n = BANS_CHUNK + 1000;
    struct many m = {0, n};
    assert_int_equal(bans_reset(b, next_of_many, &m, NULL), 0);
    assert_int_equal(counted(b).n, n);
    put(b, "2001:db8:5::/48", IPPROTO_TCP, 587, 700000);
    put(b, "198.51.100.0/24", IPPROTO_TCP, 587, 700000);
    struct counted c = counted(b);
    assert_int_equal(c.n, n + 2);
    assert_int_equal(c.ports, 2);
    assert_in_range(c.most, 600001, 700000);
    struct ban_element *again = calloc(20000, sizeof *again);
    for (size_t i = 0; i < 20000; i++)
        again[i] = nth(20000 - i, 900000), again[i].held = i % 2;
    assert_int_equal(bans_put(b, again, 20000, NULL), 0);
    assert_int_equal(counted(b).n, n + 2);
    assert_in_range(left(b, "100.64.0.77", 0, 0), 800000, 900000);
    assert_int_equal(bans_remove(b, again, 20000, NULL), 0);
    assert_int_equal(counted(b).n, n + 2 - 20000);
    free(again);
    m = (struct many){0, 10};
    assert_int_equal(bans_reset(b, next_of_many, &m, NULL), 0);
    assert_int_equal(counted(b).n, 10);
}

static bool nft(const char *command)
{
    const char *const argv[] = {"nft", command, NULL};
    struct child_result result;
    if (child_run(argv, &(struct child_options){0}, &result, NULL) < 0)
        return false;
    if (result.status != 0)
        print_message("nft %s: %s\n", command, result.err.p);
    assert_int_equal(result.status, 0);
    child_result_free(&result);
    return true;
}

static bool news(struct bans *b, struct bans_news *ret)
{
    struct pollfd p = {bans_monitor_fd(b), POLLIN, 0};
    return bans_news(b, ret) == 1 || (poll(&p, 1, 2000) == 1 && bans_news(b, ret) == 1);
}

/* Others' transactions are seen, and whether they touched ours; our own are not, however many. */
static void monitor(void **state)
{
    struct bans *b = begun(state);
    struct bans_news n = {0};
    struct many m = {0, 50000};
    uint64_t ms;
    struct err err = {0};
    assert_int_equal(bans_reset(b, next_of_many, &m, NULL), 0);
    put(b, "192.0.2.1", 0, 0, 60000);
    assert_int_equal(bans_news(b, &n), 0);
    if (!nft("add table inet theirs"))
        skip();
    assert_true(news(b, &n));
    assert_false(n.touched.any || n.lost);
    assert_string_equal(n.who, "nft");
    assert_true(n.pid && n.generation);
    assert_true(nft("delete element inet bansho_bans ipv4_32 { 192.0.2.1 }"));
    assert_true(news(b, &n));
    assert_true(n.touched.any);
    struct ban_key k = key("192.0.2.1", 0, 0);
    assert_int_equal(bans_find(b, &k, &ms, NULL), 0);
    assert_true(nft("list ruleset"));
    assert_true(nft("flush ruleset"));
    assert_true(news(b, &n));
    assert_true(n.touched.any && strcmp(n.who, "nft") == 0);
    struct ban_element e = {k, 1000};
    assert_int_equal(bans_put(b, &e, 1, &err), -ENOENT);
    assert_non_null(strstr(err.text, "is not there"));
    assert_int_equal(bans_list(b, count, &(struct counted){0}, NULL), -ENOENT);
    m = (struct many){0, 10};
    assert_int_equal(bans_reset(b, next_of_many, &m, NULL), 0);
    assert_int_equal(counted(b).n, 10);
    assert_int_equal(bans_news(b, &n), 0);
    assert_int_equal(bans_drop(b, NULL), 0);
    assert_int_equal(bans_drop(b, NULL), 0);
    assert_int_equal(bans_list(b, count, &(struct counted){0}, NULL), -ENOENT);
}

/* nft can read what we made, and another table stays as it is. */
static void beside_others(void **state)
{
    struct bans *b = begun(state);
    if (!nft("add table inet theirs { set s { type ipv4_addr; elements = { 192.0.2.1 } }; }"))
        skip();
    put(b, "198.51.100.0/24", IPPROTO_TCP, 22, 60000);
    put(b, "2001:db8::/64", 0, 0, 60000);
    assert_int_equal(bans_reset(b, nothing, NULL, NULL), 0);
    put(b, "198.51.100.0/24", IPPROTO_TCP, 22, 60000);
    put(b, "2001:db8::/64", 0, 0, 60000);
    const char *const argv[] = {"nft", "list", "ruleset", NULL};
    struct child_result result;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &result, NULL), 0);
    static const char *const wanted[] = {"elements = { 192.0.2.1 }", "type ipv4_addr . inet_proto . inet_service", "198.51.100.0 . tcp . 22 timeout 1m", "2001:db8:: timeout 1m",
                                         "hook prerouting priority raw; policy accept;", "meta l4proto . th dport @ipv4_24_ports", "@ipv6_64 counter"};
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (!strstr(result.out.p, wanted[i]))
            print_message("missing: %s in\n%s\n", wanted[i], result.out.p);
        assert_non_null(strstr(result.out.p, wanted[i]));
    }
    child_result_free(&result);
}

static bool ended(int fd)
{
    char c;
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 500) == 1 && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

/* Open connections of the banned end, with both ends' errors; those of others, and of other ports, go on. */
static void connections(void **state)
{
    struct connections *c = NULL;
    struct err err = {0};
    size_t n = 0;
    if (!*state)
        skip();
    assert_int_equal(connections_open(&c, &err), 0);
    int v4 = listener("127.0.0.1", 2022), v6 = listener("2001:db8::1", 2022), both = listener("::", 2025);
    int bad4 = connected("127.0.7.5", "127.0.0.1", 2022, 2000), good4 = connected("127.0.7.6", "127.0.0.1", 2022, 2000);
    int bad6 = connected("2001:db8::2", "2001:db8::1", 2022, 2000), good6 = connected("2001:db8::3", "2001:db8::1", 2022, 2000);
    int mapped = connected("127.0.7.5", "127.0.0.1", 2025, 2000), network = connected("127.0.8.5", "127.0.0.1", 2025, 2000);
    int served4 = accept(v4, NULL, NULL), served6 = accept(v6, NULL, NULL), served = accept(both, NULL, NULL);
    assert_true(bad4 >= 0 && good4 >= 0 && bad6 >= 0 && good6 >= 0 && mapped >= 0 && network >= 0 && served4 >= 0 && served6 >= 0 && served >= 0);

    struct ban_key one[] = {key("127.0.7.5", IPPROTO_TCP, 2022)};
    int r = connections_end(c, one, 1, &n, &err);
    if (r == -EOPNOTSUPP)
        skip();
    if (r < 0)
        print_message("%s\n", err.text);
    assert_int_equal(r, 0);
    assert_int_equal(n, 1); /* to 2022 alone, and the server's end of it */
    assert_true(ended(served4) && !ended(served));

    struct ban_key all[] = {key("127.0.7.5", 0, 0)};
    assert_int_equal(connections_end(c, all, 1, &n, &err), 0);
    assert_int_equal(n, 1); /* the IPv4 client of an IPv6 socket */
    assert_true(ended(served));

    struct ban_key mixed[] = {key("2001:db8::2", 0, 0), key("203.0.113.9", 0, 0), key("127.0.8.0/24", 0, 0), key("2001:db8:77::/48", IPPROTO_TCP, 22)};
    assert_int_equal(connections_end(c, mixed, 4, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_true(ended(served6));
    assert_false(ended(good4) || ended(good6));
    assert_int_equal(connections_end(c, mixed, 4, &n, &err), 0);
    assert_int_equal(n, 0);
    int fds[] = {v4, v6, both, bad4, good4, bad6, good6, mapped, network, served4, served6, served};
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    connections_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets, own_network, no_network),     cmocka_unit_test_setup_teardown(times, own_network, no_network),
        cmocka_unit_test_setup_teardown(large, own_network, no_network),       cmocka_unit_test_setup_teardown(monitor, own_network, no_network),
        cmocka_unit_test_setup_teardown(beside_others, own_network, no_network), cmocka_unit_test_setup_teardown(connections, own_network, no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
