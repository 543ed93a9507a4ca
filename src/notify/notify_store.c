#include "notify/notify_store.h"
#include "base/clock.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char *const migrations[] = {
    "CREATE TABLE attempts (number INTEGER PRIMARY KEY, way TEXT NOT NULL, target TEXT NOT NULL, code TEXT, time INTEGER NOT NULL, ok INTEGER NOT NULL,"
    " why TEXT NOT NULL, confirmed INTEGER NOT NULL);"
    "CREATE TABLE outbox (number INTEGER PRIMARY KEY, way TEXT NOT NULL, time INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT);"
    "CREATE TABLE told (id TEXT NOT NULL, object TEXT NOT NULL, title TEXT NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (id, object)) WITHOUT ROWID;",
    "CREATE TABLE memo (name TEXT PRIMARY KEY, text TEXT NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;",
};

int notify_store_open(const char *dir, struct store **ret, struct err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, NOTIFY_STORE_FILE) >= sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: %s", dir, err_name(ENAMETOOLONG));
    return store_open(path, migrations, ARRAY_SIZE(migrations), ret, err);
}

int notify_store_peek(const char *dir, struct store **ret, struct err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, NOTIFY_STORE_FILE);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    int r = notify_store_open(dir, ret, err);
    return r < 0 ? r : 1;
}

/* A statement with text parameters 1 to n and, behind them, a number where it is not -1. */
static int prepare(struct store *s, const char *sql, const char *const texts[], size_t n, int64_t number, struct statement **ret, struct err *err)
{
    int r = store_prepare(s, sql, ret, err);
    for (size_t i = 0; r == 0 && i < n; i++)
        statement_text(*ret, (int)i + 1, texts[i]);
    if (r == 0 && number != -1)
        statement_int(*ret, (int)n + 1, number);
    return r;
}

static int run(struct store *s, const char *sql, const char *const texts[], size_t n, int64_t number, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(s, sql, texts, n, number, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

/* One number: the first row's first column; 0 where there is none. */
static int number_of(struct store *s, const char *sql, const char *const texts[], size_t n, int64_t number, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(s, sql, texts, n, number, &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r >= 0)
        *ret = r > 0 ? statement_column_int(st, 0) : 0;
    return r < 0 ? r : 0;
}

int attempt_put(struct store *s, const struct attempt *a, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    const char *const texts[] = {a->way, a->target, a->code, a->why};
    int r = prepare(s, "INSERT INTO attempts (way, target, code, why, time, ok, confirmed) VALUES (?, ?, ?, ?, ?, ?, 0)", texts, ARRAY_SIZE(texts), a->time, &st, err);
    if (r < 0)
        return r;
    statement_int(st, 6, a->ok);
    r = statement_run(st, err);
    /* The latest of every way that was confirmed stays, however long ago it was. */
    return r < 0 ? r : run(s, "DELETE FROM attempts WHERE confirmed = 0 AND number <= (SELECT max(number) FROM attempts) - ?", NULL, 0, NOTIFY_ATTEMPTS_KEPT, err);
}

#define ATTEMPT "SELECT way, target, code, time, ok, why, confirmed, number FROM attempts "

/* 1 and *ret, or 0: no row. */
static int attempt_row(struct statement *st, struct arena *a, struct attempt *ret, struct err *err)
{
    int r = statement_step(st, err);
    if (r > 0)
        *ret = (struct attempt){
            .way = statement_column_text(st, 0, a), .target = statement_column_text(st, 1, a), .code = statement_column_text(st, 2, a), .time = statement_column_int(st, 3),
            .ok = statement_column_int(st, 4) != 0, .why = statement_column_text(st, 5, a), .confirmed = statement_column_int(st, 6)};
    return r;
}

int attempt_last(struct store *s, const char *way, const char *target, struct arena *a, struct attempt *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    const char *const texts[] = {way, target};
    int r = prepare(s, ATTEMPT "WHERE way = ? AND target = ? ORDER BY number DESC LIMIT 1", texts, 2, -1, &st, err);
    return r < 0 ? r : attempt_row(st, a, ret, err);
}

int attempt_confirmed(struct store *s, const char *way, const char *target, int64_t *ret, struct err *err)
{
    const char *const texts[] = {way, target};
    return number_of(s, "SELECT max(confirmed) FROM attempts WHERE way = ? AND target = ?", texts, 2, -1, ret, err);
}

int attempts_since(struct store *s, const char *way, int64_t since, int64_t *ret, struct err *err)
{
    return number_of(s, "SELECT count(*) FROM attempts WHERE way = ? AND time > ? AND code IS NULL AND ok = 1", &way, 1, since, ret, err);
}

int attempt_confirm(struct store *s, const char *code, int64_t now, struct arena *a, struct attempt *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(s, ATTEMPT "WHERE code = ? AND ok = 1 AND time > ? ORDER BY number DESC LIMIT 1", &code, 1, now - 7 * DAY, &st, err);
    if (r == 0)
        r = attempt_row(st, a, ret, err);
    if (r <= 0)
        return r;
    _cleanup_(statement_donep) struct statement *set = NULL;
    int64_t number = statement_column_int(st, 7);
    r = store_prepare(s, "UPDATE attempts SET confirmed = ? WHERE number = ?", &set, err);
    if (r < 0)
        return r;
    statement_int(set, 1, now);
    statement_int(set, 2, number);
    r = statement_run(set, err);
    ret->confirmed = now;
    return r < 0 ? r : 1;
}

int outbox_add(struct store *s, const char *way, const struct waiting *w, struct err *err)
{
    const char *const texts[] = {way, w->subject, w->text, w->html};
    int r = run(s, "INSERT INTO outbox (way, subject, text, html, time) VALUES (?, ?, ?, ?, ?)", texts, ARRAY_SIZE(texts), w->time, err);
    const char *const twice[] = {way, way};
    return r < 0 ? r : run(s, "DELETE FROM outbox WHERE way = ? AND number <= (SELECT number FROM outbox WHERE way = ? ORDER BY number DESC LIMIT 1 OFFSET ?)", twice, 2, NOTIFY_OUTBOX_MAX, err);
}

int outbox_load(struct store *s, const char *way, struct arena *a, waiting_list *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    waiting_list list = {0};
    int r = prepare(s, "SELECT number, time, subject, text, html FROM outbox WHERE way = ? ORDER BY number", &way, 1, -1, &st, err);
    while (r >= 0 && (r = statement_step(st, err)) > 0)
        *list_push(a, &list) = (struct waiting){
            .number = statement_column_int(st, 0), .time = statement_column_int(st, 1), .subject = statement_column_text(st, 2, a),
            .text = statement_column_text(st, 3, a), .html = statement_column_text(st, 4, a)};
    if (r >= 0)
        *ret = list;
    return r;
}

int outbox_drop(struct store *s, const char *way, int64_t up_to, struct err *err)
{
    return run(s, "DELETE FROM outbox WHERE way = ? AND number <= ?", &way, 1, up_to, err);
}

int told_load(struct store *s, struct arena *a, told_list *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    told_list list = {0};
    int r = store_prepare(s, "SELECT id, object, title, state FROM told ORDER BY id, object", &st, err);
    while (r >= 0 && (r = statement_step(st, err)) > 0)
        *list_push(a, &list) = (struct told){
            .id = statement_column_text(st, 0, a), .object = statement_column_text(st, 1, a), .title = statement_column_text(st, 2, a), .state = statement_column_int(st, 3)};
    if (r >= 0)
        *ret = list;
    return r;
}

int told_replace(struct store *s, const struct told rows[], size_t n, struct err *err)
{
    int r = run(s, "DELETE FROM told", NULL, 0, -1, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const char *const texts[] = {rows[i].id, rows[i].object, rows[i].title};
        r = run(s, "INSERT OR REPLACE INTO told (id, object, title, state) VALUES (?, ?, ?, ?)", texts, 3, rows[i].state, err);
    }
    return r;
}

int notify_memo_put(struct store *s, const struct notify_memo *m, struct err *err)
{
    const char *const texts[] = {m->name, m->text};
    return run(s, "INSERT OR REPLACE INTO memo (name, text, number) VALUES (?, ?, ?)", texts, ARRAY_SIZE(texts), m->number, err);
}

int notify_memo_get(struct store *s, const char *name, struct arena *a, struct notify_memo *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(s, "SELECT text, number FROM memo WHERE name = ?", &name, 1, -1, &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r > 0)
        *ret = (struct notify_memo){name, statement_column_text(st, 0, a), statement_column_int(st, 1)};
    return r;
}
