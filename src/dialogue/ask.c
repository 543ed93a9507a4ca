#include "dialogue/ask.h"
#include "base/i18n.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define WORKER_SLACK_MS 1000 /* the stream's own deadline ends a dialogue; this is for a process that does not come back */

const char *trouble_text(enum trouble t)
{
    static const char *const texts[TROUBLE_COUNT] = {
        [TROUBLE_NONE] = "",
        [TROUBLE_REFUSED] = N_("connection refused"),
        [TROUBLE_UNREACHABLE] = N_("not reachable"),
        [TROUBLE_TIMEOUT] = N_("no answer in time"),
        [TROUBLE_CLOSED] = N_("the server ended the connection"),
        [TROUBLE_GARBAGE] = N_("an answer that is not of this protocol"),
        [TROUBLE_TLS] = N_("the TLS handshake failed"),
        [TROUBLE_WORKER] = N_("the asking process failed"),
    };
    return *texts[t] ? _(texts[t]) : "";
}

bool line_safe(const char *s)
{
    return !s || !s[strcspn(s, "\r\n")];
}

char *base64(struct str s, char *ret, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    ret[0] = 0;
    if ((s.n + 2) / 3 * 4 >= size)
        return ret;
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            ret[n++] = i + k > s.n ? '=' : digits[v >> (18 - 6 * k) & 63];
    }
    ret[n] = 0;
    return ret;
}

static int timeout_of(const struct endpoint_at *at)
{
    return at->timeout_ms > 0 ? at->timeout_ms : 8000;
}

int ask_worker(const struct endpoint_at *at, size_t max_output, int timeout_ms, worker_fn *fn, void *arg, struct buf *out, enum trouble *ret, struct err *err)
{
    struct worker_options o = {.kind = WORKER_DIALOGUE, .timeout_ms = timeout_ms + WORKER_SLACK_MS, .max_output = max_output, .netns = at->netns};
    int r = worker_run(&o, fn, arg, out, err);
    if (r != -ETIME && r != -ECHILD && r != -EBADMSG && r != -ENOMEM)
        return r;
    *ret = r == -ETIME ? TROUBLE_TIMEOUT : TROUBLE_WORKER;
    return 0;
}

/* In the confined process. */
static int dialogue(void *arg, struct buf *out)
{
    const struct ask *a = arg;
    struct stream s = {0};
    void *seen = calloc(1, a->size);
    if (!seen)
        return -ENOMEM;
    signal(SIGPIPE, SIG_IGN);
    stream_open(&s, a->at);
    a->talk(&s, a->plan, seen);
    stream_free(&s);
    fields_put(out, a->fields, seen);
    free(seen);
    return out->full ? -ENOMEM : 0;
}

int ask_run(const struct ask *a, void *seen, struct err *err)
{
    _cleanup_(buf_free) struct buf out = BUF(1u << 20);
    enum trouble t = TROUBLE_NONE;
    int r = ask_worker(a->at, 0, timeout_of(a->at), dialogue, (void *)(uintptr_t)a, &out, &t, err);
    if (r < 0)
        return r;
    memset(seen, 0, a->size);
    struct cursor c = cursor_of(buf_str(&out));
    if (t == TROUBLE_NONE)
        fields_get(&c, a->fields, seen);
    if (t == TROUBLE_NONE && (c.bad || c.rest.n)) {
        t = TROUBLE_WORKER;
        memset(seen, 0, a->size);
        err_set(err, -EBADMSG, "the asking process answered nonsense");
    }
    if (t != TROUBLE_NONE)
        *(enum trouble *)seen = t;
    return 0;
}
