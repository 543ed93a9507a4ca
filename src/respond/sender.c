#include "respond/sender.h"

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

bool sender_go(struct sender *s, int64_t now, int64_t monotonic_ms)
{
    bool any = false;
    for (struct post *p = diary_posts(s->diary); p && s->flying < SENDER_FLYING; p = p->next) {
        if (p->state != POST_WAITING || p->flying)
            continue;
        if (p->until <= now) {
            diary_posted(s->diary, p, POST_LATE, NULL);
            continue;
        }
        if (!s->send || monotonic_ms < s->next_ms)
            continue;
        p->tries++;
        if (s->send(s->arg, p) < 0) {
            later(s, monotonic_ms);
            break;
        }
        p->flying = any = true;
        s->flying++;
    }
    return any;
}

int sender_timeout(const struct sender *s, int64_t monotonic_ms)
{
    bool waiting = false;
    for (const struct post *p = diary_posts(s->diary); p && !waiting; p = p->next)
        waiting = p->state == POST_WAITING && !p->flying;
    if (!waiting || !s->send || s->flying >= SENDER_FLYING)
        return -1;
    return s->next_ms > monotonic_ms ? (int)(s->next_ms - monotonic_ms) : 0;
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
