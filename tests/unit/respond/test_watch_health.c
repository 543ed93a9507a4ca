/* test_watch_health.c: what a service logs is not understood any more, or nothing comes: told once, and once when it is mended. */
#include "whole_watch.h"

#define HOUR_MS 3600000ll

static int64_t ms;
static int64_t ms_now(void *arg)
{
    (void)arg;
    return ms;
}

static void begin(void)
{
    struct watch_options o = usual();
    ms = HOUR_MS;
    o.ms = ms_now;
    begin_with(o);
    turn();
    stirred = 0;
    buf_reset(&said);
}

static void put(int fd, const char *text, unsigned n)
{
    while (n--)
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    turn();
}

static const struct feed_source *source(void)
{
    static struct watch_status s;
    s = status();
    assert_int_equal(s.sources_n, 1);
    assert_int_equal(s.unparsed, s.sources[0].unparsed);
    assert_int_equal(s.silent, s.sources[0].silent);
    return &s.sources[0];
}

static unsigned told(const char *text)
{
    unsigned n = 0;
    struct str rest = said.p ? buf_str(&said) : STR(""), line;
    while (str_line(&rest, &line))
        n += str_search(line, str_of(text)) >= 0;
    return n;
}

#define OTHER_SHAPE "login of info from 203.0.113.9 was refused\n"
#define UNPARSED "no filter understands"
#define AGAIN "is understood again"

static void not_understood(void **state)
{
    (void)state;
    int fd = log_open();
    begin();
    put(fd, "proftpd 1.3.8 standalone mode STARTUP\n", 100);
    put(fd, OTHER_SHAPE, HEALTH_TELLING - 1);
    assert_false(source()->unparsed);
    assert_int_equal(stirred, 0);
    put(fd, OTHER_SHAPE, 1);
    assert_true(source()->unparsed && source()->understood_us == 0);
    assert_int_equal(told(UNPARSED), 1);
    assert_int_equal(stirred, 1);
    put(fd, OTHER_SHAPE, 50);
    assert_int_equal(told(UNPARSED), 1);
    assert_int_equal(stirred, 1);
    fail_times(fd, "203.0.113.9", "info", 1);
    turn();
    assert_true(!source()->unparsed && source()->understood_us > 0);
    assert_int_equal(told(AGAIN), 1);
    assert_int_equal(stirred, 2);
    leave(NULL);
    begin(); /* an earlier process may have had it told that nothing is understood: that it is has to be told */
    put(fd, "proftpd 1.3.8 standalone mode STARTUP\n", 1);
    assert_int_equal(stirred, 1);
    fail_times(fd, "203.0.113.9", "info", 1);
    turn();
    assert_int_equal(stirred, 2);
    fail_times(fd, "203.0.113.9", "info", 1);
    turn();
    assert_int_equal(stirred, 2);
    close(fd);
}

/* Where something is understood, single lines that are not are nothing; after hours without any, they are. */
static void not_any_more(void **state)
{
    (void)state;
    int fd = log_open();
    begin();
    fail_times(fd, "203.0.113.9", "info", 1);
    put(fd, OTHER_SHAPE, 50);
    ms += FEED_UNDERSTOOD_MS - 1;
    put(fd, OTHER_SHAPE, 50);
    assert_false(source()->unparsed);
    ms++;
    put(fd, OTHER_SHAPE, HEALTH_TELLING);
    assert_true(source()->unparsed);
    assert_int_equal(told(UNPARSED), 1);
    close(fd);
}

/* Our own probes fail on purpose. */
static void probes_say_nothing(void **state)
{
    (void)state;
    int fd = log_open();
    begin();
    put(fd, "login of bansho-probe-3f was refused\n", HEALTH_PROBES);
    assert_false(source()->unparsed);
    put(fd, "login of bansho-probe-3f was refused\n", HEALTH_TELLING);
    assert_true(source()->unparsed);
    close(fd);
}

#define SILENT "nothing comes from its log any more"
#define WRITTEN "is written again"

static void silent(void **state)
{
    (void)state;
    int fd = log_open();
    begin();
    put(fd, "started\n", 1);
    ms += 30 * HOUR_MS;
    turn();
    assert_false(source()->silent); /* it is not known how often it writes */
    for (unsigned i = 0; i < 25; i++, ms += HOUR_MS)
        put(fd, "mod_tls: session\n", 1);
    ms += 30 * HOUR_MS * 4 - HOUR_MS - 1; /* the longest pause was 30 hours */
    turn();
    assert_false(source()->silent);
    assert_true(watch_timeout(watch) <= 1); /* it is not waited for anything else */
    ms++;
    turn();
    assert_true(source()->silent);
    turn();
    assert_int_equal(told(SILENT), 1);
    assert_int_equal(stirred, 1);
    put(fd, "mod_tls: session\n", 1);
    assert_false(source()->silent);
    assert_int_equal(told(WRITTEN), 1);
    assert_int_equal(stirred, 2);
    close(fd);
}

/* Several services write into one file, and programs that let nobody in: whose lines they are tells their name. */
static void one_file(void **state)
{
    (void)state;
    struct filter_definition of_files[2], of_journal[2];
    struct log_sources shared = {0};
    struct err err = {0};
    static const char *const names[] = {"postfix", "dovecot"};
    *list_push(machine_arena, &shared.patterns) = "/log/mail.log";
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(guard_filter_load(machine_arena, filter_own_dir(), str_of(names[i]), false, &of_files[i], &err), 0);
        assert_int_equal(guard_filter_load(machine_arena, filter_own_dir(), str_of(names[i]), true, &of_journal[i], &err), 0);
        struct log_source *s = list_push(machine_arena, &shared.list);
        *s = (struct log_source){.service = log_service_of_filter(names[i]), .kind = SOURCE_FILES};
        *list_push(machine_arena, &s->files) = "/log/mail.log";
    }
    struct watch_options o = usual();
    o.sources = &shared;
    o.filters = of_files;
    o.journal_filters = of_journal;
    o.filters_n = 2;
    begin_with(o);
    int fd = open(path("log/mail.log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    put(fd, "Dec  1 13:00:00 mx postfix/smtp[7]: connect to mx.example[203.0.113.25]:25: authentication failed\n", 50);
    put(fd, "Dec  1 13:00:00 mx sudo: pam_unix(sudo:auth): authentication failure; user=taro\n", 50);
    assert_int_equal(status().unparsed, 0);
    put(fd, "Dec  1 13:00:00 mx postfix/submission/smtpd[7]: nobody[203.0.113.9]: wrong password\n", HEALTH_TELLING);
    assert_true(status().sources[0].unparsed && status().unparsed == 1);
    put(fd, "Dec  1 13:00:00 mx dovecot: imap-login: Login: user=<taro>, method=PLAIN, rip=203.0.113.9, lip=198.18.0.10, mpid=7, TLS, session=<x>\n", 1);
    assert_true(status().sources[0].unparsed && status().unparsed == 1 && status().sources[1].understood_us > 0);
    put(fd, "Dec  1 13:00:00 mx postfix/smtpd[7]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: x\n", 1);
    assert_true(status().unparsed == 0 && status().sources[0].understood_us > 0);
    close(fd);
    leave(NULL);
    unlink(path("log/mail.log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(not_understood), TEST(not_any_more), TEST(probes_say_nothing), TEST(silent), TEST(one_file)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
