/* session.h: one look at the machine and the checks run on it, as `check` and `fix` need it. Used by the verbs only. */
#pragma once
#include "check/history.h"
#include "check/registry.h"
#include "config/config.h"
#include "server/probe.h"
#include "store/check_store.h"

/* All that one run stands on. */
struct session {
    struct root root;
    struct host *host;
    struct config *config;
    struct server *server;
    struct report report;
    struct run run;
    const char *state_dir; /* NULL: none */
    struct memos memos;    /* of the last run, loaded when a check wants them */
    bool unhurried;        /* nobody waits for it */
    bool asked;            /* the checks were asked for by name */
    char id[9];            /* of this run */
};
void session_done(struct session *s);

/* Opens the root and takes the snapshot; fills the report's frame. Below a foreign root everything is a stranger's: the process gives up its privileges
   before it reads any of it. s: {.root = {.fd = -1}}. */
int session_look(struct session *s, const char *path, const char *language, struct err *err) _must_check_;
/* Runs checks; s->run holds the findings, s->report their frame. Once for a session. */
int session_run(struct session *s, const struct check *const *checks, size_t n, struct err *err) _must_check_;
/* Further checks on the same snapshot. The caller frees ret->arena. */
int session_run_more(struct session *s, const struct check *const *checks, size_t n, struct run *ret, struct err *err) _must_check_;
/* What probes and plans may look at, valid while s is. */
struct probe_ctx session_ctx(struct session *s);
/* Who runs this: the person behind sudo, else the user's name; and from where: an address, a terminal, or "". */
const char *session_who(struct arena *a);
const char *session_from(struct arena *a);
/* bansho.conf of this machine alone, for verbs that need no snapshot. The caller frees it, also after an error. */
int session_config(struct config **ret, struct err *err) _must_check_;
