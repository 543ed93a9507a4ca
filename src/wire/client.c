#include "wire/client.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "wire/listen.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire_client {
    int fd;
    int64_t timeout_ms;
    struct buf in;
    size_t taken; /* of in */
    char *path;
};

int wire_client_new(const char *path, int64_t timeout_ms, struct wire_client **ret, struct err *err)
{
    int fd = wire_socket(path, true, err);
    if (fd < 0)
        return err_set(err, fd, "%s: %s", path, err_name(fd));
    struct wire_client *c = calloc(1, sizeof *c);
    if (!c || !(c->path = strdup(path))) {
        free(c);
        close(fd);
        return -ENOMEM;
    }
    c->fd = fd;
    c->timeout_ms = timeout_ms;
    c->in = BUF(WIRE_REPLY_MAX + 1);
    *ret = c;
    return 0;
}

void wire_client_free(struct wire_client *c)
{
    if (!c)
        return;
    close(c->fd);
    buf_free(&c->in);
    free(c->path);
    free(c);
}

void wire_client_freep(struct wire_client **c) { wire_client_free(*c); }

void wire_answer_done(struct wire_answer *a)
{
    json_decref(a->parameters);
    a->parameters = NULL;
}

const char *wire_answer_reason(const struct wire_answer *a)
{
    const char *const keys[] = {"reason", "parameter", "method", "interface"};
    const char *text = NULL;
    for (size_t i = 0; !text && i < ARRAY_SIZE(keys); i++)
        text = json_string_value(json_object_get(a->parameters, keys[i]));
    return text;
}

static int wait_for(struct wire_client *c, short events, int64_t until, struct err *err)
{
    struct pollfd p = {.fd = c->fd, .events = events};
    for (;;) {
        int64_t left = until - clock_monotonic_ms();
        int n = left <= 0 ? 0 : poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (n == 0)
            return err_set(err, -ETIMEDOUT, _("%s did not answer within %d seconds"), c->path, (int)((c->timeout_ms + 999) / 1000));
        if (errno != EINTR)
            return -errno;
    }
}

static int reset(const struct wire_client *c, struct err *err)
{
    return err_set(err, -ECONNRESET, _("%s ended the connection without an answer"), c->path);
}

static int send_all(struct wire_client *c, struct str text, struct err *err)
{
    int64_t until = clock_monotonic_ms() + c->timeout_ms;
    while (text.n) {
        ssize_t n = send(c->fd, text.p, text.n, MSG_NOSIGNAL);
        if (n > 0) {
            text = str_from(text, (size_t)n);
            continue;
        }
        int code = errno == EAGAIN ? wait_for(c, POLLOUT, until, err) : errno == EINTR ? 0 : -errno;
        if (code == -EPIPE || code == -ECONNRESET)
            return reset(c, err);
        if (code < 0)
            return code;
    }
    return 0;
}

/* Waits for input; 0: there is more in c->in. */
static int receive(struct wire_client *c, int64_t until, struct err *err)
{
    char chunk[65536];
    int code = wait_for(c, POLLIN, until, err);
    if (code < 0)
        return code;
    ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        return n < 0 && errno != ECONNRESET ? -errno : reset(c, err);
    buf_add(&c->in, chunk, (size_t)n);
    return c->in.full ? err_set(err, -EMSGSIZE, _("%s answered with more than %u bytes"), c->path, WIRE_REPLY_MAX) : 0;
}

static int next_reply(struct wire_client *c, struct wire_message *ret, struct err *err)
{
    int64_t until = clock_monotonic_ms() + c->timeout_ms;
    struct err why = {0};
    size_t scanned = c->taken;
    const char *end;
    while (!(end = scanned < c->in.n ? memchr(c->in.p + scanned, 0, c->in.n - scanned) : NULL)) {
        if (c->taken) { /* what was answered before makes room */
            c->in.n -= c->taken;
            memmove(c->in.p, c->in.p + c->taken, c->in.n);
            c->taken = 0;
        }
        scanned = c->in.n;
        int code = receive(c, until, err);
        if (code < 0)
            return code;
    }
    struct str text = str_span(c->in.p + c->taken, (size_t)(end - c->in.p) - c->taken);
    c->taken += text.n + 1;
    int code = message_parse_reply(text, ret, &why);
    return code < 0 ? err_set(err, -EBADMSG, _("%s sent something that is no answer: %s"), c->path, why.text) : 0;
}

static int call(struct wire_client *c, const char *method, json_t *take_parameters, unsigned flags, struct err *err)
{
    size_t n = 0;
    char *text = message_call(method, take_parameters, flags, &n);
    int code = text ? send_all(c, str_span(text, n), err) : -ENOMEM;
    free(text);
    return code;
}

static int keep(struct wire_client *c, const struct wire_message *m, const char *method, struct wire_answer *ret, struct err *err)
{
    *ret = (struct wire_answer){.parameters = json_incref(m->parameters)};
    if (!m->error)
        return 0;
    snprintf(ret->error, sizeof ret->error, "%s", m->error);
    const char *reason = wire_answer_reason(ret);
    return err_set(err, -EREMOTEIO, reason ? "%s: %s: %s" : "%s: %s", method, ret->error, reason ? reason : c->path);
}

int wire_ask_more(struct wire_client *c, const char *method, json_t *take_parameters, wire_part_fn *fn, void *arg, struct wire_answer *ret, struct err *err)
{
    int code = call(c, method, take_parameters, fn ? MESSAGE_MORE : 0, err);
    bool more = true;
    while (!code && more) {
        struct wire_message m = {0};
        code = next_reply(c, &m, err);
        more = !code && m.continues;
        if (more && !fn)
            code = err_set(err, -EBADMSG, _("%s sent something that is no answer: %s"), c->path, "continues");
        else if (more)
            code = fn(arg, m.parameters);
        else if (!code)
            code = keep(c, &m, method, ret, err);
        message_done(&m);
    }
    return code;
}

int wire_ask(struct wire_client *c, const char *method, json_t *take_parameters, struct wire_answer *ret, struct err *err)
{
    return wire_ask_more(c, method, take_parameters, NULL, NULL, ret, err);
}
