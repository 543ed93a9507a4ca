#include "small_machine.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

/* Whom the wall was asked to shut out, as "203.0.113.7/32 "; what was told to people. */
static struct buf asked = {.max = 1u << 16}, said = {.max = 1u << 16}, ids = {.max = 1u << 16};
static int way; /* what sending returns */
static struct watch *watch;
static bool answers = true;

static int send_post(void *arg, const struct post *p)
{
    (void)arg;
    char who[ADDR_TEXT + 4];
    if (way < 0)
        return way;
    buf_printf(&asked, "%s ", prefix_text(&p->who, who));
    buf_printf(&ids, "%s\n", p->id);
    return 0;
}

static unsigned stirred;
static void stir(void *arg)
{
    (void)arg;
    stirred++;
}

static void news(void *arg, const char *text)
{
    (void)arg;
    buf_printf(&said, "%s\n", text);
}

static struct watch_options usual(void)
{
    struct watch_options o = machine_options();
    o.send = send_post;
    o.news = news;
    o.stir = stir;
    return o;
}

static void begin_with(struct watch_options o)
{
    struct err err = {0};
    if (watch_new(&o, &watch, &err) < 0 || watch_begin(watch, &err) < 0)
        fail_msg("%s", err.text);
}

/* Answers everything that was asked for since. */
static void answer_all(const char *refused)
{
    struct str rest = buf_str(&ids), id;
    char text[DIARY_ID];
    while (str_line(&rest, &id)) {
        snprintf(text, sizeof text, "%.*s", (int)id.n, id.p);
        watch_answer(watch, text, refused);
    }
    buf_reset(&ids);
}

static void turn(void)
{
    struct err err = {0};
    int r;
    while ((r = watch_turn(watch, &err)) > 0)
        ;
    if (r < 0)
        fail_msg("%s", err.text);
    if (answers)
        answer_all(NULL);
}

static struct watch_status status(void)
{
    struct watch_status s;
    watch_status(watch, &s);
    return s;
}

static void want(const char *whom)
{
    assert_string_equal(asked.p ? asked.p : "", whom);
}

static int fresh(void **state)
{
    (void)state;
    unlink(path("db/watch.db"));
    unlink(path("db/watch.db-wal"));
    unlink(path("db/watch.db-shm"));
    unlink(path("log/proftpd.log"));
    buf_reset(&asked);
    buf_reset(&said);
    buf_reset(&ids);
    way = 0;
    answers = true;
    return 0;
}

static int leave(void **state)
{
    (void)state;
    watch_free(watch);
    watch = NULL;
    return 0;
}

static void fail_times(int fd, const char *address, const char *user, unsigned n)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (unsigned i = 0; i < n; i++)
        log_line_at(fd, now.tv_sec, (unsigned)(now.tv_nsec / 1000000), address, user, false);
}

static void the_fifth_failure(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.7", "info", 4);
    fail_times(fd, "198.18.0.99", "info", 9);
    turn();
    want("");
    fail_times(fd, "203.0.113.7", "info", 3);
    turn();
    want("203.0.113.7/32 ");
    turn();
    struct watch_status s = status();
    assert_int_equal(s.events, 16);
    assert_int_equal(s.lines, 16);
    assert_int_equal(s.diary.done, 1);
    assert_int_equal(s.diary.waiting, 0);
    assert_int_equal(s.diary.verdicts, 2); /* the office was spared, and that is told */
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.7/32 ");
    assert_int_equal(status().diary.done, 1);
    close(fd);
}

/* Three failures, another process, two more. What happened before it began does not come again. */
static void remembers_over_a_restart(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.8", "info", 3);
    log_line_at(fd, time(NULL), 1, "203.0.113.9", "taro", true);
    turn();
    watch_free(watch);
    fail_times(fd, "203.0.113.8", "info", 1);
    begin_with(usual());
    turn();
    want("");
    fail_times(fd, "203.0.113.9", "taro", 5); /* a telephone with an old password: its good history is known */
    fail_times(fd, "203.0.113.8", "info", 1);
    turn();
    want("203.0.113.8/32 ");
    close(fd);
}

static void first_start_looks_back(void **state)
{
    (void)state;
    int fd = log_open();
    time_t now = time(NULL);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 700 + i, 0, "203.0.113.10", "info", false);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 300 + i, 0, "203.0.113.11", "info", false);
    begin_with(usual());
    turn();
    want("203.0.113.11/32 ");
    close(fd);
}

static void a_wrong_clock_counts_as_now(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    turn();
    time_t now = time(NULL);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 9 * 3600, i, "203.0.113.12", "info", false); /* UTC in a log that is read as Japan's */
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now + 9 * 3600, i, "203.0.113.13", "info", false);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 9 * 86400, i, "203.0.113.14", "info", false); /* an old line is one */
    turn();
    want("203.0.113.12/32 203.0.113.13/32 ");
    for (const struct post *p = diary_posts(watch_diary(watch)); p; p = p->next)
        assert_true(p->state == POST_LATE || (p->until >= now + 3599 && p->until <= now + 3700));
    close(fd);
}

static void only_observed(void **state)
{
    (void)state;
    struct watch_options o = usual();
    int fd = log_open();
    o.observe = true;
    begin_with(o);
    fail_times(fd, "203.0.113.15", "info", 5);
    turn();
    want("");
    assert_int_equal(status().diary.observed, 1);
    watch_free(watch);
    begin_with(usual()); /* mode = act: what was observed is not done afterwards */
    turn();
    want("");
    close(fd);
}

static void refused_stays_visible(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    answers = false;
    fail_times(fd, "203.0.113.16", "info", 5);
    turn();
    answer_all("it is protected");
    turn();
    assert_int_equal(status().diary.refused, 1);
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.16/32 ");
    assert_int_equal(status().diary.refused, 1);
    close(fd);
}

/* Sent and not answered, or not to be sent: again, after a while. Also by the next process. */
static void asks_until_it_is_answered(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    answers = false;
    way = -ECONNREFUSED;
    fail_times(fd, "203.0.113.17", "info", 5);
    turn();
    want("");
    assert_in_range(watch_timeout(watch), 0, SENDER_FIRST_MS);
    way = 0;
    usleep(SENDER_FIRST_MS * 1000 + 5000);
    turn();
    want("203.0.113.17/32 ");
    watch_lost(watch);
    turn();
    want("203.0.113.17/32 ");
    usleep(SENDER_FIRST_MS * 2000 + 5000);
    turn();
    want("203.0.113.17/32 203.0.113.17/32 ");
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.17/32 203.0.113.17/32 203.0.113.17/32 ");
    answer_all(NULL);
    turn();
    assert_int_equal(status().diary.waiting, 0);
    assert_int_equal(status().diary.done, 1);
    close(fd);
}

/* What was on its way together and came to nothing is one failure. */
static void failures_at_once(void **state)
{
    (void)state;
    struct str rest, id;
    char text[DIARY_ID];
    int fd = log_open();
    begin_with(usual());
    answers = false;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "10.9.%u.1", i);
        fail_times(fd, text, "info", 5);
    }
    turn();
    rest = buf_str(&ids);
    while (str_line(&rest, &id)) {
        snprintf(text, sizeof text, "%.*s", (int)id.n, id.p);
        watch_failed(watch, text);
    }
    assert_in_range(watch_timeout(watch), 0, SENDER_FIRST_MS);
    assert_int_equal(status().send_failures, 1);
    close(fd);
}

static void forgiven_is_forgotten(void **state)
{
    (void)state;
    struct err err = {0};
    struct prefix who;
    assert_true(prefix_parse(STR("203.0.113.0/24"), true, &who));
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.18", "info", 5);
    fail_times(fd, "203.0.113.19", "info", 4);
    fail_times(fd, "192.0.2.19", "info", 4);
    turn();
    want("203.0.113.18/32 ");
    size_t forgotten = 0;
    assert_int_equal(watch_forgive(watch, &who, &forgotten, &err), 0);
    assert_int_equal(forgotten, 2);
    fail_times(fd, "203.0.113.18", "info", 1);
    fail_times(fd, "203.0.113.19", "info", 1);
    turn();
    want("203.0.113.18/32 ");
    watch_free(watch);
    begin_with(usual());
    fail_times(fd, "203.0.113.18", "info", 2);
    fail_times(fd, "203.0.113.19", "info", 2);
    fail_times(fd, "192.0.2.19", "info", 1);
    turn();
    want("203.0.113.18/32 192.0.2.19/32 ");
    fail_times(fd, "203.0.113.18", "info", 2);
    turn();
    want("203.0.113.18/32 192.0.2.19/32 203.0.113.18/32 ");
    close(fd);
}

static void forgive(const char *network)
{
    struct err err = {0};
    struct prefix who;
    size_t forgotten;
    assert_true(prefix_parse(str_of(network), true, &who));
    assert_int_equal(watch_forgive(watch, &who, &forgotten, &err), 0);
}

/* One address of a network that was shut out for others' sake is let in: the others' failures do not shut it out again when it begins. */
static void forgiven_of_a_network(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    const char *const bad[] = {"203.0.113.31", "203.0.113.32", "203.0.113.33", "203.0.113.34"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        fail_times(fd, bad[i], "info", 5);
    turn();
    want("203.0.113.31/32 203.0.113.32/32 203.0.113.33/32 203.0.113.34/32 203.0.113.0/24 ");
    buf_reset(&asked);
    forgive("203.0.113.99");
    watch_free(watch);
    begin_with(usual());
    turn();
    want("");
    fail_times(fd, "203.0.113.99", "info", 5); /* nor is it free to go on */
    turn();
    want("203.0.113.99/32 ");
    close(fd);
}

/* Each account is told, however close together they were entered. */
static void entered_in_one_second(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct diary_verdicts told = {0};
    struct err err = {0};
    struct addr thief;
    time_t now = time(NULL);
    int fd = log_open();
    begin_with(usual());
    for (unsigned i = 0; i < 5; i++) {
        log_line_at(fd, now, i, "198.18.0.99", "info", false);
        log_line_at(fd, now, i, "198.18.0.98", "sales", false);
    }
    log_line_at(fd, now, 9, "203.0.113.40", "info", true);
    log_line_at(fd, now, 9, "203.0.113.40", "sales", true);
    turn();
    assert_true(addr_parse(STR("203.0.113.40"), &thief));
    assert_int_equal(diary_verdicts_of(watch_diary(watch), &thief, 10, a, &told, &err), 0);
    assert_int_equal(told.list.n, 2);
    assert_string_not_equal(told.list.v[0].account, told.list.v[1].account);
    close(fd);
}

/* What is kept of an account: by kind, in parts, the newest first. */
static void events_of_an_account(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct diary_page page = {0};
    struct err err = {0};
    struct diary *d;
    time_t now = time(NULL);
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.50", "info", 3);
    fail_times(fd, "203.0.113.51", "information", 1);
    log_line_at(fd, now, 9, "198.18.0.99", "Info", true);
    turn();
    assert_int_equal(watch_save(watch, &err), 0);
    d = watch_diary(watch);
    for (size_t left = 3; left; left--) {
        assert_int_equal(diary_events_of_account(d, "INFO", EVENT_LOGIN_FAILED, 1, a, &page, &err), 0);
        assert_true(page.events.n == 1 && !page.end && strcmp(page.events.v[0].account, "info") == 0 && strcmp(page.events.v[0].address, "203.0.113.50") == 0);
    }
    assert_int_equal(diary_events_of_account(d, "INFO", EVENT_LOGIN_FAILED, 1, a, &page, &err), 0);
    assert_true(page.events.n == 0 && page.end);
    page = (struct diary_page){0};
    assert_int_equal(diary_events_of_account(d, "info", EVENT_LOGIN_OK, 10, a, &page, &err), 0);
    assert_true(page.events.n == 1 && strcmp(page.events.v[0].address, "198.18.0.99") == 0);
    page = (struct diary_page){0};
    assert_int_equal(diary_events_of_account(d, "nobody", EVENT_LOGIN_OK, 10, a, &page, &err), 0);
    assert_true(page.events.n == 0 && page.end);
    close(fd);
}

static void run_sql(const char *sql)
{
    struct err err = {0};
    struct statement *st = NULL;
    if (store_prepare(diary_store(watch_diary(watch)), sql, &st, &err) < 0 || statement_run(st, &err) < 0)
        fail_msg("%s", err.text);
    statement_donep(&st);
}

/* More of them wait than are kept in memory. */
static void forgiven_in_the_outbox(void **state)
{
    (void)state;
    begin_with(usual());
#define MANY "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 10050), a(net) AS (SELECT printf('10.%d.%d.1/32', i / 250, i % 250) FROM n) "
    run_sql("INSERT INTO verdict (id, kind, looks, network, time_us, until, count, times) " MANY "SELECT 'address/' || net || '/1', 0, 0, net, 1, 9999999999, 5, 1 FROM a");
    run_sql("INSERT INTO outbox (id, act, network, time_us, until, why, state, tries) " MANY "SELECT 'address/' || net || '/1', 'ban', net, 1, 9999999999, '', 0, 0 FROM a");
    watch_free(watch);
    begin_with(usual());
    assert_int_equal(status().diary.waiting, 10051);
    forgive("10.0.0.0/8");
    assert_int_equal(status().diary.waiting, 0);
    turn();
    turn();
    want("");
}

/* Our own probes fail by design; who only uses their names does so like anybody. */
static void probes_count_nowhere(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "192.0.2.20", "bansho-probe-1234abcd-ftp", 9);
    fail_times(fd, "8.8.8.8", "bansho-probe-1234abcd-ftp", 5);
    turn();
    want("8.8.8.8/32 ");
    assert_int_equal(status().probes, 9);
    watch_free(watch);
    begin_with(usual());
    fail_times(fd, "192.0.2.20", "info", 4);
    turn();
    want("8.8.8.8/32 ");
    close(fd);
}

/* max-retry = 3 from now on: who failed four times already is shut out when it begins. */
static void another_rule(void **state)
{
    (void)state;
    struct watch_options o = usual();
    int fd = log_open();
    begin_with(o);
    fail_times(fd, "203.0.113.21", "info", 4);
    fail_times(fd, "203.0.113.22", "info", 5);
    turn();
    want("203.0.113.22/32 ");
    watch_free(watch);
    o.rules.max_retry = 3;
    begin_with(o);
    turn();
    want("203.0.113.22/32 203.0.113.21/32 ");
    watch_free(watch);
    begin_with(o);
    turn();
    want("203.0.113.22/32 203.0.113.21/32 ");
    close(fd);
}

/* Doubled each time, also by the next process. */
static void knows_who_was_out_before(void **state)
{
    (void)state;
    struct watch_options o = usual();
    o.rules.ban_time = 1;
    int fd = log_open();
    begin_with(o);
    fail_times(fd, "203.0.113.23", "info", 5);
    turn();
    want("203.0.113.23/32 ");
    watch_free(watch);
    sleep(2);
    o.rules.ban_time = 3600;
    begin_with(o);
    fail_times(fd, "203.0.113.23", "info", 5);
    answers = false;
    turn();
    want("203.0.113.23/32 203.0.113.23/32 ");
    assert_in_range(diary_posts(watch_diary(watch))->until - time(NULL), 7190, 7210);
    close(fd);
}

static void fill(const char *name)
{
    char zeros[4096] = {0};
    int fd = open(path(name), O_WRONLY | O_CREAT, 0600);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
}

/* Told once; whom it concerns is shut out all the same; afterwards everything is kept. */
static void a_full_disk(void **state)
{
    (void)state;
    if (mount("none", path("db"), "tmpfs", 0, "size=8m") < 0) {
        print_message("skipped: a small file system cannot be mounted\n");
        return;
    }
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.24", "info", 1);
    turn();
    fill("db/filler");
    char address[32];
    for (unsigned i = 0; i < 1500; i++) { /* more than what the store has left in its own file */
        snprintf(address, sizeof address, "10.%u.%u.1", i / 250 + 1, i % 250);
        fail_times(fd, address, "info", 5);
    }
    turn();
    assert_true(status().diary.failing);
    assert_non_null(strstr(said.p, "full"));
    size_t told = said.n, whom = asked.n;
    assert_non_null(strstr(asked.p, "10.1.1.1/32"));
    fail_times(fd, "203.0.113.25", "info", 5);
    turn();
    for (unsigned i = 0; i < 50; i++) /* 64 at once */
        turn();
    assert_non_null(strstr(asked.p, "203.0.113.25/32"));
    assert_true(asked.n > whom);
    assert_int_equal(said.n, told);
    unlink(path("db/filler"));
    watch_free(watch); /* it is tried again at the end, at the latest */
    assert_non_null(strstr(said.p, "kept again"));
    whom = asked.n;
    begin_with(usual());
    turn();
    assert_int_equal(asked.n, whom);
    assert_int_equal(status().diary.done, 1501);
    watch_free(watch);
    watch = NULL;
    assert_int_equal(umount(path("db")), 0);
    close(fd);
}

/* The file as the disk has it after a power loss: its first `most` bytes, the last 64 of them torn. */
static void cut_to(const char *from, const char *to, size_t most)
{
    static char bytes[4 << 20];
    int in = open(path(from), O_RDONLY), out = open(path(to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    size_t n = (size_t)read(in, bytes, sizeof bytes);
    if (n > most) {
        n = most;
        memset(bytes + n - (n < 64 ? n : 64), 0x5a, n < 64 ? n : 64);
    }
    assert_int_equal(write(out, bytes, n), n);
    close(in);
    close(out);
}

/* Power is lost at any moment: of what was committed since the store's log was last on disk any number of bytes is gone. The lines are read again, also those of a file that was
   rotated meanwhile, and everybody is shut out under the id that the wall knows already. */
static void power_loss(void **state)
{
    (void)state;
    char address[32], was[4096], ids_were[16384];
    struct stat first = {0}; /* what the first save of a process wrote is on disk */
    int fd = log_open();
    begin_with(usual());
    for (unsigned i = 0; i < 30; i++) {
        snprintf(address, sizeof address, "10.%u.0.1", i + 1);
        fail_times(fd, address, "info", 5);
        if (i == 15) { /* as logrotate does */
            assert_int_equal(rename(path("log/proftpd.log"), path("log/proftpd.log.1")), 0);
            close(fd);
            fd = log_open();
        }
        answers = false;
        turn(); /* a transaction each, at least */
        if (i == 0)
            assert_int_equal(stat(path("db/watch.db-wal"), &first), 0);
    }
    snprintf(was, sizeof was, "%s", asked.p);
    snprintf(ids_were, sizeof ids_were, "%s", ids.p);
    answer_all(NULL);
    cut_to("db/watch.db", "db/kept", SIZE_MAX);
    cut_to("db/watch.db-wal", "db/kept-wal", SIZE_MAX);
    watch_free(watch);
    struct stat st;
    assert_int_equal(stat(path("db/kept-wal"), &st), 0);
    unsigned lost = 0;
    for (off_t at = first.st_size + 64; at < st.st_size + 6000; at += 6007) { /* any place within a page */
        buf_reset(&asked);
        buf_reset(&ids);
        cut_to("db/kept", "db/watch.db", SIZE_MAX);
        cut_to("db/kept-wal", "db/watch.db-wal", (size_t)at);
        unlink(path("db/watch.db-shm"));
        answers = true;
        begin_with(usual());
        turn();
        assert_int_equal(status().diary.done, 30);
        struct str rest = str_of(asked.p ? asked.p : ""), one;
        for (; str_field(&rest, ' ', &one); lost++)
            if (one.n)
                assert_non_null(strstr(was, arena_dup(machine_arena, one)));
        struct arena *a = arena_new(1u << 20);
        for (unsigned i = 0; i < 30; i++) {
            struct diary_verdicts v = {0};
            struct addr who;
            snprintf(address, sizeof address, "10.%u.0.1", i + 1);
            assert_true(addr_parse(str_of(address), &who));
            assert_int_equal(diary_verdicts_of(watch_diary(watch), &who, 10, a, &v, NULL), 0);
            assert_int_equal(v.list.n, 1);
            assert_non_null(strstr(ids_were, v.list.v[0].id));
        }
        arena_free(a);
        watch_free(watch);
        watch = NULL;
    }
    assert_true(lost > 60); /* the cuts took something away, mostly */
    close(fd);
}

static void idle_wants_nothing(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    turn();
    watch_free(watch);
    begin_with(usual());
    turn();
    turn();
    assert_int_equal(watch_timeout(watch), -1);
    close(fd);
}

/* In a child: its machine code is sealed for ever. */
static void sealed(void)
{
    struct watch_options o = usual();
    struct err err = {0};
    int fd = log_open();
    signal(SIGSEGV, SIG_DFL); /* cmocka's handler would go on with the next test */
    if (watch_new(&o, &watch, &err) < 0 || watch_seal(watch, &err) < 0 || watch_begin(watch, &err) < 0)
        _exit(2);
    fail_times(fd, "203.0.113.7", "ren\xc3\xa9", 5);
    fail_times(fd, "203.0.113.8", "broken\xe9", 5);
    turn();
    watch_free(watch);
    _exit(strcmp(asked.p ? asked.p : "", "203.0.113.7/32 203.0.113.8/32 ") == 0 ? 0 : 3);
}

/* Names that are not ASCII, or not even UTF-8, are read like all others, and the end is an orderly one. */
static void sealed_and_any_name(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        sealed();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* "203.0.113.7/32 done " of what is to be told; *at moves on. */
static const char *since(const char *diary, int64_t *at)
{
    static struct buf b = {.max = 4096};
    static struct arena *a;
    struct diary_news n;
    struct err err = {0};
    arena_free(a);
    a = arena_new(1u << 20);
    buf_reset(&b);
    if (watch_save(watch, &err) < 0 || diary_since(watch_diary(watch), diary, *at, 0, 2, a, &n, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < n.list.n; i++)
        buf_printf(&b, "%s %s ", n.list.v[i].network, n.list.v[i].state);
    buf_addz(&b, n.more ? "..." : "");
    *at = n.last;
    return b.p ? b.p : "";
}

/* One failure decides, it goes to the wall, and counts nowhere; a neighbour is counted as always. */
static void a_canary(void **state)
{
    (void)state;
    struct addr a, other;
    const struct canary *c = NULL;
    struct err err = {0};
    int64_t at = 0;
    int fd = log_open();
    assert_true(addr_parse(STR("192.0.2.9"), &a) && addr_parse(STR("10.0.0.9"), &other));
    begin_with(usual());
    turn();
    assert_int_equal(watch_canary(watch, &other, 60, &c, &err), -EINVAL);
    assert_int_equal(watch_canary(watch, &a, 60, &c, &err), 0);
    assert_non_null(c);
    answers = false;
    stirred = 0;
    fail_times(fd, "192.0.2.10", "info", 4);
    log_line_at(fd, time(NULL), 1, "192.0.2.9", "taro", true); /* a login is no failure */
    turn();
    want("");
    assert_true(c->events == 1 && !c->id[0]);
    fail_times(fd, "192.0.2.9", "info", 7);
    turn();
    want("192.0.2.9/32 ");
    assert_int_equal(c->state, POST_WAITING);
    answer_all(NULL);
    assert_true(c->state == POST_DONE && c->answered_us);
    assert_string_equal(since(NULL, &at), "");
    assert_int_equal(stirred, 0);
    struct watch_status s = status();
    assert_true(s.canaries == 1 && s.probes == 8 && !s.diary.verdicts && !s.diary.done && !s.diary.waiting);
    watch_free(watch);
    begin_with(usual()); /* nothing of it comes back */
    turn();
    fail_times(fd, "192.0.2.9", "info", 4);
    turn();
    want("192.0.2.9/32 ");
    assert_int_equal(watch_canary(watch, &a, 0, &c, &err), 0);
    assert_null(c);
    assert_int_equal(status().diary.done, 0);
    close(fd);
}

/* Each verdict is told once, and again when it was refused; who asks with the number of another diary begins anew. */
static void what_is_to_be_told(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct diary_news n;
    struct err err = {0};
    int64_t at = 0, other;
    int fd = log_open();
    stirred = 0;
    begin_with(usual());
    assert_int_equal(stirred, 1);
    turn();
    assert_int_equal(diary_since(watch_diary(watch), NULL, 0, 0, 9, a, &n, &err), 0);
    assert_int_equal(n.list.n, 0);
    assert_int_equal(stirred, 1);
    answers = false;
    fail_times(fd, "203.0.113.17", "info", 5);
    fail_times(fd, "203.0.113.18", "info", 5);
    fail_times(fd, "203.0.113.19", "info", 5);
    turn();
    assert_int_equal(stirred, 2);
    assert_string_equal(since(n.diary, &at), "203.0.113.17/32 waiting 203.0.113.18/32 waiting ...");
    assert_string_equal(since(n.diary, &at), "203.0.113.19/32 waiting ");
    answer_all("it is protected");
    assert_string_equal(since(n.diary, &at), "203.0.113.17/32 refused 203.0.113.18/32 refused ...");
    assert_int_equal(stirred, 3);
    watch_free(watch);
    begin_with(usual());
    assert_string_equal(since(n.diary, &at), "203.0.113.19/32 refused ");
    assert_string_equal(since(n.diary, &at), "");
    other = at;
    assert_string_equal(since("another one", &other), "203.0.113.17/32 refused 203.0.113.18/32 refused ...");
    /* The wall does not answer: told once, until it does. */
    stirred = 0;
    answers = true;
    way = -ECONNREFUSED;
    fail_times(fd, "203.0.113.20", "info", 5);
    turn();
    assert_int_equal(stirred, 2); /* the wall, the verdict */
    usleep(SENDER_FIRST_MS * 1000 + 5000);
    turn();
    assert_int_equal(stirred, 2);
    way = 0;
    usleep(SENDER_FIRST_MS * 2000 + 5000);
    turn();
    assert_int_equal(stirred, 3);
    arena_free(a);
    close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, leave)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sealed_and_any_name), TEST(the_fifth_failure), TEST(remembers_over_a_restart), TEST(first_start_looks_back), TEST(a_wrong_clock_counts_as_now), TEST(only_observed), TEST(refused_stays_visible), TEST(what_is_to_be_told), TEST(a_canary),
        TEST(asks_until_it_is_answered), TEST(failures_at_once), TEST(forgiven_is_forgotten), TEST(forgiven_of_a_network), TEST(forgiven_in_the_outbox), TEST(entered_in_one_second), TEST(events_of_an_account), TEST(probes_count_nowhere), TEST(another_rule), TEST(knows_who_was_out_before), TEST(a_full_disk),
        TEST(idle_wants_nothing), TEST(power_loss)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
