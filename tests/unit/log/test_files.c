/* test_files.c: where logs are looked for: what log.found knows of (log/services.h) is among it, rotated files too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "log/files.h"
#include "log/services.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-files-XXXXXX";

static void make(const char *path)
{
    char line[512];
    snprintf(line, sizeof line, "cd %s && mkdir -p \"$(dirname .%s)\" && echo x >.%s", dir, path, path);
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct child_result r;
    assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
}

static const struct log_file *in(const struct log_files *f, const char *path)
{
    for (size_t i = 0; i < f->list.n; i++)
        if (strcmp(f->list.v[i].path, path) == 0)
            return &f->list.v[i];
    return NULL;
}

/* "/var/log/nginx/x.log" of "/var/log/nginx/"*".log" */
static const char *plain(struct arena *a, const char *pattern)
{
    struct buf b = BUF(4096);
    for (const char *p = pattern; *p; p++)
        buf_addc(&b, *p == '*' ? 'x' : *p);
    char *path = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return path;
}

static void all_services_logs(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(16u << 20);
    struct root root;
    struct log_files found = {0};
    for (size_t i = 0; i < log_services_n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(log_services[i].files) && log_services[i].files[k]; k++)
            make(plain(a, log_services[i].files[k]));
    static const char *const rotated[] = {"/var/log/mail.log.1", "/var/log/mail.log.2.gz", "/var/log/mail-20261101.log", "/var/log/maillog-20261101", "/var/log/apache2/error.log.1", "/var/log/qmail/send/@400000005f000000.s"};
    for (size_t i = 0; i < ARRAY_SIZE(rotated); i++)
        make(rotated[i]);
    make("/var/log/wtmp");
    make("/srv/own[1].log");
    make("/srv/own[1].log.1");
    make("/srv/own1.log");
    assert_int_equal(root_open(dir, &root, NULL), 0);
    log_files_find(&root, a, &found);
    for (size_t i = 0; i < log_services_n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(log_services[i].files) && log_services[i].files[k]; k++)
            if (!in(&found, plain(a, log_services[i].files[k])))
                fail_msg("%s", log_services[i].files[k]);
    for (size_t i = 0; i < ARRAY_SIZE(rotated); i++)
        assert_non_null(in(&found, rotated[i]));
    assert_string_equal(in(&found, "/var/log/mail-20261101.log")->log, "/var/log/mail.log");
    assert_string_equal(in(&found, "/var/log/apache2/error.log.1")->service, "http");
    assert_null(in(&found, "/var/log/mail.log.2.gz")->service);
    assert_null(in(&found, "/var/log/wtmp"));
    size_t before = found.list.n;
    log_files_add(&root, "/srv/own[1].log", "http", a, &found);
    assert_int_equal(found.list.n, before + 2);
    assert_non_null(in(&found, "/srv/own[1].log.1"));
    root_close(&root);
}

/* A link to a log is the log. */
static void each_file_once(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(16u << 20);
    struct root root;
    struct log_files found = {0};
    char from[256], to[256];
    make("/var/log/once.log");
    snprintf(from, sizeof from, "%s/var/log/once.log", dir);
    snprintf(to, sizeof to, "%s/var/log/twice.log", dir);
    assert_int_equal(symlink(from, to) == 0 || access(to, F_OK) == 0, 1);
    snprintf(to, sizeof to, "%s/var/log/again.log", dir);
    assert_int_equal(link(from, to), 0);
    assert_int_equal(root_open(dir, &root, NULL), 0);
    log_files_find(&root, a, &found);
    assert_int_equal((in(&found, "/var/log/once.log") != NULL) + (in(&found, "/var/log/again.log") != NULL), 1);
    root_close(&root);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    const char *const argv[] = {"rm", "-r", dir, NULL};
    struct child_result r;
    if (child_run(argv, &(struct child_options){0}, &r, NULL) < 0)
        return -1;
    child_result_free(&r);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_services_logs), cmocka_unit_test(each_file_once)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
