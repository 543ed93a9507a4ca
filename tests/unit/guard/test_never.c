/* test_never.c: the machine itself, declared sources and what is no client's address are never shut out; all others are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "guard/never.h"
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void remember(void *arg, const struct verdict *v)
{
    *(struct verdict *)arg = *v;
}

/* Ten failures from there: what becomes of it. */
static enum verdict_kind attacked_from(const struct guard_rules *rules, const struct addr *a)
{
    struct guard *g = guard_new(rules);
    struct verdict v = {.kind = VERDICT_ENTERED};
    for (int i = 0; i < 10; i++) {
        struct guard_event e = {.time = 1000 + i, .addressed = true, .address = *a, .account = STR("root")};
        guard_event(g, &e, remember, &v);
    }
    guard_free(g);
    return v.kind;
}

static void spares_its_own(void **state)
{
    (void)state;
    static const struct { const char *address; bool never; } table[] = {
        {"203.0.113.9", false}, {"2001:db8::9", false}, {"198.51.100.16", true}, {"198.51.100.32", false}, {"2001:db8:7::1", true},
        {"127.0.0.53", true}, {"::1", true}, {"0.0.0.0", true}, {"::", true}, {"224.0.0.251", true}, {"ff02::1", true}, {"fe80::1", true}, {"255.255.255.255", true}, {"169.254.169.254", true},
    };
    struct arena *a = arena_new(1u << 20);
    struct config *config = config_new();
    struct guard_rules rules = {.find_time = 600, .ban_time = 3600, .ban_time_max = 86400, .max_retry = 5};
    assert_int_equal(config_parse(STR("source office {\n prefixes = 198.51.100.16/28, 2001:db8:7::/48\n}\n"), "test", config), 0);
    never_fill(config, a, &rules);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct addr x;
        assert_true(addr_parse(str_of(table[i].address), &x));
        if (attacked_from(&rules, &x) != (table[i].never ? VERDICT_SPARED : VERDICT_ADDRESS))
            fail_msg("%s", table[i].address);
    }
    struct ifaddrs *all = NULL;
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)) {
            struct addr own = addr_of_sockaddr(i->ifa_addr);
            assert_int_equal(attacked_from(&rules, &own), VERDICT_SPARED);
        }
    freeifaddrs(all);
    config_free(config);
    arena_free(a);
}

static void write_session(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* From where root is logged in nobody is shut out, as long as the session is open, nor the network around it. */
static void spares_who_is_logged_in(void **state)
{
    (void)state;
    char dir[] = "/tmp/bansho-never-XXXXXX", path[256];
    struct arena *a = arena_new(1u << 20);
    struct never_now now = {.sessions = dir};
    struct guard_rules rules = {.find_time = 600, .ban_time = 3600, .ban_time_max = 86400, .max_retry = 5};
    static const struct { const char *address; bool spared; } table[] = {
        {"203.0.113.77", true}, {"203.0.113.78", false}, {"2001:db8:7:1::9", true}, {"2001:db8:7:2::9", false}, {"192.0.2.77", false}, {"192.0.2.78", false}, {"192.0.2.79", false},
    };
    assert_non_null(mkdtemp(dir));
    write_session(dir, "1", "UID=0\nUSER=root\nSTATE=active\nREMOTE=1\nCLASS=user\nREMOTE_HOST=203.0.113.77\n");
    write_session(dir, "2", "UID=0\nUSER=root\nSTATE=online\nREMOTE=1\nCLASS=user\nREMOTE_HOST=2001:db8:7:1::7\n");
    write_session(dir, "3", "UID=65534\nUSER=nobody\nSTATE=active\nREMOTE=1\nCLASS=user\nREMOTE_HOST=192.0.2.77\n"); /* nobody who may become root */
    write_session(dir, "4", "UID=0\nUSER=root\nSTATE=closing\nREMOTE=1\nCLASS=user\nREMOTE_HOST=192.0.2.78\n");
    write_session(dir, "5", "UID=0\nUSER=root\nSTATE=active\nREMOTE=1\nCLASS=manager\nREMOTE_HOST=192.0.2.79\n");
    never_fill(NULL, a, &rules);
    never_ask(&now, &rules);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct addr x;
        assert_true(addr_parse(str_of(table[i].address), &x));
        if (attacked_from(&rules, &x) != (table[i].spared ? VERDICT_SPARED : VERDICT_ADDRESS))
            fail_msg("%s", table[i].address);
    }
    struct prefix around;
    assert_true(prefix_parse(STR("203.0.113.0/24"), true, &around));
    assert_true(rules.spares(rules.spares_arg, &around));
    for (char name[] = "1"; name[0] <= '5'; name[0]++) {
        snprintf(path, sizeof path, "%s/%s", dir, name);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(rules.spares(rules.spares_arg, &around)); /* known for a second */
    now.at = 0;
    assert_false(rules.spares(rules.spares_arg, &around));
    assert_int_equal(rmdir(dir), 0);
    never_now_done(&now);
    arena_free(a);
}

/* Four addresses of one network were shut out: the network is not, while an administrator is in it. */
static bool in_network(void *arg, const struct prefix *who)
{
    const struct prefix *admin = arg;
    return prefix_overlaps(admin, who);
}

static void note_network(void *arg, const struct verdict *v) { *(bool *)arg |= v->kind == VERDICT_NETWORK; }

static void spares_the_network(void **state)
{
    (void)state;
    struct prefix admin;
    assert_true(prefix_parse(STR("203.0.113.77"), true, &admin));
    for (int with = 0; with < 2; with++) {
        struct guard_rules rules = {.find_time = 600, .ban_time = 3600, .ban_time_max = 86400, .max_retry = 5, .spares = with ? in_network : NULL, .spares_arg = &admin};
        struct guard *g = guard_new(&rules);
        bool told = false;
        for (int i = 0; i < 40; i++) {
            struct guard_event e = {.time = 1000 + i, .addressed = true, .account = STR("root")};
            e.address.bytes[0] = 203, e.address.bytes[2] = 113, e.address.bytes[3] = (uint8_t)(i / 5 + 1);
            guard_event(g, &e, note_network, &told);
        }
        assert_int_equal(told, !with);
        guard_free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spares_its_own), cmocka_unit_test(spares_who_is_logged_in), cmocka_unit_test(spares_the_network)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
