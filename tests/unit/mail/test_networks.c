#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/trusted.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;

static void reads_lists(void **state)
{
    (void)state;
    static const struct { const char *value, *want; } table[] = {
        {"127.0.0.0/8 [::1]/128", "127.0.0.0/8 ::1/128 "},
        {"127.0.0.0/8, [::ffff:127.0.0.0]/104\t[::1]/128", "127.0.0.0/8 127.0.0.0/8 ::1/128 "},
        {"192.0.2.7", "192.0.2.7/32 "},
        {"!192.0.2.8 192.0.2.0/24", "!192.0.2.8/32 192.0.2.0/24 "},
        {"[2001:db8::]/32 [fe80::]/64", "2001:db8::/32 fe80::/64 "},
        {"0.0.0.0/0", "0.0.0.0/0 "},
        {"hash:/etc/postfix/networks mysql:/x", "? ? "},
        {"/etc/none", "? "},
        {"[::1", "::1/128 "},
        {"[::ffff:1.2.3.4]/90", "? "},
        {"300.1.1.1 1.2.3.0/33", "? ? "},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct mail_networks n = {0};
        struct buf got = BUF(1000);
        char text[ADDR_TEXT + 4];
        mail_networks_add(&n, arena, NULL, table[i].value);
        for (size_t k = 0; k < n.list.n; k++)
            buf_printf(&got, "%s%s ", n.list.v[k].excluded ? "!" : "", n.list.v[k].unread ? "?" : prefix_text(&n.list.v[k].prefix, text));
        assert_string_equal(got.p ? got.p : "", table[i].want);
        buf_free(&got);
    }
}

static void reads_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/bansho-networks-XXXXXX";
    struct root root;
    struct err err = {0};
    assert_non_null(mkdtemp(dir));
    assert_int_equal(root_open(dir, &root, &err), 0);
    int fd = openat(root.fd, "nets", O_CREAT | O_WRONLY, 0600);
    dprintf(fd, "# ours\n192.0.2.0/25\n/nets\n");
    close(fd);
    fd = openat(root.fd, "nets.cidr", O_CREAT | O_WRONLY, 0600);
    dprintf(fd, "10.0.0.0/8 OK\n# no\n2001:db8::/32\tOK\n");
    close(fd);
    struct mail_networks n = {0};
    mail_networks_add(&n, arena, &root, "/nets cidr:/nets.cidr");
    assert_int_equal(n.list.n, 4);
    assert_non_null(n.list.v[1].unread); /* a file that names itself is not followed */
    assert_int_equal(n.list.v[2].prefix.length, 8);
    assert_int_equal(n.list.v[3].prefix.length, 32);
    unlinkat(root.fd, "nets", 0);
    unlinkat(root.fd, "nets.cidr", 0);
    rmdir(dir);
    root_close(&root);
}

static void judges(void **state)
{
    (void)state;
    static const struct { const char *value; bool used; enum state want; const char *next; } table[] = {
        {"127.0.0.0/8 [::1]/128", true, STATE_OK, NULL},
        {"127.0.0.1 198.18.0.10", true, STATE_OK, NULL},
        {"127.0.0.0/8 198.18.0.0/24", true, STATE_FAIL, "postconf -e 'mynetworks = 127.0.0.0/8'; postfix reload"},
        {"0.0.0.0/0", true, STATE_FAIL, "postconf -e 'mynetworks = 127.0.0.0/8 [::1]/128'; postfix reload"},
        {"127.0.0.0/8 198.18.0.0/24", false, STATE_WARN, "postconf -e 'mynetworks = 127.0.0.0/8'; postfix reload"},
        {"127.0.0.0/8 !198.18.0.0/24", true, STATE_OK, NULL},
        {"127.0.0.0/8 hash:/etc/postfix/nets", true, STATE_UNKNOWN, NULL},
        {"hash:/etc/postfix/nets 10.0.0.0/8", true, STATE_FAIL, "postconf -e 'mynetworks = 127.0.0.0/8 [::1]/128'; postfix reload"},
        {"", true, STATE_OK, NULL},
    };
    struct host host = {.arena = arena};
    struct own_addr *own = list_push(arena, &host.addrs);
    own->addr = (struct addr){.bytes = {198, 18, 0, 10}};
    struct root none = {.fd = -1};
    host.root = &none;
    struct server server = {.arena = arena, .host = &host};
    struct probe_ctx ctx = {.server = &server};
    struct instance postfix = {.name = "", .config = "/etc/postfix"};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out = {.arena = arena};
        struct setting s = {.section = "", .key = "mynetworks", .value = table[i].value, .file = "/etc/postfix/main.cf", .line = 5};
        trusted_judge(&ctx, &postfix, &s, "", table[i].used, &out);
        assert_int_equal(out.list.n, 1);
        if (out.list.v[0].state != table[i].want)
            fail_msg("%s: %s", table[i].value, state_name(out.list.v[0].state));
        if (table[i].next)
            assert_string_equal(out.list.v[0].next, table[i].next);
        else
            assert_null(out.list.v[0].next);
        assert_int_equal(out.list.v[0].evidence.v[0].line, 5);
    }
}

static int make(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_lists), cmocka_unit_test(reads_files), cmocka_unit_test(judges)};
    return cmocka_run_group_tests(tests, make, drop);
}
