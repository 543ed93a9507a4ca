/* verb_queue_numbers.c: the mail queues in `status` and `metrics` (queue_numbers.h). */
#include "base/clock.h"
#include "bin/queue_numbers.h"
#include "queue/queue_checks.h"
#include <stdio.h>
#include <time.h>

#define ARENA_MAX (256u << 20)

void queue_numbers_begin(struct queue_numbers *q, bool judged)
{
    struct clock clock = clock_system();
    struct err unused = {0};
    *q = (struct queue_numbers){.arena = arena_new(ARENA_MAX), .look = arena_new(ARENA_MAX), .root = {.fd = -1}};
    int r = root_open("/", &q->root, &q->err);
    if (r == 0)
        r = host_new(&q->root, &clock, &q->host, &q->err);
    if (r == 0)
        r = server_new_of(q->host, KIND_MTA, &q->server, &q->err);
    if (r < 0)
        return;
    spools_of(q->server, q->arena, &q->spools);
    const char *dir = judged ? check_store_dir(q->arena) : NULL;
    if (dir && check_store_memos(dir, q->arena, &q->memos, &unused) < 0)
        q->memos = (struct memos){0}; /* the limits of a server of which nothing is known yet */
}

void queue_numbers_look(struct queue_numbers *q)
{
    int64_t now = clock_monotonic_ms();
    if (q->looked_ms && now - q->looked_ms < q->took_ms * 10)
        return;
    arena_reset(q->look);
    q->list.v = NULL;
    q->list.n = q->list.cap = 0;
    for (size_t i = 0; i < q->spools.n; i++)
        *list_push(q->look, &q->list) = queue_size_see(q->server, &q->spools.v[i], q->memos.list.v, q->memos.list.n, q->look);
    q->looked_ms = clock_monotonic_ms();
    q->took_ms = q->looked_ms - now;
}

void queue_numbers_done(struct queue_numbers *q)
{
    server_free(q->server);
    host_free(q->host);
    root_close(&q->root);
    arena_free(q->look);
    arena_free(q->arena);
}

static const struct finding *judge(struct queue_numbers *q, const struct spool_seen *s)
{
    struct findings out = {.arena = q->look, .check = &queue_checks.rows[0]};
    queue_size_judge(s, (int64_t)time(NULL), q->host->privileged, &out);
    return &out.list.v[0];
}

enum state queue_numbers_state(struct queue_numbers *q)
{
    enum state worst = q->err.text[0] ? STATE_UNKNOWN : STATE_NA;
    static const int weight[STATE_COUNT] = {[STATE_NA] = 0, [STATE_OK] = 1, [STATE_UNKNOWN] = 2, [STATE_WARN] = 3, [STATE_FAIL] = 4};
    for (size_t i = 0; i < q->list.n; i++) {
        enum state s = judge(q, &q->list.v[i])->state;
        worst = weight[s] > weight[worst] ? s : worst;
    }
    return worst;
}

static void put_name(struct buf *page, enum state s)
{
    struct term t = term_of(stdout);
    term_colour(&t, page, s == STATE_OK || s == STATE_NA ? COLOUR_GOOD : COLOUR_WARN);
    text_pad(page, str_of(_("mail queue")), 14);
    term_colour(&t, page, COLOUR_NONE);
}

void queue_numbers_page(struct queue_numbers *q, struct buf *page)
{
    if (q->err.text[0]) {
        put_name(page, STATE_UNKNOWN);
        text_escape(page, str_of(q->err.text));
        buf_addc(page, '\n');
    }
    for (size_t i = 0; i < q->list.n; i++) {
        const struct finding *f = judge(q, &q->list.v[i]);
        put_name(page, f->state);
        if (f->object[0]) {
            text_escape(page, str_of(f->object));
            buf_addz(page, ": ");
        }
        text_escape(page, str_of(f->title));
        for (size_t k = 0; k < f->evidence.n; k++) {
            const struct evidence *e = &f->evidence.v[k];
            buf_addz(page, "\n  ");
            if (e->file && f->state == STATE_UNKNOWN) {
                text_escape(page, str_of(e->file));
                buf_addz(page, ": ");
            }
            text_escape(page, str_of(e->text));
        }
        buf_addc(page, '\n');
    }
}

void queue_numbers_piece(struct queue_numbers *q, struct buf *b)
{
    uint64_t total = 0;
    bool unseen = q->err.text[0];
    for (size_t i = 0; i < q->list.n; i++) {
        total += q->list.v[i].count.total;
        unseen |= q->list.v[i].code < 0;
    }
    if (unseen)
        buf_printf(b, "  %s", _("mail queue: not known"));
    else if (q->list.n)
        buf_printf(b, _("  mail queue: %llu"), (unsigned long long)total);
}

void queue_numbers_emit(struct queue_numbers *q, struct emit *j)
{
    emit_list(j, "queue");
    for (size_t i = 0; i < q->list.n; i++) {
        const struct spool_seen *s = &q->list.v[i];
        const struct finding *f = judge(q, s);
        emit_object(j, NULL);
        emit_text(j, "instance", s->object);
        emit_text(j, "kind", spool_kinds[s->kind]->name);
        emit_text(j, "spool", s->path);
        emit_text(j, "state", state_name(f->state));
        emit_text(j, "title", f->title);
        emit_text(j, "error", s->code < 0 ? spool_why(s->code) : NULL);
        emit_text(j, "unseen", s->code < 0 ? s->count.unseen : NULL);
        if (s->code < 0) {
            emit_null(j, "total");
        } else {
            emit_int(j, "total", (int64_t)s->count.total);
            emit_object(j, "states");
            for (size_t k = 0; spool_dirs[s->kind][k].name; k++)
                emit_int(j, spool_dirs[s->kind][k].name, (int64_t)s->count.in[k]);
            emit_end(j);
            emit_time(j, "oldest", s->count.oldest);
        }
        emit_end(j);
    }
    emit_end(j);
    if (q->err.text[0])
        emit_text(j, "queue_error", q->err.text);
}
