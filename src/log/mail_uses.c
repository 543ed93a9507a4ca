#include "log/mail_uses.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "log/journal_module.h"
#include <errno.h>

int journal_mail_uses(const struct root *root, const char *const units[], int64_t since, int timeout_ms, struct arena *a, struct mail_uses *ret, struct err *err)
{
    struct mail_uses_job job = {root, units, since, clock_monotonic_ms() + timeout_ms * 9 / 10};
    const struct journal_module *reader = journal_reader(err);
    if (!reader)
        return -ENOENT;
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = timeout_ms, .max_output = 32u << 20};
    _cleanup_(buf_free) struct buf out = BUF(32u << 20);
    int r = worker_run(&o, reader->mail_uses, &job, &out, err);
    if (r < 0)
        return r;
    struct cursor c = cursor_of(buf_str(&out));
    struct mail_uses uses = {.since = (int64_t)cursor_u64(&c)};
    uses.complete = cursor_u32(&c);
    uint32_t n = cursor_below(&c, MAX_USES + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++) {
        struct mail_use u = {.service = arena_dup(a, cursor_str(&c))};
        u.client = arena_dup(a, cursor_str(&c));
        u.account = arena_dup(a, cursor_str(&c));
        u.other = arena_dup(a, cursor_str(&c));
        u.mails = cursor_u32(&c);
        u.relayed = cursor_u32(&c);
        u.last = (int64_t)cursor_u64(&c);
        *list_push(a, &uses.list) = u;
    }
    if (c.bad)
        return err_set(err, -EBADMSG, "the journal's reader gave a broken answer");
    *ret = uses;
    return 0;
}
