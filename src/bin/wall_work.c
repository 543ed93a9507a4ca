/* wall_work.c: the loop of bansho-wall. */
#include "bin/wall.h"
#include "base/i18n.h"
#include "host/never.h"
#include "term/text.h"
#include "wire/listen.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define STATE "/var/lib/bansho-wall"
#define MEND_EVERY_MS 500 /* who flushes again and again must not keep us busy */

void wall_say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_complain("bansho-wall", format, ap);
    va_end(ap);
}

int wall_take_away(void)
{
    struct err err = {0};
    if (wall_remove_table(&err) == 0)
        return 0;
    wall_say("%s", err.text);
    return 1;
}

/* --- what others do */

static bool power_of_two(int64_t n)
{
    return (n & (n - 1)) == 0;
}

static void tell_let_in(struct guarding *g)
{
    struct wall_status s = {0};
    struct err err = {0};
    if (wall_status(g->wall, &s, &err) < 0 || s.let_in == g->let_in)
        return;
    wall_say(_("bans lifted because bansho.conf protects their networks by now, or they are this machine's own: %lld"), (long long)(s.let_in - g->let_in));
    g->let_in = s.let_in;
}

void wall_tell(struct guarding *g)
{
    const char *now = wall_failing(g->wall);
    int64_t n = wall_given_up(g->wall);
    if (now && strcmp(now, g->said) != 0)
        wall_say("%s", now);
    else if (!now && g->said[0])
        wall_say("%s", _("what did not work works again"));
    snprintf(g->said, sizeof g->said, "%s", now ? now : "");
    if (n > 2 * g->given_up) { /* not a line for each of a million attackers */
        wall_say(_("there are too many bans: those that would have ended first were given up: %lld"), (long long)n);
        g->given_up = n;
    }
}

static void on_mend(uv_timer_t *t);
static void on_refill(uv_idle_t *i);

static void tell_mended(struct guarding *g)
{
    struct err err = {0};
    struct wall_status s = {0};
    int ms = (int)(clock_monotonic_ms() - g->mended_ms);
    const char *who = g->news.who[0] ? g->news.who : _("somebody unknown");
    if (g->by_clock)
        wall_say(_("the clock was set; what remains of each ban was counted anew"));
    else if (wall_status(g->wall, &s, &err) == 0 && power_of_two(s.healed) && g->changed < 0) /* each time would fill the journal */
        wall_say(_("the table of bans was changed by %s and has been put back in %d ms: %lld bans; times so far: %lld"), who, ms, (long long)s.bans, (long long)s.healed);
    else if (power_of_two(s.healed))
        wall_say(_("the table of bans was changed by %s; what differed has been put back in %d ms, elements: %lld; times so far: %lld"), who, ms, (long long)g->changed, (long long)s.healed);
    tell_let_in(g);
}

/* 1: there is more to be put back; 0: done. */
static void mended(struct guarding *g, int r, const struct err *err)
{
    if (r <= 0)
        uv_idle_stop(&g->refill);
    if (r > 0) {
        uv_idle_start(&g->refill, on_refill);
    } else if (r < 0) {
        if (!g->told_failure)
            wall_say(_("the bans could not be put back, this is tried again and again: %s"), err->text);
        g->told_failure = true;
        g->news.touched.table = true;
        g->to_mend = true;
        uv_timer_start(&g->mend, on_mend, 1000, 0);
    } else {
        g->told_failure = false;
        tell_mended(g);
    }
}

static void mend(struct guarding *g)
{
    struct err err = {0};
    g->mended_ms = clock_monotonic_ms();
    g->to_mend = g->by_clock = false;
    int r = wall_mend(g->wall, &g->news, &g->changed, &err);
    if (r >= 0)
        g->news.touched = (struct bans_touched){0};
    mended(g, r, &err);
}

static void on_refill(uv_idle_t *i)
{
    struct err err = {0};
    struct guarding *g = i->data;
    int r = wall_mend_more(g->wall, &err);
    mended(g, r, &err);
    wall_look(g);
}

static void on_mend(uv_timer_t *t)
{
    mend(t->data);
}

void wall_look(struct guarding *g)
{
    struct wall_news n;
    if (!wall_news(g->wall, &n))
        return;
    memcpy(g->news.who, n.who, sizeof n.who);
    bans_touched_join(&g->news.touched, &n.touched);
    int64_t since = clock_monotonic_ms() - g->mended_ms;
    if (g->to_mend)
        return; /* it is coming */
    g->to_mend = true;
    if (g->mended_ms && since < MEND_EVERY_MS)
        uv_timer_start(&g->mend, on_mend, (uint64_t)(MEND_EVERY_MS - since), 0);
    else
        mend(g);
}

static void on_kernel(uv_poll_t *p, int status, int events)
{
    (void)status, (void)events;
    wall_look(p->data);
}

static void on_disk(uv_poll_t *p, int status, int events)
{
    (void)status, (void)events;
    wall_answer_kept(p->data, false);
}

static void on_busy(uv_idle_t *i)
{
    (void)i;
}

static void on_round(uv_check_t *c)
{
    struct guarding *g = c->data;
    wall_answer_waiting(g);
    if (g->waiting_n)
        uv_idle_start(&g->busy, on_busy);
    else
        uv_idle_stop(&g->busy);
}

/* --- the clock: what remains of each ban is counted anew when it was set */

static int clock_fd(void)
{
    struct itimerspec far = {.it_value = {.tv_sec = time(NULL) + 10LL * 365 * 86400}};
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd >= 0)
        timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
    return fd;
}

static void on_clock(uv_poll_t *p, int status, int events)
{
    struct guarding *g = p->data;
    struct err err = {0};
    uint64_t n;
    int fd;
    (void)status, (void)events;
    if (uv_fileno((uv_handle_t *)p, &fd) < 0 || read(fd, &n, sizeof n) >= 0 || errno != ECANCELED)
        return;
    wall_answer_waiting(g);
    g->by_clock = true;
    int r = wall_mend(g->wall, NULL, &g->changed, &err);
    mended(g, r, &err);
}

/* --- signals */

static void on_end(uv_signal_t *s, int number)
{
    struct guarding *g = s->data;
    (void)number;
    (void)!notify_systemd("STOPPING=1");
    wall_answer_waiting(g);
    wall_answer_kept(g, true);
    uv_stop(&g->loop);
}

/* Since it was asked last. */
static bool conf_changed(struct guarding *g)
{
    struct stat now = {0};
    (void)!stat(CONFIG_PATH, &now);
    bool same = now.st_ino == g->conf.st_ino && now.st_size == g->conf.st_size && now.st_mtim.tv_sec == g->conf.st_mtim.tv_sec && now.st_mtim.tv_nsec == g->conf.st_mtim.tv_nsec;
    g->conf = now;
    return !same;
}

static int load(struct guarding *g, struct config **ret, struct err *err)
{
    (void)conf_changed(g); /* before it is read: what is changed meanwhile is changed */
    struct root root = {.fd = -1};
    struct config *c = NULL;
    int r = root_open("/", &root, err);
    if (r == 0)
        r = config_load(&root, CONFIG_PATH, &c, err);
    root_close(&root);
    if (r < 0) {
        struct err where = *err;
        config_free(c);
        if (where.file[0])
            *err = (struct err){0}; /* the first text would stay */
        return where.file[0] ? err_set(err, r, "%s:%u: %s", where.file, where.line, where.text) : r;
    }
    *ret = c;
    return 0;
}

void wall_reload(struct guarding *g, bool say)
{
    struct config *c = NULL;
    struct err err = {0};
    if (load(g, &c, &err) < 0) {
        if (say)
            wall_say(_("bansho.conf is not taken over: %s"), err.text);
        return;
    }
    if (wall_configure(g->wall, c, &err) < 0)
        wall_say("%s", err.text);
    tell_let_in(g);
    config_free(g->config);
    g->config = c;
}

void wall_look_again(struct guarding *g)
{
    bool observe = g->config && strcmp(config_text(g->config, "", "mode", "observe"), "observe") == 0;
    if (!g->config || (observe && conf_changed(g)))
        wall_reload(g, false);
}

static void on_hangup(uv_signal_t *s, int number)
{
    (void)number;
    wall_answer_waiting(s->data);
    wall_reload(s->data, true);
}

/* --- the loop */

static int loop_begin(struct guarding *g, struct err *err)
{
    int fd = clock_fd(), r = uv_loop_init(&g->loop);
    struct { uv_signal_t *s; int number; uv_signal_cb cb; } signals[] = {{&g->term, SIGTERM, on_end}, {&g->interrupt, SIGINT, on_end}, {&g->hangup, SIGHUP, on_hangup}};
    g->kernel.data = g->clock.data = g->disk.data = g->round.data = g->mend.data = g->tidy.data = g->refill.data = g;
    if (r == 0)
        r = uv_poll_init(&g->loop, &g->kernel, wall_fd(g->wall));
    if (r == 0)
        r = uv_poll_start(&g->kernel, UV_READABLE, on_kernel);
    if (r == 0 && wall_keep_fd(g->wall) >= 0)
        r = uv_poll_init(&g->loop, &g->disk, wall_keep_fd(g->wall));
    if (r == 0 && wall_keep_fd(g->wall) >= 0)
        r = uv_poll_start(&g->disk, UV_READABLE, on_disk);
    if (r == 0)
        r = fd < 0 ? -errno : uv_poll_init(&g->loop, &g->clock, fd);
    if (r == 0)
        r = uv_poll_start(&g->clock, UV_READABLE, on_clock);
    if (r == 0)
        r = uv_check_init(&g->loop, &g->round);
    if (r == 0)
        r = uv_check_start(&g->round, on_round);
    if (r == 0)
        r = uv_idle_init(&g->loop, &g->busy);
    if (r == 0)
        r = uv_idle_init(&g->loop, &g->refill);
    if (r == 0)
        r = uv_timer_init(&g->loop, &g->mend);
    if (r == 0)
        r = uv_timer_init(&g->loop, &g->tidy);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(signals); i++) {
        signals[i].s->data = g;
        r = uv_signal_init(&g->loop, signals[i].s);
        if (r == 0)
            r = uv_signal_start(signals[i].s, signals[i].cb, signals[i].number);
    }
    return r < 0 ? err_set(err, r, "%s", err_name(r)) : 0;
}

/* Where the kernel has no nftables, or the ledger is damaged, ending would be no help: systemd starts us anew ten times a second, and each would say so. It is said once; the machine
   goes on booting, and who asks us waits. */
static int open_wall(const struct wall_options *o, struct wall **ret, struct err *err)
{
    char said[sizeof err->text] = "";
    for (unsigned wait = 1;; wait = wait < 32 ? 2 * wait : 60) {
        int r = wall_open(o, ret, err);
        if (r == 0 || !secure_getenv("NOTIFY_SOCKET"))
            return r;
        if (strcmp(said, err->text) != 0)
            wall_say(_("nobody can be shut out; this is tried again and again: %s"), err->text);
        snprintf(said, sizeof said, "%s", err->text);
        (void)!notify_systemd("READY=1");
        sleep(wait); /* SIGTERM ends it */
    }
}

static int guard(struct guarding *g, struct err *err)
{
    struct wall_options o = {.ledger = g->c->ledger, .clock = clock_system(), .sessions = SESSIONS_DIR};
    int64_t before = clock_monotonic_ms();
    struct err unread = {0};
    if (load(g, &g->config, &unread) < 0)
        o.unread = unread.text;
    o.config = g->config;
    int r = open_wall(&o, &g->wall, err);
    if (r == 0)
        r = loop_begin(g, err);
    if (r == 0)
        r = wall_serve(g, err);
    if (r < 0)
        return r;
    struct wall_status s = {0};
    if (wall_status(g->wall, &s, err) == 0)
        wall_say(_("%lld bans are in force again after %d ms"), (long long)s.bans, (int)(clock_monotonic_ms() - before));
    tell_let_in(g);
    wall_tell(g);
    (void)!notify_systemd("READY=1");
    wall_look(g);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    return 0;
}

/* $STATE_DIRECTORY: systemd made it. */
static const char *ledger_path(struct arena *a)
{
    const char *dir = secure_getenv("STATE_DIRECTORY");
    return arena_printf(a, "%s/wall.db", dir && *dir == '/' ? dir : STATE);
}

int wall_work(const struct wall_call *c)
{
    static struct guarding g;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct wall_call call = *c;
    struct err err = {0};
    if (!call.ledger)
        call.ledger = ledger_path(a);
    g.c = &call;
    tzset();
    int r = guard(&g, &err);
    if (r < 0)
        wall_say("%s", err.text[0] ? err.text : err_name(r));
    wall_close(g.wall);
    config_free(g.config);
    return r < 0;
}
