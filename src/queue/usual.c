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
        *u = (struct usual){now, now, seen};
    } else if (now - u->last >= HOUR) {
        u->mean += (seen - u->mean) / (total >= usual_limits(u, now).many ? 512 : 8);
        u->last = now;
    }
}

/* The fields by name, with what each may hold. */
static const struct field {
    const char *name;
    size_t offset;
    int64_t max;
} fields[] = {
    {"since", offsetof(struct usual, since), INT64_MAX / 2},
    {"last", offsetof(struct usual, last), INT64_MAX / 2},
    {"mean", offsetof(struct usual, mean), MEAN_MAX},
};

static int64_t *value_of(struct usual *u, const struct field *f)
{
    return (int64_t *)(void *)((char *)u + f->offset);
}

struct usual usual_of(const struct memo *memos, size_t n, const char *check, const char *object, struct arena *a)
{
    struct usual u = {0};
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        int64_t *v = value_of(&u, &fields[i]);
        if (!memo_find(memos, n, check, arena_printf(a, "%s %s", fields[i].name, object), v) || *v < 0 || *v > fields[i].max)
            return (struct usual){0};
    }
    return u;
}

void usual_leave(const struct usual *u, const char *object, struct findings *out)
{
    struct usual copy = *u;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        memo_leave(out, arena_printf(out->arena, "%s %s", fields[i].name, object), *value_of(&copy, &fields[i]));
}
