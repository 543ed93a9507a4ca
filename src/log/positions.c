#include "log/positions.h"
#include <errno.h>
#include <stdio.h>

static int prepared_run(struct store *s, const char *sql, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, sql, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

static int read_until(struct store *s, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT max(until) FROM log_read", &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r < 0)
        return r;
    *ret = r > 0 ? statement_column_int(st, 0) : 0;
    return 0;
}

static struct follow_place place_of(struct statement *st, struct arena *a)
{
    struct follow_place p = {.dev = (uint64_t)statement_column_int(st, 0), .ino = (uint64_t)statement_column_int(st, 1), .log = statement_column_text(st, 2, a)};
    p.offset = (uint64_t)statement_column_int(st, 3);
    p.head = (uint64_t)statement_column_int(st, 4);
    p.head_n = (uint32_t)statement_column_int(st, 5);
    p.tail = (uint64_t)statement_column_int(st, 6);
    p.tail_n = (uint32_t)statement_column_int(st, 7);
    p.skipping = statement_column_int(st, 8);
    p.rotated = statement_column_int(st, 9);
    return p;
}

int positions_load(struct store *s, struct arena *a, struct positions *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct positions p = {0};
    int r = store_prepare(s, "SELECT dev, ino, log, at, head, head_n, tail, tail_n, skipping, rotated FROM log_file", &st, err);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        *list_push(a, &p.files) = place_of(st, a);
        r = 0;
    }
    if (r == 0)
        r = read_until(s, &p.read_until, err);
    if (r == 0)
        *ret = p;
    return r;
}

int positions_journal(struct store *s, const char *name, struct arena *a, struct journal_position *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "SELECT cursor, time_us, seen_us FROM log_journal WHERE name = ?1", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, name);
    r = statement_step(st, err);
    if (r <= 0)
        return r;
    struct journal_position p = {.time_us = statement_column_int(st, 1), .seen_us = statement_column_int(st, 2)};
    const char *cursor = statement_column_text(st, 0, a);
    if (!cursor || strlen(cursor) >= sizeof p.cursor)
        return 0;
    memcpy(p.cursor, cursor, strlen(cursor) + 1);
    *ret = p;
    return 1;
}

struct putting {
    struct statement *put, *drop;
    struct err *err;
};

static int put_place(void *arg, const struct follow_place *p, bool gone)
{
    struct putting *w = arg;
    struct statement *st = gone ? w->drop : w->put;
    statement_int(st, 1, (int64_t)p->dev);
    statement_int(st, 2, (int64_t)p->ino);
    if (gone)
        return statement_run(st, w->err);
    statement_text(st, 3, p->log);
    const int64_t numbers[] = {(int64_t)p->offset, (int64_t)p->head, p->head_n, (int64_t)p->tail, p->tail_n, p->skipping, p->rotated};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        statement_int(st, 4 + (int)i, numbers[i]);
    return statement_run(st, w->err);
}

static int put_until(struct store *s, int64_t now, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepared_run(s, "DELETE FROM log_read", err);
    if (r == 0)
        r = store_prepare(s, "INSERT INTO log_read VALUES (?1)", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, now);
    return statement_run(st, err);
}

int positions_put(struct store *s, const struct follow *f, struct err *err)
{
    _cleanup_(statement_donep) struct statement *put = NULL, *drop = NULL;
    int r = put_until(s, follow_seen(f), err);
    if (r == 0)
        r = store_prepare(s, "INSERT OR REPLACE INTO log_file (dev, ino, log, at, head, head_n, tail, tail_n, skipping, rotated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", &put, err);
    if (r == 0)
        r = store_prepare(s, "DELETE FROM log_file WHERE dev = ?1 AND ino = ?2", &drop, err);
    if (r < 0)
        return r;
    struct putting w = {put, drop, err};
    return follow_changes(f, put_place, &w);
}

int positions_put_journal(struct store *s, const char *name, const struct journal_position *p, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "INSERT OR REPLACE INTO log_journal (name, cursor, time_us, seen_us) VALUES (?1, ?2, ?3, ?4)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, name);
    statement_text(st, 2, p->cursor);
    statement_int(st, 3, p->time_us);
    statement_int(st, 4, p->seen_us);
    return statement_run(st, err);
}

int positions_source(struct store *s, const char *service, const char *kind, int64_t now, int64_t *ret_until, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    _cleanup_(statement_donep) struct statement *get = NULL, *put = NULL;
    int64_t until = 0;
    int r = store_prepare(s, "SELECT kind FROM log_source WHERE service = ?1", &get, err);
    if (r < 0)
        return r;
    statement_text(get, 1, service);
    r = statement_step(get, err);
    const char *before = r > 0 ? statement_column_text(get, 0, a) : NULL;
    if (r < 0 || (before && strcmp(before, kind) == 0))
        return r < 0 ? r : 0;
    r = before ? read_until(s, &until, err) : 0;
    until /= 1000000;
    if (r == 0)
        r = store_prepare(s, "INSERT OR REPLACE INTO log_source (service, kind, since, cut, before) VALUES (?1, ?2, ?3, ?4, ?5)", &put, err);
    if (r < 0)
        return r;
    statement_text(put, 1, service);
    statement_text(put, 2, kind);
    statement_int(put, 3, now);
    statement_int(put, 4, until);
    statement_text(put, 5, before);
    r = statement_run(put, err);
    if (r == 0 && before)
        *ret_until = until;
    return r < 0 ? r : before != NULL;
}

int positions_step(struct store *s, struct follow *f, size_t most, positions_take_fn *take, void *arg, struct err *err)
{
    struct follow_item item;
    size_t bytes = 0;
    int n = 0, r = 0;
    for (; r == 0 && bytes < most && follow_next(f, &item) > 0; n++) {
        if (n == 0)
            r = store_begin(s, err);
        if (r == 0)
            r = take(arg, &item);
        bytes += item.text.n;
    }
    if (n == 0 && !follow_pending(f))
        return 0;
    if (n == 0)
        r = store_begin(s, err);
    if (r == 0)
        r = positions_put(s, f, err);
    if (r == 0)
        r = store_commit(s, err);
    if (r < 0) {
        store_rollback(s);
        follow_undo(f);
        return r;
    }
    follow_done(f);
    return n;
}
