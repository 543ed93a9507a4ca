/* verb_queue_list.c: `bansho queue list` and `bansho queue show`. */
#include "base/shell.h"
#include "bin/queue_call.h"
#include <errno.h>

struct listing {
    struct queue_call *q;
    const struct spool_instance *spool;
    uint64_t told;
    bool whole;
};

static int write_out(struct buf *b)
{
    struct str s = buf_str(b);
    return fwrite(s.p, 1, s.n, stdout) == s.n ? 0 : -EPIPE;
}

static int on_message(void *arg, const struct message *m)
{
    struct listing *l = arg;
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    if (m->state >= spool_count_states(l->spool->kind))
        return -EBADMSG;
    l->told++;
    if (l->q->json) {
        queue_row_json(l->q, l->spool, m, l->whole);
        return 0;
    }
    if (l->whole)
        queue_sheet(l->q, l->spool, m, &b);
    else
        queue_row(l->q, l->spool, m, &b);
    return write_out(&b);
}

/* How many there are in all, from the names alone. Of a million that takes longer than a page of them: it is told behind the page, and before all of them. */
static void tell_total(struct queue_call *q)
{
    bool all = true;
    uint64_t total = 0;
    for (size_t i = 0; i < q->spools.n; i++) {
        struct spool_count n;
        all &= queue_names(q, &q->spools.v[i], &n) == 0;
        total += n.total;
    }
    if (!all) /* what cannot be counted is said by who cannot read it */
        return;
    printf(ngettext("%s message in the queue", "%s messages in the queue", total), queue_number(q->arena, total));
    printf("%s\n", total > 1 ? _("; in the order of the directories, not sorted") : "");
}

/* The command as it was given, for another page. */
static void next_page(const struct queue_call *q, struct buf *b)
{
    const struct call *c = q->call;
    buf_addz(b, "bansho queue list");
    for (size_t i = 0; i < c->given_n; i++)
        if (strcmp(c->given[i]->name, "page") != 0 && strcmp(c->given[i]->name, "lang") != 0) {
            buf_printf(b, " --%s", c->given[i]->name);
            if (c->given[i]->argument != ARGUMENT_NONE) {
                buf_addc(b, ' ');
                shell_argument(b, str_of(c->values[i]));
            }
        }
    buf_printf(b, " --page %llu", (unsigned long long)q->page + 1);
}

static void end_list(struct queue_call *q, uint64_t told, bool more)
{
    _cleanup_(buf_free) struct buf again = BUF(65536), b = BUF(65536 * 4);
    if (q->json)
        return;
    if (!told)
        buf_addz(&b, q->wanted.rules.n ? _("0 messages are meant\n") : q->page > 1 ? _("there is no such page\n") : "");
    if (more) {
        next_page(q, &again);
        buf_addz(&b, _("there are more: "));
        text_escape(&b, buf_str(&again));
        buf_addc(&b, '\n');
    }
    (void)!write_out(&b);
    fflush(stdout);
    if (q->per)
        tell_total(q);
}

enum outcome queue_list(struct queue_call *q)
{
    struct listing l = {.q = q};
    uint64_t skip = (q->page - 1) * q->per;
    bool more = false;
    if (!q->json && !q->per)
        tell_total(q);
    fflush(stdout);
    for (size_t i = 0; i < q->spools.n && !more; i++) {
        struct looked looked;
        const struct spool_instance *s = &q->spools.v[i];
        struct look_options o = {.skip = skip, .max = q->per ? q->per - l.told : 0, .errors = true};
        if (q->per && l.told == q->per) { /* full: is there anything in this one? */
            struct spool_count n;
            more = queue_names(q, s, &n) == 0 && n.total;
            continue;
        }
        if (!queue_readable(q, s))
            continue;
        uint64_t before = l.told;
        l.spool = s;
        if (queue_look(q, s, &o, on_message, &l, &looked) == -EPIPE)
            return OUTCOME_FINE;
        more = looked.more;
        skip = l.told > before ? 0 : skip > looked.wanted ? skip - looked.wanted : 0;
    }
    end_list(q, l.told, more);
    return queue_outcome(q);
}

enum outcome queue_show(struct queue_call *q)
{
    struct listing l = {.q = q, .whole = true};
    const char *id = q->call->args_n > 1 ? q->call->args[1] : NULL;
    if (!id)
        return complainf("%s", _("queue show: which message? Their names: bansho queue list"));
    for (size_t i = 0; i < q->spools.n; i++) {
        struct looked looked;
        struct look_options o = {.id = id, .errors = true, .everyone = true};
        l.spool = &q->spools.v[i];
        if (queue_readable(q, l.spool) && queue_look(q, l.spool, &o, on_message, &l, &looked) < 0)
            return queue_outcome(q);
    }
    if (!l.told && !q->unknown)
        return complainf(_("%s: there is no such message in the queue (any more)"), id);
    return queue_outcome(q);
}
