#include "respond/sender.h"
#include "base/i18n.h"
#include <stdio.h>

#define TOLD_MS 3600000

void sender_init(struct sender *s, struct diary *d, sender_send_fn *send, void *arg)
{
    *s = (struct sender){.diary = d, .send = send, .arg = arg};
}

/* What comes to nothing while it is waited was on its way together: one failure. */
static void later(struct sender *s, int64_t monotonic_ms)
{
    if (s->next_ms > monotonic_ms)
        return;
    s->failures++;
    s->wait_ms = !s->wait_ms ? SENDER_FIRST_MS : s->wait_ms * 2 > SENDER_LAST_MS ? SENDER_LAST_MS : s->wait_ms * 2;
    s->next_ms = monotonic_ms + s->wait_ms;
}

/* One of each filter is asked about its budget; the rest of that filter need not ask again. */
static bool may_send(struct sender *s, struct post *p, bool beyond[], int64_t monotonic_ms)
{
    if (p->paid)
        return true;
    if (beyond[p->filter])
        return false;
    p->paid = budget_take(&s->budgets[p->filter], monotonic_ms);
    beyond[p->filter] = !p->paid;
    return p->paid;
}

/* Until nothing waits any more. */
static void note_beyond(struct sender *s, const bool beyond[], int64_t monotonic_ms)
{
    bool waits[DIARY_FILTERS] = {0};
    for (const struct post *p = diary_posts(s->diary); p; p = p->next)
        waits[p->filter] |= p->state == POST_WAITING && !p->paid;
    for (unsigned i = 0; i < DIARY_FILTERS; i++) {
        char text[512];
        if (beyond[i] && !s->beyond[i] && s->news && (!s->told_ms[i] || monotonic_ms - s->told_ms[i] >= TOLD_MS)) {
            s->told_ms[i] = monotonic_ms;
            snprintf(text, sizeof text, _("%u addresses and networks were shut out within an hour for what %s found: guard.bans-per-hour is reached. The others wait, and are shut out as the hour allows. If "
                                          "nobody attacks, somebody may write into that log"), s->budgets[i].most, diary_filter(s->diary, i));
            s->news(s->news_arg, text);
        }
        s->beyond[i] = (s->beyond[i] || beyond[i]) && waits[i];
    }
}

bool sender_go(struct sender *s, int64_t now, int64_t monotonic_ms)
{
    bool any = false, beyond[DIARY_FILTERS] = {0};
    unsigned most = s->failures >= SENDER_BREAK ? 1 : SENDER_FLYING;
    for (struct post *p = diary_posts(s->diary); p; p = p->next) {
        if (p->state != POST_WAITING || p->flying)
            continue;
        if (p->until <= now) {
            diary_posted(s->diary, p, POST_LATE, NULL);
            continue;
        }
        if (!s->send || monotonic_ms < s->next_ms || s->flying >= most || !may_send(s, p, beyond, monotonic_ms))
            continue;
        p->tries++;
        if (s->send(s->arg, p) < 0) {
            later(s, monotonic_ms);
            continue;
        }
        p->flying = any = true;
        s->flying++;
    }
    note_beyond(s, beyond, monotonic_ms);
    return any;
}

/* Until the first of those that wait may be sent. */
int sender_timeout(const struct sender *s, int64_t monotonic_ms)
{
    int64_t waits[DIARY_FILTERS], least = -1;
    for (unsigned i = 0; i < DIARY_FILTERS; i++)
        waits[i] = -1;
    if (!s->send || s->flying >= (s->failures >= SENDER_BREAK ? 1 : SENDER_FLYING))
        return -1;
    for (const struct post *p = diary_posts(s->diary); p && least != 0; p = p->next) {
        if (p->state != POST_WAITING || p->flying)
            continue;
        int64_t *of = &waits[p->filter], wait = 0;
        if (!p->paid)
            wait = *of = *of >= 0 ? *of : budget_wait(&s->budgets[p->filter], monotonic_ms);
        least = least < 0 || wait < least ? wait : least;
    }
    int64_t pause = s->next_ms > monotonic_ms ? s->next_ms - monotonic_ms : 0;
    return least < 0 ? -1 : (int)(least > pause ? least : pause);
}

struct noting {
    struct sender *s;
    int64_t now_us, monotonic_ms;
};

static void note(void *arg, unsigned filter, int64_t time_us, unsigned n)
{
    const struct noting *to = arg;
    budget_note(&to->s->budgets[filter], n, to->now_us > time_us ? (to->now_us - time_us) / 1000 : 0, to->monotonic_ms);
}

int sender_limit(struct sender *s, unsigned most, int64_t now_us, int64_t monotonic_ms, struct err *err)
{
    struct noting to = {s, now_us, monotonic_ms};
    for (unsigned i = 0; i < DIARY_FILTERS; i++)
        s->budgets[i].most = most;
    return diary_done(s->diary, now_us - 3600ll * 1000000, note, &to, err);
}

size_t sender_beyond(const struct sender *s)
{
    size_t n = 0;
    for (const struct post *p = diary_posts(s->diary); p; p = p->next)
        n += p->state == POST_WAITING && !p->paid && s->beyond[p->filter];
    return n;
}

bool sender_answer(struct sender *s, const char *id, const char *refused)
{
    for (struct post *p = diary_posts(s->diary); p; p = p->next) {
        if (!p->flying || strcmp(p->id, id) != 0)
            continue;
        diary_posted(s->diary, p, refused ? POST_REFUSED : POST_DONE, refused);
        s->flying--;
        s->wait_ms = s->next_ms = 0;
        s->failures = 0;
        return true;
    }
    return false;
}

void sender_failed(struct sender *s, const char *id, int64_t monotonic_ms)
{
    for (struct post *p = diary_posts(s->diary); p; p = p->next)
        if (p->flying && strcmp(p->id, id) == 0) {
            p->flying = false;
            s->flying--;
            later(s, monotonic_ms);
            return;
        }
}

void sender_lost(struct sender *s, int64_t monotonic_ms)
{
    for (struct post *p = diary_posts(s->diary); p; p = p->next)
        p->flying = false;
    s->flying = 0;
    later(s, monotonic_ms);
}

bool sender_spent(const struct sender *s)
{
    bool any = false;
    for (unsigned i = 0; i < DIARY_FILTERS; i++)
        any |= s->beyond[i];
    return any;
}
