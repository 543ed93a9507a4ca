/* positions.h: how far logs were read, kept in the same file and the same transaction as what their lines led to: kill -9 at any moment then neither loses a line nor
   counts one twice. The store is the caller's (store/store.h); POSITIONS_SCHEMA is one of its migrations. */
#pragma once
#include "log/follow.h"
#include "log/journal_stream.h"
#include "store/store.h"

#define POSITIONS_SCHEMA \
    "CREATE TABLE log_file (dev INTEGER NOT NULL, ino INTEGER NOT NULL, log TEXT NOT NULL, at INTEGER NOT NULL, head INTEGER NOT NULL, head_n INTEGER NOT NULL," \
    " tail INTEGER NOT NULL, tail_n INTEGER NOT NULL, skipping INTEGER NOT NULL, rotated INTEGER NOT NULL, PRIMARY KEY (dev, ino)) WITHOUT ROWID;" \
    "CREATE TABLE log_journal (name TEXT PRIMARY KEY, cursor TEXT NOT NULL, time_us INTEGER NOT NULL, seen_us INTEGER NOT NULL) WITHOUT ROWID;" \
    "CREATE TABLE log_read (until INTEGER NOT NULL);" \
    "CREATE TABLE log_source (service TEXT PRIMARY KEY, kind TEXT NOT NULL, since INTEGER NOT NULL, cut INTEGER NOT NULL, before TEXT) WITHOUT ROWID;"

struct positions {
    LIST(struct follow_place) files;
    int64_t read_until; /* microseconds: when something was kept last; 0: never */
};
/* What is kept, in the arena. 0 or -errno. */
int positions_load(struct store *s, struct arena *a, struct positions *ret, struct err *err) _must_check_;
/* The journal's, by the name that the caller gives its stream. 1; 0: there is none; -errno. */
int positions_journal(struct store *s, const char *name, struct arena *a, struct journal_position *ret, struct err *err) _must_check_;

/* Within the caller's transaction: everything that f handed out. After the commit: follow_done, else follow_undo. */
int positions_put(struct store *s, const struct follow *f, struct err *err) _must_check_;
int positions_put_journal(struct store *s, const char *name, const struct journal_position *p, struct err *err) _must_check_;

/* A service's live source, as it was elected (sources.h: source_kind_name). Within the caller's transaction. 1: it was another one before: a cut, and *ret_until is when that one was read last:
   between then and now lines may be missing; it stays recorded. 0: the same as before, or the first one. */
int positions_source(struct store *s, const char *service, const char *kind, int64_t now, int64_t *ret_until, struct err *err) _must_check_;

/* The whole of it: takes what is new (about `most` bytes of lines, a block more at most), gives each item to `take`, which writes what follows from it into the store, and
   commits both. Returns how many items there were; 0: nothing is new. -errno: nothing of it is kept, and all lines come again: a full disk (-ENOSPC) loses nothing; whether that
   was told already is the caller's to know. News do not come again. take: 0 or -errno. */
typedef int positions_take_fn(void *arg, const struct follow_item *item);
int positions_step(struct store *s, struct follow *f, size_t most, positions_take_fn *take, void *arg, struct err *err) _must_check_;
