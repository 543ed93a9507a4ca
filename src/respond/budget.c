#include "respond/budget.h"

#define MINUTE_MS 60000

static uint32_t *at(struct budget *b, int64_t minute) { return &b->minute[((minute % BUDGET_MINUTES) + BUDGET_MINUTES) % BUDGET_MINUTES]; }

/* Minutes that are over an hour ago are empty. */
static void turn(struct budget *b, int64_t now)
{
    for (int64_t m = b->newest + 1, first = now - BUDGET_MINUTES + 1; m <= now; m++)
        if (m >= first)
            *at(b, m) = 0;
        else
            m = first - 1;
    b->newest = now > b->newest ? now : b->newest;
}

unsigned budget_spent(struct budget *b, int64_t monotonic_ms)
{
    unsigned n = 0;
    turn(b, monotonic_ms / MINUTE_MS);
    for (unsigned i = 0; i < BUDGET_MINUTES; i++)
        n += b->minute[i];
    return n;
}

bool budget_take(struct budget *b, int64_t monotonic_ms)
{
    if (!b->most)
        return true;
    if (budget_spent(b, monotonic_ms) >= b->most)
        return false;
    ++*at(b, b->newest);
    return true;
}

void budget_note(struct budget *b, unsigned n, int64_t ago_ms, int64_t monotonic_ms)
{
    turn(b, monotonic_ms / MINUTE_MS);
    int64_t m = b->newest - ago_ms / MINUTE_MS;
    if (ago_ms >= 0 && m > b->newest - BUDGET_MINUTES)
        *at(b, m) += n;
}

int64_t budget_wait(const struct budget *of, int64_t monotonic_ms)
{
    struct budget now = *of, *b = &now;
    unsigned n = budget_spent(b, monotonic_ms);
    if (!b->most || n < b->most)
        return 0;
    for (int64_t m = b->newest - BUDGET_MINUTES + 1; m <= b->newest; m++) {
        n -= *at(b, m);
        if (n < b->most)
            return (m + BUDGET_MINUTES) * MINUTE_MS - monotonic_ms;
    }
    return MINUTE_MS;
}
