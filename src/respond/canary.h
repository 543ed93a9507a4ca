/* canary.h: `bansho selftest` fails to log in on purpose, from an address of a documentation network that it has named to bansho-watch before (root only). What
   comes from there meets a detector of its own, which a single failure decides, and the act goes the way of all others: outbox, bansho-wall, kernel. It is kept as a probe,
   counts nowhere else, and is told to nobody. No I/O. */
#pragma once
#include "respond/diary.h"

#define CANARIES 64          /* at once */
#define CANARY_SECONDS 600   /* that one lives at most */
#define CANARY_BAN 120       /* seconds that it is shut out, where nobody lifts it */

struct canary {
    struct addr address;
    struct guard *guard;
    int64_t until_us;
    unsigned events;
    int64_t failed_us, read_us; /* of the failure that decided: by its line, and when it was read; 0: there was none */
    int64_t answered_us;        /* when bansho-wall had answered; 0: not yet */
    struct prefix who;
    char id[DIARY_ID];          /* of the act; "": none */
    enum post_state state;
    char reason[256];
};

struct canaries {
    struct canary *v[CANARIES];
    size_t n;
};
void canaries_free(struct canaries *c);
/* One that lives for so long from now on, what it had seen is forgotten. -EINVAL: no address of a documentation network; -ENOBUFS: too many. */
int canary_put(struct canaries *c, const struct addr *a, int64_t now_us, int64_t seconds, struct err *err) _must_check_;
void canary_drop(struct canaries *c, const struct addr *a);
/* NULL: none that lives. */
struct canary *canary_find(const struct canaries *c, const struct addr *a, int64_t now_us);
struct canary *canary_by_id(const struct canaries *c, const char *id);
/* true: with this event it is to be shut out. */
bool canary_see(struct canary *c, const struct feed_event *e);
