/* wall_mend.c: what others did to our table, and what of it differs from the ledger. */
#include "base/i18n.h"
#include "firewall/wall_own.h"
#include "term/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NEARLY_MS 3000 /* the ledger counts in seconds, the kernel since the element was put */
#define LISTED 4 /* times as many elements as bans: services have several ports; what is more is another one's */

int wall_fd(const struct wall *w)
{
    return bans_monitor_fd(w->bans);
}

bool wall_news(struct wall *w, struct wall_news *ret)
{
    struct bans_news n;
    struct wall_news all = {{0}};
    while (bans_news(w->bans, &n) > 0) {
        if (!n.touched.any)
            continue;
        _cleanup_(buf_free) struct buf who = BUF(256);
        text_escape(&who, str_of(n.who)); /* a process names itself as it likes */
        bans_touched_join(&all.touched, &n.touched);
        all.who[0] = 0;
        if (!n.lost)
            snprintf(all.who, sizeof all.who, "%.40s (%u)", who.p ? who.p : "?", n.pid);
    }
    if (all.touched.any)
        *ret = all;
    return all.touched.any;
}

/* Elements that are to be changed. */
struct mending {
    struct arena *arena;
    LIST(struct ban_element) put, out;
};

static int carry_out(struct wall *w, struct mending *m, struct err *err)
{
    int r = m->out.n ? bans_remove(w->bans, m->out.v, m->out.n, err) : 0;
    return r == 0 && m->put.n ? bans_put(w->bans, m->put.v, m->put.n, err) : r;
}

/* What the ledger wants of one element. */
static int one_key(struct wall *w, const struct ban_key *k, const struct never_list *never, struct mending *m, struct err *err)
{
    struct ban_list rows = {0};
    struct ban_element own[WALL_ELEMENTS], e = {.key = *k, .held = true};
    bool any = false;
    int r = ledger_of(w->ledger, &k->network, m->arena, &rows, err);
    for (size_t i = 0; r == 0 && i < rows.bans.n; i++) {
        size_t n = never_touched(never, &k->network) ? 0 : wall_elements(&rows.bans.v[i], clock_now(&w->o.clock), own);
        for (size_t j = 0; j < n; j++)
            if (ban_key_order(&own[j].key, k) == 0) {
                e.ms = any ? (uint64_t)wall_later((int64_t)e.ms, (int64_t)own[j].ms) : own[j].ms;
                any = true;
            }
    }
    if (r == 0 && any)
        *list_push(m->arena, &m->put) = e;
    else if (r == 0)
        *list_push(m->arena, &m->out) = e;
    return r;
}

static int mend_keys(struct wall *w, const struct bans_touched *t, struct mending *m, struct err *err)
{
    struct never_list never = {0};
    int r = 0;
    never_find(w->o.config, m->arena, &never);
    for (size_t i = 0; r == 0 && i < t->n; i++)
        r = one_key(w, &t->keys[i], &never, m, err);
    return r;
}

/* --- where it is not known what was touched */

struct there {
    struct ban_element *v;
    size_t n, most;
};

static void on_there(void *arg, const struct ban_element *e)
{
    struct there *t = arg;
    if (t->n < t->most)
        t->v[t->n] = *e;
    t->n++;
}

static int in_order(const void *a, const void *b) { return ban_key_order(&((const struct ban_element *)a)->key, &((const struct ban_element *)b)->key); }

static bool nearly(uint64_t a, uint64_t b)
{
    return !a == !b && (a > b ? a - b : b - a) < NEARLY_MS;
}

static void differences(const struct ban_element *wanted, size_t n, const struct there *t, struct mending *m)
{
    size_t i = 0, j = 0;
    while (i < n || j < t->n) {
        int order = i == n ? 1 : j == t->n ? -1 : in_order(&wanted[i], &t->v[j]);
        if (order < 0 || (order == 0 && !nearly(wanted[i].ms, t->v[j].ms))) {
            struct ban_element *e = list_push(m->arena, &m->put);
            *e = wanted[i];
            e->held = true;
        } else if (order > 0) {
            *list_push(m->arena, &m->out) = t->v[j];
        }
        i += order <= 0;
        j += order >= 0;
    }
}

/* -EAGAIN: it is better made anew. */
static int compare(struct wall *w, struct mending *m, struct err *err)
{
    struct ban_element *wanted = NULL;
    size_t n = 0;
    struct there t = {.most = (size_t)WALL_COMPARED * LISTED};
    int64_t bans = 0;
    int r = ledger_in_force(w->ledger, clock_now(&w->o.clock), &bans, err);
    if (r < 0 || bans > WALL_COMPARED)
        return r < 0 ? r : -EAGAIN;
    r = (t.v = calloc(t.most, sizeof *t.v)) ? bans_list(w->bans, on_there, &t, NULL) : -ENOMEM;
    if (r > 0 || (r == 0 && t.n > t.most)) /* changed meanwhile: some were told twice, or not at all */
        r = -EAGAIN;
    if (r == 0)
        r = wall_wanted(w, &wanted, &n, err);
    if (r == 0) {
        qsort(t.v, t.n, sizeof *t.v, in_order);
        differences(wanted, n, &t, m);
    }
    free(wanted);
    free(t.v);
    return r;
}

/* 0: the kernel is as the ledger; otherwise the table has to be made anew. */
static int mend_some(struct wall *w, const struct bans_touched *t, int64_t *ret_changed)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(256u << 20);
    struct mending m = {.arena = a};
    int r = t->parts ? bans_mend_parts(w->bans, NULL) : 0;
    if (r == 0)
        r = t->many ? compare(w, &m, NULL) : mend_keys(w, t, &m, NULL);
    if (r == 0)
        r = carry_out(w, &m, NULL);
    *ret_changed = (int64_t)(m.put.n + m.out.n);
    return r;
}

int wall_mend(struct wall *w, const struct wall_news *n, int64_t *ret_changed, struct err *err)
{
    bool some = n && !n->touched.table && !w->unsaved && !(w->reading && n->touched.many);
    int r = some ? mend_some(w, &n->touched, ret_changed) : -EAGAIN;
    if (r < 0) {
        *ret_changed = -1;
        r = wall_restore_begin(w, true, err);
    } else {
        wall_trouble(w, TROUBLE_KERNEL, NULL);
        r = w->reading != NULL; /* it goes on */
    }
    if (r < 0 || !n)
        return r;
    w->healed++;
    snprintf(w->healer, sizeof w->healer, "%s", n->who[0] ? n->who : "?");
    return r;
}

int wall_mend_more(struct wall *w, struct err *err) { return wall_restore_more(w, err); }
