/* notify_store.h: what was sent and what came of it, what the owner confirmed, what still waits to be sent, and which findings were told. Belongs to bansho:
   notify.db beside check.db, readable by root only (a webhook's address is a secret). */
#pragma once
#include "base/arena.h"
#include "store/store.h"

#define NOTIFY_STORE_FILE "notify.db"
#define NOTIFY_ATTEMPTS_KEPT 2000
#define NOTIFY_OUTBOX_MAX 500 /* messages that wait, for each way; beyond that the oldest go */

struct attempt {
    const char *way, *target;
    const char *code;  /* of a test; NULL: it was no test */
    int64_t time;
    bool ok;
    const char *why;   /* what was answered, or why it failed */
    int64_t confirmed; /* when the owner typed the code; 0: not */
};

struct waiting {
    int64_t number, time;
    const char *subject, *text, *html; /* html may be NULL */
};

/* A wrong finding that was told. */
struct told {
    const char *id, *object, *title;
    int64_t state; /* enum state */
};

int notify_store_open(const char *dir, struct store **ret, struct err *err) _must_check_;
/* 1: opened; 0: nothing was ever sent from here, and nothing is created. */
int notify_store_peek(const char *dir, struct store **ret, struct err *err) _must_check_;

/* Writes outside of a transaction are each one of their own. */
int attempt_put(struct store *s, const struct attempt *a, struct err *err) _must_check_;
/* The latest one on this way to this target. 1, or 0: none. */
int attempt_last(struct store *s, const char *way, const char *target, struct arena *a, struct attempt *ret, struct err *err) _must_check_;
/* When the owner last confirmed that one arrived on this way at this target; 0: never. */
int attempt_confirmed(struct store *s, const char *way, const char *target, int64_t *ret, struct err *err) _must_check_;
/* How many messages (not tests) went out on this way since then. */
int attempts_since(struct store *s, const char *way, int64_t since, int64_t *ret, struct err *err) _must_check_;
/* The owner read this code: 1 and the attempt; 0: no test of the last week had it. */
int attempt_confirm(struct store *s, const char *code, int64_t now, struct arena *a, struct attempt *ret, struct err *err) _must_check_;

typedef LIST(struct waiting) waiting_list;
int outbox_add(struct store *s, const char *way, const struct waiting *w, struct err *err) _must_check_;
int outbox_load(struct store *s, const char *way, struct arena *a, waiting_list *ret, struct err *err) _must_check_;
int outbox_drop(struct store *s, const char *way, int64_t up_to, struct err *err) _must_check_;

/* What whoever tells must remember, by name: how far it has told, and when. In the transaction that also adds to the outbox. */
struct notify_memo {
    const char *name, *text;
    int64_t number; /* not -1 */
};
int notify_memo_put(struct store *s, const struct notify_memo *m, struct err *err) _must_check_;
/* 1, or 0: none. */
int notify_memo_get(struct store *s, const char *name, struct arena *a, struct notify_memo *ret, struct err *err) _must_check_;

typedef LIST(struct told) told_list;
int told_load(struct store *s, struct arena *a, told_list *ret, struct err *err) _must_check_;
/* Forgets all and keeps these. In the transaction that also adds to the outbox. */
int told_replace(struct store *s, const struct told rows[], size_t n, struct err *err) _must_check_;
