/* Real rulesets, loaded by nft into a network namespace of the test's own. */
#include "loaded.h"
#include "nft/ruleset.h"

static const struct { const char *name, *rules; unsigned v4, v6; } table[] = {
    {"nothing", "", FATE_PASS, FATE_PASS},
    {"policy", "table inet f { chain in { type filter hook input priority 0; policy drop; ct state established,related accept; iifname lo accept; tcp dport { 22, 25, 80-90 } accept; }\n}", FATE_STOP, FATE_STOP},
    {"port set", "table inet f { set p { type inet_service; flags interval; elements = { 60000-62000 } }\n chain in { type filter hook input priority 0; policy drop; tcp dport @p accept; }\n}", FATE_PASS, FATE_PASS},
    {"loopback by index", "table inet f { chain in { type filter hook input priority 0; policy drop; iif lo accept; meta l4proto { icmp, ipv6-icmp } accept; tcp dport 22 accept; }\n}", FATE_STOP, FATE_STOP},
    {"only IPv4", "table ip f { chain in { type filter hook input priority 0; policy drop; tcp dport 22 accept; }\n}", FATE_STOP, FATE_PASS},
    {"only IPv6", "table ip6 f { chain in { type filter hook input priority 0; policy drop; icmpv6 type nd-neighbor-solicit accept; }\n}", FATE_PASS, FATE_STOP},
    {"last rule", "table inet f { chain in { type filter hook input priority 0; ct state established accept; tcp dport 443 accept; counter reject with icmpx type admin-prohibited; }\n}", FATE_STOP, FATE_STOP},
    {"bans only", "table inet f { set b { type ipv4_addr; flags timeout; elements = { 198.51.100.9 } }\n chain in { type filter hook input priority 0; ip saddr @b drop; }\n}", FATE_PASS, FATE_PASS},
    {"jump and return", "table inet f { chain mine { tcp dport 22 accept; return; drop; }\n chain in { type filter hook input priority 0; jump mine; drop; }\n}", FATE_STOP, FATE_STOP},
    {"goto", "table inet f { chain mine { tcp dport 22 accept; }\n chain in { type filter hook input priority 0; policy accept; goto mine; drop; }\n}", FATE_PASS, FATE_PASS},
    {"accept all", "table inet f { chain in { type filter hook input priority 0; policy drop; accept; }\n}", FATE_PASS, FATE_PASS},
    {"accepted here, dropped there", "table inet a { chain in { type filter hook input priority 0; accept; }\n}\n table inet b { chain in { type filter hook input priority 5; policy drop; }\n}", FATE_STOP, FATE_STOP},
    {"verdict map", "table inet f { chain in { type filter hook input priority 0; policy accept; tcp dport vmap { 22 : accept, 61000-61500 : drop }\n }\n}", FATE_STOP, FATE_STOP},
    {"address and port", "table inet f { set b { type ipv4_addr . inet_proto . inet_service; elements = { 203.0.113.77 . tcp . 61234 } }\n chain in { type filter hook input priority 0; ip saddr . meta l4proto . th dport @b drop; }\n}", FATE_STOP, FATE_PASS},
    {"undecidable", "table inet f { chain in { type filter hook input priority 0; policy drop; limit rate 5/second accept; }\n}", FATE_PASS | FATE_STOP, FATE_PASS | FATE_STOP},
    {"output only", "table inet f { chain out { type filter hook output priority 0; policy drop; }\n}", FATE_PASS, FATE_PASS},
    {"loopback by index", "table inet f { chain in { type filter hook input priority 0; policy drop; iif lo accept; meta l4proto { icmp, ipv6-icmp } accept; tcp dport 49152-49999 accept comment \"passive FTP\"; }\n}", FATE_STOP, FATE_STOP},
    {"other interface", "table inet f { chain in { type filter hook input priority 0; policy accept; iifname \"eth9\" drop; iifname != \"eth0\" drop; }\n}", FATE_PASS, FATE_PASS},
};

static unsigned fate(const char *from, const char *to)
{
    struct err err = {0};
    struct ruleset *r = NULL;
    struct sample s = {.port = 61234, .interface = "eth0"};
    struct fate f = {0};
    assert_true(addr_parse(str_of(from), &s.from) && addr_parse(str_of(to), &s.to));
    assert_int_equal(ruleset_open(&r, &err), 0);
    assert_int_equal(ruleset_fate(r, &s, &f, &err), 0);
    ruleset_close(r);
    return f.may;
}

static void fates(void **state)
{
    (void)state;
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char text[2048];
        snprintf(text, sizeof text, "flush ruleset\n%s\n", table[i].rules);
        if (!given("nft", "-f", "-", table[i].name, text))
            skip();
        unsigned v4 = fate("203.0.113.77", "198.51.100.1"), v6 = fate("2001:db8:ffff::77", "2001:db8::1");
        if (v4 != table[i].v4 || v6 != table[i].v6)
            print_message("%s: %u %u\n", table[i].name, v4, v6);
        assert_int_equal(v4, table[i].v4);
        assert_int_equal(v6, table[i].v6);
    }
}

/* Rules that iptables-nft writes keep the xt_* matches of old. */
static void iptables_fates(void **state)
{
    (void)state;
    static const struct { const char *name, *rules; unsigned want; } rows[] = {
        {"ports", ":INPUT DROP\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 25,80,50000:50010 -j ACCEPT", FATE_STOP},
        {"ours is among them", ":INPUT DROP\n-A INPUT -p tcp -m multiport --dports 25,61000:61500 -j ACCEPT", FATE_PASS},
        {"new ones", ":INPUT DROP\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT", FATE_PASS},
        {"log and drop", ":INPUT ACCEPT\n:LOGD -\n-A INPUT -j LOGD\n-A LOGD -m limit --limit 30/min -j LOG\n-A LOGD -j DROP", FATE_STOP},
        {"reject", ":INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 60000:62000 -j REJECT", FATE_STOP},
        {"lo only", ":INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m comment --comment \"end\" -j DROP", FATE_STOP},
        {"bans", ":INPUT ACCEPT\n-A INPUT -s 198.51.100.9/32 -j DROP", FATE_PASS},
    };
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[2048];
        snprintf(text, sizeof text, "*filter\n%s\nCOMMIT\n", rows[i].rules);
        if (!given("iptables-nft-restore", NULL, NULL, rows[i].name, text))
            skip();
        unsigned v4 = fate("203.0.113.77", "198.51.100.1");
        if (v4 != rows[i].want)
            print_message("%s: %u\n", rows[i].name, v4);
        assert_int_equal(v4, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fates), cmocka_unit_test(iptables_fates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
