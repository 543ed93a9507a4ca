/* test_found.c: log.found over directories of logs, more than are looked at too. */
#include "../server/tree.h"
#include "log/found.h"
#include "model/check.h"
#include "server/probe.h"
#include <sys/stat.h>

#define NOW 1795500000 /* 2026-11-24 */
#define LIMIT 2000     /* as found.c */

static const struct check check = {.id = "log.found", .severity = SEVERITY_NORMAL};

static void age(struct tree *t, const char *path, int64_t days)
{
    struct timespec times[2] = {{.tv_sec = NOW - days * DAY}, {.tv_sec = NOW - days * DAY}};
    assert_int_equal(utimensat(t->root.fd, path, times, 0), 0);
}

/* Logs `from` to `n`, an old one beside the first few, all written to `days` ago. */
static void web_logs(struct tree *t, unsigned from, unsigned n, int64_t days)
{
    char path[64];
    for (unsigned i = 0; i < n; i++) {
        snprintf(path, sizeof path, "var/log/apache2/s%04u-access.log", i);
        if (i >= from)
            tree_write(t, path, "");
        age(t, path, days);
        if (i >= 3 || i < from)
            continue;
        snprintf(path, sizeof path, "var/log/apache2/s%04u-access.log.1", i);
        tree_write(t, path, "");
        age(t, path, 40);
    }
}

static const struct finding *look(struct tree *t, struct findings *out)
{
    tree_load(t);
    t->host.now = NOW;
    t->host.privileged = true;
    struct instance *web = (struct instance *)server_instance(t->server, "apache", 0);
    assert_non_null(web);
    web->wanted = true;
    struct probe_ctx ctx = {.server = t->server, .now = NOW};
    struct err err = {0};
    *out = (struct findings){.arena = t->host.arena, .check = &check};
    assert_int_equal(log_found(&ctx, out, &err), 0);
    assert_int_equal(out->list.n, 1);
    return &out->list.v[0];
}

static void counts_what_is_there(void **state)
{
    (void)state;
    static const struct { const char *name; unsigned logs; int64_t days; const char *rule; enum state want; const char *evidence; } table[] = {
        {"none", 0, 0, "/var/log/apache2/*.log { daily\nrotate 60 }\n", STATE_FAIL, NULL},
        {"sound", 3, 0, "/var/log/apache2/*.log {\ndaily\nrotate 60\n}\n", STATE_OK, NULL},
        {"as many as are looked at", LIMIT, 0, "/var/log/apache2/*.log {\ndaily\nrotate 60\n}\n", STATE_OK, NULL},
        /* What was not looked at is never ok, and never "no log". */
        {"one too many", LIMIT + 1, 0, "/var/log/apache2/*.log {\ndaily\nrotate 60\n}\n", STATE_UNKNOWN, "/var/log/apache2/*access*.log"},
        /* What is wrong with those that were looked at stays wrong. */
        {"too many and kept too short", LIMIT + 1, 0, "/var/log/apache2/*.log {\ndaily\nrotate 7\n}\n", STATE_WARN, "/var/log/apache2/*access*.log"},
        {"too many, none rotated", LIMIT + 1, 0, "", STATE_WARN, "/var/log/apache2/*access*.log"},
        {"too many, and quiet", LIMIT + 1, 3, "/var/log/apache2/*.log {\ndaily\nrotate 60\n}\n", STATE_UNKNOWN, "/var/log/apache2/*access*.log"},
    };
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/apache2/apache2.conf", "Listen 80\n");
    tree_write(&t, "usr/sbin/apache2", "");
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out;
        tree_write(&t, "etc/logrotate.d/apache2", table[i].rule);
        web_logs(&t, i ? table[i - 1].logs : 0, table[i].logs, table[i].days);
        const struct finding *f = look(&t, &out);
        if (f->state != table[i].want)
            print_message("%s: %s: %s\n", table[i].name, state_name(f->state), f->title);
        assert_int_equal(f->state, table[i].want);
        bool told = !table[i].evidence;
        for (size_t k = 0; k < f->evidence.n && !told; k++)
            told = f->evidence.v[k].file && strcmp(f->evidence.v[k].file, table[i].evidence) == 0;
        if (!told)
            print_message("%s: does not tell what was left out\n", table[i].name);
        assert_true(told);
        tree_unload(&t);
    }
    tree_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_what_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
