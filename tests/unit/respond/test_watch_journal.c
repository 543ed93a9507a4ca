/* test_watch_journal.c: a machine whose services write to the journal only. */
#include "../log/made_journal.h"
#include "guard/filters.h"
#include "log/journal.h"
#include "log/services.h"
#include "respond/watch.h"

static struct arena *arena;
static struct filter_definition filter, journal_filter;
static struct log_sources sources;
static struct buf asked = {.max = 1u << 16};
static int64_t clock_us;

static int send_post(void *arg, const struct post *p)
{
    (void)arg;
    char who[ADDR_TEXT + 4];
    buf_printf(&asked, "%s ", prefix_text(&p->who, who));
    return 0;
}

static int64_t now(void *arg)
{
    (void)arg;
    return clock_us;
}

/* From its begin to its end; how many events it saw. */
static uint64_t watch_for_a_moment(int64_t at)
{
    char state[64];
    struct watch *w = NULL;
    struct watch_status s;
    struct err err = {0};
    snprintf(state, sizeof state, "%s/watch.db", dir);
    struct watch_options o = {.state = state, .root = &root, .sources = &sources, .filters = &filter, .journal_filters = &journal_filter, .filters_n = 1, .send = send_post, .now_us = now,
                              .rules = {.find_time = 600, .ban_time = 86400, .ban_time_max = 86400, .max_retry = 5}};
    clock_us = at * SECOND;
    int r = watch_new(&o, &w, &err);
    if (r == 0)
        r = watch_begin(w, &err);
    while (r >= 0 && (r = watch_turn(w, &err)) > 0)
        ;
    if (r < 0)
        fail_msg("%s", err.text);
    watch_status(w, &s);
    watch_free(w);
    return s.events;
}

static void failures(unsigned n, int64_t at)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < n; i++)
        entry(&b, (at + i) * SECOND, "ssh.service", "sshd", "Failed password for root from 203.0.113.7 port 4711 ssh2", "_UID=0\n");
    journal("var/log/journal", "system", &b);
}

/* Whatever was written while nobody watched, and however long ago: only the first start looks back no further than find-time. */
static void what_came_meanwhile(void **state)
{
    (void)state;
    failures(2, T0);
    failures(3, T0 + 1000);
    assert_int_equal(watch_for_a_moment(T0 + 1100), 3);
    failures(2, T0 + 1200);
    assert_int_equal(watch_for_a_moment(T0 + 1200 + 7200), 2);
    assert_string_equal(asked.p ? asked.p : "", "203.0.113.7/32 ");
    assert_int_equal(watch_for_a_moment(T0 + 1200 + 7300), 0);
}

/* On a busy machine sshd's process has ended before journald looks at it; then nothing but its uid and its name is known. */
static void of_processes_that_ended(void **state)
{
    static const struct { const char *unit, *identifier, *uid; } from[] = {
        {NULL, "sshd", "_UID=0\n"}, {NULL, "sshd-session", "_UID=0\n"}, /* these two */
        {NULL, "sshd", "_UID=33\n"}, {NULL, "sshd", ""}, {NULL, "sudo", "_UID=0\n"}, {"cron.service", "sshd", "_UID=0\n"}, {"apache2.service", "sshd", "_UID=33\n"},
    };
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(from); i++)
        entry(&b, (T0 + (int64_t)i) * SECOND, from[i].unit, from[i].identifier, "Failed password for root from 203.0.113.8 port 4711 ssh2", from[i].uid);
    journal("var/log/journal", "system", &b);
    assert_int_equal(watch_for_a_moment(T0 + 60), 2);
}

/* Files come to it later (another product, another way of logging): what they held while the journal was read is not told as new. */
static void files_come_later(void **state)
{
    (void)state;
    struct log_source *s = &sources.list.v[0];
    int64_t at = (time(NULL) > T0 ? time(NULL) : T0) + 3600; /* the file is older than what the journal said last */
    static const char line[] = "echo \"$(date -Is -d @%lld) lab sshd[7]: Failed password for root from 203.0.113.7 port 4711 ssh2\" >>%s/var/log/auth.log";
    shell("mkdir -p %s/var/log", dir);
    shell(line, (long long)at, dir);
    shell(line, (long long)at + 1, dir);
    failures(2, at);
    assert_int_equal(watch_for_a_moment(at + 10), 2);
    s->kind = SOURCE_FILES;
    *list_push(arena, &s->files) = "/var/log/auth.log";
    *list_push(arena, &sources.patterns) = "/var/log/auth.log";
    assert_int_equal(watch_for_a_moment(at + 20), 0);
    shell(line, (long long)at + 25, dir);
    assert_int_equal(watch_for_a_moment(at + 30), 1);
    s->kind = SOURCE_JOURNAL;
    s->files.n = sources.patterns.n = 0;
}

static int fresh(void **state)
{
    shell("rm -f %s/watch.db*", dir);
    return clean(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(what_came_meanwhile, fresh), cmocka_unit_test_setup(of_processes_that_ended, fresh), cmocka_unit_test_setup(files_come_later, fresh)};
    struct err err = {0};
    if (!made_journal_begin())
        return 0;
    journal_prepare();
    arena = arena_new(64u << 20);
    int r = guard_filter_load(arena, filter_own_dir(), STR("sshd"), false, &filter, &err);
    if (r == 0)
        r = guard_filter_load(arena, filter_own_dir(), STR("sshd"), true, &journal_filter, &err);
    *list_push(arena, &sources.list) = (struct log_source){.service = log_service_of_filter("sshd"), .kind = SOURCE_JOURNAL};
    r = r == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    buf_free(&asked);
    arena_free(arena);
    made_journal_end();
    return r;
}
