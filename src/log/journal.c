#include "log/journal.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/module.h"
#include "base/once.h"
#include "log/journal_module.h"
#include <errno.h>
#include <string.h>

#define LOGINS_BYTES (60u << 20) /* of one answer */
#define GLANCE_BYTES 4096
#define GLANCE_KEY STR("journal glance")

const struct journal_module *journal_reader(struct err *err)
{
    static const struct journal_module *module;
    if (!module)
        module = module_load(JOURNAL_MODULE, err);
    return module;
}

void journal_prepare(void)
{
    journal_reader(NULL); /* whoever needs it will say that it is missing */
}

static int ask_extent(void *arg, struct buf *out, struct err *err)
{
    const struct journal_module *reader = journal_reader(err);
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = 10000};
    return reader ? worker_run(&o, reader->extent, arg, out, err) : -ENOENT;
}

int journal_extent(const struct root *root, struct journal_unit *units, size_t n, struct journal_extent *ret, struct err *err)
{
    struct extent_job job = {root, units, n};
    _cleanup_(buf_free) struct buf out = BUF(1u << 20), key = BUF(1u << 20);
    buf_put_z(&key, "journal extent");
    for (size_t i = 0; i < n; i++)
        buf_put_z(&key, units[i].unit);
    int r = once_answer(buf_str(&key), ask_extent, &job, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    unsigned found = cursor_u32(&c);
    for (size_t i = 0; i < n; i++) {
        units[i].first = (int64_t)cursor_u64(&c);
        units[i].last = (int64_t)cursor_u64(&c);
    }
    struct journal_extent e = {.found = found != 0, .persistent = found & 1};
    e.first = (int64_t)cursor_u64(&c);
    e.last = (int64_t)cursor_u64(&c);
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = e;
    return 0;
}

/* A struct of bytes as the module wrote it: both were built together. */
static void take_bytes(struct cursor *c, void *ret, size_t size)
{
    struct str s = cursor_str(c);
    if (s.n == size)
        memcpy(ret, s.p, size);
    else
        c->bad = true;
}

static void take_place(struct cursor *c, struct arena *a, struct login_places *into)
{
    struct login_place p = {.account = arena_dup(a, cursor_str(c))};
    size_t n = into->list.n;
    take_bytes(c, &p.network, sizeof p.network);
    take_bytes(c, &p.address, sizeof p.address);
    p.first = (int64_t)cursor_u64(c);
    p.last = (int64_t)cursor_u64(c);
    p.n = cursor_u64(c);
    if (n && strcmp(into->list.v[n - 1].account, p.account) == 0)
        p.account = into->list.v[n - 1].account;
    *list_push(a, &into->list) = p;
}

/* What login_line reads; the last one only where all are asked for. */
static const char *const login_products[] = {"dovecot", "courier", "postfix", "openssh"};

bool journal_has_logins(const char *product)
{
    for (size_t i = 0; i < ARRAY_SIZE(login_products); i++)
        if (strcmp(login_products[i], product) == 0)
            return true;
    return false;
}

static void take_service(struct logins_job *job, unsigned number)
{
    job->of[job->services] = &log_services[number];
    job->number[job->services++] = number;
}

/* The entries in which login_line finds logins, each only from the service that writes them. */
static void want_services(int which, struct logins_job *job)
{
    for (size_t i = 0; i < ARRAY_SIZE(login_products) - (which == LOGINS_ALL ? 0 : 1); i++)
        for (size_t k = 0; k < log_services_n && job->services < LOGINS_SERVICES_MAX; k++)
            if (strcmp(log_services[k].product, login_products[i]) == 0)
                take_service(job, (unsigned)k);
}

struct logins_ask {
    const struct root *root;
    const struct logins_want *want;
    struct buf all;
    bool asked;
};

/* Reads it all; adds what was seen by the way. */
static int read_glance(void *arg, struct buf *out, struct err *err)
{
    struct logins_ask *x = arg;
    const struct journal_module *reader = journal_reader(err);
    struct logins_job job = {.root = x->root, .n = x->want->n, .glance_since = x->want->glance_since, .deadline = clock_monotonic_ms() + x->want->timeout_ms * 9 / 10};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = x->want->timeout_ms, .max_output = (uint32_t)x->want->n * LOGINS_BYTES};
    x->asked = true;
    x->all = BUF(o.max_output);
    memcpy(job.since, x->want->since, sizeof job.since);
    want_services(x->want->which, &job);
    int r = reader ? worker_run(&o, reader->logins, &job, &x->all, err) : -ENOENT;
    struct cursor c = cursor_of(buf_str(&x->all));
    buf_adds(out, cursor_str(&c));
    return r;
}

/* Two answers of one reading; where another one has left the glance, this one is for the logins alone. */
static int ask_logins(void *arg, struct buf *out, struct err *err)
{
    struct logins_ask *x = arg;
    _cleanup_(buf_free) struct buf glance = BUF(GLANCE_BYTES);
    int r = x->want->glance_since ? once_answer(GLANCE_KEY, read_glance, x, &glance, err) : 0;
    if (!x->asked)
        r = read_glance(x, &glance, err);
    struct cursor c = cursor_of(buf_str(&x->all));
    (void)cursor_str(&c);
    if (r == 0)
        buf_adds(out, c.rest);
    buf_free(&x->all);
    return r;
}

static void take_glance(struct cursor *c, struct arena *a, struct journal_glances *ret)
{
    struct journal_glance g = {.service = &log_services[cursor_below(c, (uint32_t)log_services_n)]};
    g.health.lines = g.health.dated = cursor_u64(c);
    g.health.telling = cursor_below(c, 2);
    g.health.last_line = (int64_t)cursor_u64(c);
    if (!c->bad)
        *list_push(a, &ret->list) = g;
}

void journal_glances(struct arena *a, struct journal_glances *ret)
{
    _cleanup_(buf_free) struct buf out = BUF(GLANCE_BYTES);
    struct err why = {0};
    struct journal_glances all = {0};
    *ret = all;
    if (once_answer(GLANCE_KEY, NULL, NULL, &out, &why) < 0)
        return;
    struct cursor c = cursor_of(buf_str(&out));
    all.since = (int64_t)cursor_u64(&c);
    while (c.rest.n && !c.bad)
        take_glance(&c, a, &all);
    if (!c.bad)
        *ret = all;
}

/* One answer; the others' rows are passed over. */
static void take_places(struct cursor *c, struct arena *a, struct login_places *ret)
{
    *ret = (struct login_places){.since = (int64_t)cursor_u64(c)};
    ret->complete = cursor_u32(c);
    uint32_t n = cursor_below(c, MAX_PLACES + 1);
    for (uint32_t i = 0; i < n && !c->bad; i++)
        take_place(c, a, ret);
}

int journal_login_places(const struct root *root, const struct logins_want *w, size_t nth, struct arena *a, struct login_places *ret, struct err *err)
{
    struct logins_ask ask = {.root = root, .want = w};
    _cleanup_(buf_free) struct buf out = BUF(LOGINS_SINCE_MAX * LOGINS_BYTES), key = BUF(256);
    buf_put_z(&key, "journal logins");
    buf_put_u32(&key, (uint32_t)w->which);
    for (size_t i = 0; i < w->n; i++)
        buf_put_u64(&key, (uint64_t)w->since[i]);
    buf_put_u64(&key, (uint64_t)w->glance_since);
    int r = once_answer(buf_str(&key), ask_logins, &ask, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    struct login_places places = {0};
    for (size_t i = 0; i <= nth && !c.bad; i++)
        take_places(&c, a, &places);
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = places;
    return 0;
}

int journal_logins(const struct root *root, const struct logins_want *w, size_t nth, struct arena *a, struct logins *ret, struct err *err)
{
    struct login_places places;
    int r = journal_login_places(root, w, nth, a, &places, err);
    if (r < 0)
        return r;
    *ret = (struct logins){.since = places.since, .complete = places.complete};
    for (size_t i = 0; i < places.list.n; i++) {
        const struct login_place *p = &places.list.v[i];
        struct login *l = ret->list.n ? &ret->list.v[ret->list.n - 1] : NULL;
        if (!l || l->account != p->account)
            *list_push(a, &ret->list) = (struct login){p->account, p->last};
        else if (p->last > l->last)
            l->last = p->last;
    }
    return 0;
}
