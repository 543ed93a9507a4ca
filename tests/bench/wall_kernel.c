/* wall_kernel: what room nft needs for bans, in a network namespace of its own (root). One line of JSON for each figure, with wall and CPU time in microseconds.
     wall_kernel batch N | one N | find N | list N | packets N SETS                                                                                        */
#include "nft/bans.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TRIES 2000

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s\n", what, err->text);
    exit(1);
}

struct moment {
    double wall, cpu;
};

static struct moment moment_now(void)
{
    struct timespec t;
    struct rusage u;
    clock_gettime(CLOCK_MONOTONIC, &t);
    getrusage(RUSAGE_SELF, &u);
    return (struct moment){(double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3,
                           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec)};
}

static void tell(const char *what, size_t n, struct moment since, double units)
{
    struct moment now = moment_now();
    printf("{\"what\": \"%s\", \"n\": %zu, \"wall_us\": %.2f, \"cpu_us\": %.2f}\n", what, n, (now.wall - since.wall) / units, (now.cpu - since.cpu) / units);
    fflush(stdout);
}

/* The addresses are spread: the i-th is i times an odd number. */
static struct ban_element nth(size_t i)
{
    struct ban_element e = {.key.network.length = 32, .ms = 86400000};
    uint32_t v = htonl((uint32_t)i * 2654435761u);
    memcpy(e.key.network.addr.bytes, &v, 4);
    return e;
}

struct many {
    size_t at, n;
};

static int next(void *arg, struct ban_element *out, size_t max, struct err *err)
{
    struct many *m = arg;
    size_t i = 0;
    (void)err;
    for (; i < max && m->at < m->n; i++, m->at++)
        out[i] = nth(m->at);
    return (int)i;
}

static void filled(struct bans *b, size_t n)
{
    struct err err = {0};
    struct many m = {0, n};
    if (bans_reset(b, next, &m, &err) < 0)
        fail("reset", &err);
}

static void batch(struct bans *b, size_t n)
{
    struct err err = {0};
    struct ban_element *e = calloc(n, sizeof *e);
    for (size_t i = 0; i < n; i++)
        e[i] = nth(i);
    filled(b, 0);
    struct moment since = moment_now();
    if (bans_put(b, e, n, &err) < 0)
        fail("put", &err);
    tell("batch", n, since, 1);
    for (size_t i = 0; i < n; i++)
        e[i].held = true;
    since = moment_now();
    if (bans_put(b, e, n, &err) < 0)
        fail("refresh", &err);
    tell("refreshed", n, since, 1);
    since = moment_now();
    filled(b, n);
    tell("anew", n, since, 1);
    free(e);
}

static void one(struct bans *b, size_t n)
{
    struct err err = {0};
    filled(b, n);
    struct moment since = moment_now();
    for (size_t i = 0; i < TRIES; i++) {
        struct ban_element e = nth(n + i);
        if (bans_put(b, &e, 1, &err) < 0)
            fail("put", &err);
    }
    tell("one new", n, since, TRIES);
    since = moment_now();
    for (size_t i = 0; i < TRIES; i++) {
        struct ban_element e = nth(i);
        e.held = true;
        if (bans_put(b, &e, 1, &err) < 0)
            fail("put", &err);
    }
    tell("one refreshed", n, since, TRIES);
    since = moment_now();
    for (size_t i = 0; i < TRIES; i++) {
        struct ban_element e = nth(i);
        if (bans_remove(b, &e, 1, &err) < 0)
            fail("remove", &err);
    }
    tell("one removed", n, since, TRIES);
}

static void find(struct bans *b, size_t n)
{
    struct err err = {0};
    struct moment since = moment_now();
    filled(b, n);
    tell("anew", n, since, 1);
    since = moment_now();
    for (size_t i = 0; i < 20000; i++) {
        struct ban_element e = nth(i * 7 % (2 * n));
        uint64_t ms;
        if (bans_find(b, &e.key, &ms, &err) < 0)
            fail("find", &err);
    }
    tell("look-up", n, since, 20000);
}

static void count(void *arg, const struct ban_element *e)
{
    (void)e;
    ++*(size_t *)arg;
}

static void list(struct bans *b, size_t n)
{
    struct err err = {0};
    size_t got = 0;
    filled(b, n);
    struct moment since = moment_now();
    if (bans_list(b, count, &got, &err) < 0)
        fail("list", &err);
    tell("listed", got, since, 1);
}

/* Packets of one who is not banned, through rules of so many lengths: what a packet pays for them. `ports`: the key with protocol and port. */
static void packets(struct bans *b, size_t n, size_t sets, bool ports)
{
    struct err err = {0};
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5353), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0), size = 1 << 20;
    char bytes[64] = {0};
    size_t rounds = 300000;
    if (ioctl(in, SIOCSIFFLAGS, &lo) < 0 || bind(in, (struct sockaddr *)&to, sizeof to) < 0 || connect(out, (struct sockaddr *)&to, sizeof to) < 0)
        exit(1);
    setsockopt(in, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    filled(b, sets ? n : 0);
    for (size_t i = 0; i < sets; i++) {
        struct ban_element e = {.key.network = {.addr = {.bytes = {203}}, .length = (uint8_t)(32 - i)}, .ms = 86400000};
        if (ports) {
            e.key.protocol = IPPROTO_TCP;
            e.key.port = 22;
        }
        if (bans_put(b, &e, 1, &err) < 0)
            fail("put", &err);
    }
    struct moment since = moment_now();
    for (size_t i = 0; i < rounds; i++)
        if (send(out, bytes, sizeof bytes, 0) < 0 || recv(in, bytes, sizeof bytes, 0) < 0)
            exit(1);
    char what[32];
    snprintf(what, sizeof what, ports ? "packet, %zu with ports" : "packet, %zu lengths", sets);
    tell(what, n, since, (double)rounds);
}

int main(int argc, char **argv)
{
    struct bans *b = NULL;
    struct err err = {0};
    if (argc < 3)
        return 2;
    if (unshare(CLONE_NEWNET) < 0 || bans_open(&b, &err) < 0)
        fail("open", &err);
    size_t n = (size_t)strtoul(argv[2], NULL, 10);
    if (strcmp(argv[1], "batch") == 0)
        batch(b, n);
    else if (strcmp(argv[1], "one") == 0)
        one(b, n);
    else if (strcmp(argv[1], "find") == 0)
        find(b, n);
    else if (strcmp(argv[1], "list") == 0)
        list(b, n);
    else if (argc > 3)
        packets(b, n, (size_t)strtoul(argv[3], NULL, 10), argc > 4);
    bans_close(b);
    return 0;
}
