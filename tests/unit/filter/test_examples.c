/* test_examples.c: the examples of a filter are its tests: what is wrong in them is told, each with its line. */
#include "base/buf.h"
#include "filter/examples.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/test-examples-XXXXXX";

#define T " | 2026-11-30 10:00:00 "
#define ONE "[Definition]\nfailregex = ^\\s*bad <F-USER>.*</F-USER> from <HOST>$\n"
static const struct {
    const char *name, *text;
    size_t n;
    const char *wrong; /* "LINE: part of the text", one a line */
} rows[] = {
    {"no examples, no events: fail2ban's", ONE, 0, ""},
    {"all right", ONE "examples = login-failed host=192.0.2.1 user=bob" T "bad bob from 192.0.2.1\n  none" T "good bob from 192.0.2.1\n", 2, ""},
    {"blanks, quotes, a semicolon", ONE "examples = login-failed host=192.0.2.1 user=\"a \\\"b\\\" \\; c\"" T "bad a \"b\" \\; c from 192.0.2.1\n", 1, ""},
    {"another address", ONE "examples = login-failed host=192.0.2.2 user=bob" T "bad bob from 192.0.2.1\n", 1, "3: found was: login-failed host=\"192.0.2.1\" user=\"bob\"\n"},
    {"a field that is not named", ONE "examples = login-failed host=192.0.2.1" T "bad bob from 192.0.2.1\n", 1, "3: user=\"bob\"\n"},
    {"another time", ONE "examples = login-failed host=192.0.2.1 time=1795600800 user=bob | 2026-11-25T10:00:00Z bad bob from 192.0.2.1\n  login-failed host=192.0.2.1 time=x user=bob" T "bad bob from 192.0.2.1\n"
     "  login-failed host=192.0.2.1 time=1795600801 user=bob | 2026-11-25T10:00:00Z bad bob from 192.0.2.1\n", 3, "4: seconds since 1970\n5: time=1795600800\n"},
    {"another kind", ONE "examples = probe host=192.0.2.1 user=bob" T "bad bob from 192.0.2.1\n", 1, "3: login-failed\n"},
    {"nothing was meant", ONE "examples = none" T "bad bob from 192.0.2.1\n", 1, "3: login-failed\n"},
    {"something was meant, and nothing hits", ONE "examples = login-failed host=192.0.2.1" T "worse\n", 1, "3: found was: none\n2: no example\n"},
    {"an event without an example", ONE "event.login-ok = ^\\s*good <F-USER>.*</F-USER>$\nexamples = login-failed host=192.0.2.1 user=b" T "bad b from 192.0.2.1\n", 1, "3: no example\n"},
    {"an event without any examples", ONE "event.logout = ^x\n", 0, "2: no example\n3: no example\n"},
    {"a field that the kind has", ONE "event.mail-removed = ^\\s*good\nexamples = login-failed host=192.0.2.1 user=b" T "bad b from 192.0.2.1\n  mail-removed" T "good\n", 2, "3: field queue\n"},
    {"a name that is none", "[Definition]\nfailregex = ^\\s*(?P<odd>bad) from <HOST>$\nexamples = login-failed host=192.0.2.1" T "bad from 192.0.2.1\n", 1, "2: field odd\n"},
    {"no example", ONE "examples = login-faild" T "x\n  none x\n  none user=\"" T "x\n  login-failed host=192.0.2.1 user=b" T "bad b from 192.0.2.1\n", 4, "3: login-faild\n4: should stand\n5: not closed\n"},
    {"of the journal", "[Definition]\nfailregex = <lt_<logtype>/p>bad from <HOST>$\nexamples = login-failed host=192.0.2.1" T "x bad from 192.0.2.1\n"
     "examples.journal = login-failed host=192.0.2.1 | bad from 192.0.2.1\n  none | x bad from 192.0.2.1\n[lt_file]\np = ^\\s*x\\s\n[lt_journal]\np = ^\n", 3, ""},
};

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/f.conf", dir);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena *a = arena_new(64u << 20);
        struct filter_definition d;
        struct examples x = {0};
        struct err err = {0};
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(fd >= 0 && fd_write_all(fd, str_of(rows[i].text)) == 0);
        close(fd);
        if (filter_load(a, dir, STR("f"), &d, &err) < 0 || examples_try(a, dir, "f", &d, &x, &err) < 0)
            fail_msg("%s: %s:%u: %s", rows[i].name, err.file, err.line, err.text);
        assert_int_equal(x.n, rows[i].n);
        struct str rest = str_of(rows[i].wrong), want;
        for (size_t k = 0; k < x.wrong.n || rest.n; k++) {
            bool more = str_line(&rest, &want);
            ptrdiff_t colon = more ? str_find(want, ':') : -1;
            if (k >= x.wrong.n || !more || strtoul(want.p, NULL, 10) != x.wrong.v[k].line || str_search(str_of(x.wrong.v[k].text), str_from(want, (size_t)colon + 2)) < 0)
                fail_msg("%s: %zu: wanted %.*s, is %u: %s", rows[i].name, k, (int)want.n, want.p, k < x.wrong.n ? x.wrong.v[k].line : 0, k < x.wrong.n ? x.wrong.v[k].text : "");
        }
        arena_free(a);
    }
    unlink(path);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_wrong_is_told)};
    return cmocka_run_group_tests(tests, begin, end);
}
