/* wall.h: bans, from a request to dropped packets: what is refused, the ledger, the kernel's copy of it, the end of open connections, and the mending of what others
   took away. Runs in bansho-wall, in one thread; needs CAP_NET_ADMIN.
   A ban is in the kernel first and then in the ledger, and answered only when the ledger is on disk: who asks again after a crash finds it done, or has it done. Nobody waits
   for the disk: the next ban is in the kernel while the last one is still being written (store/store.h, "Commits that do not wait"). Why no order of events loses a promise:
   killed before the commit, it was not answered, and what is in the kernel ends by its timeout, or goes with the next start; killed after it, the ledger has it; after a
   power loss the ledger has at least what was answered, and the kernel is made anew from it. */
#pragma once
#include "base/clock.h"
#include "config/config.h"
#include "firewall/ledger.h"
#include "nft/bans.h"
#include <sys/types.h>

#define WALL_MOST 1000000 /* bans; beyond them the one that would end first makes room */
#define WALL_SHORTEST_V4 16 /* shorter prefixes are refused */
#define WALL_SHORTEST_V6 32

struct wall_options {
    const char *ledger;            /* path of the file */
    struct clock clock;
    const struct config *config;   /* must live until wall_configure takes another one; NULL: it cannot be read. Then bans hold, and nobody new is shut out */
    const char *unread;            /* why not, for people */
    const char *sessions;          /* SESSIONS_DIR (host/never.h) */
    int64_t most;                  /* 0: WALL_MOST */
};

struct wall;
/* Opens both and brings the kernel to what the ledger says, with the time that remains. Bans of what is never shut out (host/never.h, without sessions) are lifted:
   the source was declared, or the address became this machine's own, after the ban. */
int wall_open(const struct wall_options *o, struct wall **ret, struct err *err) _must_check_;
void wall_close(struct wall *w); /* bans stay in the kernel */
void wall_closep(struct wall **w);
/* Takes it over, also where this fails. Who is protected by now is let in. */
int wall_configure(struct wall *w, const struct config *config, struct err *err) _must_check_;

struct wall_request {
    const char *id;               /* of the verdict; NULL: none */
    struct str network;
    const struct str *services;   /* names of model/service.h; n 0: all packets */
    size_t services_n;
    bool has_until;               /* otherwise guard.ban-time, doubled for each earlier ban, at most guard.ban-time-max */
    int64_t until;                /* 0: until it is lifted */
    struct str why;
    const char *by;
    bool ordered;                 /* by an administrator; otherwise by one of bansho's programs */
    pid_t caller;                 /* whose session's address is not banned; 0: not known */
};

enum wall_end { WALL_DONE, WALL_KNOWN, WALL_REFUSED, WALL_FAILED };
struct wall_answer {
    enum wall_end end;
    int64_t until;
    char reason[400]; /* of a refusal or failure, for people */
};

/* Many at once: one transaction in the kernel, one in the ledger. What is refused does not hold up the others. Answers that say done or known may be given once wall_keep has
   told a mark that is at least wall_mark as it is now, others at once. */
void wall_ban(struct wall *w, const struct wall_request requests[], size_t n, struct wall_answer answers[]);
uint64_t wall_mark(const struct wall *w);
/* Has the disk take it in, aside; to be called after wall_ban, and when wall_keep_fd is readable. *ret_safe: all up to this mark is on disk, also where it fails.
   -errno: what came since is perhaps not, and is to be answered as failed. */
int wall_keep(struct wall *w, uint64_t *ret_safe, struct err *err) _must_check_;
int wall_keep_fd(const struct wall *w); /* -1: the ledger cannot be written */
int wall_keep_all(struct wall *w, struct err *err) _must_check_; /* waits */
/* The ledger's log is put in order, which waits for the disk: when there is nothing else to do for a while (`quiet`), or when it has become very long. */
bool wall_wants_tidy(const struct wall *w, bool quiet);
void wall_tidy(struct wall *w);
/* all: every ban; otherwise those of exactly this network. -EINVAL: no network. Where the ledger cannot be written they are taken out of the kernel all the same,
   and err says that they come back with the next start. */
int wall_unban(struct wall *w, bool all, struct str network, int64_t *ret_removed, struct err *err) _must_check_;

/* At most `max` bans in force after this one (both "": from the beginning), those of the network alone where it is given: an address also has the bans of the networks
   around it, a network those within it. *ret_end: there are no more; else go on after the last one that was looked at, *ret_network, *ret_services (arena). */
struct wall_page {
    const struct prefix *network;
    const char *after_network, *after_services;
    size_t max;
};
int wall_page(struct wall *w, struct wall_page *page, struct arena *a, struct ban_list *ret, bool *ret_end, struct err *err) _must_check_;

/* The descriptor that becomes readable when the ruleset was changed by others. */
int wall_fd(const struct wall *w);
/* What was changed; also to be asked after every ban. true: something of ours was touched, and wall_mend has to be called. */
struct wall_news {
    char who[64]; /* the last of them: "nft (4711)"; "" where it is not known */
    struct bans_touched touched;
};
bool wall_news(struct wall *w, struct wall_news *ret);
/* Brings the kernel to what the ledger says, after others touched it (`n` counts and names them), or after the clock was set (NULL). Only what differs is changed: elements
   that were touched are looked up in the ledger one by one; chains and rules are made anew without the sets; where it is not known what was touched all elements are compared,
   if there are at most WALL_COMPARED bans. Otherwise, and where the table or a set is gone, the table is made anew. 0: done; 1: the first bans are in force, and the rest comes
   by wall_mend_more, called until it says 0, with answers in between. *ret_changed: elements that differed; -1: all are put. */
#define WALL_COMPARED 20000
int wall_mend(struct wall *w, const struct wall_news *n, int64_t *ret_changed, struct err *err) _must_check_;
int wall_mend_more(struct wall *w, struct err *err) _must_check_;

struct wall_status {
    int64_t bans, in_kernel; /* in_kernel: elements, counted; -1: there is no table */
    int64_t refused, healed, ended; /* ended: open connections */
    int64_t dropped_for_room;
    int64_t let_in; /* bans that were lifted because their network is never shut out by now */
    const char *last_healed_by; /* NULL: nobody */
    const char *trouble;        /* NULL, or what does not work (the disk, the kernel), for people */
};
int wall_status(struct wall *w, struct wall_status *ret, struct err *err) _must_check_;
/* Of these two, without asking anybody: trouble, and dropped_for_room. */
const char *wall_failing(const struct wall *w);
int64_t wall_given_up(const struct wall *w);

/* Takes our table out of the kernel; for the removal of the package. */
int wall_remove_table(struct err *err) _must_check_;
