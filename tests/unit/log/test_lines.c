#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/child.h"
#include "log/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-lines-XXXXXX";

static const char *path(const char *name)
{
    static char p[4][128];
    static unsigned n;
    char *to = p[n++ % 4];
    snprintf(to, sizeof p[0], "%s/%s", dir, name);
    return to;
}

static void put(const char *name, struct str text)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, text), 0);
    close(fd);
}

static void shell(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s", dir, command);
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct child_options o = {.timeout_ms = 30000};
    struct child_result r;
    assert_int_equal(child_run(argv, &o, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
}

/* All of it; *ret_code: how it ended. */
static struct buf all(const char *name, int *ret_code, struct lines_health *ret_health)
{
    struct buf b = BUF(64u << 20);
    struct lines *l;
    struct str block;
    struct err err = {0};
    int fd = open(path(name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(lines_open(fd, name, &l, &err), 0);
    while ((*ret_code = lines_block(l, &block, &err)) > 0) {
        assert_int_equal(block.p[block.n - 1], '\n');
        buf_adds(&b, block);
    }
    if (*ret_code < 0)
        assert_non_null(strstr(err.text, name));
    *ret_health = lines_health(l);
    lines_close(l);
    return b;
}

static void same_for_every_packing(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf text = BUF(32u << 20);
    for (unsigned i = 0; text.n < (3u << 20); i++)
        buf_printf(&text, "Nov 24 10:00:%02u host sshd[%u]: line %u %.*s\n", i % 60, i, i, (int)(i % 200), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    put("log", buf_str(&text));
    shell("gzip -c log >log.gz; xz -0 -c log >log.xz; zstd -q -c log >log.zst; head -c 1000000 log | gzip -c >two.gz; tail -c +1000001 log | gzip -c >>two.gz;"
          "head -c 1000000 log | xz -0 -c >two.xz; tail -c +1000001 log | xz -0 -c >>two.xz; head -c 1000000 log | zstd -q -c >two.zst; tail -c +1000001 log | zstd -q -c >>two.zst;"
          "cp log.gz padded.gz; head -c 512 /dev/zero >>padded.gz");
    static const char *const names[] = {"log", "log.gz", "log.xz", "log.zst", "two.gz", "two.xz", "two.zst", "padded.gz"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int code;
        struct lines_health h;
        _cleanup_(buf_free) struct buf got = all(names[i], &code, &h);
        assert_int_equal(code, 0);
        assert_int_equal(got.n, text.n);
        assert_memory_equal(got.p, text.p, text.n);
        assert_int_equal(h.bytes, text.n);
        assert_int_equal(h.cut, 0);
    }
}

static void damage_is_told_and_what_came_before_is_kept(void **state)
{
    (void)state;
    shell("for p in gz xz zst; do head -c 20000 log.$p >cut.$p; cp log.$p hurt.$p; printf damage | dd of=hurt.$p bs=1 seek=30000 conv=notrunc 2>/dev/null; done; printf '\\037\\213no' >short.gz");
    static const struct { const char *name; int want; } table[] = {
        {"cut.gz", -ENODATA}, {"cut.xz", -ENODATA}, {"cut.zst", -ENODATA}, {"hurt.gz", -EBADMSG}, {"hurt.xz", -EBADMSG}, {"hurt.zst", -EBADMSG}, {"short.gz", -EBADMSG}};
    int code;
    struct lines_health h;
    _cleanup_(buf_free) struct buf text = all("log", &code, &h);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf got = all(table[i].name, &code, &h);
        assert_int_equal(code, table[i].want);
        if (strcmp(table[i].name, "cut.gz") == 0)
            assert_true(got.n > 1000);
        if (table[i].want == -ENODATA && got.n) /* the last line may be a part, with an LF of ours */
            assert_memory_equal(got.p, text.p, got.n - 1);
    }
}

static void lines_of_any_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, LINES_LONGEST - 2, LINES_LONGEST - 1, LINES_LONGEST, LINES_LONGEST + 1, 3 * LINES_LONGEST, 70000};
    _cleanup_(buf_free) struct buf text = BUF(32u << 20), want = BUF(32u << 20);
    size_t cut = 0;
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        for (size_t n = 0; n < lengths[i]; n++)
            buf_addc(&text, (char)('a' + i));
        for (size_t n = 0; n < lengths[i] && n < LINES_LONGEST - 1; n++)
            buf_addc(&want, (char)('a' + i));
        cut += lengths[i] >= LINES_LONGEST;
        buf_addc(&text, '\n');
        buf_addc(&want, '\n');
    }
    buf_addz(&text, "last");
    buf_addz(&want, "last\n");
    put("long", buf_str(&text));
    shell("gzip -c long >long.gz");
    static const char *const names[] = {"long", "long.gz"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int code;
        struct lines_health h;
        _cleanup_(buf_free) struct buf got = all(names[i], &code, &h);
        assert_int_equal(code, 0);
        assert_int_equal(h.cut, cut);
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.p, want.p, want.n);
    }
}

static void small_ones(void **state)
{
    (void)state;
    static const struct { struct str text, want; } table[] = {
        {STR(""), STR("")}, {STR("\n"), STR("\n")}, {STR("a"), STR("a\n")}, {STR("a\0b\r\n\xff\n"), STR("a\0b\r\n\xff\n")}, {STR("\x1f"), STR("\x1f\n")}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        int code;
        struct lines_health h;
        put("small", table[i].text);
        _cleanup_(buf_free) struct buf got = all("small", &code, &h);
        assert_int_equal(code, 0);
        assert_int_equal(got.n, table[i].want.n);
        if (got.n)
            assert_memory_equal(got.p, table[i].want.p, got.n);
    }
}

static int make(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    shell("rm -f -- *");
    return rmdir(dir);
}

/* gzip's CRC and length are compared here and not by zlib: members of every small length, and larger ones, must be good, and each wrong byte of what stands at the end must be seen. */
static void gzip_ends_are_compared(void **state)
{
    (void)state;
    int code;
    struct lines_health h;
    shell("for n in $(seq 0 3 200) 1000 65535 65536 300001; do head -c $n log | gzip -c; done >members.gz; for n in $(seq 0 3 200) 1000 65535 65536 300001; do head -c $n log; done >members");
    _cleanup_(buf_free) struct buf got = all("members.gz", &code, &h), want = all("members", &code, &h);
    assert_int_equal(code, 0);
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, got.n);
    for (unsigned i = 1; i <= 8; i++) {
        char line[256];
        snprintf(line, sizeof line, "head -c 5000 log | gzip -c >end.gz; s=$(($(stat -c %%s end.gz) - %u)); b=$(od -An -tu1 -j $s -N 1 end.gz); printf \"\\\\$(printf %%03o $(($b ^ 4)))\" | dd of=end.gz bs=1 seek=$s conv=notrunc 2>/dev/null", i);
        shell(line);
        _cleanup_(buf_free) struct buf hurt = all("end.gz", &code, &h);
        assert_int_equal(code, -EBADMSG);
        assert_true(hurt.n >= 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_for_every_packing), cmocka_unit_test(damage_is_told_and_what_came_before_is_kept), cmocka_unit_test(lines_of_any_length), cmocka_unit_test(small_ones), cmocka_unit_test(gzip_ends_are_compared),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
