/* verb_why_uses.c: from where an account logged in and failed, what it sent, and which of its addresses are turned away now (why.h). */
#include "bin/why.h"
#include "filter/search.h"
#include "firewall/foreign.h"
#include "log/files.h"
#include "nft/ruleset.h"
#include "term/progress.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define FOREIGN_MAX 5  /* of which everything here is looked at */

struct gathering {
    struct arena *arena;
    struct why_seen *seen;
    struct str account;
    bool logins;       /* they come from the logs, too */
    struct progress progress;
};

/* Once. */
static void not_seen(struct arena *a, struct why_seen *seen, const char *what)
{
    for (size_t i = 0; i < seen->not_seen.n; i++)
        if (strcmp(seen->not_seen.v[i], what) == 0)
            return;
    *list_push(a, &seen->not_seen) = what;
}

static void count(struct gathering *g, struct why_use one)
{
    struct why_seen *s = g->seen;
    int64_t *last = one.success ? &s->last_success : &s->last_failure;
    *last = one.last > *last ? one.last : *last;
    for (size_t i = 0; i < s->uses.n; i++) {
        struct why_use *u = &s->uses.v[i];
        if (u->success != one.success || strcmp(u->address, one.address) != 0 || strcmp(u->service, one.service) != 0)
            continue;
        u->n += one.n;
        u->first = one.first < u->first ? one.first : u->first;
        u->refused = one.last >= u->last ? one.refused : u->refused;
        u->last = one.last > u->last ? one.last : u->last;
        return;
    }
    if (s->uses.n >= WHY_USES * 2) {
        s->cut = true;
        return;
    }
    one.address = arena_dupz(g->arena, one.address);
    one.service = arena_dupz(g->arena, one.service);
    *list_push(g->arena, &s->uses) = one;
}

/* --- by bansho-watch */

static bool ask_watch(const struct call *c, struct gathering *g, const char *account)
{
    static const struct { const char *kind; bool success, refused; } kinds[] = {{"login-ok", true, false}, {"mail-accepted", true, false}, {"login-failed", false, false}, {"login-refused", false, true}};
    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        struct question q = {.peer = &peer_watch, .method = "EventsOfAccount", .list = "events", .more = true, .most = WHY_EVENTS};
        why_ask(c, &q, json_pack("{s:s, s:s}", "account", account, "kind", kinds[k].kind));
        if (!q.all) {
            if (!peer_absent(q.code)) /* where it does not run, the logs tell */
                *list_push(g->arena, &g->seen->not_seen) = why_not_known(&q, g->arena);
            return false;
        }
        g->seen->cut |= q.cut;
        for (size_t i = 0; i < json_array_size(q.all); i++) {
            const json_t *e = json_array_get(q.all, i);
            int64_t attempts = why_number(e, "attempts"), time = why_number(e, "time_us") / 1000000;
            if (!json_is_true(json_object_get(e, "probe")))
                count(g, (struct why_use){.address = why_string(e, "address"), .service = why_string(e, "filter"), .success = kinds[k].success, .refused = kinds[k].refused,
                                          .n = kinds[k].success || attempts < 1 ? 1 : (uint64_t)attempts, .first = time, .last = time});
        }
        json_decref(q.all);
    }
    return true;
}

/* --- by the logs */

static const char *dup(struct gathering *g, struct str s) { return s.p ? arena_dup(g->arena, s) : ""; }

static void refusal(struct gathering *g, const struct known_event *e, int64_t time)
{
    struct why_seen *s = g->seen;
    s->refused++;
    s->last_refused = time > s->last_refused ? time : s->last_refused;
    if (s->refusals.n == WHY_REFUSALS) {
        memmove(s->refusals.v, s->refusals.v + 1, (WHY_REFUSALS - 1) * sizeof *s->refusals.v);
        s->refusals.n--;
    }
    *list_push(g->arena, &s->refusals) = (struct why_refusal){time, dup(g, e->host), dup(g, e->field[EVENT_RCPT]), dup(g, e->field[EVENT_SAID])};
}

static void login(struct gathering *g, const struct search_line *l)
{
    const struct known_event *e = &l->event;
    struct line_head h;
    struct str service = e->field[EVENT_SERVICE].n ? e->field[EVENT_SERVICE] : line_head(l->text, &h) ? h.ident : STR("");
    int64_t time = l->time_us / 1000000;
    if (g->logins)
        count(g, (struct why_use){.address = dup(g, e->host), .service = dup(g, service), .success = e->kind == EVENT_LOGIN_OK || e->kind == EVENT_MAIL_ACCEPTED,
                                  .refused = e->kind == EVENT_LOGIN_REFUSED, .n = 1, .first = time, .last = time});
}

static bool on_line(void *arg, const struct search_line *l)
{
    struct gathering *g = arg;
    const struct known_event *e = &l->event;
    int64_t time = l->time_us / 1000000;
    bool own = e->known && e->field[EVENT_USER].n && str_ieq(e->field[EVENT_USER], g->account);
    if (!e->known)
        return true;
    switch (e->kind) {
    case EVENT_LOGIN_OK:
    case EVENT_LOGIN_FAILED:
    case EVENT_LOGIN_REFUSED:
        if (own)
            login(g, l);
        break;
    case EVENT_MAIL_ACCEPTED:
        if (own && e->host.n) {
            g->seen->accepted++;
            g->seen->last_accepted = time > g->seen->last_accepted ? time : g->seen->last_accepted;
            login(g, l);
        }
        break;
    case EVENT_MAIL_REJECTED:
    case EVENT_RELAY_DENIED:
        if (own)
            refusal(g, e, time);
        break;
    case EVENT_MAIL_DEFERRED:
        g->seen->deferred++;
        break;
    case EVENT_MAIL_BOUNCED:
        g->seen->bounced++;
        break;
    default:
        break;
    }
    return true;
}

static void on_progress(void *arg, size_t done, size_t total)
{
    progress_show(&((struct gathering *)arg)->progress, _("searching the logs"), done, total);
}

static void run_search(struct gathering *g, const struct selection *wanted, search_fn *fn, const struct root *root, int64_t now)
{
    struct search_options o = {.selection = wanted, .root = root, .now = now, .events = true, .filters = filter_own_dir(), .progress = on_progress, .progress_arg = g};
    struct log_files found = {0};
    struct search_seen *seen = NULL;
    struct err err = {0};
    log_files_find(root, g->arena, &found);
    for (size_t i = 0; i < found.list.n; i++) {
        const struct log_file *f = &found.list.v[i];
        if (!f->service || strcmp(f->service, "http") != 0) /* nobody logs in there by a name that stands in the log */
            *list_push(g->arena, &o.files) = (struct search_file){.name = f->path, .log = f->log, .changed = f->changed, .service = f->service};
    }
    *list_push(g->arena, &o.files) = (struct search_file){.name = "journal", .log = "journal", .changed = now, .journal = true};
    g->progress = progress_begin();
    int r = search_run(&o, fn, g, g->arena, &seen, &err);
    progress_end(&g->progress);
    if (r < 0)
        *list_push(g->arena, &g->seen->not_seen) = arena_printf(g->arena, _("the logs: %s"), err.text);
    for (size_t i = 0; r == 0 && i < o.files.n; i++)
        if (seen[i].fault)
            not_seen(g->arena, g->seen, arena_printf(g->arena, "%s: %s", o.files.v[i].name, seen[i].fault));
}

/* Postfix does not say who had logged in when it refuses a recipient. What names the account as its sender, and comes from where it logs in, is its own. */
static bool on_sender(void *arg, const struct search_line *l)
{
    struct gathering *g = arg;
    const struct known_event *e = &l->event;
    bool rejected = e->known && (e->kind == EVENT_MAIL_REJECTED || e->kind == EVENT_RELAY_DENIED), known = false;
    if (!rejected || e->field[EVENT_USER].n || !e->field[EVENT_SENDER].n || !str_ieq(e->field[EVENT_SENDER], g->account))
        return true;
    for (size_t i = 0; i < g->seen->uses.n; i++)
        known |= g->seen->uses.v[i].success && str_eq(str_of(g->seen->uses.v[i].address), e->host);
    if (known)
        refusal(g, e, l->time_us / 1000000);
    else
        g->seen->in_its_name++;
    return true;
}

static void search_logs(struct gathering *g, const struct root *root, int64_t now, int64_t since)
{
    struct selection own = SELECTION_ALL, named = SELECTION_ALL;
    char *small = arena_dup(g->arena, g->account);
    for (char *p = small; *p; p++)
        *p = str_lower(*p);
    own.account = str_of(small);
    own.since = named.since = since;
    run_search(g, &own, on_line, root, now);
    named.text = str_of(arena_printf(g->arena, "from=<%s>", arena_dup(g->arena, g->account)));
    if (str_find(g->account, '@') > 0 && named.text.n <= SEEK_TEXT_MAX && service_set(STR("mail"), &named.services))
        run_search(g, &named, on_sender, root, now);
}

static int by_time(const void *a, const void *b)
{
    const struct why_use *x = a, *y = b;
    return x->success != y->success ? (x->success ? -1 : 1) : x->last > y->last ? -1 : x->last < y->last;
}

void why_uses(const struct call *c, const char *account, const struct root *root, int64_t now, int64_t since, struct arena *a, struct why_seen *ret)
{
    struct gathering g = {.arena = a, .seen = ret, .account = str_of(account)};
    *ret = (struct why_seen){.since = since};
    ret->watched = ask_watch(c, &g, account);
    if (!ret->watched) { /* half an answer counts no more */
        ret->uses.n = 0;
        ret->last_success = ret->last_failure = 0;
    }
    g.logins = !ret->watched;
    if (strchr(account, ' '))
        not_seen(a, ret, _("the logs: a name with a space in it is not searched for"));
    else
        search_logs(&g, root, now, since);
    if (ret->uses.n)
        qsort(ret->uses.v, ret->uses.n, sizeof *ret->uses.v, by_time);
    for (size_t i = 0; i < ret->uses.n; i++)
        if (!ret->uses.v[i].success && ret->uses.v[i].last > ret->last_success)
            ret->failures += ret->uses.v[i].n;
}

/* --- who is turned away now */

static void by_wall(const struct call *c, struct why_use *u, struct arena *a, struct why_seen *seen, bool *down)
{
    struct question q = {.peer = &peer_wall, .method = "List", .list = "bans"};
    why_ask(c, &q, json_pack("{s:s}", "network", u->address));
    if (!q.all) {
        *list_push(a, &seen->not_seen) = why_not_known(&q, a);
        *down = true;
        return;
    }
    const json_t *ban = why_widest(q.all);
    if (ban) {
        const char *only = why_services(a, ban);
        u->banned = true;
        u->until = why_number(ban, "until");
        u->why = only ? arena_printf(a, "%s [%s]", why_string(ban, "why"), only) : arena_dupz(a, why_string(ban, "why"));
        u->by = "bansho";
        u->next = arena_printf(a, "bansho unban %s", why_string(ban, "network"));
    }
    json_decref(q.all);
}

static void by_others(const struct host *h, struct why_use *u, bool own_too, struct arena *a, struct why_seen *seen)
{
    struct foreigns f;
    struct addr of;
    bool stopped = false;
    if (!addr_parse(str_of(u->address), &of))
        return;
    foreign_find(h, &of, own_too, a, &f);
    for (size_t i = 0; i < f.ports.n; i++)
        stopped |= f.ports.v[i].may & FATE_STOP;
    for (size_t i = 0; i < f.list.n && !u->banned; i++) {
        const struct foreign *x = &f.list.v[i];
        if (!x->stops || (strcmp(x->kind, "nft") == 0 && f.ports.n && !stopped))
            continue;
        u->banned = true;
        u->until = x->until;
        u->why = x->place;
        u->by = x->owner ? x->owner : _("a rule of this machine");
        u->next = x->next;
    }
    for (size_t i = 0; i < f.not_seen.n; i++)
        not_seen(a, seen, f.not_seen.v[i]);
}

/* The same address at another service was asked before. */
static const struct why_use *asked_before(const struct why_seen *seen, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(seen->uses.v[k].address, seen->uses.v[i].address) == 0)
            return &seen->uses.v[k];
    return NULL;
}

/* What turns it away would be the answer to "why": its owner may be there. */
static bool matters(const struct why_seen *seen, const struct why_use *u)
{
    return !u->banned && (u->success || u->last >= seen->last_success);
}

void why_bans(const struct call *c, const struct host *h, struct arena *a, struct why_seen *seen)
{
    bool down = false, passed_over = false;
    size_t n = 0;
    for (size_t i = 0; i < seen->uses.n; i++) {
        struct why_use *u = &seen->uses.v[i];
        const struct why_use *same = asked_before(seen, i);
        if (!u->address[0])
            continue;
        if (same) {
            u->banned = same->banned;
            u->until = same->until;
            u->why = same->why;
            u->by = same->by;
            u->next = same->next;
            continue;
        }
        if (!down)
            by_wall(c, u, a, seen, &down);
        if (!u->banned && n < FOREIGN_MAX)
            by_others(h, u, down, a, seen);
        passed_over |= n >= FOREIGN_MAX && matters(seen, u);
        n++;
    }
    if (passed_over)
        not_seen(a, seen, arena_printf(a, _("whether anything but bansho shuts out its addresses beyond the newest %d; of each: bansho why ADDRESS"), FOREIGN_MAX));
}
