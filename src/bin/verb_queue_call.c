/* verb_queue_call.c: which queues and which messages `bansho queue ...` is about (queue_call.h). */
#include "bin/queue_call.h"
#include "queue/index.h"
#include <errno.h>
#include <time.h>
#include <unistd.h>

static int understand_page(struct queue_call *q, struct err *err)
{
    static const struct { const char *text; uint64_t per; } sizes[] = {{"10", 10}, {"25", 25}, {"100", 100}, {"all", 0}};
    const char *per = call_option(q->call, "per"), *page = call_option(q->call, "page");
    q->per = QUEUE_PER_DEFAULT;
    q->page = 1;
    bool known = !per;
    for (size_t i = 0; per && i < ARRAY_SIZE(sizes); i++)
        if (strcmp(per, sizes[i].text) == 0) {
            q->per = sizes[i].per;
            known = true;
        }
    if (!known)
        return err_set(err, -EINVAL, _("--per %s: possible are 10, 25, 100 and all"), per);
    if (page && (!str_u64(str_of(page), 1000000000, &q->page) || q->page == 0))
        return err_set(err, -EINVAL, _("--page %s: pages are counted from 1"), page);
    return 0;
}

static int understand_wanted(struct queue_call *q, struct err *err)
{
    const struct call *c = q->call;
    for (size_t i = 0; i < c->given_n; i++)
        for (unsigned f = 0; f < WANTED_FIELDS; f++)
            if (strcmp(c->given[i]->name, wanted_name((enum wanted_field)f)) == 0) {
                int r = wanted_add(&q->wanted, q->arena, (enum wanted_field)f, c->values[i] ? c->values[i] : "", err);
                if (r < 0)
                    return r;
            }
    return call_option(c, "no-bounce") ? wanted_add(&q->wanted, q->arena, WANTED_BOUNCE, "!", err) : 0;
}

/* A spool that is named is looked at by itself: links in it lead nowhere out of it. */
static int named_spool(struct queue_call *q, const char *dir, struct err *err)
{
    const char *kind = call_option(q->call, "kind");
    struct spool_instance s = {.name = "", .path = "."};
    int r = root_open(dir, &q->root, err);
    if (r < 0)
        return r;
    q->shown = dir;
    if (kind && !spool_kind_of(kind, &s.kind))
        return err_set(err, -EINVAL, _("--kind %s: possible are postfix and qmail"), kind);
    if (!kind && !spool_kind_seen(&q->root, ".", &s.kind))
        return err_set(err, -ENOENT, _("%s: no mail queue lies there that is known here (it would hold deferred, mess or input)"), dir);
    *list_push(q->arena, &q->spools) = s;
    return 0;
}

static int own_spools(struct queue_call *q, struct err *err)
{
    struct clock clock = clock_system();
    if (call_option(q->call, "kind"))
        return err_set(err, -EINVAL, "%s", _("--kind belongs to --spool"));
    int r = root_open("/", &q->root, err);
    if (r == 0)
        r = host_new(&q->root, &clock, &q->host, err);
    if (r == 0)
        r = server_new_of(q->host, KIND_MTA, &q->server, err);
    if (r < 0)
        return r;
    spools_of(q->server, q->arena, &q->spools);
    return q->spools.n ? 0 : err_set(err, -ENOENT, "%s", _("no mail program is installed here whose queue is known (Postfix, qmail, Exim); a queue elsewhere: --spool DIR"));
}

static int known_states(const struct queue_call *q, struct err *err)
{
    for (size_t i = 0; i < q->wanted.rules.n; i++) {
        const struct wanted_rule *rule = &q->wanted.rules.v[i];
        bool known = rule->field != WANTED_STATE;
        for (size_t k = 0; k < q->spools.n && !known; k++)
            for (const char *const *s = spool_kinds[q->spools.v[k].kind]->states; *s && !known; s++)
                known = strcmp(*s, rule->text.p) == 0;
        if (!known)
            return err_set(err, -EINVAL, _("--state %s: the mail queue here has no such state; all of them: bansho queue count"), rule->text.p);
    }
    return 0;
}

int queue_begin(struct queue_call *q, const struct call *c, struct arena *a, struct err *err)
{
    const char *dir = call_option(c, "spool");
    *q = (struct queue_call){.call = c, .arena = a, .row = arena_new(16u << 20), .root = {.fd = -1}, .now = (int64_t)time(NULL), .json = call_option(c, "json"), .term = term_of(stdout), .progress = progress_begin()};
    tzset();
    int r = understand_page(q, err);
    if (r == 0)
        r = understand_wanted(q, err);
    if (r == 0)
        r = dir ? named_spool(q, dir, err) : own_spools(q, err);
    if (r == 0)
        r = known_states(q, err);
    return r == 0 && (call_option(c, "quarantine") || strcmp(c->args[0], "restore") == 0) ? spools_quarantined(&q->root, &q->spools, a, err) : r;
}

void queue_done(struct queue_call *q)
{
    server_free(q->server);
    host_free(q->host);
    root_close(&q->root);
    arena_free(q->row);
}

const char *queue_name(const struct queue_call *q, const struct spool_instance *s)
{
    return q->shown ? q->shown : s->path;
}

struct spool_place queue_place(const struct queue_call *q, const struct spool_instance *s)
{
    return (struct spool_place){&q->root, s->path, s->kind};
}

int queue_names(const struct queue_call *q, const struct spool_instance *s, struct spool_count *ret)
{
    int r = spool_count(&q->root, s->path, s->kind, q->arena, ret);
    if (q->shown || s->batch)
        return r == -ENOENT && ret->room_total && !ret->absent ? 0 : r;
    return spool_judged(s, r, ret, q->arena);
}

void queue_unseen(struct queue_call *q, const char *place, int code)
{
    q->unknown = true;
    progress_end(&q->progress);
    complainf(_("%s could not be read: %s"), place, spool_why(code));
    if ((code == -EACCES || code == -EPERM) && geteuid() != 0)
        complainf(_("the mail queue can be read with: sudo bansho queue %s"), q->call->args[0]);
}

bool queue_readable(struct queue_call *q, const struct spool_instance *s)
{
    if (spool_kinds[s->kind]->walk)
        return true;
    q->unknown = true;
    complainf(_("the messages in the queue of %s (%s) cannot be read by this version"), spool_kinds[s->kind]->name, queue_name(q, s));
    if (s->kind == SPOOL_EXIM)
        complainf("%s", _("Exim's own list: exim -bp"));
    return false;
}

/* What was read of this server's own queues is kept for the next time, by root. Of one elsewhere only where that is asked for. */
static const char *queue_index(const struct queue_call *q, const struct spool_instance *s)
{
    const char *dir = call_option(q->call, "index");
    return dir ? dir : q->shown || s->batch || geteuid() != 0 ? NULL : INDEX_DIR;
}

struct looking {
    struct queue_call *q;
    look_fn *fn;
    look_text_fn *text;
    void *arg;
};

static int on_message(void *arg, const struct message *m)
{
    struct looking *l = arg;
    progress_end(&l->q->progress);
    arena_reset(l->q->row);
    return l->fn(l->arg, m);
}

static int on_text(void *arg, struct str bytes, int code)
{
    const struct looking *l = arg;
    return l->text(l->arg, bytes, code);
}

static void on_progress(void *arg, uint64_t seen)
{
    struct looking *l = arg;
    struct spool_count n;
    for (size_t i = 0; !l->q->total && l->q->progress.terminal && i < l->q->spools.n; i++)
        if (queue_names(l->q, &l->q->spools.v[i], &n) == 0)
            l->q->total += n.total;
    progress_show(&l->q->progress, _("messages read"), (size_t)seen, (size_t)(l->q->total > seen ? l->q->total : seen));
}

/* A queue that works has all its directories: what lacks one holds more than was seen. */
static void look_at_dirs(struct queue_call *q, const struct spool_instance *s)
{
    struct spool_count n;
    int r = spool_stands(&q->root, s->path, s->kind, q->arena, &n);
    r = spool_judged(s, r, &n, q->arena);
    if (r < 0)
        queue_unseen(q, n.unseen, r);
}

int queue_look(struct queue_call *q, const struct spool_instance *s, struct look_options *o, look_fn *fn, void *arg, struct looked *ret)
{
    struct looking l = {q, fn, o->text, arg};
    struct err err = {0};
    o->place = queue_place(q, s);
    o->wanted = &q->wanted;
    o->now = q->now;
    o->index = o->id || o->text ? NULL : queue_index(q, s);
    o->text = o->text ? on_text : NULL;
    int r = spool_look(o, on_message, on_progress, &l, ret, &err);
    progress_end(&q->progress);
    if (r < 0) {
        q->unknown = true;
        if (err.text[0]) /* else it was fn that ended it */
            complain(&err);
    } else if (ret->code < 0 && ret->code != -ENOENT) {
        queue_unseen(q, ret->unseen[0] ? ret->unseen : queue_name(q, s), ret->code);
    } else if (!q->shown && !s->batch) {
        look_at_dirs(q, s);
    } else if (ret->code < 0 && !o->id && (q->shown || !root_exists(&q->root, s->path))) {
        queue_unseen(q, ret->unseen[0] ? ret->unseen : queue_name(q, s), ret->code);
    }
    if (ret->unread) {
        q->unknown = true;
        complainf(_("%llu messages could not be opened: whether they are meant is not known"), (unsigned long long)ret->unread);
    }
    return r;
}

enum outcome queue_outcome(const struct queue_call *q)
{
    return q->unknown ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}
