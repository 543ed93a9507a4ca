/* small_machine.h: a machine with one service, ProFTPD, and its log, for tests of bansho-watch. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "guard/filters.h"
#include "log/services.h"
#include "respond/watch.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-watch-XXXXXX";
static struct root root;
static struct arena *machine_arena;
static struct filter_definition filter, journal_filter;
static struct log_sources sources;
static struct prefix office;

static const char *path(const char *name)
{
    static char p[8][256];
    static unsigned n;
    char *to = p[n++ % 8];
    snprintf(to, sizeof p[0], "%s/%s", dir, name);
    return to;
}

static int machine_begin(void **state)
{
    (void)state;
    struct err err = {0};
    assert_non_null(mkdtemp(dir));
    assert_int_equal(mkdir(path("log"), 0700), 0);
    assert_int_equal(mkdir(path("db"), 0700), 0);
    assert_int_equal(root_open(dir, &root, &err), 0);
    machine_arena = arena_new(64u << 20);
    assert_int_equal(guard_filter_load(machine_arena, filter_own_dir(), STR("proftpd"), false, &filter, &err), 0);
    assert_int_equal(guard_filter_load(machine_arena, filter_own_dir(), STR("proftpd"), true, &journal_filter, &err), 0);
    struct log_source *s = list_push(machine_arena, &sources.list);
    *s = (struct log_source){.service = log_service_of_filter("proftpd"), .kind = SOURCE_FILES};
    *list_push(machine_arena, &s->files) = "/log/proftpd.log";
    *list_push(machine_arena, &sources.patterns) = "/log/proftpd.log";
    assert_true(prefix_parse(STR("198.18.0.0/15"), true, &office));
    tzset();
    return 0;
}

static int machine_end(void **state)
{
    (void)state;
    char command[128];
    root_close(&root);
    arena_free(machine_arena);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

static struct watch_options machine_options(void)
{
    static char state[256];
    snprintf(state, sizeof state, "%s/db/watch.db", dir);
    return (struct watch_options){.state = state, .root = &root, .sources = &sources, .filters = &filter, .journal_filters = &journal_filter, .filters_n = 1,
                                  .rules = {.find_time = 600, .ban_time = 3600, .ban_time_max = 86400, .max_retry = 5, .never = &office, .never_n = 1}};
}

static int log_open(void)
{
    int fd = open(path("log/proftpd.log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* At this time: a failed login, or one that succeeded. */
static void log_line_at(int fd, time_t at, unsigned ms, const char *address, const char *user, bool fine)
{
    char when[64], line[400];
    struct tm tm;
    localtime_r(&at, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    int n = snprintf(line, sizeof line, "%s,%03u lab proftpd[587] 198.18.0.10 (%s[%s]): USER %s%s\n", when, ms, address, address, user,
                     fine ? ": Login successful." : " (Login failed): Incorrect password");
    assert_int_equal(write(fd, line, (size_t)n), n);
}
