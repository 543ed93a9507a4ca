#include "store/check_store.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const migrations[] = {
    "CREATE TABLE findings (id TEXT NOT NULL, object TEXT NOT NULL, title TEXT NOT NULL, state INTEGER NOT NULL, since INTEGER NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (id, object)) WITHOUT ROWID;"
    "CREATE TABLE accepted (id TEXT NOT NULL, object TEXT NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL, until INTEGER NOT NULL,"
    " made INTEGER NOT NULL, PRIMARY KEY (id, object)) WITHOUT ROWID;"
    "CREATE TABLE looks (id TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE runs (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, took_ms INTEGER NOT NULL, wrong INTEGER NOT NULL, unknown INTEGER NOT NULL);",
    "CREATE TABLE chapters (run INTEGER NOT NULL, chapter INTEGER NOT NULL, ok INTEGER NOT NULL, soon INTEGER NOT NULL, now INTEGER NOT NULL,"
    " unknown INTEGER NOT NULL, PRIMARY KEY (run, chapter)) WITHOUT ROWID;",
    "CREATE TABLE memos (id TEXT NOT NULL, key TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (id, key)) WITHOUT ROWID;",
};

const char *check_store_dir(struct arena *a)
{
    const char *dir = secure_getenv("STATE_DIRECTORY"), *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    if (dir && *dir == '/')
        return arena_dupz(a, dir);
    if (geteuid() == 0)
        return "/var/lib/bansho";
    if (state && *state == '/')
        return arena_printf(a, "%s/bansho", state);
    return home && *home == '/' ? arena_printf(a, "%s/.local/state/bansho", home) : NULL;
}

int check_store_open(const char *dir, struct store **ret, struct err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, CHECK_STORE_FILE) >= sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: %s", dir, err_name(ENAMETOOLONG));
    return store_open(path, migrations, ARRAY_SIZE(migrations), ret, err);
}

static int load_findings(struct store *s, struct arena *a, struct past *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT id, object, title, state, since, first_seen, last_seen FROM findings ORDER BY id, object", &st, err);
    while (r >= 0 && (r = statement_step(st, err)) > 0) {
        int64_t state = statement_column_int(st, 3);
        if (state < 0 || state >= STATE_COUNT)
            continue;
        *list_push(a, &p->findings) = (struct past_finding){
            .id = statement_column_text(st, 0, a), .object = statement_column_text(st, 1, a), .title = statement_column_text(st, 2, a), .state = (enum state)state,
            .since = statement_column_int(st, 4), .first_seen = statement_column_int(st, 5), .last_seen = statement_column_int(st, 6)};
    }
    return r;
}

static int load_accepted(struct store *s, struct arena *a, struct past *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT id, object, why, who, until, made FROM accepted ORDER BY id, object", &st, err);
    while (r >= 0 && (r = statement_step(st, err)) > 0)
        *list_push(a, &p->accepted) = (struct acceptance){
            .id = statement_column_text(st, 0, a), .object = statement_column_text(st, 1, a), .why = statement_column_text(st, 2, a),
            .who = statement_column_text(st, 3, a), .until = statement_column_int(st, 4), .made = statement_column_int(st, 5)};
    return r;
}

static int load_looks(struct store *s, struct arena *a, struct past *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT id, last FROM looks ORDER BY id", &st, err);
    while (r >= 0 && (r = statement_step(st, err)) > 0)
        *list_push(a, &p->looks) = (struct look){.id = statement_column_text(st, 0, a), .last = statement_column_int(st, 1)};
    return r;
}

static int load_last_run(struct store *s, struct past *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT time FROM runs ORDER BY number DESC LIMIT 1", &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r > 0)
        p->last_run = statement_column_int(st, 0);
    return r;
}

/* The latest CHECK_STORE_CHART of the runs that have them, in the order of time. A number that no run can have had is left out. */
static int load_chapters(struct store *s, struct arena *a, struct past *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT r.time, c.chapter, c.ok, c.soon, c.now, c.unknown FROM chapters c JOIN runs r ON r.number = c.run"
                             " WHERE c.run IN (SELECT DISTINCT run FROM chapters ORDER BY run DESC LIMIT ?) ORDER BY c.run, c.chapter", &st, err);
    if (r == 0)
        statement_int(st, 1, CHECK_STORE_CHART);
    while (r >= 0 && (r = statement_step(st, err)) > 0) {
        uint32_t n[5];
        bool bad = false;
        for (int i = 0; i < 5; i++) {
            int64_t v = statement_column_int(st, i + 1);
            bad |= v < 0 || v > 1000000;
            n[i] = (uint32_t)v;
        }
        if (!bad)
            *list_push(a, &p->chapters) = (struct chapter_run){statement_column_int(st, 0), n[0], n[1], n[2], n[3], n[4]};
    }
    return r;
}

int check_store_load(struct store *s, struct arena *a, struct past *ret, struct err *err)
{
    struct past p = {0};
    int r = load_findings(s, a, &p, err);
    if (r >= 0)
        r = load_accepted(s, a, &p, err);
    if (r >= 0)
        r = load_looks(s, a, &p, err);
    if (r >= 0)
        r = load_last_run(s, &p, err);
    if (r >= 0)
        r = load_chapters(s, a, &p, err);
    if (r < 0)
        return r;
    *ret = p;
    return 0;
}

static bool store_is_there(const char *dir, struct arena *a)
{
    return access(arena_printf(a, "%s/%s", dir, CHECK_STORE_FILE), F_OK) == 0 || errno != ENOENT;
}

int check_store_memos(const char *dir, struct arena *a, struct memos *ret, struct err *err)
{
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct memos m = {0};
    int r = store_is_there(dir, a) ? check_store_open(dir, &s, err) : 0;
    if (s)
        r = store_prepare(s, "SELECT id, key, value FROM memos ORDER BY id, key", &st, err);
    while (st && r >= 0 && (r = statement_step(st, err)) > 0)
        *list_push(a, &m.list) = (struct memo){statement_column_text(st, 0, a), statement_column_text(st, 1, a), statement_column_int(st, 2)};
    if (r < 0)
        return r;
    *ret = m;
    return 0;
}

int check_store_peek(const char *dir, struct arena *a, struct past *ret, struct err *err)
{
    _cleanup_(store_closep) struct store *s = NULL;
    if (!store_is_there(dir, a)) {
        *ret = (struct past){0};
        return 0;
    }
    int r = check_store_open(dir, &s, err);
    return r < 0 ? r : check_store_load(s, a, ret, err);
}

int check_store_put(struct store *s, const struct past_finding rows[], size_t n, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT OR REPLACE INTO findings (id, object, title, state, since, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)", &st, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct past_finding *f = &rows[i];
        if (strlen(f->object) > CHECK_STORE_TEXT_MAX)
            continue;
        statement_text(st, 1, f->id);
        statement_text(st, 2, f->object);
        statement_text(st, 3, f->title);
        statement_int(st, 4, f->state);
        statement_int(st, 5, f->since);
        statement_int(st, 6, f->first_seen);
        statement_int(st, 7, f->last_seen);
        r = statement_run(st, err);
    }
    return r;
}

static int delete_one(struct store *s, const char *sql, const char *id, const char *object, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, sql, &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, id);
    statement_text(st, 2, object);
    return statement_run(st, err);
}

int check_store_forget(struct store *s, const char *id, const char *object, struct err *err)
{
    return delete_one(s, "DELETE FROM findings WHERE id = ? AND object = ?", id, object, err);
}

int check_store_withdraw(struct store *s, const char *id, const char *object, struct err *err)
{
    return delete_one(s, "DELETE FROM accepted WHERE id = ? AND object = ?", id, object, err);
}

static int put_memo(struct store *s, const struct memo *m, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT OR REPLACE INTO memos (id, key, value) VALUES (?, ?, ?)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, m->check);
    statement_text(st, 2, m->key);
    statement_int(st, 3, m->value);
    return statement_run(st, err);
}

int check_store_put_memos(struct store *s, const struct memo rows[], size_t n, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = n ? store_prepare(s, "DELETE FROM memos WHERE id = ?", &st, err) : 0;
    if (st) {
        statement_text(st, 1, rows[0].check);
        r = statement_run(st, err);
    }
    for (size_t i = 0; r == 0 && i < n; i++)
        r = put_memo(s, &rows[i], err);
    return r;
}

int check_store_looked(struct store *s, const char *id, int64_t now, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT OR REPLACE INTO looks (id, last) VALUES (?, ?)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, id);
    statement_int(st, 2, now);
    return statement_run(st, err);
}

static int run_once(struct store *s, const char *sql, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, sql, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

int check_store_ran(struct store *s, int64_t now, int64_t took_ms, size_t wrong, size_t unknown, struct err *err)
{
    _cleanup_(statement_donep) struct statement *add = NULL;
    int r = store_prepare(s, "INSERT INTO runs (time, took_ms, wrong, unknown) VALUES (?, ?, ?, ?)", &add, err);
    if (r < 0)
        return r;
    statement_int(add, 1, now);
    statement_int(add, 2, took_ms);
    statement_int(add, 3, (int64_t)wrong);
    statement_int(add, 4, (int64_t)unknown);
    r = statement_run(add, err);
    if (r == 0)
        r = run_once(s, "DELETE FROM runs WHERE number <= (SELECT max(number) FROM runs) - 1000", err);
    return r < 0 ? r : run_once(s, "DELETE FROM chapters WHERE run < (SELECT min(number) FROM runs)", err);
}

int check_store_chapters(struct store *s, const struct chapter_run rows[], size_t n, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT INTO chapters (run, chapter, ok, soon, now, unknown) SELECT max(number), ?, ?, ?, ?, ? FROM runs", &st, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        statement_int(st, 1, rows[i].chapter);
        statement_int(st, 2, rows[i].ok);
        statement_int(st, 3, rows[i].soon);
        statement_int(st, 4, rows[i].now);
        statement_int(st, 5, rows[i].unknown);
        r = statement_run(st, err);
    }
    return r;
}

int check_store_accept(struct store *s, const struct acceptance *a, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT OR REPLACE INTO accepted (id, object, why, who, until, made) VALUES (?, ?, ?, ?, ?, ?)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, a->id);
    statement_text(st, 2, a->object);
    statement_text(st, 3, a->why);
    statement_text(st, 4, a->who);
    statement_int(st, 5, a->until);
    statement_int(st, 6, a->made);
    return statement_run(st, err);
}

/* The order in which SQLite gave them: bytes. */
static int compare(const char *id_a, const char *object_a, const char *id_b, const char *object_b)
{
    int c = strcmp(id_a, id_b);
    return c ? c : strcmp(object_a, object_b);
}

static int by_finding(const void *key, const void *row)
{
    const struct past_finding *a = key, *b = row;
    return compare(a->id, a->object, b->id, b->object);
}

static int by_acceptance(const void *key, const void *row)
{
    const struct acceptance *a = key, *b = row;
    return compare(a->id, a->object, b->id, b->object);
}

static int by_look(const void *key, const void *row)
{
    return strcmp(((const struct look *)key)->id, ((const struct look *)row)->id);
}

const struct past_finding *past_finding(const struct past *p, const char *id, const char *object)
{
    struct past_finding key = {.id = id, .object = object};
    return p->findings.n ? bsearch(&key, p->findings.v, p->findings.n, sizeof key, by_finding) : NULL;
}

const struct acceptance *past_acceptance(const struct past *p, const char *id, const char *object, int64_t now)
{
    struct acceptance key = {.id = id, .object = object};
    const struct acceptance *a = p->accepted.n ? bsearch(&key, p->accepted.v, p->accepted.n, sizeof key, by_acceptance) : NULL;
    return a && a->until > now ? a : NULL;
}

bool past_looked(const struct past *p, const char *id)
{
    struct look key = {.id = id};
    return p->looks.n && bsearch(&key, p->looks.v, p->looks.n, sizeof key, by_look);
}
