/* wall_kernel.c: the kernel's copy of the ledger: made at the start, mended after others touched it, counted. */
#include "base/i18n.h"
#include "firewall/wall_own.h"
#include "model/service.h"
#include "term/text.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 4096
#define MORE 8192 /* elements put at once while others wait */
#define LET_IN_MOST 65536 /* at once; the others the next time */
#define COUNTED 20000 /* with more bans the elements are not counted one by one */

/* A clock that was wrong at boot must not make a ban of it that lasts for years. */
int64_t wall_end(const struct ban *b, int64_t now)
{
    if (!b->until)
        return 0;
    int64_t left = b->until - now, given = b->until - b->since;
    left = left < given ? left : given;
    return left > 0 ? now + left : now;
}

int64_t wall_later(int64_t a, int64_t b)
{
    return !a || !b ? 0 : a > b ? a : b;
}

size_t wall_elements(const struct ban *b, int64_t now, struct ban_element ret[static WALL_ELEMENTS])
{
    struct ban_element e = {.key.network = b->network};
    struct str rest = str_of(b->services), name;
    size_t n = 0;
    int64_t end = now ? wall_end(b, now) : 0;
    if (end && end == now)
        return 0;
    e.ms = end ? (uint64_t)(end - now) * 1000 : 0;
    if (!rest.n) {
        ret[0] = e;
        return 1;
    }
    while (n < WALL_ELEMENTS && str_field(&rest, ',', &name)) {
        const struct service *s = service_by_name(name);
        if (!s)
            continue; /* of a version that knew it */
        e.key.protocol = s->udp ? IPPROTO_UDP : IPPROTO_TCP;
        e.key.port = s->port;
        ret[n++] = e;
    }
    return n;
}

struct reading {
    struct wall *wall;
    struct arena *arena;
    struct ban_list rows;
    size_t at;
    int64_t now;
    char network[NETWORK_TEXT]; /* of the last row that was taken */
    char services[1024];
    bool end;
    bool for_good;
    struct arena *kept;
    struct never_list never;
    LIST(struct prefix) let_in;
};

static struct reading *reading_new(struct wall *w, bool for_good)
{
    struct reading *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    *q = (struct reading){.wall = w, .arena = arena_new(64u << 20), .kept = arena_new(64u << 20), .now = clock_now(&w->o.clock), .for_good = for_good};
    never_find(w->o.config, q->kept, &q->never);
    return q;
}

static void reading_free(struct reading *q)
{
    if (!q)
        return;
    arena_free(q->arena);
    arena_free(q->kept);
    free(q);
}

static int next_page(struct reading *q, struct err *err)
{
    arena_reset(q->arena);
    q->rows = (struct ban_list){0};
    q->at = 0;
    int r = ledger_page(q->wall->ledger, q->network, q->services, PAGE, q->arena, &q->rows, err);
    q->end = r < 0 || q->rows.bans.n < PAGE;
    return r;
}

/* All bans of one network come in one piece: where two of them have the same element, the later end holds. */
static int next(void *arg, struct ban_element *out, size_t max, struct err *err)
{
    struct reading *q = arg;
    size_t n = 0;
    for (;;) {
        if (q->at == q->rows.bans.n) {
            int r = q->end ? 0 : next_page(q, err);
            if (r < 0)
                return r;
            if (q->at == q->rows.bans.n)
                return (int)n;
        }
        char network[NETWORK_TEXT];
        const struct ban *b = &q->rows.bans.v[q->at];
        network_text(&b->network, network);
        if (max - n < WALL_ELEMENTS || (max - n < max / 8 && strcmp(network, q->network) != 0))
            return (int)n;
        memcpy(q->network, network, sizeof network);
        snprintf(q->services, sizeof q->services, "%s", b->services);
        if (!never_touched(&q->never, &b->network))
            n += wall_elements(b, q->now, out + n);
        else if (q->let_in.n < LET_IN_MOST)
            *list_push(q->kept, &q->let_in) = b->network;
        q->at++;
    }
}

/* What is in no set any more is out of the ledger, too. Where that fails it stays out of the sets all the same. */
static void lift(struct wall *w, const struct reading *q)
{
    struct err err = {0};
    int64_t n = 0, all = 0;
    int r = ledger_begin(w->ledger, &err);
    for (size_t i = 0; r == 0 && i < q->let_in.n; i++, all += n)
        r = ledger_lift(w->ledger, &q->let_in.v[i], q->now, &n, &err);
    if (r == 0)
        r = ledger_commit(w->ledger, &err);
    if (r < 0)
        ledger_rollback(w->ledger);
    else
        w->let_in += all;
    wall_trouble(w, TROUBLE_DISK, r < 0 ? err.text : NULL);
}

void wall_restore_stop(struct wall *w)
{
    reading_free(w->reading);
    w->reading = NULL;
}

/* r > 0: there may be more; 0: that was all; negative: it failed. */
static int restored(struct wall *w, int r, struct err *err)
{
    wall_trouble(w, TROUBLE_KERNEL, r < 0 && err ? err->text : NULL);
    if (r > 0 && !(w->reading->end && w->reading->at == w->reading->rows.bans.n))
        return 1;
    r = r < 0 ? r : 0;
    w->unsaved &= r < 0;
    if (r == 0 && w->reading->for_good && w->reading->let_in.n)
        lift(w, w->reading);
    wall_restore_stop(w);
    return r;
}

int wall_restore_begin(struct wall *w, bool for_good, struct err *err)
{
    wall_restore_stop(w);
    w->reading = reading_new(w, for_good);
    return restored(w, w->reading ? bans_reset_begin(w->bans, next, w->reading, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM)), err);
}

int wall_restore_more(struct wall *w, struct err *err)
{
    if (!w->reading)
        return 0;
    struct ban_element *some = calloc(MORE, sizeof *some);
    int n = some ? next(w->reading, some, MORE, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    bans_put_listening(w->bans, true);
    int r = n > 0 ? bans_put(w->bans, some, (size_t)n, err) : 0;
    bans_put_listening(w->bans, false);
    free(some);
    return restored(w, r < 0 ? r : n, err);
}

int wall_restore(struct wall *w, bool for_good, struct err *err)
{
    wall_restore_stop(w);
    w->reading = reading_new(w, for_good);
    return restored(w, w->reading ? bans_reset(w->bans, next, w->reading, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM)), err);
}

static int in_order(const void *a, const void *b) { return ban_key_order(&((const struct ban_element *)a)->key, &((const struct ban_element *)b)->key); }

static size_t each_once(struct ban_element *e, size_t n)
{
    size_t out = 0;
    if (n)
        qsort(e, n, sizeof *e, in_order);
    for (size_t i = 0; i < n; i++)
        if (out && in_order(&e[out - 1], &e[i]) == 0)
            e[out - 1].ms = (uint64_t)wall_later((int64_t)e[out - 1].ms, (int64_t)e[i].ms);
        else
            e[out++] = e[i];
    return out;
}

int wall_wanted(struct wall *w, struct ban_element **ret, size_t *ret_n, struct err *err)
{
    struct reading *q = reading_new(w, false);
    struct ban_element *all = NULL;
    size_t n = 0;
    int r = q ? 1 : -ENOMEM;
    while (r > 0) {
        struct ban_element *more = realloc(all, (n + MORE) * sizeof *all);
        if (!more)
            r = -ENOMEM;
        else if ((r = next(q, (all = more) + n, MORE, err)) > 0)
            n += (size_t)r;
    }
    reading_free(q);
    if (r < 0) {
        free(all);
        return r == -ENOMEM ? err_set(err, r, "%s", err_name(ENOMEM)) : r;
    }
    *ret = all;
    *ret_n = each_once(all, n);
    return 0;
}

static void count(void *arg, const struct ban_element *e)
{
    (void)e;
    ++*(int64_t *)arg;
}

int wall_status(struct wall *w, struct wall_status *ret, struct err *err)
{
    struct wall_status s = {.refused = w->refused, .healed = w->healed, .ended = w->ended, .dropped_for_room = w->dropped_for_room, .let_in = w->let_in,
                            .last_healed_by = w->healer[0] ? w->healer : NULL};
    int r = ledger_in_force(w->ledger, clock_now(&w->o.clock), &s.bans, err);
    if (r < 0)
        return r;
    if (s.bans > COUNTED)
        s.in_kernel = s.bans; /* what others change is seen and mended; counting takes seconds */
    else if ((r = bans_list(w->bans, count, &s.in_kernel, NULL)) < 0)
        s.in_kernel = -1;
    s.trouble = wall_failing(w);
    *ret = s;
    return 0;
}

const char *wall_failing(const struct wall *w)
{
    for (int i = 0; i < TROUBLES; i++)
        if (w->trouble[i][0])
            return w->trouble[i];
    return NULL;
}

int64_t wall_given_up(const struct wall *w) { return w->dropped_for_room; }

static bool wanted(const struct ban *b, const struct prefix *network, int64_t now)
{
    return (!b->until || b->until > now) && (!network || prefix_overlaps(network, &b->network));
}

int wall_page(struct wall *w, struct wall_page *page, struct arena *a, struct ban_list *ret, bool *ret_end, struct err *err)
{
    struct ban_list rows = {0}, out = {0};
    int64_t now = clock_now(&w->o.clock);
    int r = ledger_page(w->ledger, page->after_network, page->after_services, page->max, a, &rows, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < rows.bans.n; i++)
        if (wanted(&rows.bans.v[i], page->network, now))
            *list_push(a, &out.bans) = rows.bans.v[i];
    *ret_end = rows.bans.n < page->max;
    if (rows.bans.n) {
        char text[NETWORK_TEXT];
        page->after_network = arena_dupz(a, network_text(&rows.bans.v[rows.bans.n - 1].network, text));
        page->after_services = rows.bans.v[rows.bans.n - 1].services;
    }
    *ret = out;
    return 0;
}

int wall_remove_table(struct err *err)
{
    _cleanup_(bans_closep) struct bans *b = NULL;
    int r = bans_open(&b, err);
    return r < 0 ? r : bans_drop(b, err);
}
