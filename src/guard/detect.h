/* detect.h: from events of logs to verdicts: who would be shut out, for how long, and why. It calls nobody, knows no clock but the events' own times, and
   keeps bounded state (tally.h). An IPv6 source is its /64: one customer has at least that much. */
#pragma once
#include "base/addr.h"
#include "base/macros.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

struct guard_rules {
    int64_t find_time, ban_time, ban_time_max; /* seconds */
    unsigned max_retry;
    const struct prefix *never; /* never shut out: own and protected networks */
    size_t never_n;
    const struct prefix *proxies; /* guard/proxy.h; of `never`, too */
    size_t proxies_n;
    bool (*spares)(void *arg, const struct prefix *who); /* NULL, or asked when somebody would be shut out: is he protected at this moment (an administrator is logged in from there)? */
    void *spares_arg;
    size_t max_bytes;           /* 0: 7.9 MB; they are taken as sources come */
};

struct guard_event {
    int64_t time;
    bool success;       /* of a login; else a failure */
    bool refused;       /* a failure before anything was tried: the next failure of that account from there, within two minutes, is the same attempt */
    bool addressed;
    bool hidden;        /* it came through a trusted proxy, and the log does not say from where */
    struct addr address;
    struct str account; /* .n 0: not known */
    unsigned attempts;  /* 0 counts as 1 */
};

enum verdict_kind {
    VERDICT_ADDRESS,  /* max_retry failures within find_time */
    VERDICT_NETWORK,  /* several addresses of one network (/24, /48) were shut out within a day */
    VERDICT_ENTERED,  /* a login succeeded on an account that strangers were trying, from where it had never been used */
    VERDICT_SPARED,   /* it fails as often as others that are shut out, but is not: see `looks`; told once a day */
    VERDICT_SPREAD,   /* it failed on an account that many addresses are trying, and nobody ever logged in from there */
    VERDICT_SPRAY,    /* it tried several accounts, however slowly within a day, and nobody ever logged in from there */
    VERDICT_SLOW,     /* it fails again and again for days, and nobody ever logged in from there */
    VERDICT_ATTACKED, /* the account is tried from many addresses; the account itself stays open. Told once a day while that lasts */
};
#define VERDICT_KINDS (VERDICT_ATTACKED + 1) /* stored as numbers: new ones come last */

enum verdict_looks {
    LOOKS_ATTACK,
    LOOKS_STALE,      /* an address of good history that fails on its own account alone: a telephone with an old password */
    LOOKS_OFFICE,     /* several accounts log in from there: an office, or a provider's customers, behind one address: shut out for a short time only */
    LOOKS_ONE_ACCOUNT,/* only one name was tried, and not quickly: perhaps its owner */
    LOOKS_PROTECTED,  /* in `never`, or `spares` says so */
};
#define VERDICT_LOOKS (LOOKS_PROTECTED + 1)

struct verdict {
    enum verdict_kind kind;
    enum verdict_looks looks;
    int64_t time, until;       /* until: 0 where nobody is shut out */
    int64_t since;             /* the earliest failure that decided, as far as it is kept; 0: not known */
    struct prefix who;         /* VERDICT_ATTACKED: nobody (length 0) */
    struct str account;        /* of the event that decided; valid during the call */
    unsigned count;            /* that decided: failures; VERDICT_NETWORK: addresses of it; VERDICT_SPREAD, VERDICT_ATTACKED: addresses that try the account;
                                  VERDICT_SPRAY: accounts, more than are counted count as 4 */
    unsigned times;            /* shut out for the n-th time */
};

/* What counts as one source: an IPv4 address, or the /64 of an IPv6 address. */
struct prefix guard_source(const struct addr *a);
/* "attack", "stale", "office", "one-account", "protected". */
const char *verdict_looks_name(enum verdict_looks l);

#define GUARD_REMEMBERS (14 * 86400) /* seconds: older failures matter to no detector */

struct guard;
/* NULL: no memory. The rules are copied, besides what `never` points to. */
struct guard *guard_new(const struct guard_rules *r);
void guard_free(struct guard *g); /* NULL is fine */
void guard_freep(struct guard **g);
/* Tells each verdict that follows from it. */
void guard_event(struct guard *g, const struct guard_event *e, void (*tell)(void *arg, const struct verdict *v), void *arg);

/* What was told before a restart: who is shut out until then, for the n-th time. */
void guard_known(struct guard *g, const struct prefix *who, int64_t until, unsigned times);
/* now: seconds, on the clock of the events: those of more than a day before know nothing of it. Forgets failures and bans of all addresses of this network, so that the next
   failure there is the first; it is not enough because others try the same account, either, until the address was shut out anew. Good history stays.
   Returns of how many sources there was something. */
size_t guard_forgive(struct guard *g, const struct prefix *who, int64_t now);

struct guard_counts {
    uint64_t failures, successes, unaddressed; /* unaddressed: failures without an address, which count for their account alone */
    uint64_t after;     /* failures of those who would have been shut out by then */
    uint64_t lost;      /* rows that had to be forgotten for want of room: always what was seen longest ago, so that a flood hides what is slow first */
    size_t sources, bytes;
};
struct guard_counts guard_counts(const struct guard *g);
