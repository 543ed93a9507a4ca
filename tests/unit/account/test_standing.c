/* test_standing.c: where an account is and what keeps it out, by a machine's files. With real services: tests/lab/test_why.py. */
#include "../server/tree.h"
#include "account/standing.h"
#include "base/clock.h"

static struct tree t;
static struct host *host;
static struct server *server;

static int64_t now(void *ctx)
{
    (void)ctx;
    return 20600 * DAY;
}

static int make(void **state)
{
    (void)state;
    tree_make(&t);
    tree_write(&t, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    tree_write(&t, "etc/passwd", "root:x:0:0::/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\ntaro:x:1001:1001::/home/taro:/bin/bash\nold:x:1002:1002::/home/old:/bin/bash\n"
                                 "locked:x:1003:1003::/home/locked:/bin/bash\nkeyed:x:1004:1004::/home/keyed:/bin/sh\naged:x:1005:1005::/home/aged:/bin/sh\nmailonly:x:1006:1006::/home/mailonly:/usr/sbin/nologin\n"
                                 "new:x:1007:1007::/home/new:/bin/sh\nlate:x:1008:1008::/home/late:/bin/sh\ninfo:x:1009:1009::/home/info:/bin/sh\n");
    tree_write(&t, "etc/shadow", "root:$y$j9T$a$b:20000:0:99999:7:::\nwww-data:*:20000:0:99999:7:::\ntaro:$y$j9T$a$b:20500:0:99999:7:::\nold:$y$j9T$a$b:20000:0:99999:7::20100:\nlocked:!$y$j9T$a$b:20000:0:99999:7:::\n"
                                 "keyed:!$y$j9T$a$b:20000:0:99999:7:::\naged:$y$j9T$a$b:20000:0:30:7:5::\nmailonly:$y$j9T$a$b:20000:0:99999:7:::\nnew:$y$j9T$a$b:0:0:99999:7:::\nlate:$y$j9T$a$b:20000:0:30:7:::\ninfo:!:20000::::::\n");
    tree_write(&t, "usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd\n[Install]\nWantedBy=multi-user.target\n");
    tree_write(&t, "etc/systemd/system/multi-user.target.wants/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd\n");
    tree_write(&t, "etc/ssh/sshd_config", "PermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM yes\n"); /* people are asked by PAM */
    tree_write(&t, "home/keyed/.ssh/authorized_keys", "ssh-ed25519 AAAA\n");
    tree_write(&t, "var/lib/dpkg/status", "Package: dovecot-core\nStatus: install ok installed\nVersion: 1:2.3.19\nArchitecture: amd64\n\n");
    tree_write(&t, "usr/lib/systemd/system/dovecot.service", "[Service]\nExecStart=/usr/sbin/dovecot\n[Install]\nWantedBy=multi-user.target\n");
    tree_write(&t, "etc/systemd/system/multi-user.target.wants/dovecot.service", "[Service]\nExecStart=/usr/sbin/dovecot\n");
    tree_write(&t, "etc/dovecot/dovecot.conf", "protocols = imap\npassdb {\n  driver = passwd-file\n  deny = yes\n  args = /etc/dovecot/deny\n}\npassdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n");
    tree_write(&t, "etc/dovecot/users", "info@alpha.example:{SHA512-CRYPT}$6$a$b:::::\nsales@alpha.example:!:::::\nrefused@alpha.example:{SHA512-CRYPT}$6$a$b:::::\nshut@alpha.example:{SHA512-CRYPT}$6$a$b::::::nologin\n");
    tree_write(&t, "etc/dovecot/deny", "# nobody\nrefused@alpha.example\n");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    server_free(server);
    host_free(host);
    t.host.arena = arena_new(4096); /* tree_drop frees it */
    tree_drop(&t);
    return 0;
}

/* "kind state line[ next]" for each row. */
static void told(const char *name, const char *want)
{
    static const char *const states[] = {"fine", "partly", "shut"};
    struct arena *a = arena_new(1u << 20);
    struct buf b = BUF(8192);
    struct standings s;
    standing_find(server, name, a, &s);
    for (size_t i = 0; i < s.list.n; i++)
        buf_printf(&b, "%s %s %u%s%s\n", s.list.v[i].kind, states[s.list.v[i].state], s.list.v[i].line, s.list.v[i].next ? " " : "", s.list.v[i].next ? s.list.v[i].next : "");
    for (size_t i = 0; i < s.similar.n; i++)
        buf_printf(&b, "similar %s\n", s.similar.v[i]);
    buf_addc(&b, 0);
    if (strcmp(b.p, want) != 0)
        print_message("%s: %s", name, b.p);
    assert_string_equal(b.p, want);
    buf_free(&b);
    arena_free(a);
}

static void places(void **state)
{
    (void)state;
    static const struct { const char *name, *want; } table[] = {
        {"root", "system fine 1\nsystem fine 1\nsystem partly 1\n"},
        {"taro", "system fine 3\nsystem fine 3\n"},
        {"www-data", "system partly 2\nsystem shut 2\n"},
        {"old", "system fine 4\nsystem fine 4\nsystem shut 4 chage --expiredate -1 old\n"},
        {"locked", "system fine 5\nsystem shut 5 usermod --unlock locked\n"},
        {"keyed", "system fine 6\nsystem partly 6 usermod --unlock keyed\n"},
        {"aged", "system fine 7\nsystem fine 7\nsystem shut 7 passwd aged\n"},
        {"mailonly", "system partly 8\nsystem fine 8\n"},
        {"new", "system fine 9\nsystem fine 9\nsystem partly 9 passwd new\n"},
        {"late", "system fine 10\nsystem fine 10\nsystem partly 10 passwd late\n"},
        {"info", "system fine 11\nsystem shut 11 passwd info\nsimilar info@alpha.example\n"},
        {"INFO@alpha.example", "mail fine 1\nsimilar info\n"},
        {"sales@alpha.example", "mail shut 2\n"},
        {"refused@alpha.example", "mail shut 2\nmail fine 3\n"},
        {"shut@alpha.example", "mail shut 4\n"},
        {"nosuch", ""},
        {"sales", "similar sales@alpha.example\n"},
    };
    const struct clock clock = {.now = now};
    struct err err = {0};
    assert_int_equal(host_new(&t.root, &clock, &host, &err), 0);
    assert_int_equal(server_new(host, &server, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        told(table[i].name, table[i].want);
    tree_write(&t, "etc/nologin", "later\n");
    told("taro", "system fine 3\nsystem fine 3\nsystem shut 0 rm /etc/nologin\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(places, make, leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
