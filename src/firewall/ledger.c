#include "firewall/ledger.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const migrations[] = {
    "CREATE TABLE bans (network TEXT NOT NULL, services TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, times INTEGER NOT NULL, why TEXT NOT NULL,"
    " by TEXT NOT NULL, PRIMARY KEY (network, services)) WITHOUT ROWID;"
    "CREATE INDEX bans_until ON bans (until);"
    "CREATE TABLE verdicts (id TEXT PRIMARY KEY, time INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX verdicts_time ON verdicts (time);"
    "CREATE TABLE history (number INTEGER PRIMARY KEY, network TEXT NOT NULL, services TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, why TEXT NOT NULL,"
    " by TEXT NOT NULL, lifted INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX history_network ON history (network);",
};

enum query { KNOWN, TIMES, PUT, REMEMBER, NOTE, QUERIES };
static const char *const queries[QUERIES] = {
    [KNOWN] = "SELECT until FROM verdicts WHERE id = ?",
    [TIMES] = "SELECT count(*) FROM history WHERE network = ? AND since >= ? AND lifted = 0",
    [PUT] = "INSERT INTO bans (network, services, since, until, times, why, by) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (network, services) DO UPDATE SET"
            " since = excluded.since, until = excluded.until, times = excluded.times, why = excluded.why, by = excluded.by",
    [REMEMBER] = "INSERT INTO history (network, services, since, until, why, by) VALUES (?, ?, ?, ?, ?, ?)",
    [NOTE] = "INSERT OR REPLACE INTO verdicts (id, time, until) VALUES (?, ?, ?)",
};
#define COLUMNS "network, services, since, until, times, why, by"

struct ledger {
    struct store *store;
    struct statement *ready[QUERIES];
};

const char *network_text(const struct prefix *p, char ret[static NETWORK_TEXT])
{
    char text[ADDR_TEXT];
    if (p->length == (p->addr.v6 ? 128 : 32))
        snprintf(ret, NETWORK_TEXT, "%s", addr_text(&p->addr, text));
    else
        prefix_text(p, ret);
    return ret;
}

int ledger_open(const char *path, struct ledger **ret, struct err *err)
{
    struct ledger *l = calloc(1, sizeof *l);
    int r = l ? store_open(path, migrations, ARRAY_SIZE(migrations), &l->store, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (r == 0)
        r = store_unwaited(l->store, err);
    for (int i = 0; r == 0 && i < QUERIES; i++)
        r = store_prepare(l->store, queries[i], &l->ready[i], err);
    if (r < 0) {
        ledger_close(l);
        return r;
    }
    *ret = l;
    return 0;
}

void ledger_close(struct ledger *l)
{
    for (int i = 0; l && i < QUERIES; i++)
        statement_donep(&l->ready[i]);
    if (l && l->store)
        store_close(l->store);
    free(l);
}

const char *ledger_readonly_why(const struct ledger *l)
{
    return store_readonly_why(l->store);
}

struct store *ledger_store(struct ledger *l)
{
    return l->store;
}

int ledger_begin(struct ledger *l, struct err *err)
{
    return store_begin(l->store, err);
}

int ledger_commit(struct ledger *l, struct err *err)
{
    return store_commit(l->store, err);
}

void ledger_rollback(struct ledger *l)
{
    store_rollback(l->store);
}

/* One number of one row; 1, or 0 where there is no row. */
static int one_number(struct statement *st, int64_t *ret, struct err *err)
{
    int64_t v = 0;
    int r = statement_step(st, err);
    if (r > 0) {
        v = statement_column_int(st, 0);
        int end = statement_run(st, err);
        if (end < 0)
            return end;
        *ret = v;
        return 1;
    }
    return r < 0 ? r : statement_run(st, err);
}

int ledger_known(struct ledger *l, const char *id, int64_t *ret_until, struct err *err)
{
    statement_text(l->ready[KNOWN], 1, id);
    return one_number(l->ready[KNOWN], ret_until, err);
}

int ledger_times(struct ledger *l, const struct prefix *network, int64_t since, int64_t *ret, struct err *err)
{
    char text[NETWORK_TEXT];
    statement_text(l->ready[TIMES], 1, network_text(network, text));
    statement_int(l->ready[TIMES], 2, since);
    int r = one_number(l->ready[TIMES], ret, err);
    return r < 0 ? r : 0;
}

static int put_row(struct statement *st, const struct ban *b, const char *network, bool times, struct err *err)
{
    int at = 1;
    statement_text(st, at++, network);
    statement_text(st, at++, b->services);
    statement_int(st, at++, b->since);
    statement_int(st, at++, b->until);
    if (times)
        statement_int(st, at++, b->times);
    statement_text(st, at++, b->why);
    statement_text(st, at, b->by);
    return statement_run(st, err);
}

int ledger_put(struct ledger *l, const struct ban *b, const char *id, struct err *err)
{
    char network[NETWORK_TEXT];
    network_text(&b->network, network);
    int r = put_row(l->ready[PUT], b, network, true, err);
    if (r == 0)
        r = put_row(l->ready[REMEMBER], b, network, false, err);
    if (r < 0 || !id)
        return r;
    statement_text(l->ready[NOTE], 1, id);
    statement_int(l->ready[NOTE], 2, b->since);
    statement_int(l->ready[NOTE], 3, b->until);
    return statement_run(l->ready[NOTE], err);
}

/* A statement with its parameters: the text, where there is one, and the numbers after it. */
static int prepare(struct ledger *l, const char *sql, const char *text, const int64_t *number, struct statement **ret, struct err *err)
{
    int r = store_prepare(l->store, sql, ret, err), at = 1;
    if (r < 0)
        return r;
    if (text)
        statement_text(*ret, at++, text);
    if (number)
        statement_int(*ret, at, *number);
    return 0;
}

static int run(struct ledger *l, const char *sql, const char *text, const int64_t *number, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(l, sql, text, number, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

static int number_of(struct ledger *l, const char *sql, const char *text, const int64_t *number, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(l, sql, text, number, &st, err);
    if (r == 0)
        r = one_number(st, ret, err);
    return r < 0 ? r : 0;
}

int ledger_lift(struct ledger *l, const struct prefix *network, int64_t now, int64_t *ret, struct err *err)
{
    char text[NETWORK_TEXT];
    const char *which = network ? network_text(network, text) : NULL;
    int64_t n = 0;
    int r = number_of(l, which ? "SELECT count(*) FROM bans WHERE network = ?1 AND (until > ?2 OR until = 0)" : "SELECT count(*) FROM bans WHERE until > ?1 OR until = 0", which, &now, &n, err);
    if (r == 0)
        r = run(l, which ? "UPDATE history SET lifted = ?2 WHERE network = ?1 AND lifted = 0" : "UPDATE history SET lifted = ?1 WHERE lifted = 0", which, &now, err);
    if (r == 0)
        r = run(l, which ? "DELETE FROM bans WHERE network = ?1" : "DELETE FROM bans", which, NULL, err);
    if (r == 0)
        *ret = n;
    return r;
}

int ledger_drop(struct ledger *l, const struct prefix *network, struct err *err)
{
    char text[NETWORK_TEXT];
    return run(l, "DELETE FROM bans WHERE network = ?1", network_text(network, text), NULL, err);
}

int ledger_prune(struct ledger *l, int64_t before, struct err *err)
{
    const int64_t old = before - LEDGER_KEEP, most = LEDGER_HISTORY;
    int r = run(l, "DELETE FROM bans WHERE until <= ?1 AND until > 0", NULL, &before, err);
    if (r == 0)
        r = run(l, "DELETE FROM verdicts WHERE time < ?1", NULL, &old, err);
    if (r == 0)
        r = run(l, "DELETE FROM history WHERE number <= (SELECT coalesce(max(number), 0) - ?1 FROM history)", NULL, &most, err);
    if (r == 0) /* the oldest come first: it ends at the first that is young enough */
        r = run(l, "DELETE FROM history WHERE number < (SELECT number FROM history WHERE since >= ?1 ORDER BY number LIMIT 1)", NULL, &old, err);
    return r;
}

/* Rows of `st`, which has its parameters. A row whose network cannot be read was not written by us. */
static int take_rows(struct statement *st, struct arena *a, struct ban_list *ret, struct err *err)
{
    int r;
    while ((r = statement_step(st, err)) > 0) {
        struct ban b = {.services = statement_column_text(st, 1, a), .since = statement_column_int(st, 2), .until = statement_column_int(st, 3),
                        .times = statement_column_int(st, 4), .why = statement_column_text(st, 5, a), .by = statement_column_text(st, 6, a)};
        if (!prefix_parse(str_of(statement_column_text(st, 0, a)), true, &b.network))
            return err_set(err, -EUCLEAN, "wall.db: %s", err_name(EUCLEAN));
        *list_push(a, &ret->bans) = b;
    }
    return r;
}

int ledger_page(struct ledger *l, const char *after_network, const char *after_services, size_t max, struct arena *a, struct ban_list *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(l->store, "SELECT " COLUMNS " FROM bans WHERE (network, services) > (?, ?) ORDER BY network, services LIMIT ?", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, after_network);
    statement_text(st, 2, after_services);
    statement_int(st, 3, (int64_t)max);
    return take_rows(st, a, ret, err);
}

int ledger_of(struct ledger *l, const struct prefix *network, struct arena *a, struct ban_list *ret, struct err *err)
{
    char text[NETWORK_TEXT];
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = prepare(l, "SELECT " COLUMNS " FROM bans WHERE network = ? ORDER BY services", network_text(network, text), NULL, &st, err);
    return r < 0 ? r : take_rows(st, a, ret, err);
}

int ledger_soonest(struct ledger *l, struct arena *a, struct ban *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct ban_list list = {0};
    int r = store_prepare(l->store, "SELECT " COLUMNS " FROM bans ORDER BY until = 0, until LIMIT 1", &st, err);
    if (r == 0)
        r = take_rows(st, a, &list, err);
    if (r < 0 || !list.bans.n)
        return r;
    *ret = list.bans.v[0];
    return 1;
}

int ledger_count(struct ledger *l, int64_t *ret, struct err *err)
{
    return number_of(l, "SELECT count(*) FROM bans", NULL, NULL, ret, err);
}

int ledger_in_force(struct ledger *l, int64_t now, int64_t *ret, struct err *err)
{
    return number_of(l, "SELECT (SELECT count(*) FROM bans WHERE until > ?1) + (SELECT count(*) FROM bans WHERE until = 0)", NULL, &now, ret, err);
}
