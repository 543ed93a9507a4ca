#include "notify/deliver.h"
#include "base/i18n.h"
#include <errno.h>
#include <sys/random.h>

#define CODE_LENGTH 6

int notify_post(struct store *s, const struct config *c, int64_t now, const struct message *m, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < NOTIFY_WAYS; i++) {
        struct waiting w = {.time = now, .subject = m->subject, .text = m->text, .html = notify_ways[i].needs_own_mail && m->html.n ? m->html.p : NULL};
        if (way_target(&notify_ways[i], c))
            r = outbox_add(s, notify_ways[i].name, &w, err);
    }
    return r;
}

struct message notify_fold(struct arena *a, const char *host, const waiting_list *w)
{
    const struct waiting *last = &w->v[w->n - 1];
    struct message m = {.subject = last->subject, .text = last->text, .html = str_of(last->html)};
    if (w->n == 1)
        return m;
    size_t first = w->n, size = 0;
    while (first > 0 && (size += strlen(w->v[first - 1].subject) + strlen(w->v[first - 1].text) + 8) < NOTIFY_TEXT_MAX - 1024)
        first--;
    _cleanup_(buf_free) struct buf b = BUF(NOTIFY_TEXT_MAX);
    if (first)
        buf_printf(&b, _("%zu older messages are left out.\n\n"), first);
    for (size_t i = first; i < w->n; i++)
        buf_printf(&b, "== %s\n%s\n", w->v[i].subject, w->v[i].text);
    m.subject = arena_printf(a, _("bansho %s: %zu messages"), host, w->n);
    m.text = arena_dup(a, buf_str(&b));
    return m;
}

/* Sends and writes down what came of it. */
static int attempt(struct store *s, const struct way *way, const struct sender *from, const struct message *m, struct arena *a, struct delivery *d, struct err *err)
{
    char answer[256] = "";
    struct err why = {0};
    d->result = way->send(from, d->target, m, answer, &why);
    d->why = arena_dupz(a, d->result < 0 ? why.text : answer);
    struct attempt row = {.way = way->name, .target = d->target, .code = d->code, .time = from->now, .ok = d->result == 0, .why = d->why};
    return attempt_put(s, &row, err);
}

static int flush_one(struct store *s, const struct way *way, const struct sender *from, const char *target, struct arena *a, struct deliveries *ret, struct err *err)
{
    waiting_list w = {0};
    int64_t sent = 0;
    int r = outbox_load(s, way->name, a, &w, err);
    if (r == 0)
        r = attempts_since(s, way->name, from->now - 3600, &sent, err);
    if (r < 0 || !w.n)
        return r;
    struct delivery d = {.way = way, .target = target, .messages = w.n};
    if (sent >= NOTIFY_AN_HOUR) {
        d.result = 1;
        d.why = arena_printf(a, _("%d messages went out within an hour; the rest goes as one, later"), NOTIFY_AN_HOUR);
    } else {
        struct message m = notify_fold(a, from->host, &w);
        r = attempt(s, way, from, &m, a, &d, err);
        if (r == 0 && d.result == 0)
            r = outbox_drop(s, way->name, w.v[w.n - 1].number, err);
    }
    *list_push(a, &ret->list) = d;
    return r;
}

int notify_flush(struct store *s, const struct config *c, const struct sender *from, struct arena *a, struct deliveries *ret, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < NOTIFY_WAYS; i++) {
        const char *target = way_target(&notify_ways[i], c);
        if (target)
            r = flush_one(s, &notify_ways[i], from, target, a, ret, err);
    }
    return r;
}

/* Of letters and digits that nobody mistakes for others. */
static int make_code(struct arena *a, const char **ret, struct err *err)
{
    static const char letters[] = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"; /* 31 */
    unsigned char random[CODE_LENGTH];
    char code[CODE_LENGTH + 1] = "";
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return err_set(err, -errno, "getrandom: %s", err_name(errno));
    for (size_t i = 0; i < CODE_LENGTH; i++)
        code[i] = letters[random[i] % (sizeof letters - 1)];
    *ret = arena_dupz(a, code);
    return 0;
}

int notify_test(struct store *s, const struct config *c, const struct sender *from, struct arena *a, struct deliveries *ret, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < NOTIFY_WAYS; i++) {
        struct delivery d = {.way = &notify_ways[i], .target = way_target(&notify_ways[i], c), .messages = 1};
        if (!d.target)
            continue;
        r = make_code(a, &d.code, err);
        if (r < 0)
            return r;
        struct message m = {
            .subject = arena_printf(a, _("bansho %s: this is a test"), from->host),
            .text = arena_printf(a, _("This is a test message of bansho on %s. If you read this, tell the server so:\n\n    bansho notify confirm %s\n"), from->host, d.code)};
        r = attempt(s, d.way, from, &m, a, &d, err);
        *list_push(a, &ret->list) = d;
    }
    return r;
}
