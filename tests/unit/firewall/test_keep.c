/* test_keep.c: what of the loaded rules is kept for the next start, and whose they are. */
#include "../server/tree.h"
#include "firewall/keep.h"

#define OURS "table inet filter {\n\tchain input {\n\t}\n}\n"

static void keeps_what_nobody_else_keeps(void **state)
{
    (void)state;
    static const struct { const char *listed, *want, *owner; } table[] = {
        {OURS, OURS, NULL},
        {"table inet f2b-table {\n\tset addr-set-sshd {\n\t\telements = { 203.0.113.9 }\n\t}\n}\n" OURS, OURS, NULL}, /* fail2ban makes it again */
        {OURS "table ip f2b-table {\n\tchain f2b-chain {\n\t}\n}\n", OURS, NULL},
        {"# Warning: table ip filter is managed by iptables-nft, do not touch!\n" OURS, OURS, "iptables"},
        {"table ip filter {\n\tchain ufw-user-input {\n\t}\n}\n", "table ip filter {\n\tchain ufw-user-input {\n\t}\n}\n", "ufw"},
        {"table inet firewalld {\n}\n", "table inet firewalld {\n}\n", "firewalld"},
        {"table ip nat {\n\tchain DOCKER {\n\t}\n}\n", "table ip nat {\n\tchain DOCKER {\n\t}\n}\n", "Docker"},
        {"", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        struct keep_owner owner;
        keep_ruleset_parse(str_of(table[i].listed), &b, &owner);
        assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
        assert_int_equal(owner.title != NULL, table[i].owner != NULL);
        if (table[i].owner)
            assert_string_equal(owner.title, table[i].owner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_what_nobody_else_keeps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
