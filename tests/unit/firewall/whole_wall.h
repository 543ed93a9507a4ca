/* whole_wall.h: the wall over the real kernel, in a network namespace of the test's own, and over a real file. */
#pragma once
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

static inline int64_t now_of(void *ctx)
{
    return ((struct place *)ctx)->now;
}

static inline void opened(struct place *p)
{
    struct err err = {0};
    struct wall_options o = {p->ledger, {now_of, p}, p->config, "bansho.conf, line 3", p->sessions, p->most};
    int r = wall_open(&o, &p->wall, &err);
    if (r < 0)
        print_message("%s\n", err.text);
    assert_int_equal(r, 0);
}

static inline void again(struct place *p)
{
    wall_closep(&p->wall);
    opened(p);
}

static inline void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char conf[] = "mode = act\nsource office {\n prefixes = 198.51.100.16/28, 2001:db8:7::/48\n}\nguard {\n ban-time = 1h\n ban-time-max = 3h\n}\n";

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline struct place *begun(void **state)
{
    if (!*state)
        skip();
    opened(*state);
    return *state;
}

static inline struct wall_answer ban(struct place *p, const char *network, const char *id, int64_t until)
{
    struct wall_answer a;
    struct wall_request q = {.id = id, .network = str_of(network), .has_until = until >= 0, .until = until, .why = STR("test"), .by = "root", .ordered = true};
    wall_ban(p->wall, &q, 1, &a);
    return a;
}

/* Seconds that remain in the kernel (rounded); -1: not there. */
static inline int64_t left(const char *network, uint8_t protocol, uint16_t port)
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
