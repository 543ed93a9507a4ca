#include "bin/check_notify.h"
#include "bin/check_page.h"
#include "check/news.h"
#include "notify/deliver.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum outcome check_notify_may(const struct call *c)
{
    const char *root = call_option(c, "root");
    if (root && strcmp(root, "/") != 0)
        return complainf("%s", _("check: --notify tells of this server; it does not go with --root"));
    return geteuid() == 0 ? OUTCOME_FINE : complainf("%s", _("telling the owner needs root: sudo bansho notify ..."));
}

static bool anybody(const struct config *c)
{
    for (size_t i = 0; i < NOTIFY_WAYS; i++)
        if (way_target(&notify_ways[i], c))
            return true;
    return false;
}

static int compose(struct session *s, bool page, const struct news *news, struct buf *text, struct buf *html, struct message *ret)
{
    news_text(&s->report, news, text);
    int r = page ? report_html(&s->report, html) : 0;
    *ret = (struct message){.subject = news_subject(&s->report, news), .text = text->p, .html = buf_str(html)};
    return r;
}

/* What the owner will have been told, and the message that tells it: both or neither. */
static int post(struct session *s, struct store *store, bool page, struct err *err)
{
    told_list told = {0};
    struct news news = {0};
    struct message m = {0};
    _cleanup_(buf_free) struct buf text = BUF(NOTIFY_TEXT_MAX), html = BUF(PAGE_MAX);
    int r = store_begin(store, err);
    if (r == 0)
        r = told_load(store, s->report.arena, &told, err);
    if (r == 0)
        news_find(&s->report, &told, &news);
    if (r == 0 && !news_empty(&news)) {
        r = compose(s, page, &news, &text, &html, &m);
        if (r < 0)
            err_set(err, r, "%s", err_name(r));
        else
            r = notify_post(store, s->config, s->report.time, &m, err);
    }
    if (r == 0)
        r = told_replace(store, news.now.v, news.now.n, err);
    if (r == 0)
        r = store_commit(store, err);
    if (r < 0)
        store_rollback(store);
    return r;
}

static enum outcome tell(const struct deliveries *d, enum outcome so_far)
{
    for (size_t i = 0; i < d->list.n; i++) {
        const struct delivery *one = &d->list.v[i];
        if (one->result < 0) {
            complainf(_("could not be sent by %s, it waits for the next time: %s"), one->way->name, one->why);
            so_far = OUTCOME_USAGE;
        } else if (one->result > 0)
            complainf("%s: %s", one->way->name, one->why);
    }
    return so_far;
}

/* A timer's look, a few hundred times a day, says it once: a mark that is taken away as soon as somebody is named. */
static bool said_before(const struct session *s, bool anybody_named)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/nobody-told", s->state_dir ? s->state_dir : "");
    if (!s->state_dir || n < 0 || (size_t)n >= sizeof path)
        return false;
    if (anybody_named) {
        unlink(path);
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EEXIST && getenv("INVOCATION_ID") && !isatty(STDERR_FILENO);
}

enum outcome check_notify(struct session *s, bool page, enum outcome so_far)
{
    _cleanup_(store_closep) struct store *store = NULL;
    struct deliveries d = {0};
    struct err err = {0};
    struct sender from = {s->host->name, s->host->now};
    bool named = anybody(s->config), said = said_before(s, named);
    if (!named) {
        if (!said)
            complainf("%s", _("nobody is told of this: bansho.conf names no way (section notify)"));
        return so_far;
    }
    int r = notify_store_open(s->state_dir, &store, &err);
    if (r == 0)
        r = post(s, store, page, &err);
    if (r == 0)
        r = notify_flush(store, s->config, &from, s->report.arena, &d, &err);
    enum outcome o = tell(&d, so_far);
    return r < 0 ? complain(&err) : o;
}
