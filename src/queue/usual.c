#include "queue/usual.h"

/* As long as nothing is known of what is usual on this server. */
#define MANY 500
#define TOO_MANY 2000
/* Beside the usual: so many times as much, but never fewer than so many. */
#define MANY_TIMES 5
#define MANY_LEAST 100
#define TOO_MANY_TIMES 20
#define TOO_MANY_LEAST 500
#define MEAN_MAX 2000000 /* 2,000 messages: a longer queue is not taken for usual, whoever sends them */
#define HOUR 3600

static uint64_t at_least(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

struct usual_limits usual_limits(const struct usual *u, int64_t now)
{
    if (!u->since || now - u->since < USUAL_AFTER)
        return (struct usual_limits){MANY, TOO_MANY, false};
    uint64_t mean = (uint64_t)u->mean;
    return (struct usual_limits){at_least(mean * MANY_TIMES / 1000, MANY_LEAST), at_least(mean * TOO_MANY_TIMES / 1000, TOO_MANY_LEAST), true};
}

void usual_learn(struct usual *u, int64_t now, uint64_t total)
{
    int64_t seen = total < MEAN_MAX / 1000 ? (int64_t)total * 1000 : MEAN_MAX;
    if (!u->since) {
        *u = (struct usual){.since = now, .last = now, .mean = seen, .length = u->length, .room = u->room};
    } else if (now - u->last >= HOUR) {
        u->mean += (seen - u->mean) / (total >= usual_limits(u, now).many ? 512 : 8);
        u->last = now;
    }
}

static bool load(const struct memo *memos, size_t n, const char *check, const char *key, int64_t max, int64_t *ret)
{
    return memo_find(memos, n, check, key, ret) && *ret >= 0 && *ret <= max;
}

static enum state judged(const struct memo *memos, size_t n, const char *check, const char *key)
{
    int64_t state;
    return load(memos, n, check, key, STATE_FAIL, &state) ? (enum state)state : STATE_OK;
}

struct usual usual_of(const struct memo *memos, size_t n, const char *check, const char *object, struct arena *a)
{
    struct usual u = {0};
    bool whole = load(memos, n, check, arena_printf(a, "since %s", object), INT64_MAX / 2, &u.since) &&
                 load(memos, n, check, arena_printf(a, "last %s", object), INT64_MAX / 2, &u.last) &&
                 load(memos, n, check, arena_printf(a, "mean %s", object), MEAN_MAX, &u.mean);
    if (!whole)
        return (struct usual){0};
    u.length = judged(memos, n, check, arena_printf(a, "length %s", object));
    u.room = judged(memos, n, check, arena_printf(a, "room %s", object));
    return u;
}

void usual_leave(const struct usual *u, const char *object, struct findings *out)
{
    memo_leave(out, arena_printf(out->arena, "since %s", object), u->since);
    memo_leave(out, arena_printf(out->arena, "last %s", object), u->last);
    memo_leave(out, arena_printf(out->arena, "mean %s", object), u->mean);
    memo_leave(out, arena_printf(out->arena, "length %s", object), u->length);
    memo_leave(out, arena_printf(out->arena, "room %s", object), u->room);
}
