/* store.h: one SQLite file, belonging to one program (ours: check.db of `bansho`). WAL, full synchronisation: what was committed survives kill -9 and power
   loss. The schema is a list of migrations; user_version counts those that were applied. A file from a newer version is refused, a damaged one is
   reported and left as it is: nothing is ever thrown away here. Where it cannot be written (full disk, read-only file system) it is opened to be read. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct store;

/* Opens or creates the file (mode 0600, its directories 0700) and brings its schema up to date. migrations: n texts of SQL, applied in order, each in a
   transaction. 0, or -errno: -EUCLEAN damaged, -EPROTONOSUPPORT newer than this program, -EACCES, -ENOSPC, ...; err names the file and says what to do. */
int store_open(const char *path, const char *const migrations[], size_t n, struct store **ret, struct err *err) _must_check_;
/* A file of another program, to be read as it is: nothing is made, migrated or written. 0; -ENOENT, and the others of store_open. */
int store_open_other(const char *path, struct store **ret, struct err *err) _must_check_;
void store_close(struct store *s);
void store_closep(struct store **s);

/* NULL: it can be written. Otherwise why it was opened for reading only (for people). */
const char *store_readonly_why(const struct store *s);

/* Takes the write lock at once, waiting up to 5 s for another process. */
int store_begin(struct store *s, struct err *err) _must_check_;
int store_commit(struct store *s, struct err *err) _must_check_;
void store_rollback(struct store *s);

/* --- Commits that do not wait for the disk: for a service whose next answer must not stand behind an fsync of the last one.

   From store_unwaited on a commit is finished when the kernel has it: kill -9 loses nothing. A power loss may lose the last commits, always whole ones and always the last,
   down to what store_safe said: SQLite's log (WAL) is only ever appended to, its checksums end it where it is torn, and it begins anew only in store_tidy, which waits
   for the disk. Whoever promises something for longer waits until store_safe has reached store_mark, or calls store_sync. */
int store_unwaited(struct store *s, struct err *err) _must_check_;
uint64_t store_mark(const struct store *s); /* of the last commit; what an earlier process committed counts as one that is not safe yet */
uint64_t store_safe(const struct store *s); /* all up to this mark is on disk */
/* Readable when store_flush is to be called. */
int store_fd(const struct store *s);
/* Takes the end of the flush that is under way, and starts the next one where something is not safe. -errno: what was committed since store_safe may not be on disk; the next
   call tries again. */
int store_flush(struct store *s, struct err *err) _must_check_;
/* Waits until all of it is. */
int store_sync(struct store *s, struct err *err) _must_check_;
/* The log is put into the file, which waits for the disk two or three times: when it has grown and nothing else is to be done (`quiet`), or has grown out of all proportion. */
#define STORE_TIDY_PAGES 1000
bool store_wants_tidy(const struct store *s, bool quiet);
int store_tidy(struct store *s, struct err *err) _must_check_;

/* One statement at a time. Parameters are numbered from 1; texts are borrowed until the statement is done. */
struct statement;
int store_prepare(struct store *s, const char *sql, struct statement **ret, struct err *err) _must_check_;
void statement_text(struct statement *st, int at, const char *value);
void statement_int(struct statement *st, int at, int64_t value);
/* 1: a row is there; 0: done; -errno. */
int statement_step(struct statement *st, struct err *err) _must_check_;
/* Runs it to its end and makes it ready for the next parameters. */
int statement_run(struct statement *st, struct err *err) _must_check_;
int64_t statement_column_int(struct statement *st, int column);
char *statement_column_text(struct statement *st, int column, struct arena *a); /* NULL: SQL's NULL */
void statement_donep(struct statement **st);
