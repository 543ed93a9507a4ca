/* test_never.c: the machine itself, declared sources and what is no client's address are never shut out; all others are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "guard/never.h"
#include <ifaddrs.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spares_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
