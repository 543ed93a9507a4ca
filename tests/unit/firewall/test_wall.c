/* test_wall.c: who is banned, until when, and what is kept of it. */
#include "whole_wall.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(refusals), TEST(times), TEST(ends), TEST(unread), TEST(killed), TEST(full_disk), TEST(listed), TEST(long_reason)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
