/* unwaited.c: commits that do not wait for the disk. SQLite writes its log without fsync (synchronous = NORMAL) and never puts it into the file by itself; the log is flushed
   aside (base/flush.h), by a descriptor of our own: SQLite's locks are on the other two files, so that closing it ends none of them. */
#include "base/i18n.h"
#include "store/store_own.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define OUT_OF_PROPORTION 16 /* times STORE_TIDY_PAGES: 64 MB */

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((struct store *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

static int open_log(struct store *s, struct err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s-wal", s->path) >= sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: %s", s->path, err_name(ENAMETOOLONG));
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    s->wal_fd = fd;
    return flush_open(fd, &s->flush, err);
}

/* The first write to an empty log waits for the disk in SQLite (the header). Here nobody waits for us. */
static int write_header(struct store *s, struct err *err)
{
    char sql[64];
    struct statement *st = NULL;
    int r = store_prepare(s, "PRAGMA user_version", &st, err);
    if (r == 0)
        r = statement_step(st, err);
    int64_t version = r > 0 ? statement_column_int(st, 0) : 0;
    statement_donep(&st);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %lld", (long long)version);
    return r < 0 ? r : store_execute(s, sql, err);
}

/* Everything that is in the log goes into the file, onto the disk; the next write begins the log anew. Nobody is waited for: -EBUSY while another program reads an older state. */
static int empty_log(struct store *s, struct err *err)
{
    int all = 0, done = 0;
    if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &all, &done) != SQLITE_OK)
        return store_failed(s, err);
    if (done < all)
        return err_set(err, -EBUSY, _("%s is in use by another program"), s->path);
    s->safe = s->commits;
    s->unsure = false;
    s->wal_pages = 0;
    return 0;
}

int store_unwaited(struct store *s, struct err *err)
{
    if (s->readonly)
        return 0; /* there is no commit */
    sqlite3_wal_hook(s->db, on_commit, s); /* in the place of its own, which would tidy at any commit */
    int r = store_execute(s, "PRAGMA synchronous = NORMAL", err);
    s->tidy_at = STORE_TIDY_PAGES;
    s->commits++; /* of an earlier process */
    if (r == 0 && empty_log(s, NULL) == 0)
        (void)!write_header(s, NULL); /* a full disk is told by who has something to write */
    return r < 0 ? r : open_log(s, err);
}

void store_unwaited_end(struct store *s)
{
    flush_close(s->flush);
    if (s->wal_fd > 0)
        close(s->wal_fd);
    s->flush = NULL;
    s->wal_fd = 0;
}

uint64_t store_mark(const struct store *s) { return s->commits; }
uint64_t store_safe(const struct store *s) { return s->safe; }
int store_fd(const struct store *s) { return s->flush ? flush_fd(s->flush) : -1; }

/* What the kernel could not write it forgets: a second fdatasync would find nothing to do, and say that all is well. SQLite reads and writes it all again. */
static int take_end(struct store *s, bool wait, struct err *err)
{
    int r = flush_end(s->flush, wait);
    s->unsure |= r < 0;
    if (s->unsure)
        return empty_log(s, err);
    if (r > 0 && s->safe < s->flushing)
        s->safe = s->flushing;
    return 0;
}

static void start(struct store *s)
{
    if (flush_busy(s->flush) || s->unsure || s->safe >= s->commits)
        return;
    s->flushing = s->commits;
    flush_start(s->flush);
}

int store_flush(struct store *s, struct err *err)
{
    if (!s->flush)
        return 0;
    int r = take_end(s, false, err);
    start(s);
    return r;
}

int store_sync(struct store *s, struct err *err)
{
    int r = 0;
    while (r == 0 && s->flush && (s->safe < s->commits || flush_busy(s->flush))) {
        start(s);
        r = take_end(s, true, err);
    }
    return r;
}

bool store_wants_tidy(const struct store *s, bool quiet)
{
    return s->flush && s->wal_pages >= (quiet ? s->tidy_at : s->tidy_at + (OUT_OF_PROPORTION - 1) * STORE_TIDY_PAGES);
}

int store_tidy(struct store *s, struct err *err)
{
    int pages = s->wal_pages, r = store_sync(s, err); /* then SQLite's own flush of the log is nothing */
    if (r == 0)
        r = empty_log(s, err);
    if (r == 0)
        r = write_header(s, err);
    s->tidy_at = r == 0 ? STORE_TIDY_PAGES : pages + STORE_TIDY_PAGES; /* not again at each commit */
    return r;
}
