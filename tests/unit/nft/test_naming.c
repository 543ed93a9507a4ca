/* Which rules name an address: real rulesets, loaded by nft and iptables-nft into a network namespace of the test's own. */
#include "loaded.h"
#include "nft/naming.h"

static const char *const own[] = {"inet bansho_bans", NULL};

/* `want`: one line for each rule that is named: "table chain does[ to][ set][ others][ ends][ unreached|maybe]". */
static const struct { const char *name, *rules, *address, *want; } table[] = {
    {"nothing", "", "203.0.113.9", ""},
    {"rule", "table inet t { chain c { type filter hook input priority 0; ip saddr 203.0.113.9 tcp dport 22 drop; }\n}", "203.0.113.9", "t c drop\n"},
    {"another address", "table inet t { chain c { type filter hook input priority 0; ip saddr 203.0.113.10 drop; ip daddr 203.0.113.9 drop; }\n}", "203.0.113.9", ""},
    {"prefix", "table ip t { chain c { type filter hook input priority 0; ip saddr 203.0.113.0/24 counter; ip saddr 203.0.0.0/20 accept; ip saddr 203.0.112.0/23 reject; }\n}", "203.0.113.9", "t c none\nt c reject\n"},
    {"range", "table ip t { chain c { type filter hook input priority 0; ip saddr 203.0.113.5-203.0.113.9 drop; ip saddr 203.0.113.10-203.0.113.19 drop; }\n}", "203.0.113.9", "t c drop\n"},
    {"all but", "table ip t { chain c { type filter hook input priority 0; ip saddr != 198.51.100.0/24 tcp dport 22 drop; }\n}", "203.0.113.9", "t c drop others\n"},
    {"all but it", "table ip t { chain c { type filter hook input priority 0; ip saddr != 198.51.100.0/24 tcp dport 22 drop; }\n}", "198.51.100.9", ""},
    {"set", "table inet f2b-table { set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.9 } }\n chain f2b-chain { type filter hook input priority -1; tcp dport 22 ip saddr @addr-set-sshd reject; }\n}",
     "203.0.113.9", "f2b-table f2b-chain reject addr-set-sshd\n"},
    {"set without it", "table inet t { set s { type ipv4_addr; flags interval; elements = { 203.0.113.0/29 } }\n chain c { type filter hook input priority -1; ip saddr @s reject; }\n}", "203.0.113.9", ""},
    {"set of prefixes with time", "table inet t { set s { type ipv4_addr; flags interval, timeout; elements = { 203.0.113.0/28 timeout 1h } }\n chain c { type filter hook input priority -1; ip saddr @s drop; }\n}", "203.0.113.9", "t c drop s ends\n"},
    {"not in the set", "table inet t { set office { type ipv4_addr; elements = { 203.0.113.10 } }\n chain c { type filter hook input priority -1; ip saddr != @office tcp dport 8443 drop; }\n}", "203.0.113.9", "t c drop office others\n"},
    {"written in the rule", "table inet t { chain c { type filter hook input priority -1; ip saddr { 203.0.113.8, 203.0.113.9 } drop; }\n}", "203.0.113.9", "t c drop\n"},
    {"address and port", "table inet t { set s { type ipv4_addr . inet_service; elements = { 203.0.113.9 . 22, 203.0.113.8 . 25 } }\n set r { type inet_service . ipv4_addr; flags interval; elements = { 20-30 . 203.0.113.0/28 } }\n"
     " chain c { type filter hook input priority -1; ip saddr . tcp dport @s drop; tcp dport . ip saddr @r reject; }\n}", "203.0.113.9", "t c drop s\nt c reject r\n"},
    {"address and port, another", "table inet t { set s { type ipv4_addr . inet_service; elements = { 203.0.113.9 . 22, 203.0.113.8 . 25 } }\n chain c { type filter hook input priority -1; ip saddr . tcp dport @s drop; }\n}", "203.0.113.7", ""},
    {"map of verdicts", "table inet t { chain bad { drop; }\n map m { type ipv4_addr : verdict; elements = { 203.0.113.9 : jump bad, 203.0.113.8 : accept } }\n chain c { type filter hook input priority -1; ip saddr vmap @m; }\n}",
     "203.0.113.9", "t c jump bad m\n"},
    {"masked", "table inet t { set s { type ipv4_addr; elements = { 203.0.113.0 } }\n chain c { type filter hook prerouting priority -300; ip saddr & 255.255.255.0 @s drop; }\n}", "203.0.113.9", "t c drop s\n"},
    {"chain of its own", "table ip t { chain mine { ip saddr 203.0.113.9 drop; }\n chain nobody { ip saddr 203.0.113.9 accept; }\n chain c { type filter hook input priority 0; tcp dport 22 jump mine; }\n}", "203.0.113.9", "t mine drop\nt nobody accept unreached\n"},
    {"perhaps", "table inet t { chain bad { ip saddr 203.0.113.9 drop; }\n map m { type inet_service : verdict; elements = { 22 : jump bad } }\n chain c { type filter hook input priority -1; tcp dport vmap @m; }\n}", "203.0.113.9", "t bad drop maybe\n"},
    {"IPv6", "table inet t { set s { type ipv6_addr; flags interval; elements = { 2001:db8:bad::/48 } }\n chain c { type filter hook input priority 0; ip6 saddr @s drop; ip6 saddr 2001:db8:bad:1::/64 reject; ip saddr 0.0.0.0/1 drop; }\n}", "2001:db8:bad::9", "t c drop s\n"},
    {"before routing, on a device", "table netdev t { chain c { type filter hook ingress device lo priority 0; ip saddr 203.0.113.9 drop; }\n}", "203.0.113.9", "t c drop\n"},
    {"ours are left out", "table inet bansho_bans { chain c { type filter hook input priority 0; ip saddr 203.0.113.9 drop; }\n}", "203.0.113.9", ""},
};

static void told(const char *name, const char *address, const char *want)
{
    static const char *const reached[] = {"", " unreached", " maybe"};
    struct arena *a = arena_new(1u << 20);
    struct buf b = BUF(65536);
    struct err err = {0};
    struct ruleset *r = NULL;
    struct namings n;
    struct addr of;
    assert_true(addr_parse(str_of(address), &of));
    assert_int_equal(ruleset_open(&r, &err), 0);
    assert_int_equal(ruleset_naming(r, &of, own, a, &n, &err), 0);
    for (size_t i = 0; i < n.list.n; i++) {
        const struct naming *x = &n.list.v[i];
        buf_printf(&b, "%s %s %s%s%s%s%s%s%s%s\n", x->table, x->chain, naming_does_name(x->does), x->to ? " " : "", x->to ? x->to : "", x->set ? " " : "", x->set ? x->set : "", x->others ? " others" : "",
                   x->left_ms > 0 && x->left_ms <= 3600000 ? " ends" : "", reached[x->reached]);
        assert_true(x->handle > 0);
    }
    buf_addc(&b, 0);
    if (strcmp(b.p, want) != 0 || n.not_seen.n)
        print_message("%s: %s (%zu not seen)\n", name, b.p, n.not_seen.n);
    assert_string_equal(b.p, want);
    assert_int_equal(n.not_seen.n, 0);
    buf_free(&b);
    ruleset_close(r);
    arena_free(a);
}

static void by_nft(void **state)
{
    (void)state;
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char text[2048];
        snprintf(text, sizeof text, "flush ruleset\n%s\n", table[i].rules);
        if (!given("nft", "-f", "-", table[i].name, text))
            skip();
        told(table[i].name, table[i].address, table[i].want);
    }
}

static void by_iptables(void **state)
{
    (void)state;
    static const struct { const char *name, *rules, *want; } rows[] = {
        {"fail2ban's chain", ":INPUT ACCEPT\n:f2b-sshd -\n-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd\n-A f2b-sshd -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable\n-A f2b-sshd -j RETURN", "filter f2b-sshd reject\n"},
        {"prefix", ":INPUT ACCEPT\n-A INPUT -s 203.0.113.0/24 -j DROP\n-A INPUT -s 203.0.113.64/26 -j DROP\n-A INPUT ! -s 198.51.100.0/24 -p tcp -m tcp --dport 8443 -j DROP", "filter INPUT drop\nfilter INPUT drop others\n"},
        {"range", ":INPUT ACCEPT\n-A INPUT -m iprange --src-range 203.0.113.1-203.0.113.9 -j DROP\n-A INPUT -m iprange ! --src-range 203.0.113.1-203.0.113.9 -j ACCEPT\n-A INPUT -m iprange --dst-range 203.0.113.1-203.0.113.9 -j DROP", "filter INPUT drop\n"},
        {"log", ":INPUT ACCEPT\n-A INPUT -s 203.0.113.9/32 -j LOG\n-A INPUT -s 203.0.113.9/32 -j RETURN", "filter INPUT none\nfilter INPUT none\n"},
    };
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[2048];
        snprintf(text, sizeof text, "*filter\n%s\nCOMMIT\n", rows[i].rules);
        if (!given("iptables-nft-restore", NULL, NULL, rows[i].name, text))
            skip();
        told(rows[i].name, "203.0.113.9", rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_nft), cmocka_unit_test(by_iptables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
