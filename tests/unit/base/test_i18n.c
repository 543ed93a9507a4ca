#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A catalogue of two messages: "a" -> "A", "b"/"bs" -> "B". Words 7.. are the originals' and the translations' {length, offset}. */
struct file {
    uint32_t word[16];
    char text[16];
};
static const struct file good = {
    {0x950412de, 0, 2, 28, 44, 0, 0, 1, 64, 4, 66, 1, 71, 1, 73, 0},
    "a\0b\0bs\0A\0B\0",
};

static int open_bytes(const void *bytes, size_t n)
{
    char path[] = "/tmp/words-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
    int r = i18n_open(path);
    unlink(path);
    return r;
}

static void translates(void **state)
{
    (void)state;
    assert_int_equal(open_bytes(&good, sizeof good), 0);
    assert_string_equal(i18n_text("a"), "A");
    assert_string_equal(i18n_text("c"), "c");
    assert_string_equal(i18n_text(""), "");
    assert_string_equal(i18n_counted("b", "bs", 1), "B");
    assert_string_equal(i18n_counted("b", "bs", 2), "B");
    assert_int_equal(i18n_open(NULL), 0);
    assert_string_equal(i18n_text("a"), "a");
    assert_string_equal(i18n_counted("b", "bs", 1), "b");
    assert_string_equal(i18n_counted("b", "bs", 0), "bs");
}

static void refuses(void **state)
{
    (void)state;
    static const struct { const char *name; size_t word; uint32_t value; } table[] = {
        {"magic", 0, 0xde120495},
        {"future revision", 1, 0x00010000},
        {"more than there are", 2, 1000000},
        {"count that wraps", 2, UINT32_MAX},
        {"originals outside", 3, 4000},
        {"originals askew", 3, 29},
        {"translations outside", 4, UINT32_MAX - 3},
        {"text outside", 8, 80},
        {"text longer than the file", 7, 100},
        {"length that wraps", 7, UINT32_MAX},
        {"text without its end", 9, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct file f = good;
        f.word[table[i].word] = table[i].value;
        int r = open_bytes(&f, sizeof f);
        if (r != -EBADMSG)
            print_message("%s: %d\n", table[i].name, r);
        assert_int_equal(r, -EBADMSG);
        assert_string_equal(i18n_text("a"), "a");
    }
    for (size_t n = 1; n < sizeof good.word + 11; n++)
        assert_int_equal(open_bytes(&good, n), -EBADMSG);
    assert_int_equal(i18n_open("/nowhere/bansho.mo"), -ENOENT);
    assert_int_equal(i18n_open("/dev/zero"), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(translates), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
