/* Searches real trees made in a temporary directory, hostile ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "site/search.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct root root;
static char top[] = "/tmp/bansho-search-XXXXXX";

static void put(const char *path, const char *text)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *p = copy; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdirat(root.fd, copy, 0755);
        *p = '/';
    }
    int fd = openat(root.fd, path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    struct err err = {0};
    if (!mkdtemp(top) || chmod(top, 0755) < 0 || root_open(top, &root, &err) < 0)
        return -1;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    (void)st, (void)flag, (void)f;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    root_close(&root);
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct search_result look(struct arena *a, const char *dir, const char *content)
{
    struct search_result r = {0};
    struct err err = {0};
    struct search_contents contents = {0};
    if (content)
        *list_push(a, &contents.list) = (struct search_content){0, "", content};
    assert_int_equal(search_programs(&root, &dir, 1, &contents, a, &r, &err), 0);
    return r;
}

static void finds(void **state)
{
    (void)state;
    struct arena *a = arena_new(16u << 20);
    put("w/wp-includes/version.php", "<?php\n$wp_version = '6.1.9';\n");
    put("w/wp-content/plugins/akismet/akismet.php", "<?php\n/*\nPlugin Name: Akismet\nVersion: 5.0.1\n*/");
    put("w/wp-content/plugins/akismet/index.php", "<?php // silence");
    put("w/wp-content/plugins/hello.php", "<?php\n/*\nPlugin Name: Hello\nVersion: 1.7\n*/");
    put("w/wp-content/plugins/empty/readme.txt", "Version: 9");
    put("w/wp-content/themes/two/style.css", "/*\nTheme Name: Two\nVersion: 2.0\n*/");
    put("w/old/blog/wp-includes/version.php", "<?php $wp_version = '4.0';");
    put("w/pma/libraries/classes/Version.php", "<?php class Version { public const VERSION = '5.2.1'; }");
    put("w/mail/program/include/iniset.php", "<?php define('RCMAIL_VERSION', '1.6.5');");
    put("w/mail/plugins/archive/composer.json", "{\"name\":\"x\",\"version\":\"3.3\"}");
    put("w/modx/core/docs/version.inc.php", "<?php $v=array(); $v['version']= '3'; $v['major_version']= '0'; $v['minor_version']= '4'; $v['patch_level']= 'pl';");
    put("w/no/wp-includes/version.php", "<?php echo 1;");
    struct search_result r = look(a, "/w", NULL);
    static const struct { const char *below, *title, *version; size_t addons; } want[] = {
        {"", "WordPress", "6.1.9", 3}, {"/old/blog", "WordPress", "4.0", 0}, {"/pma", "phpMyAdmin", "5.2.1", 0}, {"/mail", "Roundcube", "1.6.5", 1}, {"/modx", "MODX", "3.0.4-pl", 0},
    };
    assert_int_equal(r.list.n, ARRAY_SIZE(want));
    assert_int_equal(r.cut.n, 0);
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        bool found = false;
        for (size_t k = 0; k < r.list.n; k++) {
            const struct found_program *p = &r.list.v[k];
            found |= strcmp(p->below, want[i].below) == 0 && strcmp(p->program->title, want[i].title) == 0 && strcmp(p->version, want[i].version) == 0 && p->addons.n == want[i].addons;
        }
        if (!found)
            print_message("%s %s\n", want[i].below, want[i].title);
        assert_true(found);
    }
    arena_free(a);
}

static void content_elsewhere(void **state)
{
    (void)state;
    struct arena *a = arena_new(16u << 20);
    put("x/wp-includes/version.php", "<?php $wp_version = '6.8';");
    put("c/plugins/p/p.php", "<?php\n/* Plugin Name: P\nVersion: 1 */");
    struct search_result r = look(a, "/x", "/c");
    assert_int_equal(r.list.n, 1);
    assert_int_equal(r.list.v[0].addons.n, 1);
    arena_free(a);
}

/* Debian's layouts: a link to the packaged program, content mapped below, a document root that is the public part, a version that is partly computed. */
static void packaged(void **state)
{
    (void)state;
    struct arena *a = arena_new(16u << 20);
    put("usr/share/wordpress/wp-includes/version.php", "<?php $wp_version = '6.1.9';");
    put("srv/content/plugins/p/p.php", "<?php\n/* Plugin Name: P\nVersion: 1 */");
    put("s/index.html", "");
    assert_int_equal(symlinkat("/usr/share/wordpress", root.fd, "s/blog"), 0);
    struct search_result r = {0};
    struct search_contents contents = {0};
    *list_push(a, &contents.list) = (struct search_content){0, "/blog", "/srv/content"};
    const char *dirs[] = {"/s"};
    assert_int_equal(search_programs(&root, dirs, 1, &contents, a, &r, NULL), 0);
    assert_int_equal(r.list.n, 1);
    assert_string_equal(r.list.v[0].below, "/blog");
    assert_int_equal(r.list.v[0].addons.n, 1);
    put("rc/program/include/iniset.php", "<?php define('RCMAIL_VERSION', '1.6.5');");
    put("rc/public_html/index.php", "");
    r = look(a, "/rc/public_html", NULL);
    assert_int_equal(r.list.n, 1);
    assert_string_equal(r.list.v[0].file, "../program/include/iniset.php");
    put("pma/libraries/classes/Version.php", "<?php class Version { public const VERSION = '5.2.1' . VERSION_SUFFIX; public const MAJOR = 5; public const MINOR = 2; public const PATCH = 1; }");
    r = look(a, "/pma", NULL);
    assert_int_equal(r.list.n, 1);
    assert_string_equal(r.list.v[0].version, "5.2.1");
    arena_free(a);
}

/* Whatever a stranger plants: an end in time, nothing outside the root, no crash. */
static void hostile(void **state)
{
    (void)state;
    struct arena *a = arena_new(64u << 20);
    put("h/loop/wp-includes/x", "");
    assert_int_equal(symlinkat("..", root.fd, "h/loop/up"), 0);
    assert_int_equal(symlinkat("/etc", root.fd, "h/loop/etc"), 0);
    put("h/fifo/wp-includes/x", "");
    mkfifoat(root.fd, "h/fifo/wp-includes/version.php", 0644);
    put("h/dir/wp-includes/version.php/x", "");
    put("h/a\n\x1b[31m/wp-includes/version.php", "<?php $wp_version = '1\x1b[0m';");
    put("h/big/wp-includes/version.php", "<?php $wp_version = '2';");
    int fd = openat(root.fd, "h/big/wp-includes/version.php", O_WRONLY);
    assert_int_equal(ftruncate(fd, 1ll << 30), 0);
    close(fd);
    put("h/endless/wp-includes/version.php", "<?php $wp_version = '");
    int64_t before = clock_monotonic_ms();
    struct search_result r = look(a, "/h", NULL);
    assert_true(clock_monotonic_ms() - before < 5000);
    assert_int_equal(r.list.n, 2); /* the name with an escape sequence, and the one whose version stands at the head of a gigabyte */
    r = look(a, "/nothing", NULL);
    assert_int_equal(r.unreadable.n, 1);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds), cmocka_unit_test(content_elsewhere), cmocka_unit_test(packaged), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
