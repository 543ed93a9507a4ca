/* act.h: what needs privilege and changes something: one row of the table of acts. Rows are declared by the rooms that perform them (change/change_acts.c,
   unit/unit_acts.c, account/account_acts.c ...), listed in act/registry.c, permitted and recorded by act/executor.c. No I/O here. */
#pragma once
#include "base/err.h"
#include <stddef.h>

/* Who may have it done. Until the services have sockets there is one caller: the administrator at the command line. */
enum caller { CALLER_ADMIN = 1 };

struct act {
    const char *name;    /* "file.write" */
    const char *title;   /* N_(): what it does ("replaces a file") */
    const char *program; /* what performs it: "" bansho itself, "systemd" (its bus), or a program's path */
    const char *needs;   /* capabilities and written directories, parted by blanks: "CAP_DAC_OVERRIDE /etc" */
    const char *inverse; /* ACT_INVERSE("..."): how it is taken back */
    unsigned budget;     /* times an hour; beyond that it is refused and stays visible */
    unsigned callers;    /* of enum caller */
    const char *logged;  /* what is recorded with it: "path", "unit and verb", "account" */
};

/* An act without a way back does not build: an empty text makes an array of negative size. */
#define ACT_INVERSE(text) ((text) + 0 * sizeof(char[sizeof(text) > 1 ? 1 : -1]))

struct act_table {
    const struct act *const *rows;
    size_t n;
};

/* Of an act that was permitted: it was never begun; it had begun when the process was killed. */
enum act_end { ACT_NEVER_BEGUN = 1, ACT_INTERRUPTED = 2 };

/* How an act is asked for and reported by whoever performs it; the executor (act/executor.h) fills it in, a test its own. */
struct act_desk {
    /* 0: do it. -EPERM: only observed (mode = observe), -EDQUOT: over its budget or after three failures; err says so. Recorded either way. */
    int (*permit)(void *arg, const struct act *act, const char *object, struct err *err);
    /* How it ended: 0, -errno, or one of enum act_end. Nothing happens where it was not asked for before. */
    void (*done)(void *arg, const struct act *act, const char *object, int result);
    /* The row of that name; NULL: none (a journal of a newer version). */
    const struct act *(*by_name)(void *arg, const char *name);
    void *arg;
};
