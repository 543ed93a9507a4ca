#include "log/journal_losses.h"
#include "base/cursor.h"
#include "base/worker.h"
#include "log/journal.h"
#include "log/journal_stream.h"
#include <errno.h>

#define UNITS_MAX 200
#define FILES_MAX 64
#define CHILD_MEMORY (16u << 20)
#define TIMEOUT_MS 20000

struct job {
    const struct root *root;
    int64_t since;
};

static void add(struct arena *a, struct journal_losses *l, const struct journal_entry *e)
{
    struct journal_loss *one = NULL;
    for (size_t i = 0; !one && i < l->list.n; i++)
        if (str_eq(str_of(l->list.v[i].unit), e->unit))
            one = &l->list.v[i];
    if (!one && l->list.n < UNITS_MAX) {
        one = list_push(a, &l->list);
        *one = (struct journal_loss){.unit = arena_dup(a, e->unit)};
    }
    if (!one)
        return;
    one->messages += e->lost;
    one->last = e->time_us / 1000000;
}

static void put(const struct journal_losses *l, struct buf *out)
{
    buf_put_u32(out, (uint32_t)l->list.n);
    for (size_t i = 0; i < l->list.n; i++) {
        buf_put_z(out, l->list.v[i].unit);
        buf_put_u64(out, l->list.v[i].messages);
        buf_put_u64(out, (uint64_t)l->list.v[i].last);
    }
    buf_put_u32(out, (uint32_t)l->damaged.n);
    for (size_t i = 0; i < l->damaged.n; i++)
        buf_put_z(out, l->damaged.v[i]);
}

/* Only what journald says of itself; damaged files are told by every stream. */
static int read_losses(void *arg, struct buf *out)
{
    static const char *const own_words[] = {"_TRANSPORT=driver", "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", NULL};
    const struct job *job = arg;
    _cleanup_(arena_freep) struct arena *a = arena_new(CHILD_MEMORY);
    _cleanup_(journal_stream_closep) struct journal_stream *s = NULL;
    struct journal_want w = {.root = job->root, .matches = own_words, .since_us = job->since * 1000000, .fields = JOURNAL_MESSAGE};
    struct journal_losses l = {0};
    struct journal_entry e;
    int r = journal_stream_open(&w, &s, NULL);
    while (r >= 0 && (r = journal_stream_next(s, &e, NULL)) > 0)
        if (e.kind == JOURNAL_SUPPRESSED)
            add(a, &l, &e);
        else if (e.kind == JOURNAL_DAMAGED && l.damaged.n < FILES_MAX)
            *list_push(a, &l.damaged) = arena_dup(a, e.message);
    put(&l, out);
    return r < 0 ? r : 0;
}

int journal_losses(const struct root *root, int64_t since, struct arena *a, struct journal_losses *ret, struct err *err)
{
    struct job job = {root, since};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = TIMEOUT_MS};
    _cleanup_(buf_free) struct buf out = BUF(1u << 20);
    struct journal_losses l = {0};
    journal_prepare();
    int r = worker_run(&o, read_losses, &job, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    for (uint32_t n = cursor_below(&c, UNITS_MAX + 1); n > 0 && !c.bad; n--) {
        struct journal_loss one = {.unit = arena_dup(a, cursor_str(&c))};
        one.messages = cursor_u64(&c);
        one.last = (int64_t)cursor_u64(&c);
        *list_push(a, &l.list) = one;
    }
    for (uint32_t n = cursor_below(&c, FILES_MAX + 1); n > 0 && !c.bad; n--)
        *list_push(a, &l.damaged) = arena_dup(a, cursor_str(&c));
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = l;
    return 0;
}
