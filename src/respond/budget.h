/* budget.h: how many bans the watch asks for within an hour: guard.bans-per-hour, for each filter apart. What is beyond waits in the outbox, is seen in `bansho status`, is
   told once, and is asked for as soon as the hour allows, unless its time is over by then.

   Why: whoever can write into a log that is believed, or an error in a filter, must not be able to shut out the world in a moment. Why it is large (10,000): who attacks from more
   addresses than that would fail freely until the hour has passed; no attack on one server that we know of comes near it. Why each filter has its own: a forged access log uses
   up the budget of web-access, and whoever tries passwords at sshd is shut out all the same. A network counts as one like an address: four addresses of it were asked
   for before, so that networks are a fifth of a budget at most (2000 of /24: 0.01 % of all IPv4).

   An hour is the last 60 minutes, told apart by the minute. After a restart what was done counts by the time of the line that decided. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define BUDGET_MINUTES 60

struct budget {
    unsigned most;                    /* 0: without end */
    uint32_t minute[BUDGET_MINUTES];  /* by the number of the minute, modulo */
    int64_t newest;                   /* its number */
};

/* One more, at this time of clock_monotonic_ms. false: it is beyond. */
bool budget_take(struct budget *b, int64_t monotonic_ms);
/* What was asked for before a restart: n, so many milliseconds ago. */
void budget_note(struct budget *b, unsigned n, int64_t ago_ms, int64_t monotonic_ms);
/* Within the hour. */
unsigned budget_spent(struct budget *b, int64_t monotonic_ms);
/* Milliseconds until one more is possible; 0: now. */
int64_t budget_wait(const struct budget *b, int64_t monotonic_ms);
