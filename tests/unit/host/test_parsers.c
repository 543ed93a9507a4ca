#include "../arena.h"
#include "host/parts.h"
#include <errno.h>

static void proc_net(void **state)
{
    (void)state;
    static const struct { const char *line; bool udp; const char *addr; unsigned port; } table[] = {
        {"   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 1234 1 0 100 0 0 10 0", false, "127.0.0.1", 3306},
        {"   1: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1 0", false, "::", 22},
        {"   2: B80D0120000000000000000001000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1 0", false, "2001:db8::1", 25},
        {"   3: 0100007F:0CEA 0100007F:9999 01 00000000:00000000 00:00000000 00000000   106        0 1234 1 0", false, NULL, 0}, /* a connection */
        {" 123: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99 2 0 0", true, "0.0.0.0", 53},
        {" 124: 00000000:0035 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 99 2 0 0", true, NULL, 0}, /* has a peer */
        {"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", false, NULL, 0},
        {"   0: 0100007F:XXXX 00000000:0000 0A 0 0 0 0 0 0", false, NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct proc_sockets got = {0};
        char text[ADDR_TEXT];
        assert_int_equal(proc_net_parse(arena, str_of(table[i].line), table[i].udp, &got), 0);
        assert_int_equal(got.list.n, table[i].addr ? 1 : 0);
        if (!table[i].addr)
            continue;
        assert_string_equal(addr_text(&got.list.v[0].addr, text), table[i].addr);
        assert_int_equal(got.list.v[0].port, table[i].port);
    }
}

static void cgroup(void **state)
{
    (void)state;
    static const struct { const char *text, *want; } table[] = {
        {"0::/system.slice/ssh.service\n", "ssh.service"},
        {"12:pids:/x\n1:name=systemd:/system.slice/system-postfix.slice/postfix@-.service\n", "postfix@-.service"},
        {"0::/init.scope\n", ""},
        {"0::/\n", ""},
        {"0::/system.slice/docker-ab12.scope/payload\n", "docker-ab12.scope"},
        {"0::/system.slice/x.service/sub.service\n", "x.service"},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_string_equal(cgroup_parse(arena, str_of(table[i].text)), table[i].want);
}

static void hosts(void **state)
{
    (void)state;
    static const struct { const char *text, *name, *want; } table[] = {
        {"127.0.1.1 lab.example lab\n", "lab", "lab.example"},
        {"127.0.1.1 lab lab.example\n", "lab", "lab.example"},
        {"# 127.0.1.1 lab.example lab\n", "lab", NULL},
        {"127.0.1.1 laboratory.example\n", "lab", NULL},
        {"", "lab", NULL},
        {"127.0.0.1 .example\n", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *got = hosts_parse(arena, str_of(table[i].text), table[i].name);
        assert_true((got != NULL) == (table[i].want != NULL));
        if (got)
            assert_string_equal(got, table[i].want);
    }
}

static void unit_show(void **state)
{
    (void)state;
    struct host h = {.arena = arena};
    *list_push(arena, &h.units) = (struct unit){.name = "idle.service", .file = "/x", .sub = ""};
    *list_push(arena, &h.units) = (struct unit){.name = "ssh.service", .file = "/x", .sub = ""};
    *list_push(arena, &h.units) = (struct unit){.name = "sshd.service", .file = "/x", .sub = ""};
    unit_show_parse(&h, STR("Id=ssh.service\nNames=sshd.service ssh.service\nLoadState=loaded\nActiveState=active\nSubState=running\nMainPID=42\nNRestarts=3\n"
                            "FragmentPath=/usr/lib/x\n\nId=run-1.service\nNames=run-1.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"
                            "FragmentPath=/run/systemd/transient/run-1.service\n\nId=no.service\nNames=no.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n"));
    assert_int_equal(h.units.n, 4);
    static const struct { const char *name; enum unit_active want; unsigned pid, restarts; } table[] = {
        {"idle.service", UNIT_INACTIVE, 0, 0}, {"ssh.service", UNIT_ACTIVE, 42, 3}, {"sshd.service", UNIT_ACTIVE, 42, 3}, {"run-1.service", UNIT_FAILED, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const struct unit *u = host_unit(&h, table[i].name);
        assert_non_null(u);
        assert_int_equal(u->active, table[i].want);
        assert_int_equal(u->main_pid, table[i].pid);
        assert_int_equal(u->restarts, table[i].restarts);
    }
    assert_null(host_unit(&h, "no.service"));
}

static void packages(void **state)
{
    (void)state;
    struct host h = {.arena = arena};
    assert_int_equal(rpm_parse(&h, STR("bash\t0:5.1.8-9.el9\tx86_64\nbind\t32:9.16.23-18.el9\tx86_64\nbroken line\n")), 0);
    assert_int_equal(h.packages.n, 2);
    assert_string_equal(host_package(&h, "bash")->version, "5.1.8-9.el9");
    assert_string_equal(host_package(&h, "bind")->version, "32:9.16.23-18.el9");
}

static void damaged_netlink(void **state)
{
    (void)state;
    struct host h = {.arena = arena};
    static const struct { struct str bytes; int want; } table[] = {
        {STR("\x14\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 1},          /* done */
        {STR("\xff\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), -EBADMSG},  /* longer than what came */
        {STR("\0\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0"), -EBADMSG},            /* would never end */
        {STR("\x14\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff"), -EPERM},
        {STR("\x14\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0},           /* an address message without its body */
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(rtnl_parse(&h, table[i].bytes), table[i].want);
    assert_int_equal(h.addrs.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proc_net), cmocka_unit_test(cgroup), cmocka_unit_test(hosts), cmocka_unit_test(unit_show), cmocka_unit_test(packages), cmocka_unit_test(damaged_netlink),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
