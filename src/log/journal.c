#include "log/journal.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/module.h"
#include "log/journal_module.h"
#include <errno.h>

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

static int ask(struct logins_job job, int timeout_ms, struct arena *a, struct logins *ret, struct err *err)
{
    const struct journal_module *reader = journal_reader(err);
    if (!reader)
        return -ENOENT;
    job.deadline = clock_monotonic_ms() + timeout_ms * 9 / 10;
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = timeout_ms, .max_output = 40u << 20};
    _cleanup_(buf_free) struct buf out = BUF(40u << 20);
    int r = worker_run(&o, reader->logins, &job, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    struct logins logins = {.since = (int64_t)cursor_u64(&c)};
    logins.complete = cursor_u32(&c);
    uint32_t n = cursor_below(&c, MAX_ACCOUNTS + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++) {
        struct login l = {.last = (int64_t)cursor_u64(&c)};
        l.account = arena_dup(a, cursor_str(&c));
        *list_push(a, &logins.list) = l;
    }
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = logins;
    return 0;
}

int journal_mail_logins(const struct root *root, int64_t since, int timeout_ms, struct arena *a, struct logins *ret, struct err *err)
{
    return ask((struct logins_job){.root = root, .since = since}, timeout_ms, a, ret, err);
}

int journal_logins(const struct root *root, int64_t since, int timeout_ms, struct arena *a, struct logins *ret, struct err *err)
{
    return ask((struct logins_job){.root = root, .since = since, .ssh = true}, timeout_ms, a, ret, err);
}
