/* test_jails.c: what jails say, and which construct of which line makes one wrong without spoiling the others. */
#include "filter/jails.h"
#include "base/buf.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "../files.h"

static void load(struct arena *a, struct jails *ret)
{
    struct root root;
    struct err err = {0};
    assert_int_equal(root_open("/", &root, &err), 0);
    if (jails_load(a, &root, dir, ret, &err) < 0)
        fail_msg("%s:%u: %s", err.file, err.line, err.text);
    root_close(&root);
}

static void a_jail_says_what_its_files_say(void **state)
{
    (void)state;
    struct arena *a = arena_new(64u << 20);
    struct jails jails;
    put("jail.conf", "[INCLUDES]\nbefore = paths.conf\n[DEFAULT]\nbantime = 10m\nmode = m\nfilter = %(__name__)s[mode=%(mode)s]\nusedns = warn\n[f]\nport = ssh\nlogpath = %(f_log)s\n"
                     "action = ban[port=\"%(port)s\", chain='a, b']\n   mail.py[x=1]\n[off]\nfilter = nosuch\n");
    put("paths.conf", "[DEFAULT]\nf_log = /var/log/f.log tail\n   /var/log/*/f\n");
    put("jail.local", "[f]\nenabled = Yes\nbantime = 1d 2h\nfindtime = 1w\nmaxretry = 4\nignoreip = 192.0.2.0/24, ::1 a.test\nbantime.increment = true\nbantime.maxtime = 5w\n"
                      "bantime.formula = ban.Time*math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)\nfailregex = ^mine <HOST>\n   %(known/failregex)s\n");
    load(a, &jails);
    assert_int_equal(jails.list.n, 2);
    const struct jail *j = &jails.list.v[0];
    if (j->wrong.text)
        fail_msg("%s:%u: %s", j->wrong.file, j->wrong.line, j->wrong.text);
    assert_true(j->enabled && !jails.list.v[1].enabled);
    assert_string_equal(j->filter_spec, "f[mode=m]");
    assert_string_equal(jails.list.v[1].filter_spec, "nosuch");
    assert_int_equal(j->filter.failregex.n, 2);
    assert_string_equal(j->filter.failregex.v[0].text, "^mine <HOST>");
    assert_string_equal(j->filter.failregex.v[1].text, "^m <HOST>$");
    assert_string_equal(j->filter.failregex.v[1].file, path_of("filter.d/f.conf"));
    assert_string_equal(j->filter.usedns, "warn");
    assert_true(j->ban_time == 93600 && j->find_time == 604800 && j->max_time == 5 * 604800 && j->factor == 1);
    assert_int_equal(j->max_retry, 4);
    assert_true(j->increment && j->ignore_self && j->formula == JAIL_EXPONENTIAL);
    assert_int_equal(j->ignore_ip.n, 3);
    assert_int_equal(j->logs.n, 2);
    assert_string_equal(j->logs.v[0].pattern, "/var/log/f.log");
    assert_true(j->logs.v[0].tail && !j->logs.v[1].tail);
    assert_int_equal(j->actions.n, 2);
    assert_string_equal(j->actions.v[0].options.v[0].text, "ssh");
    assert_string_equal(j->actions.v[0].options.v[1].text, "a, b");
    assert_string_equal(j->actions.v[1].name, "mail.py");
    assert_string_equal(j->port, "ssh");
    arena_free(a);
}

static const struct {
    const char *text;
    unsigned line;
    const char *want;
} wrongs[] = {
    {"filter = nosuch", 4, "nosuch.conf"},
    {"filter = f[a", 4, "["},
    {"bantime = soon", 4, "soon"},
    {"bantime.formula = ban.Time * 3", 4, "bantime.formula"},
    {"maxretry = many", 4, "maxretry"},
    {"failregex = a\n  %(known/nosuch)s", 5, "%(known/nosuch)s"},
    {"logpath = %(nosuch)s", 4, "%(nosuch)s"},
    {"logpath = /a\n  /b c", 5, "logpath"},
    {"action = ban[x=1 y", 4, "["},
    {"ignoreself = perhaps", 4, "ignoreself"},
};

static void one_wrong_jail_spoils_no_other(void **state)
{
    (void)state;
    unlink(path_of("jail.local"));
    for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
        struct arena *a = arena_new(64u << 20);
        struct jails jails;
        char text[512];
        snprintf(text, sizeof text, "[DEFAULT]\nfilter = f\n[bad]\n%s\nenabled = 1\n[f]\nenabled = true\n", wrongs[i].text);
        put("jail.conf", text);
        load(a, &jails);
        assert_int_equal(jails.list.n, 2);
        const struct filter_text *w = &jails.list.v[0].wrong;
        if (!w->text || !strstr(w->text, wrongs[i].want) || w->line != wrongs[i].line || strcmp(w->file, path_of("jail.conf")) != 0)
            fail_msg("%s: %s:%u: %s", wrongs[i].text, w->file, w->line, w->text);
        assert_true(jails.list.v[1].enabled && !jails.list.v[1].wrong.text && jails.list.v[1].filter.failregex.n == 1);
        arena_free(a);
    }
}

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(dir) || mkdir(path_of("filter.d"), 0700) < 0)
        return -1;
    put("filter.d/f.conf", "[Definition]\nfailregex = ^<mode> <HOST>$\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    static const char *const files[] = {"filter.d/f.conf", "jail.conf", "paths.conf", "jail.local"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        unlink(path_of(files[i]));
    rmdir(path_of("filter.d"));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_jail_says_what_its_files_say), cmocka_unit_test(one_wrong_jail_spoils_no_other)};
    return cmocka_run_group_tests(tests, begin, end);
}
