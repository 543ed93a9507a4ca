#include "store/store_own.h"
#include "base/buf.h"
#include "base/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

struct statement {
    struct store *store;
    sqlite3_stmt *st;
};

/* SQLite's word in ours, with what a person can do. */
int store_failed(const struct store *s, struct err *err)
{
    int code = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM;
    switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        if (s->other)
            return err_set(err, -EUCLEAN, _("%s is damaged, or is no database"), s->path);
        return err_set(err, -EUCLEAN, _("the memory of earlier checks is damaged and was left as it is; to begin anew: mv %s %s.damaged"), s->path, s->path);
    case SQLITE_FULL:
        return err_set(err, -ENOSPC, _("%s: the disk is full"), s->path);
    case SQLITE_READONLY:
        return err_set(err, -EROFS, _("%s cannot be written"), s->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, -EBUSY, s->other ? _("%s is in use by another program") : _("%s is in use by another bansho"), s->path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(err, -EACCES, _("%s cannot be opened"), s->path);
    case SQLITE_NOMEM:
        return err_set(err, -ENOMEM, "%s: %s", s->path, err_name(ENOMEM));
    default:
        return err_set(err, -EIO, "%s: %s", s->path, sqlite3_errmsg(s->db));
    }
}

int store_execute(struct store *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_failed(s, err);
}

/* Every directory above the file, where it is missing. */
static int make_directories(const char *path, struct err *err)
{
    char part[4096];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return err_set(err, -ENAMETOOLONG, "%s: %s", path, err_name(ENAMETOOLONG));
    for (size_t i = 1; i < n; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return err_set(err, -errno, "%s: %s", part, err_name(errno));
    }
    return 0;
}

/* SQLite would make it as the umask says. */
static int make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    close(fd);
    return 0;
}

static int version(struct store *s, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "PRAGMA user_version", &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r < 0)
        return r;
    *ret = statement_column_int(st, 0);
    return 0;
}

static int too_new(const struct store *s, struct err *err)
{
    return err_set(err, -EPROTONOSUPPORT, _("%s was written by a newer bansho"), s->path);
}

static int migrate(struct store *s, const char *const migrations[], size_t n, struct err *err)
{
    int64_t have = 0;
    int r = version(s, &have, err);
    if (r == 0 && have < 0)
        r = -EUCLEAN;
    if (r == 0 && have > (int64_t)n)
        return too_new(s, err);
    if (r < 0 || have == (int64_t)n)
        return r;
    r = store_begin(s, err); /* and look again: another process may have been first */
    if (r == 0)
        r = version(s, &have, err);
    for (int64_t i = have; r == 0 && i < (int64_t)n; i++) {
        char set[64];
        snprintf(set, sizeof set, "PRAGMA user_version = %lld", (long long)i + 1);
        r = store_execute(s, migrations[i], err);
        if (r == 0)
            r = store_execute(s, set, err);
    }
    if (r == 0)
        r = store_commit(s, err);
    if (r < 0)
        store_rollback(s);
    return r;
}

static int open_for_writing(struct store *s, const char *const migrations[], size_t n, struct err *err)
{
    int r = make_directories(s->path, err);
    if (r == 0)
        r = make_file(s->path, err);
    if (r < 0)
        return r;
    if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return store_failed(s, err);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    r = store_execute(s, "PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024", err);
    return r < 0 ? r : migrate(s, migrations, n, err);
}

/* "file:PATH?immutable=1" needs no lock and no files beside it; the path is percent-encoded. */
static void uri(struct buf *b, const char *path, const char *how)
{
    buf_addz(b, "file:");
    for (const char *p = path; *p; p++)
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("/._-", *p))
            buf_addc(b, *p);
        else
            buf_printf(b, "%%%02x", (unsigned char)*p);
    buf_addz(b, how);
}

/* What can be read although nothing can be written; the schema must be exactly ours. */
static int open_for_reading(struct store *s, size_t n, struct err *err)
{
    _cleanup_(buf_free) struct buf name = BUF(16384);
    uri(&name, s->path, "?immutable=1");
    int64_t have = 0;
    if (sqlite3_open_v2(name.p, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return store_failed(s, err);
    int r = version(s, &have, err);
    if (r == 0 && have > (int64_t)n)
        return too_new(s, err);
    return r < 0 ? r : have == (int64_t)n ? 0 : -ENODATA;
}

static struct store *make(const char *path)
{
    struct store *s = calloc(1, sizeof *s);
    if (s && !(s->path = strdup(path))) {
        free(s);
        s = NULL;
    }
    return s;
}

int store_open_other(const char *path, struct store **ret, struct err *err)
{
    _cleanup_(buf_free) struct buf name = BUF(16384);
    struct store *s = make(path);
    if (!s)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    s->other = true;
    uri(&name, path, "?mode=ro");
    int r = access(path, F_OK) < 0 ? err_set(err, -errno, "%s: %s", path, err_name(errno)) : 0;
    if (r == 0 && sqlite3_open_v2(name.p, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        r = store_failed(s, err);
    if (r == 0) {
        sqlite3_busy_timeout(s->db, BUSY_MS);
        r = store_execute(s, "PRAGMA trusted_schema = OFF", err);
    }
    if (r < 0) {
        store_close(s);
        return r;
    }
    *ret = s;
    return 0;
}

int store_open(const char *path, const char *const migrations[], size_t n, struct store **ret, struct err *err)
{
    struct store *s = make(path);
    struct err first = {0}, second = {0};
    if (!s)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    int r = open_for_writing(s, migrations, n, &first);
    if (r < 0 && r != -EUCLEAN && r != -EPROTONOSUPPORT) {
        sqlite3_close_v2(s->db);
        s->db = NULL;
        s->open = false;
        if (open_for_reading(s, n, &second) == 0 && (s->readonly = strdup(first.text)))
            r = 0;
    }
    if (r < 0) {
        store_close(s);
        return err_set(err, r, "%s", first.text[0] ? first.text : err_name(r));
    }
    *ret = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_unwaited_end(s);
    sqlite3_close_v2(s->db);
    free(s->readonly);
    free(s->path);
    free(s);
}

void store_closep(struct store **s)
{
    store_close(*s);
    *s = NULL;
}

const char *store_readonly_why(const struct store *s)
{
    return s->readonly;
}

int store_begin(struct store *s, struct err *err)
{
    if (s->readonly)
        return err_set(err, -EROFS, "%s", s->readonly);
    int r = store_execute(s, "BEGIN IMMEDIATE", err);
    s->open = r == 0;
    return r;
}

int store_commit(struct store *s, struct err *err)
{
    int r = store_execute(s, "COMMIT", err);
    if (r == 0) {
        s->open = false;
        s->commits++;
    }
    return r;
}

void store_rollback(struct store *s)
{
    if (s->open)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->open = false;
}

int store_prepare(struct store *s, const char *sql, struct statement **ret, struct err *err)
{
    struct statement *st = calloc(1, sizeof *st);
    if (!st)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    st->store = s;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st->st, NULL) != SQLITE_OK) {
        int r = store_failed(s, err);
        free(st);
        return r;
    }
    *ret = st;
    return 0;
}

void statement_text(struct statement *st, int at, const char *value)
{
    if (value)
        sqlite3_bind_text(st->st, at, value, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(st->st, at);
}

void statement_int(struct statement *st, int at, int64_t value)
{
    sqlite3_bind_int64(st->st, at, value);
}

int statement_step(struct statement *st, struct err *err)
{
    int r = sqlite3_step(st->st);
    return r == SQLITE_ROW ? 1 : r == SQLITE_DONE ? 0 : store_failed(st->store, err);
}

int statement_run(struct statement *st, struct err *err)
{
    int r;
    while ((r = statement_step(st, err)) > 0)
        ;
    sqlite3_reset(st->st);
    return r;
}

int64_t statement_column_int(struct statement *st, int column)
{
    return sqlite3_column_int64(st->st, column);
}

char *statement_column_text(struct statement *st, int column, struct arena *a)
{
    const unsigned char *text = sqlite3_column_text(st->st, column);
    return text ? arena_dup(a, str_span((const char *)text, (size_t)sqlite3_column_bytes(st->st, column))) : NULL;
}

void statement_donep(struct statement **st)
{
    if (*st) {
        sqlite3_finalize((*st)->st);
        free(*st);
    }
    *st = NULL;
}
