/* test_tls_questions.c: at which addresses a site is asked for its certificate: both families where each has a socket of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "site/tls_questions.h"
#include <stdio.h>

#define PUBLIC4 {.bytes = {198, 51, 100, 7}}
#define PUBLIC6 {.v6 = 1, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 7}}
#define OWN4 {.bytes = {198, 51, 100, 9}}
#define OWN6 {.v6 = 1, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 9}}
#define ANY4 {.bytes = {0}}
#define ANY6 {.v6 = 1}

struct socket { struct addr addr; bool v6only; };
static const struct {
    const char *name;
    struct socket sockets[3];
    size_t n;
    const char *address;
    unsigned families;
    const char *alias, *want; /* "address name", blank between questions */
} table[] = {
    {"one socket for both", {{ANY6, false}}, 1, "*", 0, NULL, "198.51.100.7 a.test"},
    {"one socket each", {{ANY4, false}, {ANY6, true}}, 2, "*", 0, NULL, "198.51.100.7 a.test 2001:db8::7 a.test"},
    {"one socket each, in the other order", {{ANY6, true}, {ANY4, false}}, 2, "*", SITE_V4 | SITE_V6, NULL, "198.51.100.7 a.test 2001:db8::7 a.test"},
    /* Others answer by IPv6 there: that is not this site. */
    {"one socket each, the site is for IPv4", {{ANY4, false}, {ANY6, true}}, 2, "*", SITE_V4, NULL, "198.51.100.7 a.test"},
    {"one socket each, the site is for IPv6", {{ANY4, false}, {ANY6, true}}, 2, "*", SITE_V6, NULL, "2001:db8::7 a.test"},
    {"an IPv6 socket alone", {{ANY6, true}}, 1, "*", 0, NULL, "2001:db8::7 a.test"},
    {"an IPv4 socket alone", {{ANY4, false}}, 1, "*", SITE_V4 | SITE_V6, NULL, "198.51.100.7 a.test"},
    {"sockets on addresses", {{OWN4, false}, {OWN6, true}}, 2, "*", 0, NULL, "198.51.100.9 a.test 2001:db8::9 a.test"},
    {"the site's own address", {{ANY4, false}, {ANY6, true}}, 2, "198.51.100.9", 0, NULL, "198.51.100.9 a.test"},
    {"in brackets", {{ANY4, false}, {ANY6, true}}, 2, "[2001:db8::9]", 0, NULL, "2001:db8::9 a.test"},
    {"no socket was seen", {{ANY4, false}}, 0, "*", 0, NULL, "198.51.100.7 a.test"},
    /* Other names stand in the same certificate as a rule: asked for once, not in both families. */
    {"other names", {{ANY4, false}, {ANY6, true}}, 2, "*", 0, "www.a.test", "198.51.100.7 a.test 2001:db8::7 a.test 198.51.100.7 www.a.test"},
};

static void asks_each_family(void **state)
{
    (void)state;
    static const struct product web = {.id = "nginx", .title = "nginx", .kinds = KIND_WEB};
    static const struct instance in = {.product = &web, .name = "", .running = true, .wanted = true};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(1u << 20);
        struct host host = {.arena = a, .live = true};
        struct server server = {.arena = a, .host = &host};
        struct probe_ctx ctx = {.server = &server, .live = true};
        struct tls_questions q = {0};
        _cleanup_(buf_free) struct buf b = BUF(1000);
        *list_push(a, &host.addrs) = (struct own_addr){.addr = PUBLIC4, .interface = "eth0"};
        *list_push(a, &host.addrs) = (struct own_addr){.addr = PUBLIC6, .interface = "eth0"};
        for (size_t k = 0; k < table[i].n; k++)
            *list_push(a, &host.listeners) = (struct listener){.addr = table[i].sockets[k].addr, .v6only = table[i].sockets[k].v6only, .port = 443};
        struct site *s = list_push(a, &server.sites);
        *s = (struct site){.web = &in, .name = "a.test", .tls = true, .address = table[i].address, .families = table[i].families, .port = 443, .certificate = ""};
        if (table[i].alias)
            *list_push(a, &s->aliases) = table[i].alias;
        tls_questions_collect(&ctx, a, &q);
        for (size_t k = 0; k < q.at.n; k++) {
            char text[ADDR_TEXT];
            buf_printf(&b, "%s%s %s", k ? " " : "", addr_text(&q.at.v[k].addr, text), q.at.v[k].name);
        }
        if (strcmp(b.p, table[i].want) != 0)
            print_message("%s\n", table[i].name);
        assert_string_equal(b.p, table[i].want);
        assert_int_equal(q.groups.n, 1);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks_each_family)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
