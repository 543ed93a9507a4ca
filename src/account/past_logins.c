#include "account/past_logins.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <lastlog.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>
#include <utmp.h>

#define CHUNK (sizeof(struct utmp) * 1024)
#define MAX_WTMP (512u << 20)
#define MAX_DB (64u << 20)
#define MAX_FILES 60

static int by_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct past_login *)row)->name);
}

static void seen(struct past_logins *p, const char *name, int64_t when, const char *file)
{
    if (when <= 0 || when > p->now + DAY)
        return;
    struct past_login *l = p->list.n ? bsearch(name, p->list.v, p->list.n, sizeof p->list.v[0], by_name) : NULL;
    if (l && when > l->last) {
        l->last = when;
        l->from = file;
    }
}

static void horizon(struct past_logins *p, int64_t when)
{
    if (when > 0 && when <= p->now + DAY && (!p->since || when < p->since))
        p->since = when;
}

void wtmp_parse(struct str records, const char *file, struct past_logins *into)
{
    struct utmp u;
    char name[sizeof u.ut_user + 1];
    for (; records.n >= sizeof u; records = str_from(records, sizeof u)) {
        memcpy(&u, records.p, sizeof u);
        int64_t when = (uint32_t)u.ut_tv.tv_sec;
        horizon(into, when);
        if (u.ut_type != USER_PROCESS)
            continue;
        memcpy(name, u.ut_user, sizeof u.ut_user);
        name[sizeof u.ut_user] = 0;
        seen(into, name, when, file);
    }
}

int64_t lastlog_parse(struct str record)
{
    struct lastlog l;
    if (record.n < sizeof l)
        return 0;
    memcpy(&l, record.p, sizeof l);
    return (uint32_t)l.ll_time;
}

/* lastlog2: Lastlog2(Name, Time in seconds); wtmpdb: wtmp(Type 3 = user, User, Login in microseconds). */
static int query(sqlite3 *db, const char *sql, int64_t unit, const char *file, struct past_logins *into)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        return -EBADMSG;
    int r;
    while ((r = sqlite3_step(s)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        int64_t last = sqlite3_column_int64(s, 1) / unit, first = sqlite3_column_int64(s, 2) / unit;
        if (name)
            seen(into, name, last, file);
        if (unit > 1)
            horizon(into, first);
        else
            into->lastlog = true;
    }
    sqlite3_finalize(s);
    return r == SQLITE_DONE ? 0 : -EBADMSG;
}

/* A hostile database must end too: this many instructions of SQLite's machine. */
static int enough(void *left)
{
    return --*(int *)left < 0;
}

int login_db_parse(struct str bytes, const char *file, struct past_logins *into)
{
    sqlite3 *db = NULL;
    int left = 2000, r = -EBADMSG;
    unsigned char *copy = bytes.n >= 512 ? sqlite3_malloc64(bytes.n) : NULL;
    if (!copy)
        return -EBADMSG;
    memcpy(copy, bytes.p, bytes.n);
    copy[18] = copy[19] = 1; /* a database in WAL mode cannot be opened in memory; its main file is read as it stands */
    if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_deserialize(db, "main", copy, (sqlite3_int64)bytes.n, (sqlite3_int64)bytes.n, SQLITE_DESERIALIZE_READONLY) == SQLITE_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_progress_handler(db, 100000, enough, &left);
        r = query(db, "SELECT Name, Time, 0 FROM Lastlog2", 1, file, into);
        if (r < 0)
            r = query(db, "SELECT User, max(Login), min(Login) FROM wtmp WHERE Type = 3 GROUP BY User", 1000000, file, into);
    }
    sqlite3_close(db);
    sqlite3_free(copy);
    return r;
}

static void read_wtmp(const struct root *root, const char *path, struct past_logins *p)
{
    int fd = root_openat(root, path, O_RDONLY);
    struct stat st;
    char *chunk = malloc(CHUNK);
    for (size_t total = 0; chunk && fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && total < MAX_WTMP;) {
        size_t n = 0;
        ssize_t got;
        while (n < CHUNK && (got = read(fd, chunk + n, CHUNK - n)) > 0)
            n += (size_t)got;
        if (n < sizeof(struct utmp))
            break;
        wtmp_parse(str_span(chunk, n), path, p);
        total += n;
    }
    free(chunk);
    if (fd >= 0)
        close(fd);
}

static void read_lastlog(const struct root *root, const char *path, struct past_logins *p)
{
    struct stat st;
    int fd = root_openat(root, path, O_RDONLY);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        p->lastlog = true;
        for (size_t i = 0; i < p->list.n; i++) {
            char record[sizeof(struct lastlog)];
            ssize_t n = pread(fd, record, sizeof record, (off_t)p->list.v[i].uid * (off_t)sizeof record);
            if (n == (ssize_t)sizeof record)
                seen(p, p->list.v[i].name, lastlog_parse(str_span(record, sizeof record)), path);
        }
    }
    close(fd);
}

struct job {
    const struct root *root;
    struct past_logins *p;
    struct arena *a;
};

static void read_all(struct job *j)
{
    struct names wtmps = {0};
    if (root_glob(j->root, "/var/log/wtmp*", MAX_FILES, j->a, &wtmps) < 0)
        wtmps.list.n = 0;
    for (size_t i = 0; i < wtmps.list.n; i++) {
        struct str path = str_of(wtmps.list.v[i]);
        bool packed = str_ends(path, STR(".gz")) || str_ends(path, STR(".xz")) || str_ends(path, STR(".zst")) || str_ends(path, STR(".bz2"));
        j->p->compressed |= packed;
        if (!packed && !str_ends(path, STR(".db")))
            read_wtmp(j->root, wtmps.list.v[i], j->p);
    }
    read_lastlog(j->root, "/var/log/lastlog", j->p);
    static const char *const databases[] = {"/var/lib/lastlog/lastlog2.db", "/var/lib/wtmpdb/wtmp.db"};
    for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
        struct buf b = BUF(MAX_DB);
        if (root_read(j->root, databases[i], &b) == 0 && login_db_parse(buf_str(&b), databases[i], j->p) < 0)
            j->p->compressed = true; /* something is there that could not be read */
        buf_free(&b);
    }
}

static int work(void *arg, struct buf *out)
{
    struct job *j = arg;
    read_all(j);
    buf_put_u64(out, (uint64_t)j->p->since);
    buf_put_u32(out, (uint32_t)j->p->lastlog | (uint32_t)j->p->compressed << 1);
    for (size_t i = 0; i < j->p->list.n; i++) {
        buf_put_u64(out, (uint64_t)j->p->list.v[i].last);
        buf_put_z(out, j->p->list.v[i].from);
    }
    return 0;
}

int past_logins_read(const struct root *root, struct arena *a, struct past_logins *into, struct err *err)
{
    struct job j = {root, into, a};
    struct worker_options o = {.kind = WORKER_FILES, .max_output = 4u << 20};
    _cleanup_(buf_free) struct buf b = BUF(4u << 20);
    int r = worker_run(&o, work, &j, &b, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&b));
    int64_t since = (int64_t)cursor_u64(&c);
    uint32_t flags = cursor_below(&c, 4);
    for (size_t i = 0; i < into->list.n && !c.bad; i++) {
        int64_t last = (int64_t)cursor_u64(&c);
        struct str from = cursor_str(&c);
        c.bad |= last < 0 || last > into->now + DAY;
        if (!c.bad) {
            into->list.v[i].last = last;
            into->list.v[i].from = from.p ? arena_dup(a, from) : NULL;
        }
    }
    if (c.bad || c.rest.n || since < 0)
        return err_set(err, -EBADMSG, "the reading process gave a damaged answer");
    into->since = since;
    into->lastlog = flags & 1;
    into->compressed = flags >> 1 & 1;
    return 0;
}
