/* detect_parts.h: what the files of detect.h share. The tables, and what is lost where one is full (the row seen longest ago goes, of sixteen; counted):
     sources   /32, /64: failures within find-time; names that were tried        a slow attacker begins anew; the quick one is still seen
     lasting   the same sources, once they come back after find-time: their latest failures within two weeks    a slow attacker begins anew
     networks  /24, /48: sources that were shut out within a day                 their addresses are shut out one by one
     accounts  failures from anywhere within a day, the first three strange sources   a login after failures may not be told
     targets   accounts that three strange sources tried: the latest ten of those    the attack is told anew after as many addresses
     owners    address and name that fail though they logged in: how often; logins that are doubtful                such a telephone is told again
     good      presence.h: logins by address, address and name, network, part of the net and name, name   a stale telephone counts like a stranger; the next login brings it back */
#pragma once
#include "guard/detect.h"
#include "guard/presence.h"
#include "guard/tally.h"

#define DAY_S 86400
#define WEEK_S (7 * DAY_S)
#define LASTING_S GUARD_REMEMBERS

/* Attempts that were refused, whose failure may be told once more. */
#define REFUSED_KEPT 1024
#define REFUSED_SECONDS 120
struct refused {
    uint64_t key;
    int64_t time;
    unsigned waiting;
};

struct guard {
    struct guard_rules rules;
    uint64_t seed;
    struct refused refused[REFUSED_KEPT]; /* by the key: a later one takes the place of an earlier one */
    struct tally *sources, *lasting, *networks, *accounts, *targets, *owners;
    struct presence *good;
    struct guard_counts counts;
};

/* One telling: what is known of the event, on the way through the detectors. Each table is asked once: an answer costs a line of the processor's cache. */
struct telling {
    struct guard *g;
    const struct guard_event *e;
    uint64_t source;          /* key_of its address; 0: it has none */
    uint64_t account;         /* of its name */
    /* of a failure: */
    struct tally_row *row;    /* of the source */
    struct tally_row *kept;   /* of the source among the lasting ones; NULL: none */
    struct tally_row *tried;  /* of the account's failures; NULL: no account, or the source was spared */
    unsigned names;           /* that the source failed with; 4: more than three */
    bool logins;              /* somebody logged in from this source */
    bool near;                /* the account was used from this part of the net (/16, /32): its owner's provider */
    void (*tell)(void *arg, const struct verdict *v);
    void *arg;
};

static inline struct prefix telling_source(const struct telling *t) { return t->e->addressed ? guard_source(&t->e->address) : (struct prefix){0}; }

/* detect_keys.c: keys of the tables. */
uint64_t key_of(const struct addr *a);    /* of the source: its /32, /64 */
uint64_t key_net(uint64_t source);        /* of its /24, /48 */
uint64_t key_part(uint64_t source);       /* of its /16, /32 */
struct prefix key_prefix(uint64_t k, unsigned length4, unsigned length6); /* the way back */
uint64_t key_account(const struct guard *g, struct str name); /* names differ in case by accident */
enum pair { PAIR_LOGIN, PAIR_PART, PAIR_NAME, PAIR_NET, PAIR_SOURCE, PAIR_DOUBT, PAIR_ATTEMPT, PAIR_FORGIVEN };
/* place: of the kind, 0 for PAIR_NAME; account: 0 for PAIR_NET, PAIR_SOURCE, PAIR_FORGIVEN. */
uint64_t key_pair(const struct guard *g, enum pair kind, uint64_t place, uint64_t account);
uint32_t key_mark(const struct guard *g, uint64_t source); /* of a source, in small sets */

/* history.c: who logged in from where. */
bool history_never(const struct guard *g, const struct addr *a);
bool history_spares(const struct guard *g, const struct prefix *who); /* protected at this moment: asked when somebody would be shut out, not before */
void history_soon(const struct telling *t); /* it will be asked for */
bool history_pair(struct telling *t);       /* this account from this source */
bool history_near(struct telling *t);       /* this account from this part of the net */
bool history_logins(struct telling *t);     /* anybody from this source */
bool history_office(struct telling *t);     /* three accounts or more from this source; a tenth of those that have just three look like two */
bool history_network(struct telling *t);    /* anybody from this /24, /48 */
bool history_account(struct telling *t);    /* this account from anywhere: it is one that is used */
void history_forgive(struct guard *g, uint64_t source, int64_t now);
bool history_forgiven(const struct telling *t);         /* somebody lifted this source's ban within two months, and it was not shut out since */
void history_forgiven_no_more(const struct telling *t);
bool history_fresh(struct telling *t);      /* the same login was noted within this hour, and nothing failed since */
void history_note(struct telling *t);       /* a login that is its owner's */
/* A doubtful login of this account from this source. It is told once, and who comes back on another day is taken for the account's user: some accounts are always under attack,
   and whoever stole the password has it by then. */
enum doubt { DOUBT_NEW, DOUBT_TOLD, DOUBT_NONE };
enum doubt history_doubt(struct telling *t);
bool history_doubtful(struct telling *t);   /* there was one */
/* A failure of an account that logged in from there before: counts for nobody but its owner, who is told of it once a day. false: so many at once that it is no telephone. */
bool history_own_failure(struct telling *t);

/* detectors.c */
bool detectors_out(const struct telling *t); /* the source, or its network, is shut out by now */
void detectors_look(struct telling *t);      /* a failure of an address; all of it is set */
bool detectors_attacked(struct telling *t);  /* the account is tried from many addresses */
bool detectors_spared(const struct telling *t);  /* t->kept: the source was told as spared within the last day */
void detectors_forgive_login(struct telling *t); /* a person's own errors before a login count no more */
