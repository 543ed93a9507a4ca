/* verb_queue_count.c: `bansho queue count`: how many messages wait, in which state, how large; all of them or those that are meant. */
#include "bin/queue_call.h"
#include <errno.h>

#define STATES_MAX 16

struct counted {
    const char *name;
    const struct spool_instance *spool;
    const char *const *states;
    uint64_t in[STATES_MAX], total, bytes, recipients;
    int64_t oldest;
    bool bytes_known, unseen;
};

static int on_message(void *arg, const struct message *m)
{
    struct counted *c = arg;
    if (m->state >= STATES_MAX || m->state >= spool_count_states(c->spool->kind))
        return -EBADMSG;
    c->in[m->state]++;
    c->total++;
    if (__builtin_add_overflow(c->bytes, m->size, &c->bytes))
        c->bytes = INT64_MAX;
    c->recipients += m->recipients;
    if (m->arrival && (!c->oldest || m->arrival < c->oldest))
        c->oldest = m->arrival;
    return 0;
}

/* By the names in its directories, which is quick however many there are. */
static void by_names(struct queue_call *q, struct counted *c)
{
    struct spool_count n;
    int r = queue_names(q, c->spool, &n);
    const struct spool_dir *dirs = spool_dirs[c->spool->kind];
    for (size_t i = 0; i < STATES_MAX && dirs[i].name; i++)
        c->in[i] = n.in[i];
    c->total = n.total;
    c->oldest = n.oldest_sampled ? 0 : n.oldest;
    c->unseen = r < 0;
    if (c->unseen)
        queue_unseen(q, n.unseen && q->shown ? q->shown : n.unseen ? n.unseen : c->name, r);
}

static bool count_one(struct queue_call *q, struct counted *c)
{
    struct looked l;
    struct counted all = *c;
    struct look_options o = {0};
    if (!q->wanted.rules.n)
        by_names(q, &all);
    if (!q->wanted.rules.n && (all.unseen || all.total > QUEUE_COUNT_READS || !spool_kinds[c->spool->kind]->walk)) {
        *c = all;
        return true;
    }
    if (!queue_readable(q, c->spool))
        return false;
    int r = queue_look(q, c->spool, &o, on_message, c, &l);
    c->unseen = r < 0 || l.code < 0 || l.unread;
    c->bytes_known = !c->unseen;
    return r == 0;
}

static void say(const struct queue_call *q, const struct counted *c, struct buf *b)
{
    arena_reset(q->row);
    term_colour(&q->term, b, COLOUR_BOLD);
    text_escape(b, str_of(c->name));
    term_colour(&q->term, b, COLOUR_NONE);
    buf_printf(b, c->unseen ? _(": at least %s messages (not all could be seen)") : _(": %s messages"), queue_number(q->row, c->total));
    if (c->bytes_known)
        buf_printf(b, _(", %s, to %s recipients"), queue_size_text(q->row, c->bytes), queue_number(q->row, c->recipients));
    if (c->oldest)
        buf_printf(b, _(", the oldest from %s"), clock_text(q->row, c->oldest, CLOCK_MINUTE));
    buf_addc(b, '\n');
    for (size_t i = 0; c->states[i]; i++) {
        buf_addz(b, "  ");
        text_pad(b, str_of(c->states[i]), 10);
        buf_printf(b, "%12s\n", queue_number(q->row, c->in[i]));
    }
}

/* States of all queues together, by their names. */
static void states_json(struct emit *j, const struct counted *all, size_t n)
{
    emit_object(j, "states");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; all[i].states[k]; k++) {
            uint64_t sum = 0;
            bool told = false;
            for (size_t o = 0; o < n; o++)
                for (size_t s = 0; all[o].states[s]; s++)
                    if (strcmp(all[o].states[s], all[i].states[k]) == 0) {
                        told |= o < i;
                        sum += all[o].in[s];
                    }
            if (!told)
                emit_int(j, all[i].states[k], (int64_t)sum);
        }
    emit_end(j);
}

static void numbers_json(struct emit *j, uint64_t total, bool known, uint64_t bytes, int64_t oldest)
{
    emit_int(j, "total", (int64_t)total);
    if (known)
        emit_int(j, "bytes", (int64_t)bytes);
    else
        emit_null(j, "bytes");
    emit_time(j, "oldest", oldest);
}

static void say_json(const struct counted *all, size_t n)
{
    struct emit j = emit_to(stdout);
    struct counted sum = {.bytes_known = true};
    for (size_t i = 0; i < n; i++) {
        sum.total += all[i].total;
        sum.bytes += all[i].bytes;
        sum.bytes_known &= all[i].bytes_known;
        sum.unseen |= all[i].unseen;
        if (all[i].oldest && (!sum.oldest || all[i].oldest < sum.oldest))
            sum.oldest = all[i].oldest;
    }
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.queue-count/1");
    numbers_json(&j, sum.total, sum.bytes_known, sum.bytes, sum.oldest);
    states_json(&j, all, n);
    emit_bool(&j, "whole", !sum.unseen);
    emit_list(&j, "spools");
    for (size_t i = 0; i < n; i++) {
        emit_object(&j, NULL);
        emit_text(&j, "spool", all[i].name);
        emit_text(&j, "kind", spool_kinds[all[i].spool->kind]->name);
        numbers_json(&j, all[i].total, all[i].bytes_known, all[i].bytes, all[i].oldest);
        states_json(&j, &all[i], 1);
        emit_bool(&j, "whole", !all[i].unseen);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

enum outcome queue_count(struct queue_call *q)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    LIST(struct counted) all = {0};
    for (size_t i = 0; i < q->spools.n; i++) {
        struct counted c = {.name = queue_name(q, &q->spools.v[i]), .spool = &q->spools.v[i], .states = spool_kinds[q->spools.v[i].kind]->states};
        if (count_one(q, &c))
            *list_push(q->arena, &all) = c;
    }
    for (size_t i = 0; i < all.n && !q->json; i++)
        say(q, &all.v[i], &b);
    if (q->json && all.n)
        say_json(all.v, all.n);
    fwrite(buf_str(&b).p, 1, b.n, stdout);
    return queue_outcome(q);
}
