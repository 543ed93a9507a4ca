#include "firewall/wall.h"
#include "base/i18n.h"
#include "firewall/wall_own.h"
#include "host/never.h"
#include "model/service.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RESIDUE 60       /* seconds for which an element may still be in the kernel after its end */
#define YEAR (365 * 86400LL)
#define FARTHEST (100 * YEAR)

int wall_open(const struct wall_options *o, struct wall **ret, struct err *err)
{
    struct wall *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    w->o = *o;
    w->never = (struct never_now){.config = o->config, .sessions = o->sessions};
    int r = ledger_open(o->ledger, &w->ledger, err);
    if (r == 0)
        r = bans_open(&w->bans, err);
    if (r == 0)
        r = connections_open(&w->connections, err);
    if (r == 0)
        r = ledger_count(w->ledger, &w->rows, err);
    if (r == 0)
        r = wall_restore(w, true, err);
    if (r < 0) {
        wall_close(w);
        return r;
    }
    if (ledger_readonly_why(w->ledger))
        wall_trouble(w, TROUBLE_DISK, ledger_readonly_why(w->ledger));
    if (!o->config)
        snprintf(w->trouble[TROUBLE_CONFIG], sizeof w->trouble[TROUBLE_CONFIG], _("it is not known whom bansho.conf protects, so nobody new is shut out: %s"), o->unread);
    *ret = w;
    return 0;
}

void wall_close(struct wall *w)
{
    if (!w)
        return;
    wall_restore_stop(w);
    ledger_close(w->ledger);
    bans_close(w->bans);
    connections_close(w->connections);
    never_now_done(&w->never);
    free(w);
}

void wall_closep(struct wall **w)
{
    wall_close(*w);
    *w = NULL;
}

int wall_configure(struct wall *w, const struct config *config, struct err *err)
{
    w->o.config = w->never.config = config;
    w->never.at = 0;
    wall_trouble(w, TROUBLE_CONFIG, NULL);
    return wall_restore(w, true, err);
}

void wall_trouble(struct wall *w, enum trouble which, const char *text)
{
    snprintf(w->trouble[which], sizeof w->trouble[which], "%s", text ? text : "");
}

static bool refuse(struct wall_answer *ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct wall_answer *ret, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(ret->reason, sizeof ret->reason, format, ap);
    va_end(ap);
    ret->end = WALL_REFUSED;
    return false;
}

static bool refuse_for(struct wall_answer *ret, const struct never_row *n)
{
    char text[NETWORK_TEXT];
    network_text(&n->network, text);
    switch (n->kind) {
    case NEVER_SPECIAL: return refuse(ret, _("%s is no client's address: it is never shut out"), text);
    case NEVER_SOURCE: return refuse(ret, _("%s belongs to the source %s of bansho.conf: it is never shut out"), text, n->name);
    case NEVER_OWN: return refuse(ret, _("%s is this machine's own address (%s)"), text, n->name);
    case NEVER_PROXY: return refuse(ret, _("%s belongs to guard.trusted-proxies of bansho.conf: it is never shut out"), text);
    case NEVER_ADMIN: break;
    }
    return refuse(ret, _("%s is logged in from %s at this moment"), n->name, text);
}

static bool fine_network(struct wall *w, const struct wall_request *q, struct arena *a, struct prefix *p, struct wall_answer *ret)
{
    if (!prefix_parse(q->network, true, p))
        return refuse(ret, "%s", _("this is no network: an address, or a prefix whose other bits are 0"));
    unsigned shortest = p->addr.v6 ? WALL_SHORTEST_V6 : WALL_SHORTEST_V4;
    if (p->length < shortest)
        return refuse(ret, _("networks larger than /%u are not shut out"), shortest);
    const struct never_row *n = never_touched(never_now(&w->never), p);
    if (!n && q->caller) {
        struct never_list own = {0};
        never_caller(w->o.sessions, q->caller, a, &own);
        n = never_touched(&own, p);
    }
    return n ? refuse_for(ret, n) : true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names, sorted, each once: the same ones are the same text. */
static bool fine_services(const struct wall_request *q, struct arena *a, const char **ret_text, struct wall_answer *ret)
{
    LIST(const char *) names = {0};
    _cleanup_(buf_free) struct buf text = BUF(4096);
    for (size_t i = 0; i < q->services_n; i++) {
        const struct service *s = service_by_name(q->services[i]);
        if (!s)
            return refuse(ret, _("there is no service of the name %.40s"), arena_dup(a, q->services[i]));
        *list_push(a, &names) = s->name;
    }
    if (names.n)
        qsort(names.v, names.n, sizeof *names.v, by_name);
    for (size_t i = 0; i < names.n; i++)
        if (i == 0 || strcmp(names.v[i - 1], names.v[i]) != 0)
            buf_printf(&text, "%s%s", i ? "," : "", names.v[i]);
    *ret_text = arena_dup(a, buf_str(&text));
    return true;
}

static bool fine_mode(const struct wall *w, const struct wall_request *q, struct wall_answer *ret)
{
    const struct value *mode = config_value(w->o.config, "", "", "mode");
    bool observe = strcmp(config_text(w->o.config, "", "mode", "observe"), "observe") == 0;
    if (observe && (!q->ordered || (mode && mode->file)))
        return refuse(ret, "%s", _("bansho.conf says mode = observe: nobody is shut out"));
    return true;
}

static int64_t usual_end(const struct wall *w, int64_t now, int64_t before)
{
    int64_t time = config_number(w->o.config, "guard", "ban-time"), most = config_number(w->o.config, "guard", "ban-time-max");
    for (; before > 0 && time < most; before--)
        time *= 2;
    return now + (time < most ? time : most > 0 ? most : time);
}

/* One request becomes a ban; false: it was answered. */
static bool judge(struct wall *w, const struct wall_request *q, int64_t now, struct arena *a, struct ban *ret, struct wall_answer *answer, struct err *err)
{
    struct ban b = {.since = now, .by = q->by};
    int64_t before = 0;
    int r = q->id ? ledger_known(w->ledger, q->id, &answer->until, err) : 0;
    if (r > 0) {
        answer->end = WALL_KNOWN;
        return false;
    }
    if (r == 0 && (!fine_mode(w, q, answer) || !fine_network(w, q, a, &b.network, answer) || !fine_services(q, a, &b.services, answer)))
        return false;
    if (r == 0 && q->has_until && q->until && (q->until <= now || q->until - now > FARTHEST))
        return refuse(answer, "%s", q->until <= now ? _("its end is in the past") : _("its end is more than a hundred years away"));
    if (r == 0)
        r = ledger_times(w->ledger, &b.network, now - LEDGER_KEEP, &before, err);
    if (r < 0) {
        answer->end = WALL_FAILED;
        return false;
    }
    b.times = before + 1;
    b.until = q->has_until ? q->until : usual_end(w, now, before);
    b.why = arena_dup(a, str_head(q->why, LEDGER_WHY_MAX));
    *ret = b;
    return true;
}

/* What a group leads to. */
struct group {
    struct arena *arena;
    LIST(struct ban_element) elements;
    LIST(struct ban_key) keys;
    int64_t now;
    bool shut; /* they are in the kernel */
    int disk; /* 0, or why nothing can be written any more: then the kernel drops them all the same, and they are answered as failed, to be asked for again */
};

/* The elements of this ban, with the end that all bans of its network together give them. Where the same ban is in force already, the later end holds. */
static int gather(struct wall *w, struct group *g, struct ban *b, struct err *err)
{
    struct ban_list rows = {0};
    struct ban_element own[WALL_ELEMENTS], others[WALL_ELEMENTS];
    int r = ledger_of(w->ledger, &b->network, g->arena, &rows, err);
    if (r < 0)
        return r;
    for (size_t k = 0; k < rows.bans.n; k++)
        if (strcmp(rows.bans.v[k].services, b->services) == 0)
            b->until = wall_later(b->until, wall_end(&rows.bans.v[k], g->now));
    size_t n = wall_elements(b, g->now, own);
    for (size_t i = 0; i < n; i++) {
        own[i].held = rows.bans.n > 0;
        for (size_t k = 0; k < rows.bans.n; k++) {
            size_t m = wall_elements(&rows.bans.v[k], g->now, others);
            for (size_t j = 0; j < m; j++)
                if (ban_key_order(&own[i].key, &others[j].key) == 0 && own[i].ms && (!others[j].ms || others[j].ms > own[i].ms))
                    own[i].ms = others[j].ms;
        }
        *list_push(g->arena, &g->elements) = own[i];
        *list_push(g->arena, &g->keys) = own[i].key;
    }
    return 0;
}

/* Out of the kernel's sets: all packets of this network, and what these rows of it shut. -ENOENT: there is no table. */
static int take_out(struct wall *w, const struct prefix *network, const struct ban_list *rows, struct err *err)
{
    struct ban_element elements[WALL_ELEMENTS] = {{.key.network = *network}};
    int r = bans_remove(w->bans, elements, 1, err);
    for (size_t i = 0; r == 0 && i < rows->bans.n; i++)
        r = bans_remove(w->bans, elements, wall_elements(&rows->bans.v[i], 0, elements), err);
    return r;
}

/* A full ledger: the network whose ban would end first makes room. */
static int make_room(struct wall *w, struct group *g, struct err *err)
{
    int64_t most = w->o.most ? w->o.most : WALL_MOST;
    if (w->rows < most)
        return 0;
    int r = ledger_count(w->ledger, &w->rows, err);
    while (r == 0 && w->rows >= most) {
        struct ban b;
        struct ban_list rows = {0};
        r = ledger_soonest(w->ledger, g->arena, &b, err);
        if (r <= 0)
            return r;
        r = ledger_of(w->ledger, &b.network, g->arena, &rows, err);
        if (r == 0)
            r = take_out(w, &b.network, &rows, err);
        if (r == 0 || r == -ENOENT)
            r = ledger_drop(w->ledger, &b.network, err);
        w->rows -= (int64_t)rows.bans.n;
        w->dropped_for_room += (int64_t)rows.bans.n;
    }
    return r;
}

static int put(struct wall *w, struct group *g, struct err *err)
{
    int r = bans_put(w->bans, g->elements.v, g->elements.n, NULL);
    bool made_otherwise = r == -ENOENT || r == -EEXIST || r == -EINVAL || r == -EOPNOTSUPP;
    if (made_otherwise) { /* somebody flushed it a moment ago, or made a set of ours in his own way; who it was is told by the monitor */
        r = wall_restore(w, false, err);
        if (r == 0)
            r = bans_put(w->bans, g->elements.v, g->elements.n, err);
    } else if (r < 0) {
        r = bans_put(w->bans, g->elements.v, g->elements.n, err); /* once more, for its words */
    }
    wall_trouble(w, TROUBLE_KERNEL, r < 0 && err ? err->text : NULL);
    return r;
}

static int work(struct wall *w, const struct wall_request requests[], size_t n, struct wall_answer answers[], struct group *g, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct ban b;
        struct err one = {0};
        if (!judge(w, &requests[i], g->now, g->arena, &b, &answers[i], &one)) {
            if (answers[i].end == WALL_FAILED)
                return err_set(err, -EIO, "%s", one.text);
            w->refused += answers[i].end == WALL_REFUSED;
            continue;
        }
        int r = make_room(w, g, err);
        if (r == 0)
            r = gather(w, g, &b, err);
        if (r < 0)
            return r;
        if (g->disk == 0)
            g->disk = ledger_put(w->ledger, &b, requests[i].id, err);
        answers[i].until = b.until;
        w->rows++;
    }
    if (!g->elements.n)
        return 0;
    int r = put(w, g, err);
    g->shut = r == 0;
    if (r == 0)
        r = g->disk;
    return r == 0 ? ledger_prune(w->ledger, g->now - RESIDUE, err) : r;
}

static void all_failed(struct wall_answer answers[], size_t n, const char *why)
{
    for (size_t i = 0; i < n; i++)
        if (answers[i].end == WALL_DONE || answers[i].end == WALL_FAILED) {
            answers[i].end = WALL_FAILED;
            snprintf(answers[i].reason, sizeof answers[i].reason, "%s", why);
        }
}

void wall_ban(struct wall *w, const struct wall_request requests[], size_t n, struct wall_answer answers[])
{
    memset(answers, 0, n * sizeof *answers);
    if (!w->o.config) {
        all_failed(answers, n, w->trouble[TROUBLE_CONFIG]);
        return;
    }
    struct err err = {0};
    struct group g = {.arena = arena_new((64u << 20) + n * 4096), .now = clock_now(&w->o.clock)};
    g.disk = ledger_begin(w->ledger, &err);
    int r = work(w, requests, n, answers, &g, &err);
    if (r == 0 && g.disk == 0)
        g.disk = r = ledger_commit(w->ledger, &err);
    if (r < 0) {
        ledger_rollback(w->ledger);
        all_failed(answers, n, err.text);
    }
    w->unsaved |= r < 0 && g.shut;
    wall_trouble(w, TROUBLE_DISK, g.disk < 0 ? err.text : NULL);
    size_t ended = 0;
    if (g.shut && connections_end(w->connections, g.keys.v, g.keys.n, &ended, &err) == 0)
        w->ended += (int64_t)ended;
    arena_free(g.arena);
}

uint64_t wall_mark(const struct wall *w) { return store_mark(ledger_store(w->ledger)); }
int wall_keep_fd(const struct wall *w) { return store_fd(ledger_store(w->ledger)); }
bool wall_wants_tidy(const struct wall *w, bool quiet) { return store_wants_tidy(ledger_store(w->ledger), quiet); }

int wall_keep(struct wall *w, uint64_t *ret_safe, struct err *err)
{
    struct err own = {0};
    int r = store_flush(ledger_store(w->ledger), &own);
    *ret_safe = store_safe(ledger_store(w->ledger));
    if (r < 0)
        wall_trouble(w, TROUBLE_DISK, own.text);
    return r < 0 ? err_set(err, r, "%s", own.text) : 0;
}

int wall_keep_all(struct wall *w, struct err *err) { return store_sync(ledger_store(w->ledger), err); }

void wall_tidy(struct wall *w)
{
    (void)!store_tidy(ledger_store(w->ledger), NULL); /* a full disk is told by the next ban; until then the log goes on */
}

static int lift(struct wall *w, const struct prefix *network, int64_t *ret_removed, struct err *err)
{
    int r = ledger_begin(w->ledger, err);
    if (r == 0)
        r = ledger_lift(w->ledger, network, clock_now(&w->o.clock), ret_removed, err);
    if (r == 0)
        r = ledger_commit(w->ledger, err);
    if (r == 0)
        r = wall_keep_all(w, err);
    if (r < 0)
        ledger_rollback(w->ledger);
    return r;
}

static int nobody(void *arg, struct ban_element *out, size_t max, struct err *err)
{
    (void)arg, (void)out, (void)max, (void)err;
    return 0;
}

int wall_unban(struct wall *w, bool all, struct str network, int64_t *ret_removed, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct prefix p;
    struct ban_list rows = {0};
    struct err why = {0};
    if (!all && !prefix_parse(network, true, &p))
        return err_set(err, -EINVAL, "%s", _("this is no network: an address, or a prefix whose other bits are 0"));
    int known = all ? 0 : ledger_of(w->ledger, &p, a, &rows, &why);
    int disk = known < 0 ? known : lift(w, all ? NULL : &p, ret_removed, &why);
    int r = all ? bans_reset(w->bans, nobody, NULL, err) : take_out(w, &p, &rows, err);
    if (disk < 0) /* whoever is to be let in is let in, whatever became of the disk */
        return err_set(err, disk, r < 0 ? "%s" : _("%s. It is let in now, but shut out again when bansho-wall starts anew"), why.text);
    if (r == -ENOENT || w->unsaved)
        r = wall_restore(w, false, err);
    return r == 0 ? ledger_count(w->ledger, &w->rows, err) : r;
}
