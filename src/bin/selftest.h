/* selftest.h: `bansho selftest`: does a failed login at each service really end with a dropped packet? verb_selftest.c: what is tried, and how it is told;
   verb_selftest_one.c: one service, from the failure to the packet. Used by the verb only. */
#pragma once
#include "bin/peer.h"
#include "dialogue/stranger.h"
#include "guard/canary_try.h"
#include "nft/bans.h"

enum selftest_state { SELFTEST_OK, SELFTEST_FAIL, SELFTEST_UNKNOWN, SELFTEST_NA };

struct selftest_result {
    const char *product, *protocol, *source; /* "dovecot", "pop3", "journal" */
    uint16_t port;            /* 0: not asked */
    enum selftest_state state;
    const char *why;          /* "" where all is well */
    int64_t read_ms, ban_ms;  /* from the line's own time to its reading, from there to the answer of bansho-wall; -1: not known */
    bool ordered;             /* mode = observe: the ban was ordered by the self-test itself */
};

struct selftest {
    struct arena *a;
    struct wire_client *watch, *wall;
    struct bans *bans;        /* the kernel's own answer */
    struct canary_place control;
    const char *run;
    int netns;
};

/* Tries it from `from`. Everything that it made is taken away again. */
void selftest_one(struct selftest *s, const struct canary_target *t, const struct addr *from, struct selftest_result *ret);
/* SelfTest(address, seconds). The caller frees ret; -errno with err. */
int selftest_ask(struct selftest *s, const struct addr *a, int seconds, struct wire_answer *ret, struct err *err) _must_check_;
