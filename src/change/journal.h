/* journal.h: what changes did, on disk, so that it can be taken back: by bansho, and by hand when bansho itself is broken. Plain files, not a database,
   for that reason. One directory a change below /var/lib/bansho/changes (0700, root):

     000007/change.json   what it is, every step with the attributes of before and after
            before/N      what lay at step N's path: a copy with owner, mode, times and extended attributes, so that `cp -a` restores it
            after/N       what the change put there
            sums          SHA-256 of these (`sha256sum -c sums`)
            undo.sh       takes it back by hand, with nothing but a shell
            log           what happened, a line each, synced before the next thing happens; each line ends with a sum over all lines so far

   The directory is complete and synced before the first step is done: a change without `log` never began. A damaged one is told, never guessed.
   One writer at a time (flock on changes/lock, with the holder's pid inside). */
#pragma once
#include "change/plan.h"

enum change_status {
    CHANGE_BEGUN,       /* written down; a step may have been done: must be rolled back */
    CHANGE_APPLIED,
    CHANGE_ROLLED_BACK,
    CHANGE_UNDOING,     /* undo has begun and must be ended */
    CHANGE_UNDONE,
    CHANGE_DAMAGED,     /* its files are not what they were */
    CHANGE_EXPIRED,     /* the copies were thrown away; cannot be undone */
    CHANGE_STATUS_COUNT
};
const char *change_status_name(enum change_status s); /* "begun" "applied" ...: as in JSON */

/* What the log says of a step. */
struct step_record {
    bool begun, done, reverted;
    bool returning; /* going back had begun when the log was read: it may stand half way */
    struct timespec parent_before; /* the time of the directory that holds its path; 0: none */
};

struct change {
    unsigned id;
    int64_t time, ended;      /* when it began; its last event */
    const char *check;        /* its id */
    const char *title, *who, *from; /* title: a msgid (in_words), from older versions a text in the language of that time; from: where that person sits: an address, a terminal, or "" */
    LIST(const char *) objects;
    enum change_status status;
    const char *reason;       /* why it was rolled back, or what is damaged; else "" */
    LIST(struct step) steps;         /* journal_read only: contents too */
    LIST(struct step_record) records; /* one for each step */
};

struct journal {
    int dir;          /* the directory's descriptor */
    int lock;         /* -1: not held */
    const char *path;
};
#define JOURNAL_DIR "/var/lib/bansho/changes"
#define JOURNAL_KEEP_DAYS 90

/* Opens (and makes) the directory. write: takes the lock; -EWOULDBLOCK: somebody else changes something right now, err names the process. Reading needs
   no lock. -ENOENT: nothing was ever changed (reading only). */
int journal_open(const char *path, bool write, struct journal *ret, struct err *err) _must_check_;
void journal_close(struct journal *j);

/* Writes a plan down, durably; its id is returned in *ret_id. Nothing has happened yet. */
int journal_begin(struct journal *j, const struct plan *p, const char *who, const char *from, unsigned *ret_id, struct err *err) _must_check_;

/* Appends one event, durably. `step` NO_STEP: it is about none; `text` NULL: none. */
enum journal_event { EVENT_STEP, EVENT_DONE, EVENT_APPLIED, EVENT_BACK, EVENT_REVERTED, EVENT_ROLLED_BACK, EVENT_UNDO, EVENT_UNDONE, EVENT_EXPIRED, EVENT_COUNT };
/* `parent`: the time of the step's directory at that moment, or NULL. */
int journal_add(struct journal *j, unsigned id, enum journal_event e, unsigned step, const struct timespec *parent, const char *text, struct err *err) _must_check_;
#define NO_STEP ((unsigned)-1)

/* One change whole. Damage is not an error: status says so and reason names the file. -ENOENT: no such change. */
int journal_read(const struct journal *j, unsigned id, struct arena *a, struct change *ret, struct err *err) _must_check_;

/* All of them, newest first, without steps: one small file each. */
struct changes {
    LIST(struct change) list;
};
int journal_list(const struct journal *j, struct arena *a, struct changes *ret, struct err *err) _must_check_;

/* Throws away the copies of changes that ended before `limit` (seconds since the epoch); the log stays. Number of changes, or -errno. */
int journal_expire(struct journal *j, int64_t limit, struct err *err) _must_check_;
