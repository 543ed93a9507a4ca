#include "check/registry.h"
#include "check/report.h"
#include <stdlib.h>

enum urgency result_urgency(const struct result *r)
{
    const struct finding *f = r->finding;
    switch (f->state) {
    case STATE_OK:
        return URGENCY_OK;
    case STATE_NA:
        return URGENCY_NA;
    case STATE_UNKNOWN:
        return URGENCY_UNKNOWN;
    default:
        if (r->accepted_why)
            return URGENCY_ACCEPTED;
        return f->state == STATE_FAIL && f->severity == SEVERITY_SERIOUS ? URGENCY_NOW : URGENCY_SOON;
    }
}

size_t report_count(const struct report *r, enum urgency u)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results.n; i++)
        n += result_urgency(&r->results.v[i]) == u;
    return n;
}

struct chapter_run report_chapter(const struct report *r, unsigned chapter)
{
    struct chapter_run c = {.time = r->time, .chapter = chapter};
    uint32_t *const counters[URGENCY_COUNT] = {[URGENCY_NOW] = &c.now, [URGENCY_SOON] = &c.soon, [URGENCY_UNKNOWN] = &c.unknown, [URGENCY_OK] = &c.ok};
    for (size_t i = 0; i < r->results.n; i++) {
        uint32_t *counter = counters[result_urgency(&r->results.v[i])];
        if (counter && check_chapter(r->results.v[i].finding->check) == chapter)
            ++*counter;
    }
    return c;
}

static int by_urgency(const void *a, const void *b)
{
    const struct result *x = *(const struct result *const *)a, *y = *(const struct result *const *)b;
    if (x->finding->severity != y->finding->severity)
        return x->finding->severity > y->finding->severity ? -1 : 1;
    if (x->finding->state != y->finding->state)
        return x->finding->state == STATE_FAIL ? -1 : y->finding->state == STATE_FAIL ? 1 : 0;
    if (x->is_new != y->is_new)
        return x->is_new ? -1 : 1;
    unsigned p = check_rank(x->finding->check), q = check_rank(y->finding->check);
    if (p != q)
        return p < q ? -1 : 1;
    return x < y ? -1 : x > y; /* results lie in the order of the registry */
}

const struct result **report_sorted(const struct report *r, enum urgency u, size_t *ret_n)
{
    size_t n = 0, at = 0;
    n = report_count(r, u);
    const struct result **list = arena_zalloc(r->arena, (n + 1) * sizeof *list);
    for (size_t i = 0; i < r->results.n; i++)
        if (result_urgency(&r->results.v[i]) == u)
            list[at++] = &r->results.v[i];
    if (n)
        qsort(list, n, sizeof *list, by_urgency);
    *ret_n = n;
    return list;
}
