/* test_account_known.c: who is not asked about an account is told. What Dovecot and Postfix answer: tests/lab/test_why.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/account_known.h"

static void told(const struct server *s, const char *name, const char *want)
{
    struct arena *a = arena_new(65536);
    struct buf b = BUF(4096);
    struct account_knowns k;
    account_known(s, name, a, &k);
    for (size_t i = 0; i < k.list.n; i++)
        buf_printf(&b, "%s: %s (%d)\n", k.list.v[i].who, k.list.v[i].why, k.list.v[i].knows);
    buf_addc(&b, 0);
    assert_string_equal(b.p, want);
    buf_free(&b);
    arena_free(a);
}

static void who_is_not_asked(void **state)
{
    (void)state;
    static const struct product courier = {.id = "courier", .title = "Courier"}, dovecot = {.id = "dovecot", .title = "Dovecot"};
    struct instance two[] = {{.product = &courier, .wanted = true}, {.product = &dovecot}};
    struct host host = {0};
    struct server server = {.host = &host, .instances = {.v = two, .n = 2}};
    told(&server, "taro@alpha.example", "Courier: it does not tell without a password (2)\n");
    two[0].wanted = false;
    two[1].wanted = true;
    told(&server, "taro@alpha.example", "Dovecot: it does not run (2)\n");
    host.live = two[1].running = true;
    told(&server, "ta ro", "the mail servers: a name with such characters is not handed to them (2)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_not_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
