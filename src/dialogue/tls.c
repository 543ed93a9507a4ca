#include "dialogue/tls.h"
#include "base/clock.h"
#include "base/module.h"
#include "dialogue/side.h"
#include "dialogue/tls_module.h"
#include <errno.h>

#define ALIKE_WAIT_MS 1000 /* one that hangs must not make the others late */

/* Loaded once in this process, for it and its children. */
static const struct tls_module *module;

int tls_prepare(struct err *err)
{
    if (!module)
        module = module_load(TLS_MODULE, err);
    if (!module)
        return -ENOENT;
    return module->prepare() ? 0 : err_set(err, -ENOMEM, "OpenSSL: %s", err_name(ENOMEM));
}

void dialogue_prepare(void)
{
    if (tls_prepare(NULL) < 0)
        return; /* whoever needs it will say so */
}

/* Connections that are alike (endpoint_at.alike): does one of them make a session for the others now? */
static struct {
    struct tls_ticket *ticket;
    bool busy, tried;
} alike[TLS_ALIKE_MAX];

static bool is_free(const void *number)
{
    return !alike[*(const unsigned *)number - 1].busy;
}

/* Waits for the one that makes it, or becomes that one. NULL: the connection is like no other. */
static struct tls_ticket **ticket_for(struct stream *s)
{
    const unsigned *number = s->to && s->to->alike && s->to->alike <= TLS_ALIKE_MAX ? &s->to->alike : NULL;
    if (!number)
        return NULL;
    int64_t left = s->deadline - clock_monotonic_ms();
    side_wait(is_free, number, left < ALIKE_WAIT_MS ? left : ALIKE_WAIT_MS);
    s->leads = !alike[*number - 1].tried;
    if (s->leads)
        alike[*number - 1].busy = alike[*number - 1].tried = true;
    return &alike[*number - 1].ticket;
}

/* Nobody need wait for it any longer. */
static void follow(struct stream *s)
{
    if (s->leads)
        alike[s->to->alike - 1].busy = false;
    s->leads = false;
}

static bool handshake(struct stream *s)
{
    for (;;) {
        short wait = 0;
        const char *why = NULL;
        int r = module->handshake(s->ssl, &wait, &why);
        if (r == 0)
            return true;
        if (r != -EAGAIN) {
            if (why)
                text_set(s->tls.problem, str_of(why));
            stream_note(s, "! ", str_of(why ? why : "the TLS handshake was broken off"));
            return stream_fail(s, TROUBLE_TLS);
        }
        int64_t left = s->deadline - clock_monotonic_ms();
        if (left <= 0 || side_poll(s->fd, wait, left) == 0)
            return stream_fail(s, TROUBLE_TIMEOUT);
    }
}

bool tls_start(struct stream *s)
{
    struct err err = {0};
    memset(&s->tls, 0, sizeof s->tls);
    s->ssl = tls_prepare(&err) == 0 ? module->open(s->fd, s->name, s->to ? s->to->tls_max : 0, ticket_for(s), &s->tls) : NULL;
    if (!s->ssl) {
        follow(s);
        stream_note(s, "! ", str_of(err.text));
        return stream_fail(s, TROUBLE_WORKER);
    }
    if (!handshake(s)) {
        follow(s);
        s->tls.trusted = false;
        return false;
    }
    stream_note(s, "! ", str_of(s->tls.version));
    return true;
}

void tls_end(struct stream *s)
{
    module->close(s->ssl, s->tls.done && s->trouble != TROUBLE_TLS);
    s->ssl = NULL;
    follow(s);
}

ssize_t tls_transfer(struct stream *s, bool out, void *p, size_t n, short *ret_wait)
{
    ssize_t r = module->transfer(s->ssl, out, p, n, ret_wait);
    if (!out && r >= 0)
        follow(s); /* a session comes before the first bytes, or never */
    return r;
}
