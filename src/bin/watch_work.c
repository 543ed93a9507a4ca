/* watch_work.c: the process that works: one loop. */
#include "base/confine.h"
#include "base/i18n.h"
#include "base/still.h"
#include "bin/watch_loop.h"
#include "log/journal.h"
#include "term/text.h"
#include "wire/listen.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX (256u << 20)
#define TURNS 16 /* without looking at anything else */

static void news(void *arg, const char *text)
{
    (void)arg;
    watch_say(text);
}

static void print(void *arg, const struct verdict *v, const struct feed_event *e)
{
    struct working *w = arg;
    char who[ADDR_TEXT + 4];
    _cleanup_(buf_free) struct buf b = BUF(4096);
    if (!w->c->print)
        return;
    buf_printf(&b, "%s %s until %lld count %u times %u %s ", response_to(v->kind)->name, prefix_text(&v->who, who), (long long)v->until, v->count, v->times, e->filter);
    text_escape(&b, v->account.p ? v->account : STR(""));
    printf("%s\n", b.p);
    fflush(stdout);
}

/* That somebody connects is all that is said. Nobody there: the owner is not told by bansho-tell. It has not come yet to the one before: it knows. */
static void wake_teller(void *arg)
{
    struct working *w = arg;
    struct err err = {0};
    int fd = w->c->tell ? wire_socket(w->c->tell, true, &err) : -1;
    if (fd >= 0)
        close(fd);
}

/* --- the loop */

static void stop(struct working *w, int status)
{
    w->status = status;
    uv_stop(&w->loop);
}

static void on_timer(uv_timer_t *t);

void watch_go(struct working *w)
{
    struct err err = {0};
    int r = 1;
    for (int i = 0; r > 0 && i < TURNS; i++)
        r = watch_turn(w->watch, &err);
    if (r < 0) {
        watch_say(err.text);
        stop(w, 1);
        return;
    }
    int ms = r > 0 ? 0 : watch_timeout(w->watch);
    if (ms < 0)
        uv_timer_stop(&w->timer);
    else
        uv_timer_start(&w->timer, on_timer, (uint64_t)ms, 0);
}

static void on_timer(uv_timer_t *t) { watch_go(t->data); }

static void on_readable(uv_poll_t *p, int status, int events)
{
    (void)status;
    (void)events;
    struct working *w = p->data;
    watch_woken(w->watch);
    watch_go(w);
}

static void on_term(uv_signal_t *s, int number)
{
    (void)number;
    stop(s->data, 0);
}

static int loop_begin(struct working *w, struct err *err)
{
    int fds[3], n = watch_fds(w->watch, fds), r = n < 0 ? n : 0;
    for (int i = 0; r == 0 && i < n; i++) {
        w->polls[i].data = w;
        r = uv_poll_init(&w->loop, &w->polls[i], fds[i]);
        if (r == 0)
            r = uv_poll_start(&w->polls[i], UV_READABLE, on_readable);
    }
    w->timer.data = w->term.data = w;
    if (r == 0)
        r = uv_timer_init(&w->loop, &w->timer);
    if (r == 0)
        r = uv_signal_init(&w->loop, &w->term);
    if (r == 0)
        r = uv_signal_start(&w->term, on_term, SIGTERM);
    return r < 0 ? err_set(err, r, "%s", err_name(r)) : 0;
}

static void close_handle(uv_handle_t *h)
{
    if (h->loop && !uv_is_closing(h))
        uv_close(h, NULL);
}

static void close_own(struct working *w)
{
    for (size_t i = 0; i < ARRAY_SIZE(w->polls); i++)
        close_handle((uv_handle_t *)&w->polls[i]);
    close_handle((uv_handle_t *)&w->timer);
    close_handle((uv_handle_t *)&w->term);
}

/* From here on lines of strangers are read. The loop is made afterwards: it must not have a way around (io_uring). */
static int confine(struct watch *w, struct err *err)
{
    int r = watch_seal(w, err);
#ifndef BANSHO_SANITIZED
    if (r == 0)
        r = confine_code(err);
    if (r >= 0)
        r = still_begin(err);
#endif
    return r;
}

/* systemd tells every process of a service, and so does the keeper: the second time must not cut off what is saved at the end. */
static void end_once(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static int work(struct working *w, struct watch_setup *s, struct err *err)
{
    struct watch_options o = {.state = w->c->state, .root = &s->root, .sources = &s->sources, .filters = s->filters.v, .journal_filters = s->journal_filters.v,
                              .filters_n = s->filters.n, .rules = s->rules, .observe = s->observe, .bans_per_hour = s->bans_per_hour, .send = w->c->wall ? watch_ask_wall : NULL, .send_arg = w, .news = news, .told = print, .stir = wake_teller, .news_arg = w};
    journal_prepare();
    int r = watch_new(&o, &w->watch, err);
    malloc_trim(0); /* looking at the machine took more than watching it */
    if (r == 0)
        r = confine(w->watch, err);
    if (r == 0)
        r = uv_loop_init(&w->loop) < 0 ? err_set(err, -EIO, "%s", err_name(EIO)) : 0;
    if (r == 0)
        w->begun = true;
    if (r == 0)
        r = watch_begin(w->watch, err);
    if (r == 0)
        r = loop_begin(w, err);
    if (r == 0)
        r = watch_serve(w, err);
    if (r == 0) {
        if (s->observe)
            watch_say(_("mode = observe: nobody is shut out; what would have been done is kept"));
        watch_go(w);
        uv_run(&w->loop, UV_RUN_DEFAULT);
    }
    return r;
}

int watch_work(const struct watch_call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct working w = {.c = c};
    struct watch_setup s = {.root = {.fd = -1}};
    struct err err = {0};
    tzset();
    int r = watch_setup(a, &s, &err);
    if (r == 0)
        r = work(&w, &s, &err);
    if (r < 0)
        watch_say(err.text[0] ? err.text : err_name(r));
    end_once();
    if (w.begun) {
        wire_link_free(w.link);
        wire_server_stop(w.server);
        close_own(&w);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        uv_loop_close(&w.loop);
    }
    watch_free(w.watch);
    watch_setup_done(&s);
    return r < 0 ? 1 : w.status;
}
