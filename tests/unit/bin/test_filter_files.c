/* test_filter_files.c: `bansho filter list` and `lint` over a filter.d with a good filter, one with a wrong expression, one that refers to nothing, and a part of others. */
#include "call.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static char dir[] = "/tmp/bansho-filters-XXXXXX";

static const struct {
    const char *name, *text;
} files[] = {
    {"good.conf", "[INCLUDES]\nbefore = part.conf\nafter = part.local\n[Definition]\nt = x\nfailregex = ^%(p)s <HOST>$\n"},
    {"paren.conf", "[Definition]\nfailregex = ^good <HOST>\n    ^a( <HOST>\n"},
    {"nothing.conf", "[INCLUDES]\nbefore = away.conf\n[Definition]\nfailregex = %(no)s\n"},
    {"part.conf", "[Definition]\np = %(t)s\nprefregex = %(t)s\n"},
};
static const struct {
    const char *name;
    const char *verb, *path;
    enum outcome outcome;
    const char *want[3], *never;
} rows[] = {
    {"a list with what is wrong", "filter list --filter-dir", "", OUTCOME_FINE, {"good     1 rule", "nothing.conf:4: %(no)s", "part     for other filters"}, NULL},
    {"all of a directory", "filter lint", "", OUTCOME_WRONG, {"paren.conf:3: ", "nothing.conf:4: %(no)s", "filters: 4; cannot be used: 2\n"}, "part."},
    {"one that is good", "filter lint", "/good.conf", OUTCOME_FINE, {"filters: 1; cannot be used: 0\n"}, "part.local"},
    {"one that is not", "filter lint", "/paren.conf", OUTCOME_WRONG, {"paren.conf:3: "}, NULL},
    {"one that is not there", "filter lint", "/away.conf", OUTCOME_USAGE, {"away.conf: No such file"}, NULL},
    {"no filter's name", "filter lint", "/good", OUTCOME_USAGE, {"good"}, NULL},
    {"for programs", "filter lint --json", "/paren.conf", OUTCOME_WRONG, {"\"usable\": false", "\"line\": 3"}, NULL},
};

static void says_what_can_be_used(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf out = BUF(65536), err = BUF(65536);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char words[256];
        snprintf(words, sizeof words, "%s %s%s", rows[i].verb, dir, rows[i].path);
        enum outcome o = bansho(words, &out, &err);
        for (size_t k = 0; k < ARRAY_SIZE(rows[i].want) && rows[i].want[k]; k++)
            if (!strstr(out.p, rows[i].want[k]) && !strstr(err.p, rows[i].want[k]))
                fail_msg("%s: no \"%s\" in: %s%s", rows[i].name, rows[i].want[k], out.p, err.p);
        if (o != rows[i].outcome || (rows[i].never && strstr(out.p, rows[i].never)))
            fail_msg("%s: %d: %s%s", rows[i].name, o, out.p, err.p);
    }
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || fd_write_all(fd, str_of(files[i].text)) < 0)
            return -1;
        close(fd);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
        unlink(path);
    }
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_can_be_used)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
