/* sender.h: what waits in the outbox is sent, in its order, at most SENDER_FLYING at once, and again until it was answered: at once, and after each failure later,
   SENDER_FIRST_MS doubled up to SENDER_LAST_MS. After SENDER_BREAK failures in a row only one is sent to try, until it is answered: all the others wait and stay visible. What is
   beyond its filter's budget (budget.h) waits, too. How it travels is the caller's: a function that sends, and sender_answer or sender_lost when something came of it. */
#pragma once
#include "respond/budget.h"
#include "respond/diary.h"

#define SENDER_FLYING 64
#define SENDER_BREAK 3
#define SENDER_FIRST_MS 100
#define SENDER_LAST_MS 10000

/* 0: on its way; -errno: not now. */
typedef int sender_send_fn(void *arg, const struct post *p);

struct sender {
    struct diary *diary;
    sender_send_fn *send;       /* NULL: nothing is sent, everything waits */
    void *arg;
    unsigned flying;
    int64_t wait_ms, next_ms;   /* after a failure; next_ms: by clock_monotonic_ms(), 0: now */
    uint64_t failures;          /* in a row */
    struct budget budgets[DIARY_FILTERS];
    bool beyond[DIARY_FILTERS]; /* something of that filter waits for its budget */
    void (*news)(void *arg, const char *text); /* NULL, or: that a budget is spent is told once, and again when that happens anew, once an hour at most */
    int64_t told_ms[DIARY_FILTERS];
    void *news_arg;
};

void sender_init(struct sender *s, struct diary *d, sender_send_fn *send, void *arg);
/* most: an hour, of each filter; 0: without end, as before it is called. now_us, monotonic_ms: now. What the outbox sent within the last hour counts. */
int sender_limit(struct sender *s, unsigned most, int64_t now_us, int64_t monotonic_ms, struct err *err) _must_check_;
/* Some filter's is spent. */
bool sender_spent(const struct sender *s);
/* How many wait for their budget. */
size_t sender_beyond(const struct sender *s);
/* Sends what may be sent. now: seconds, for what is too late. true: something was sent. */
bool sender_go(struct sender *s, int64_t now, int64_t monotonic_ms);
/* Milliseconds until sender_go has something to do; -1: nothing. */
int sender_timeout(const struct sender *s, int64_t monotonic_ms);
/* It was answered: it is done (refused NULL), or refused with a reason. An id that does not fly is none of ours: false. */
bool sender_answer(struct sender *s, const char *id, const char *refused);
/* It was answered, but not done: it waits again. */
void sender_failed(struct sender *s, const char *id, int64_t monotonic_ms);
/* The way is broken, or it could not be answered: what flies waits again. */
void sender_lost(struct sender *s, int64_t monotonic_ms);
