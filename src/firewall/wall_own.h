/* wall_own.h: for the files of the wall only. */
#pragma once
#include "firewall/wall.h"
#include "host/never.h"
#include "nft/bans.h"
#include "nft/connections.h"

enum trouble { TROUBLE_CONFIG, TROUBLE_DISK, TROUBLE_KERNEL, TROUBLES };

struct wall {
    struct wall_options o;
    struct ledger *ledger;
    struct bans *bans;
    struct connections *connections;
    struct never_now never;
    int64_t rows;     /* of the ledger, at least */
    struct reading *reading; /* while the table is made anew */
    bool unsaved;     /* the kernel may hold bans that the disk could not take in */
    int64_t refused, healed, ended, dropped_for_room, let_in;
    char healer[64];
    char trouble[TROUBLES][512];
};

/* text NULL: none any more. */
void wall_trouble(struct wall *w, enum trouble which, const char *text);

/* The elements of one ban in the kernel's sets. now 0: whatever time remains; otherwise one that has ended has none. */
#define WALL_ELEMENTS 64
size_t wall_elements(const struct ban *b, int64_t now, struct ban_element ret[static WALL_ELEMENTS]);

/* When it ends, counted from now, or `now` where it has ended; 0: never. One whose beginning is still to come was made while the clock was wrong: it lasts as long as it was given for. */
int64_t wall_end(const struct ban *b, int64_t now);
int64_t wall_later(int64_t a, int64_t b); /* of two ends; 0 is the latest */

/* The kernel's table anew, from the ledger, without what is never shut out. for_good: that is lifted
   in the ledger, too (not within a transaction). wall_restore_begin: its first part; 1: there is more. */
int wall_restore(struct wall *w, bool for_good, struct err *err) _must_check_;
int wall_restore_begin(struct wall *w, bool for_good, struct err *err) _must_check_;
int wall_restore_more(struct wall *w, struct err *err) _must_check_;
void wall_restore_stop(struct wall *w);

/* All elements that the ledger wants, in order (ban_key_order), each once: malloc'd. */
int wall_wanted(struct wall *w, struct ban_element **ret, size_t *ret_n, struct err *err) _must_check_;
