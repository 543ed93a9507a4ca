/* diary_show.c: what is remembered of one address. */
#include "respond/diary_parts.h"
#include "base/clock.h"
#include <errno.h>
#include <stdio.h>

/* What is asked for: everything of a source, or one kind of an account. `account` in the form that its index has (diary_save.c: begin_day). */
struct which {
    const char *source, *account;
    enum event_kind kind;
};

static int events_of_day(struct diary *d, int64_t day, const struct which *w, size_t most, struct arena *a, struct diary_page *page, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char sql[512];
    const char *where = w->source ? "source = ?1" : "substr(account, 1, 32) = substr(?1, 1, 32) COLLATE NOCASE AND account = ?1 COLLATE NOCASE AND kind = ?4";
    snprintf(sql, sizeof sql, "SELECT time_us, kind, address, account, attempts, filter, log, probe, rowid FROM event_%lld WHERE %s AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3", (long long)day, where);
    int r = store_prepare(d->store, sql, &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, w->source ? w->source : w->account);
    statement_int(st, 2, page->day == day && page->row ? page->row : INT64_MAX);
    statement_int(st, 3, (int64_t)(most - page->events.n));
    if (!w->source)
        statement_int(st, 4, w->kind);
    while ((r = statement_step(st, err)) > 0) {
        int64_t kind = statement_column_int(st, 1);
        struct diary_shown_event e = {.time_us = statement_column_int(st, 0), .address = statement_column_text(st, 2, a), .account = statement_column_text(st, 3, a),
                                      .attempts = (unsigned)statement_column_int(st, 4), .filter = statement_column_text(st, 5, a), .log = statement_column_text(st, 6, a),
                                      .probe = statement_column_int(st, 7), .kind = kind >= 0 && kind < EVENT_KINDS ? event_kinds[kind].name : ""};
        *list_push(a, &page->events) = e;
        page->day = day;
        page->row = statement_column_int(st, 8);
    }
    return r;
}

static int events(struct diary *d, const struct which *w, size_t most, struct arena *a, struct diary_page *page, struct err *err)
{
    int64_t *days = NULL;
    size_t n = 0;
    int r = diary_days(d, a, &days, &n, err);
    page->events = (__typeof__(page->events)){0};
    for (size_t i = n; r == 0 && i-- > 0 && page->events.n < most;)
        if (!page->day || days[i] <= page->day)
            r = events_of_day(d, days[i], w, most, a, page, err);
    page->end = page->events.n < most;
    return r;
}

int diary_events(struct diary *d, const struct addr *of, size_t most, struct arena *a, struct diary_page *page, struct err *err)
{
    struct prefix source = guard_source(of);
    char text[ADDR_TEXT + 4];
    const struct which w = {.source = prefix_text(&source, text)};
    return events(d, &w, most, a, page, err);
}

int diary_events_of_account(struct diary *d, const char *account, enum event_kind kind, size_t most, struct arena *a, struct diary_page *page, struct err *err)
{
    const struct which w = {.account = account, .kind = kind};
    return events(d, &w, most, a, page, err);
}

/* Each network in which the address can have been shut out, as guard/detect.h makes them. */
static size_t networks_of(const struct addr *of, char (*ret)[ADDR_TEXT + 4])
{
    static const uint8_t lengths[2][2] = {{32, 24}, {64, 48}};
    size_t n = 0;
    for (; n < 2; n++) {
        struct prefix p = {*of, lengths[of->v6][n]};
        for (unsigned bit = p.length; bit < (of->v6 ? 128u : 32u); bit++)
            p.addr.bytes[bit / 8] = (uint8_t)(p.addr.bytes[bit / 8] & ~(0x80u >> bit % 8));
        prefix_text(&p, ret[n]);
    }
    return n;
}

/* Its columns, as read_verdict takes them. */
#define VERDICT "SELECT v.id, v.kind, v.looks, v.network, v.account, v.time_us, v.until, v.count, v.times, v.filter, v.log, v.forgiven, o.state, o.reason"

static int read_verdict(struct statement *st, struct arena *a, struct diary_shown_verdict *ret, struct err *err)
{
    struct diary_shown_verdict v = {
        .id = statement_column_text(st, 0, a), .kind = (enum verdict_kind)statement_column_int(st, 1), .looks = (enum verdict_looks)statement_column_int(st, 2),
        .network = statement_column_text(st, 3, a), .account = statement_column_text(st, 4, a), .time_us = statement_column_int(st, 5), .until = statement_column_int(st, 6),
        .count = (unsigned)statement_column_int(st, 7), .times = (unsigned)statement_column_int(st, 8), .filter = statement_column_text(st, 9, a), .log = statement_column_text(st, 10, a),
        .forgiven = statement_column_int(st, 11), .reason = statement_column_text(st, 13, a)};
    const char *state = statement_column_text(st, 12, a);
    if (state)
        v.state = post_state_name((enum post_state)statement_column_int(st, 12));
    if (v.kind >= VERDICT_KINDS || v.looks >= VERDICT_LOOKS || statement_column_int(st, 12) > POST_FORGIVEN)
        return err_set(err, -EUCLEAN, "%s", err_name(EUCLEAN));
    *ret = v;
    return 0;
}

int diary_verdicts_of(struct diary *d, const struct addr *of, size_t most, struct arena *a, struct diary_verdicts *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char networks[2][ADDR_TEXT + 4];
    networks_of(of, networks);
    int r = store_prepare(d->store, VERDICT " FROM verdict v"
                                    " LEFT JOIN outbox o ON o.id = v.id WHERE v.network IN (?1, ?2) ORDER BY v.time_us DESC LIMIT ?3", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, networks[0]);
    statement_text(st, 2, networks[1]);
    statement_int(st, 3, (int64_t)most);
    while ((r = statement_step(st, err)) > 0) {
        struct diary_shown_verdict v;
        if ((r = read_verdict(st, a, &v, err)) < 0)
            break;
        *list_push(a, &ret->list) = v;
    }
    return r;
}

static int number_of(struct diary *d, const char *sql, int64_t parameter, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, sql, &st, err);
    if (r == 0)
        statement_int(st, 1, parameter);
    if (r == 0)
        r = statement_step(st, err);
    if (r > 0)
        *ret = statement_column_int(st, 0);
    return r < 0 ? r : 0;
}

/* Where to begin: after what was told before, or what is older. */
static int news_begin(struct diary *d, const char *diary, int64_t since_us, struct arena *a, struct diary_news *n, int64_t *after, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "SELECT name FROM origin", &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r < 0)
        return r;
    n->diary = r ? statement_column_text(st, 0, a) : "";
    if (diary && strcmp(diary, n->diary) == 0)
        return 0;
    *after = 0;
    return number_of(d, "SELECT coalesce((SELECT min(n.seq) - 1 FROM news n JOIN verdict v ON v.id = n.id WHERE v.time_us >= ?1), (SELECT max(seq) FROM news), 0)", since_us, after, err);
}

int diary_since(struct diary *d, const char *diary, int64_t after, int64_t since_us, size_t most, struct arena *a, struct diary_news *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct diary_news n = {0};
    int64_t newest = 0;
    int r = news_begin(d, diary, since_us, a, &n, &after, err);
    if (r == 0)
        r = number_of(d, "SELECT coalesce(max(seq), 0) FROM news WHERE seq > ?1", after, &newest, err);
    if (r == 0) /* of one that was refused later, the later row alone */
        r = store_prepare(d->store, VERDICT ", n.seq FROM news n JOIN verdict v ON v.id = n.id LEFT JOIN outbox o ON o.id = n.id"
                                    " WHERE n.seq > ?1 AND NOT EXISTS (SELECT 1 FROM news m WHERE m.id = n.id AND m.seq > n.seq) ORDER BY n.seq LIMIT ?2", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, after);
    statement_int(st, 2, (int64_t)most);
    n.last = after;
    while ((r = statement_step(st, err)) > 0) {
        struct diary_shown_verdict v;
        if ((r = read_verdict(st, a, &v, err)) < 0)
            return r;
        n.last = statement_column_int(st, 14);
        *list_push(a, &n.list) = v;
    }
    if (r < 0)
        return r;
    n.more = n.list.n == most;
    if (!n.more && newest > n.last)
        n.last = newest;
    *ret = n;
    return 0;
}
