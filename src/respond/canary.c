#include "respond/canary.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GUARD_BYTES (64u << 10)

static void canary_free(struct canary *c)
{
    guard_free(c->guard);
    free(c);
}

void canaries_free(struct canaries *c)
{
    for (size_t i = 0; i < c->n; i++)
        canary_free(c->v[i]);
    c->n = 0;
}

static void forget(struct canaries *c, size_t i)
{
    canary_free(c->v[i]);
    c->v[i] = c->v[--c->n];
}

void canary_drop(struct canaries *c, const struct addr *a)
{
    for (size_t i = c->n; i-- > 0;)
        if (addr_eq(&c->v[i]->address, a))
            forget(c, i);
}

static void drop_old(struct canaries *c, int64_t now_us)
{
    for (size_t i = c->n; i-- > 0;)
        if (c->v[i]->until_us < now_us)
            forget(c, i);
}

int canary_put(struct canaries *c, const struct addr *a, int64_t now_us, int64_t seconds, struct err *err)
{
    const struct guard_rules rules = {.find_time = CANARY_SECONDS, .ban_time = CANARY_BAN, .ban_time_max = CANARY_BAN, .max_retry = 1, .max_bytes = GUARD_BYTES};
    char text[ADDR_TEXT];
    if (!feed_is_documentation(a))
        return err_set(err, -EINVAL, _("%s: not an address of a documentation network, which nobody has"), addr_text(a, text));
    canary_drop(c, a);
    drop_old(c, now_us);
    if (c->n == CANARIES)
        return err_set(err, -ENOBUFS, "%s", _("too many self-tests at once"));
    struct canary *new = calloc(1, sizeof *new);
    if (!new || !(new->guard = guard_new(&rules))) {
        free(new);
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    }
    new->address = *a;
    new->until_us = now_us + (seconds < CANARY_SECONDS ? seconds : CANARY_SECONDS) * 1000000;
    c->v[c->n++] = new;
    return 0;
}

struct canary *canary_find(const struct canaries *c, const struct addr *a, int64_t now_us)
{
    for (size_t i = 0; i < c->n; i++)
        if (addr_eq(&c->v[i]->address, a) && c->v[i]->until_us >= now_us)
            return c->v[i];
    return NULL;
}

struct canary *canary_by_id(const struct canaries *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->id[0] && strcmp(c->v[i]->id, id) == 0)
            return c->v[i];
    return NULL;
}

struct seeing {
    struct canary *c;
    const struct feed_event *e;
    bool decided;
};

static void decide(void *arg, const struct verdict *v)
{
    struct seeing *s = arg;
    char who[ADDR_TEXT + 4];
    if (v->kind != VERDICT_ADDRESS || s->c->id[0])
        return;
    s->decided = true;
    s->c->who = v->who;
    s->c->failed_us = s->e->time_us;
    s->c->read_us = s->e->read_us;
    snprintf(s->c->id, sizeof s->c->id, "canary/%s/%lld", prefix_text(&v->who, who), (long long)s->e->time_us);
}

bool canary_see(struct canary *c, const struct feed_event *e)
{
    struct seeing s = {c, e, false};
    c->events++;
    guard_event(c->guard, &e->event, decide, &s);
    return s.decided;
}
