/* desk.h: what `fix` and `undo` need to change something: the journal with its lock, the executor, what earlier runs left, progress and questions. */
#pragma once
#include "act/executor.h"
#include "bin/verbs.h"
#include "change/apply.h"
#include "check/report.h"

#define STATE_DIR "/var/lib/bansho" /* of root: journal, acts, pauses */

struct desk {
    const struct term *term;
    bool quiet;              /* --json: only errors are said */
    struct journal journal;
    struct executor executor;
    struct change_desk change; /* verify and arg are the caller's */
    bool open;
};

/* Takes the lock, brings to an end what an earlier run left, opens the executor. */
int desk_open(struct desk *d, const struct config *c, struct arena *a, struct err *err) _must_check_;
void desk_close(struct desk *d);

/* Before anything is looked at: a change that was interrupted is ended first. OUTCOME_FINE also where there is none, and without root. */
enum outcome desk_recover(const struct term *t, bool quiet);

/* true: from here on no signal but SIGKILL ends us (a lost connection, an impatient Ctrl-C); false: as usual again. Around change_apply and change_undo. */
void desk_hold(bool hold);

/* How a verb ends that asked change_apply or change_undo: refused where nothing was done because it must not be now; wrong where it was rolled back. */
enum outcome desk_outcome(int r);

/* The end of what such a verb prints with --json: the plan (NULL: none was made), what came of it, the change (0: none), the reason; the object is closed. */
struct emit;
void desk_json_end(struct emit *j, const struct plan *p, const char *result, unsigned change, const struct err *err);

/* Asks on the terminal. false: no, or nobody to ask. */
bool desk_confirm(bool json);

/* What bansho changed on this machine, for the report's page. */
void changes_into(struct report *r);
