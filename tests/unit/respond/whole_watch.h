/* whole_watch.h: bansho-watch without its loop, on a small machine: what it asks the wall for, and what it says. */
#pragma once
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

static inline int send_post(void *arg, const struct post *p)
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
static inline void stir(void *arg)
{
    (void)arg;
    stirred++;
}

static inline void news(void *arg, const char *text)
{
    (void)arg;
    buf_printf(&said, "%s\n", text);
}

static inline struct watch_options usual(void)
{
    struct watch_options o = machine_options();
    o.send = send_post;
    o.news = news;
    o.stir = stir;
    return o;
}

static inline void begin_with(struct watch_options o)
{
    struct err err = {0};
    if (watch_new(&o, &watch, &err) < 0 || watch_begin(watch, &err) < 0)
        fail_msg("%s", err.text);
}

/* Answers everything that was asked for since. */
static inline void answer_all(const char *refused)
{
    struct str rest = buf_str(&ids), id;
    char text[DIARY_ID];
    while (str_line(&rest, &id)) {
        snprintf(text, sizeof text, "%.*s", (int)id.n, id.p);
        watch_answer(watch, text, refused);
    }
    buf_reset(&ids);
}

static inline void turn(void)
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

static inline struct watch_status status(void)
{
    struct watch_status s;
    watch_status(watch, &s);
    return s;
}

static inline void want(const char *whom)
{
    assert_string_equal(asked.p ? asked.p : "", whom);
}

static inline int fresh(void **state)
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

static inline int leave(void **state)
{
    (void)state;
    watch_free(watch);
    watch = NULL;
    return 0;
}

static inline void fail_times(int fd, const char *address, const char *user, unsigned n)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (unsigned i = 0; i < n; i++)
        log_line_at(fd, now.tv_sec, (unsigned)(now.tv_nsec / 1000000), address, user, false);
}

/* "203.0.113.7/32 done " of what is to be told; *at moves on. ret_diary: NULL, or whose numbers these are. */
static inline const char *since(const char *diary, int64_t *at, char ret_diary[64])
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
    if (ret_diary)
        snprintf(ret_diary, 64, "%s", n.diary);
    return b.p ? b.p : "";
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, leave)
