/* probe.h: what a check's probe may look at. Everything in it is read-only and was made before the probe's own process was forked. */
#pragma once
#include "base/clock.h"
#include "model/check.h"
#include "server/server.h"

struct config;

struct probe_ctx {
    const struct server *server;   /* ->host is the machine */
    const struct config *config;   /* config/config.h */
    int64_t now;
    bool live;                     /* false below --root: no program is run, nobody is talked to */
    bool unhurried;                /* nobody waits: the nightly look */
    bool asked;                    /* the check was asked for by its name: it may take longer than as one of all */
    const char *run;               /* 8 hex digits of this run: names of failed logins are bansho-probe-RUN-SERVICE */
    const struct memo *memos;      /* what the checks left the last time, sorted for memo_find */
    size_t memos_n;
    const char *state_dir;         /* where stored results of earlier runs lie, or "" */
};
