/* why.h: what verb_why.c, verb_why_address.c and verb_why_account.c share. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "bin/peer.h"

/* One question to one service, and its list: parts are put together, the newest last. */
struct question {
    const struct peer *peer;
    const char *method, *list; /* "List", "bans" */
    bool more;    /* in parts, the newest first */
    size_t most;  /* so many are enough: older parts are not asked for; 0: all */
    bool cut;     /* there are older ones */
    json_t *all;  /* owned; NULL: not known */
    int code;
    struct err err;
};
void why_ask(const struct call *c, struct question *q, json_t *take_parameters);

/* "%s does not run. To start it: ...", or what went wrong; in the arena. */
const char *why_not_known(const struct question *q, struct arena *a);

int64_t why_number(const json_t *of, const char *key);
const char *why_string(const json_t *of, const char *key);           /* "" where there is none */
void why_put(struct buf *b, const json_t *of, const char *key);      /* escaped */
const json_t *why_widest(const json_t *bans);                       /* rather one of everything; NULL: there is none */
const char *why_services(struct arena *a, const json_t *ban);       /* "smtp, imap"; NULL: all */
const char *why_until(struct arena *a, int64_t until);               /* "until 2026-11-24 10:00" */
void why_title(const char *title);
void why_line(struct str text);                                      /* indented, as it is */
/* The sentence at the top. */
void why_verdict(enum colour colour, const char *text);

enum outcome why_address(const struct call *c, const struct addr *of);
enum outcome why_account(const struct call *c, const char *account);

/* --- an account: what it did, by bansho-watch or by the logs (verb_why_uses.c) */

struct why_use {             /* from one address, at one service, logins or failures */
    const char *address;     /* "" where the log does not say */
    const char *service;     /* the filter's name, or the service's */
    bool success;
    bool refused;            /* the last failure: it was refused before its password was looked at */
    uint64_t n;
    int64_t first, last;     /* seconds */
    bool banned;             /* from here on: filled in by why_bans */
    int64_t until;
    const char *why;         /* of the ban */
    const char *by;          /* "bansho", "fail2ban" ...; of what turns the address away */
    const char *next;
};
struct why_refusal {         /* what Postfix did not take from it */
    int64_t time;
    const char *address, *rcpt, *said;
};
struct why_seen {
    LIST(struct why_use) uses;         /* successes first, then failures; the newest first */
    LIST(struct why_refusal) refusals; /* the last WHY_REFUSALS */
    uint64_t in_its_name;              /* refusals of mail that names it as its sender, from where it never logged in: anybody can write that */
    uint64_t accepted, refused, deferred, bounced; /* messages since `since`; recipients that a receiver put off, or refused */
    int64_t last_success, last_failure, last_accepted, last_refused;
    uint64_t failures;                 /* since last_success */
    int64_t since;                     /* from when on logs were searched */
    bool watched;                      /* logins are the watch's; else the logs' */
    bool cut;                          /* there were more than are kept in mind */
    LIST(const char *) not_seen;
};
#define WHY_REFUSALS 5
#define WHY_USES 200
#define WHY_EVENTS 2000 /* of each kind that the watch is asked for */

struct root;
void why_uses(const struct call *c, const char *account, const struct root *root, int64_t now, int64_t since, struct arena *a, struct why_seen *ret);
/* Which of its addresses are turned away now. */
struct host;
void why_bans(const struct call *c, const struct host *h, struct arena *a, struct why_seen *seen);
