/* ledger.h: who is banned, until when and why: the truth of which the kernel's sets are a copy. One file (wall.db) of bansho-wall; what was committed survives
   kill -9, and power loss once ledger_store's store_safe says so (store_unwaited). Ids of verdicts that were carried out are kept for 90 days, so that one that is sent again does nothing. What was banned is kept as
   history for as long (at most LEDGER_HISTORY rows, the oldest go): rising times of bans, and `why`. Times are seconds of the wall clock. */
#pragma once
#include "base/addr.h"
#include "store/store.h"

#define LEDGER_KEEP (90 * 86400LL)
#define LEDGER_HISTORY 2000000
#define LEDGER_WHY_MAX 1000 /* bytes of a reason */

struct ban {
    struct prefix network;
    const char *services; /* names, sorted, with commas: "imap,pop3"; "": all packets */
    int64_t since, until; /* until 0: until it is lifted */
    int64_t times;        /* how often this network was banned, with this one */
    const char *why, *by;
};

struct ledger;
int ledger_open(const char *path, struct ledger **ret, struct err *err) _must_check_;
void ledger_close(struct ledger *l);
/* NULL: it can be written. */
const char *ledger_readonly_why(const struct ledger *l);
struct store *ledger_store(struct ledger *l); /* for store_mark, store_flush and the like */
int ledger_begin(struct ledger *l, struct err *err) _must_check_;
int ledger_commit(struct ledger *l, struct err *err) _must_check_;
void ledger_rollback(struct ledger *l);

/* A network as it is written everywhere: without a length where that is the whole address. */
#define NETWORK_TEXT (ADDR_TEXT + 4)
const char *network_text(const struct prefix *p, char ret[static NETWORK_TEXT]);

/* 1: this verdict was carried out, *ret_until is what it led to; 0: it is new. */
int ledger_known(struct ledger *l, const char *id, int64_t *ret_until, struct err *err) _must_check_;
/* How often the network was banned since then; what was lifted by an administrator does not count. */
int ledger_times(struct ledger *l, const struct prefix *network, int64_t since, int64_t *ret, struct err *err) _must_check_;
/* Within a transaction; takes the place of the ban of the same network and services. id NULL: none. */
int ledger_put(struct ledger *l, const struct ban *b, const char *id, struct err *err) _must_check_;
/* Takes the network's bans out and forgives; NULL: all. *ret: how many were in force. */
int ledger_lift(struct ledger *l, const struct prefix *network, int64_t now, int64_t *ret, struct err *err) _must_check_;
/* Takes them out without forgiving. */
int ledger_drop(struct ledger *l, const struct prefix *network, struct err *err) _must_check_;
/* Within a transaction: forgets what ended before `before`, and what is too old. */
int ledger_prune(struct ledger *l, int64_t before, struct err *err) _must_check_;

/* Rows in their order (by the text of the network, then services), those that had ended too; texts live in the arena. after_network "": from the beginning. */
struct ban_list {
    LIST(struct ban) bans;
};
int ledger_page(struct ledger *l, const char *after_network, const char *after_services, size_t max, struct arena *a, struct ban_list *ret, struct err *err) _must_check_;
int ledger_of(struct ledger *l, const struct prefix *network, struct arena *a, struct ban_list *ret, struct err *err) _must_check_;
/* The one that ends first. 1 or 0: there is none. */
int ledger_soonest(struct ledger *l, struct arena *a, struct ban *ret, struct err *err) _must_check_;
int ledger_count(struct ledger *l, int64_t *ret, struct err *err) _must_check_; /* rows, those that had ended too */
int ledger_in_force(struct ledger *l, int64_t now, int64_t *ret, struct err *err) _must_check_;
