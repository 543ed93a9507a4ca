/* plan.h: a change before it happens: what would be put right, whom it would hurt, every step with its old and new state. A domain's fix fills a plan
   (plan_fn, a check's row names it); nothing is touched meanwhile. change/show.h shows it, change/apply.h carries it out, change/undo.h takes it back.

   Steps come in two sorts. *State* steps (file, mode, link, directory, command, unit) have an inverse, which is on disk before the step is done.
   *Settling* steps (test, reload, systemd's look at its own files) make the running service follow the files; they are done after the state steps, and again after these were taken back.
   All paths are those of the live machine. Runs in `bansho` as root. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"
#include "model/act.h"
#include "model/check.h"
#include "unit/unit.h"
#include <time.h>

#define PLAN_STEPS_MAX 512
#define PLAN_FILE_MAX (8u << 20) /* of a file that is edited */
#define XATTRS_MAX (64u << 10)

enum step_type { STEP_FILE, STEP_MODE, STEP_LINK, STEP_DIRECTORY, STEP_COMMAND, STEP_UNIT, STEP_TEST, STEP_SETTLE, STEP_MANAGER, STEP_TYPE_COUNT };

/* What lies at a path. Attributes of symbolic links are not kept apart: owner only. */
enum node_type { NODE_ABSENT, NODE_FILE, NODE_LINK, NODE_DIRECTORY, NODE_TYPE_COUNT };
struct node {
    enum node_type type;
    struct str content; /* NODE_FILE: its bytes; NODE_LINK: its target */
    unsigned mode, uid, gid;
    int64_t mtime_s;
    int64_t mtime_ns;
    struct str xattrs;  /* names and values, ACLs and SELinux label among them: change/node.h's form */
};

struct path_time {
    const char *path;
    struct timespec time;
};
struct path_times {
    LIST(struct path_time) list;
};

struct step {
    enum step_type type;
    const char *path;           /* FILE MODE LINK DIRECTORY; resolved: no link on the way */
    struct node before, after;  /* of the path; MODE, LINK, DIRECTORY too */
    const struct act *act;      /* NULL: none (TEST), or not looked up yet */
    const char *act_name;       /* from a journal: its row's name */
    const char *const *argv;    /* COMMAND, TEST: NULL-terminated */
    const char *const *inverse; /* COMMAND: what takes it back; NULL: nothing can (then `what` says so) */
    const char *const *ready;   /* COMMAND: must say yes before undo begins, else its error output is the reason; NULL: nobody is asked */
    const char *unit;           /* UNIT, SETTLE */
    enum unit_verb verb;        /* UNIT: what is done; SETTLE: UNIT_RELOAD, UNIT_RESTART, or UNIT_START: it must still run */
    struct unit_state unit_before; /* UNIT, SETTLE */
    struct path_times times;    /* UNIT that enables or disables: change/unit_times.h */
    bool lazy;                  /* SETTLE by UNIT_RESTART: not where a program of the change has restarted it meanwhile */
    bool secret;                /* FILE: passwords stand in it, so its difference is not shown */
    const char *what;           /* COMMAND: for people, in their language; else NULL */
};

struct plan {
    struct arena *arena;
    const struct root *root;    /* live */
    const struct check *check;
    int64_t now;
    const char *title;          /* what will be put right: a msgid, so that it is read in the language of whoever lists changes later */
    LIST(const char *) harmed, unchanged, untested, notes; /* for people; `harmed` empty: nobody */
    LIST(const char *) wait;    /* reasons to wait: without --now the change is refused */
    LIST(const char *) cannot;  /* objects that stay wrong, and why */
    LIST(const char *) asked;   /* the objects that were named; empty: all */
    const char *asked_by;       /* the command, where it was not `bansho fix`: "bansho setup"; else NULL */
    const char *verified_by;    /* what is looked at afterwards, where it is not the check: "bansho config check"; else NULL */
    LIST(const char *) objects; /* of the findings that it is for */
    LIST(const struct check *) verify; /* besides the check itself: nothing of these may become worse */
    LIST(const char *) verify_ids;     /* the same by name: checks of rooms that the planner does not know */
    LIST(const char *) expected;       /* objects of the check that need not be right yet afterwards */
    LIST(struct step) steps;    /* state steps in their order, then settling ones */
};

struct plan *plan_new(struct arena *a, const struct root *root, const struct check *check, int64_t now);

void plan_title(struct plan *p, const char *msgid); /* N_() */
void plan_harmed(struct plan *p, const char *text, ...) _printf_(2, 3);
void plan_unchanged(struct plan *p, const char *text, ...) _printf_(2, 3);
void plan_untested(struct plan *p, const char *text, ...) _printf_(2, 3);
void plan_note(struct plan *p, const char *text, ...) _printf_(2, 3);
void plan_wait(struct plan *p, const char *text, ...) _printf_(2, 3);
/* The object is taken off `objects`. */
void plan_cannot(struct plan *p, const char *object, const char *text, ...) _printf_(3, 4);
/* The same where a function could not do it: its reason with file and line. Returns `code`. */
int plan_refused(struct plan *p, const char *object, int code, const struct err *err);
/* A check that must not become worse. NULL is passed over. */
void plan_verify(struct plan *p, const struct check *check);
void plan_verify_id(struct plan *p, const char *id);
/* An object of the check that need not be right yet when it is looked at again (a new kernel waits for a restart of the machine): no reason to roll back. */
void plan_expected(struct plan *p, const char *object);

/* The file as it will be after the steps planned so far; links are followed. -ENOENT: it will not be there; other -errno with the reason for people: not a
   regular file, too large. The bytes live in the plan's arena. */
int plan_read(struct plan *p, const char *path, struct str *ret, struct err *err) _must_check_;

/* The file's new content; owner, mode, times, ACL and attributes stay. A link is followed to its target. A file that is not there is created with mode,
   uid 0 and gid 0 (mode 0: 0644); its directories must exist. Planned twice: one step with the last content; content as it is already: no step.
   Refused with the reason (-EPERM immutable, -EROFS, -EMLINK hard links, -EBUSY somebody else's: a panel generates it, configuration management
   names itself in it, dpkg runs). */
int plan_write(struct plan *p, const char *path, struct str content, unsigned mode, struct err *err) _must_check_;
/* Passwords stand in this file, which is planned already: what differs is shown to nobody. */
void plan_secret(struct plan *p, const char *path);
/* It will not be there: a file or a link. */
int plan_remove(struct plan *p, const char *path, struct err *err) _must_check_;
/* Mode, and owner where uid or gid is not (unsigned)-1. Files and directories. */
int plan_mode(struct plan *p, const char *path, unsigned mode, unsigned uid, unsigned gid, struct err *err) _must_check_;
int plan_link(struct plan *p, const char *path, const char *target, struct err *err) _must_check_;
/* A directory; one that is there stays as it is. Parents must exist or be planned. */
int plan_directory(struct plan *p, const char *path, unsigned mode, unsigned uid, unsigned gid, struct err *err) _must_check_;

/* A program that changes something: argv and what takes it back (NULL-terminated, copied), as act's row allows. `what` is for people. */
int plan_command(struct plan *p, const struct act *act, const char *const argv[], const char *const inverse[], const char *what, struct err *err) _must_check_;
/* For the command that was planned last: a program that must say yes before it is taken back by undo (nobody else has changed it since). */
void plan_ready(struct plan *p, const char *const argv[]);
/* UNIT_START, STOP, ENABLE, DISABLE; where the unit is so already: no step. Its inverse is its state now. UNIT_RESTART: has nothing to be taken back. Planned
   twice counts once. */
int plan_unit(struct plan *p, const char *unit, enum unit_verb verb, struct err *err) _must_check_;

/* Is it planned already? */
bool plan_has_unit(const struct plan *p, const char *unit, enum unit_verb verb);

/* Settling: a program that must say yes (postfix check, nginx -t); planned twice counts once. */
void plan_test(struct plan *p, const char *const argv[]);
/* Settling: the unit follows its files (reload, or restart where `verb` says so); done only where it runs. Planned twice counts once; restart wins. */
void plan_settle(struct plan *p, const char *unit, enum unit_verb verb);
/* Settling: a restart, unless a program of the change has already done so. */
void plan_renew(struct plan *p, const char *unit);
/* Settling: the unit, which runs now, must still run after the change, else it goes back; on the way back it is started where it does not run. */
void plan_must_run(struct plan *p, const char *unit);

/* Settling: systemd reads its unit files again, after a drop-in was written or removed. */
void plan_manager(struct plan *p);

/* The command that this plan was asked for with, to be typed again: "bansho fix mail.relay 'port 25' --now". options: "" or " --now" ...; those of another command than fix are not repeated. */
const char *plan_again(const struct plan *p, const char *options);

/* true: nothing to do. Tests alone do nothing; a reload alone does: the files were right already, and the service had not followed them. */
bool plan_empty(const struct plan *p);
