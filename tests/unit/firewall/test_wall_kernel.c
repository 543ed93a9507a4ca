/* test_wall_kernel.c: what others do to our table, and what the kernel refuses. */
#include "whole_wall.h"

static bool nft(const char *command)
{
    const char *const argv[] = {"nft", command, NULL};
    struct child_result r;
    if (child_run(argv, &(struct child_options){0}, &r, NULL) < 0)
        return false;
    assert_int_equal(r.status, 0);
    child_result_free(&r);
    return true;
}

/* Chains, rules and sets without their elements, as nft shows them. */
static char *listed_table(void)
{
    const char *const argv[] = {"nft", "-t", "list", "table", "inet", "bansho_bans", NULL};
    struct child_result r;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    char *text = strdup(r.out.p);
    child_result_free(&r);
    return text;
}

static void as_made(const char *rules)
{
    char *now = listed_table();
    assert_string_equal(now, rules);
    free(now);
}

/* What others take away is put back, and they are named; what is theirs is left alone. */
static void mended(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    struct wall_status s;
    for (int i = 1; i < 200; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, -1).end, WALL_DONE);
    }
    if (!nft("add table inet theirs"))
        skip();
    assert_false(wall_news(p->wall, &n));
    char *rules = listed_table();
    static const char *const commands[] = {"flush ruleset", "delete table inet bansho_bans", "delete element inet bansho_bans ipv4_32 { 192.0.2.7 }", "flush chain inet bansho_bans ipv4",
                                           "insert rule inet bansho_bans prerouting accept", "add element inet bansho_bans ipv4_32 { 203.0.113.99 timeout 1h, 203.0.113.98 }",
                                           "delete element inet bansho_bans ipv4_32 { 192.0.2.7, 192.0.2.8 }; add element inet bansho_bans ipv4_32 { 192.0.2.7 timeout 5s }",
                                           "flush set inet bansho_bans ipv4_32", "add chain inet bansho_bans theirs; add set inet bansho_bans theirs { type ipv4_addr; elements = { 192.0.2.1 }; }; "
                                           "add rule inet bansho_bans ipv4 ip saddr @theirs goto theirs", "add table inet bansho_bans { flags dormant; }", "delete element inet bansho_bans ipv4_32 { 192.0.2.9 }; "
                                           "insert rule inet bansho_bans ipv4 accept"};
    static const int64_t expected[] = {-1, -1, 1, 0, 0, 2, 3, 199, 0, -1, 1};
    int64_t changed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct pollfd fd = {wall_fd(p->wall), POLLIN, 0};
        assert_true(nft(commands[i]));
        assert_int_equal(poll(&fd, 1, 1000), 1);
        if (!wall_news(p->wall, &n))
            fail_msg("%s was not seen", commands[i]);
        assert_non_null(strstr(n.who, "nft ("));
        assert_int_equal(wall_mend(p->wall, &n, &changed, NULL), 0);
        assert_int_equal(changed, expected[i]);
        assert_int_equal(wall_status(p->wall, &s, NULL), 0);
        assert_true(s.bans == 199 && s.in_kernel == 199 && s.healed == (int64_t)i + 1);
        assert_string_equal(s.last_healed_by, n.who);
        assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
        assert_int_equal(left("203.0.113.99", 0, 0), -1);
        as_made(rules);
    }
    free(rules);
    assert_true(nft("flush ruleset")); /* and a ban that comes before anybody looked */
    assert_int_equal(ban(p, "198.51.100.200", NULL, -1).end, WALL_DONE);
    assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
    assert_in_range(left("198.51.100.200", 0, 0), 3590, 3600);
    assert_true(nft("add table inet theirs"));
    again(p);
    assert_true(nft("list table inet theirs"));
    assert_int_equal(wall_remove_table(NULL), 0);
    assert_int_equal(left("192.0.2.7", 0, 0), -1);
    assert_true(nft("list table inet theirs"));
}

/* Who makes a set of ours in his own way, so that the kernel refuses our transaction, holds nobody up. */
static void refused_by_the_kernel(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    struct wall_status s;
    int64_t changed = 0;
    assert_int_equal(ban(p, "192.0.2.1", NULL, -1).end, WALL_DONE);
    if (!nft("add set inet bansho_bans ipv4_24 { type ipv4_addr; flags constant; }"))
        skip();
    assert_int_equal(ban(p, "198.51.100.0/24", "net", -1).end, WALL_REFUSED); /* the office's */
    assert_int_equal(ban(p, "203.0.113.0/24", "net", -1).end, WALL_DONE);
    assert_in_range(left("203.0.113.0/24", 0, 0), 3590, 3600);
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
    assert_true(wall_news(p->wall, &n));
    assert_non_null(strstr(n.who, "nft ("));
    for (int r = wall_mend(p->wall, &n, &changed, NULL); r != 0; r = wall_mend_more(p->wall, NULL))
        assert_int_equal(r, 1);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 2 && s.in_kernel == 2 && !s.trouble);
}

/* More attackers than there is room for: those whose bans would end first make room, the others are held, in the ledger and in the kernel alike. */
static void too_many(void **state)
{
    struct place *p = *state;
    struct wall_status s;
    if (!p)
        skip();
    p->most = 200;
    opened(p);
    for (int i = 0; i < 1000; i++) {
        char network[32];
        snprintf(network, sizeof network, "11.0.%d.%d", i / 250, i % 250);
        assert_int_equal(ban(p, network, NULL, p->now + 1000 + i).end, WALL_DONE);
    }
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 200 && s.in_kernel == 200 && s.dropped_for_room == 800 && wall_given_up(p->wall) == 800);
    assert_int_equal(left("11.0.0.0", 0, 0), -1);
    assert_in_range(left("11.0.3.249", 0, 0), 1990, 2000);
    again(p);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_true(s.bans == 200 && s.in_kernel == 200);
}

/* Without the right to, or in a kernel without nftables, it says why it cannot begin. */
static void no_kernel(void **state)
{
    struct place *p = *state;
    int status = 0;
    if (!p)
        skip();
    for (int way = 0; way < 2; way++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct err err = {0};
            struct wall_options o = {p->ledger, {now_of, p}, p->config, "", p->sessions, 0};
            struct sock_filter code[] = { /* socket(AF_NETLINK, .., NETLINK_NETFILTER) as where it is not built in */
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
            struct sock_fprog program = {ARRAY_SIZE(code), code};
            signal(SIGSEGV, SIG_DFL); /* cmocka's handler would go on with the next test */
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            if (way == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 : syscall(SYS_setuid, 65534) < 0 || chmod(p->dir, 0777) == 0)
                _exit(9);
            int r = wall_open(&o, &p->wall, &err);
            _exit(!err.text[0] ? 8 : way == 0 ? r != -EPROTONOSUPPORT || !strstr(err.text, "nftables") : r != -EPERM && r != -EACCES);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

/* More happened than the kernel could keep for us: every element is compared, and the one that is gone is put back. */
static void not_heard(void **state)
{
    struct place *p = begun(state);
    struct wall_news n;
    int64_t changed = 0;
    for (int i = 1; i < 100; i++) {
        char network[32];
        snprintf(network, sizeof network, "192.0.2.%d", i);
        assert_int_equal(ban(p, network, NULL, i % 3 ? -1 : 0).end, WALL_DONE);
    }
    char *rules = nft("add table inet theirs { set s { type ipv4_addr; }; }") ? listed_table() : NULL;
    if (!rules)
        skip();
    int small = 4096;
    assert_int_equal(setsockopt(wall_fd(p->wall), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_true(nft("delete element inet bansho_bans ipv4_32 { 192.0.2.7 }; add element inet bansho_bans ipv4_32 { 203.0.113.99 timeout 1h }; insert rule inet bansho_bans ipv4 accept"));
    char path[128];
    snprintf(path, sizeof path, "%s/many", p->dir);
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < 5000; i++)
        fprintf(f, "add element inet theirs s { 10.%u.%u.%u }\n", i >> 16, i >> 8 & 255, i & 255);
    fclose(f);
    const char *const argv[] = {"nft", "-f", path, NULL};
    struct child_result r;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
    assert_true(wall_news(p->wall, &n));
    assert_true(n.touched.many && !n.touched.table);
    assert_int_equal(wall_mend(p->wall, &n, &changed, NULL), 0);
    assert_int_equal(changed, 2);
    assert_in_range(left("192.0.2.7", 0, 0), 3590, 3600);
    assert_int_equal(left("203.0.113.99", 0, 0), -1);
    as_made(rules);
    free(rules);
}

/* A large table is put back chunk by chunk, and meanwhile bans come and go. */
static void chunk_by_chunk(void **state)
{
    struct place *p = *state;
    struct ledger *l = NULL;
    struct wall_news n;
    struct wall_status s;
    int64_t changed = 0, removed = 0;
    if (!p)
        skip();
    assert_int_equal(ledger_open(p->ledger, &l, NULL), 0);
    assert_int_equal(ledger_begin(l, NULL), 0);
    const unsigned many = BANS_CHUNK + 40000;
    for (unsigned i = 0; i < many; i++) {
        struct ban b = {.network = {.addr.bytes = {11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, .length = 32}, .services = "", .since = p->now, .until = p->now + 3600, .times = 1,
                        .why = "", .by = "root"};
        assert_int_equal(ledger_put(l, &b, NULL, NULL), 0);
    }
    assert_int_equal(ledger_commit(l, NULL), 0);
    ledger_close(l);
    opened(p);
    if (!nft("flush ruleset"))
        skip();
    assert_true(wall_news(p->wall, &n));
    int r = wall_mend(p->wall, &n, &changed, NULL), parts = 0;
    assert_int_equal(changed, -1);
    for (; r > 0; r = wall_mend_more(p->wall, NULL), parts++) {
        if (parts == 1) {
            assert_int_equal(ban(p, "192.0.2.1", NULL, -1).end, WALL_DONE);
            assert_int_equal(wall_unban(p->wall, false, STR("11.2.156.59"), &removed, NULL), 0);
            assert_int_equal(wall_unban(p->wall, false, STR("11.0.0.7"), &removed, NULL), 0);
            assert_int_equal(removed, 1);
        }
        assert_false(wall_news(p->wall, &n)); /* that was ourselves */
    }
    assert_int_equal(r, 0);
    assert_true(parts > 3);
    assert_int_equal(wall_status(p->wall, &s, NULL), 0);
    assert_int_equal(s.bans, many - 1);
    assert_int_equal(left("11.0.0.7", 0, 0), -1);
    assert_int_equal(left("11.2.156.59", 0, 0), -1);
    for (unsigned i = 0; i < many; i += 977)
        if (i != 7 && i != many - 5) {
            char network[32];
            snprintf(network, sizeof network, "11.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
            assert_in_range(left(network, 0, 0), 3500, 3600);
        }
    assert_in_range(left("192.0.2.1", 0, 0), 3590, 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(mended), TEST(refused_by_the_kernel), TEST(too_many), TEST(no_kernel), TEST(not_heard), TEST(chunk_by_chunk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
