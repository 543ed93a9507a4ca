#include "log/journal.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/module.h"
#include "log/journal_module.h"
#include "log/services.h"
#include <errno.h>
#include <string.h>

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

int journal_extent(const struct root *root, struct journal_unit *units, size_t n, struct journal_extent *ret, struct err *err)
{
    struct extent_job job = {root, units, n};
    const struct journal_module *reader = journal_reader(err);
    if (!reader)
        return -ENOENT;
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = 10000};
    _cleanup_(buf_free) struct buf out = BUF(1u << 20);
    int r = worker_run(&o, reader->extent, &job, &out, err);
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

static const char *const login_products[] = {"dovecot", "postfix", "courier", "openssh"}; /* what login_line reads; the last one only where all are asked for */

bool journal_has_logins(const char *product)
{
    for (size_t i = 0; i < ARRAY_SIZE(login_products); i++)
        if (strcmp(login_products[i], product) == 0)
            return true;
    return false;
}

/* The entries in which login_line finds logins, each only from the service that writes them. */
static const char *const *login_matches(int which, struct arena *a)
{
    LIST(const char *) all = {0};
    for (size_t i = 0; i < ARRAY_SIZE(login_products) - (which == LOGINS_ALL ? 0 : 1); i++)
        for (size_t k = 0; k < log_services_n; k++)
            if (strcmp(log_services[k].product, login_products[i]) == 0) {
                if (all.n)
                    *list_push(a, &all) = "+";
                for (const char *const *m = log_services[k].matches; *m; m++)
                    *list_push(a, &all) = *m;
            }
    *list_push(a, &all) = NULL;
    return all.v;
}

int journal_login_places(const struct root *root, int which, int64_t since, int timeout_ms, struct arena *a, struct login_places *ret, struct err *err)
{
    const struct journal_module *reader = journal_reader(err);
    if (!reader)
        return -ENOENT;
    struct logins_job job = {.root = root, .matches = login_matches(which, a), .since = since, .deadline = clock_monotonic_ms() + timeout_ms * 9 / 10};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = timeout_ms, .max_output = 60u << 20};
    _cleanup_(buf_free) struct buf out = BUF(60u << 20);
    int r = worker_run(&o, reader->logins, &job, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    struct login_places places = {.since = (int64_t)cursor_u64(&c)};
    places.complete = cursor_u32(&c);
    uint32_t n = cursor_below(&c, MAX_PLACES + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++)
        take_place(&c, a, &places);
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = places;
    return 0;
}

int journal_logins(const struct root *root, int which, int64_t since, int timeout_ms, struct arena *a, struct logins *ret, struct err *err)
{
    struct login_places places;
    int r = journal_login_places(root, which, since, timeout_ms, a, &places, err);
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
