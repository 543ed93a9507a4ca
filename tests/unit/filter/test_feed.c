#include "filter/feed.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static int file_of(const char *text, size_t repeat)
{
    int fd = memfd_create("feed", MFD_CLOEXEC);
    for (size_t i = 0; i < repeat; i++)
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void lines(void **state)
{
    static const struct { const char *text; size_t n; const char *last; } rows[] = {{"", 0, ""}, {"a", 1, "a"}, {"a\n", 1, "a"}, {"a\n\nb\r\n", 3, "b\r"}, {"\n", 1, ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct feed f;
        struct str line = STR("");
        size_t n = 0;
        int fd = file_of(rows[i].text, 1);
        lseek(fd, 0, SEEK_SET);
        assert_true(feed_init(&f, fd));
        while (feed_line(&f, &line) == 1)
            n++;
        assert_int_equal(n, rows[i].n);
        assert_true(n == 0 || str_eq(line, str_of(rows[i].last)));
        feed_done(&f);
        close(fd);
    }
}

/* Lines of all lengths around the size of the buffer: each is one line, and the next one is not lost. */
static void long_lines(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, FEED_LINE - 1, FEED_LINE, FEED_LINE + 1, 2 * FEED_LINE - 1, 2 * FEED_LINE, 2 * FEED_LINE + 1, 5 * FEED_LINE};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        struct feed f;
        struct str line;
        int fd = file_of("x", 0);
        char *p = malloc(lengths[i]);
        memset(p, 'x', lengths[i]);
        assert_int_equal(write(fd, p, lengths[i]), lengths[i]);
        assert_int_equal(write(fd, "\nnext\nlast", 10), 10);
        free(p);
        lseek(fd, 0, SEEK_SET);
        assert_true(feed_init(&f, fd));
        assert_int_equal(feed_line(&f, &line), 1);
        assert_int_equal(line.n, lengths[i] < FEED_LINE ? lengths[i] : FEED_LINE);
        assert_int_equal(feed_line(&f, &line), 1);
        assert_true(str_eq(line, STR("next")));
        assert_int_equal(feed_line(&f, &line), 1);
        assert_true(str_eq(line, STR("last")));
        assert_int_equal(feed_line(&f, &line), 0);
        feed_done(&f);
        close(fd);
    }
}

static void fails(void **state)
{
    (void)state;
    struct feed f;
    struct str line;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(feed_init(&f, fd));
    assert_int_equal(feed_line(&f, &line), -EISDIR);
    feed_done(&f);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(long_lines), cmocka_unit_test(fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
