#include "wire/link.h"
#include "base/buf.h"
#include "wire/listen.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct waiting {
    wire_reply_fn *fn;
    void *arg;
    int64_t since; /* ms of the loop */
};

struct wire_link {
    uv_pipe_t pipe; /* first */
    uv_timer_t timer;
    uv_loop_t *loop;
    struct waiting calls[LINK_CALLS]; /* a ring: n of them from `first` */
    size_t first, n;
    struct buf in;
    size_t scanned;
    unsigned timeout_ms, open_handles;
    wire_gone_fn *gone;
    void *arg;
    bool ended, forgotten;
    int code;
    char chunk[65536];
};

struct sent {
    uv_write_t request; /* first */
    struct wire_link *link;
    char *text;
};

static void on_closed(uv_handle_t *handle)
{
    struct wire_link *l = handle->data;
    if (--l->open_handles)
        return;
    while (l->n && !l->forgotten) {
        struct waiting w = l->calls[l->first];
        l->first = (l->first + 1) % LINK_CALLS;
        l->n--;
        w.fn(w.arg, l->code, NULL, NULL);
    }
    if (!l->forgotten)
        l->gone(l->arg, l->code);
    buf_free(&l->in);
    free(l);
}

/* Everything is told from the closing callback: never from within a call of the owner. */
static void end(struct wire_link *l, int code)
{
    if (l->ended)
        return;
    l->ended = true;
    l->code = code;
    uv_close((uv_handle_t *)&l->pipe, on_closed);
    uv_close((uv_handle_t *)&l->timer, on_closed);
}

void wire_link_free(struct wire_link *l)
{
    if (!l)
        return;
    l->forgotten = true;
    end(l, -ECANCELED);
}

static void on_late(uv_timer_t *timer)
{
    struct wire_link *l = timer->data;
    int64_t left = l->n ? l->calls[l->first].since + l->timeout_ms - (int64_t)uv_now(l->loop) : INT64_MAX;
    if (left <= 0)
        end(l, -ETIMEDOUT);
    else if (l->n)
        uv_timer_start(timer, on_late, (uint64_t)left, 0);
}

static void arm(struct wire_link *l)
{
    if (l->timeout_ms && !uv_is_active((uv_handle_t *)&l->timer))
        uv_timer_start(&l->timer, on_late, l->timeout_ms, 0);
}

static void answer(struct wire_link *l, struct str text)
{
    struct wire_message m = {0};
    if (!l->n || message_parse_reply(text, &m, NULL) < 0 || m.continues) { /* "more" was not asked for */
        message_done(&m);
        end(l, -EBADMSG);
        return;
    }
    struct waiting w = l->calls[l->first];
    l->first = (l->first + 1) % LINK_CALLS;
    l->n--;
    if (!l->n)
        uv_timer_stop(&l->timer);
    w.fn(w.arg, m.error ? -EREMOTEIO : 0, m.error, m.parameters);
    message_done(&m);
}

static void take_replies(struct wire_link *l)
{
    size_t from = 0, at = l->scanned;
    const char *nul;
    while (!l->ended && (nul = at < l->in.n ? memchr(l->in.p + at, 0, l->in.n - at) : NULL)) {
        size_t length = (size_t)(nul - l->in.p) - from;
        answer(l, str_span(l->in.p + from, length));
        from = at = from + length + 1;
    }
    if (l->ended)
        return;
    l->in.n -= from;
    if (from && l->in.n)
        memmove(l->in.p, l->in.p + from, l->in.n);
    l->scanned = l->in.n;
    if (!l->in.n)
        buf_free(&l->in);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
    (void)wanted;
    struct wire_link *l = handle->data;
    *ret = uv_buf_init(l->chunk, sizeof l->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct wire_link *l = stream->data;
    if (n < 0) {
        end(l, n == UV_EOF ? -ECONNRESET : (int)n);
        return;
    }
    buf_add(&l->in, b->base, (size_t)n);
    if (l->in.full)
        end(l, -EMSGSIZE);
    else
        take_replies(l);
}

static void on_written(uv_write_t *request, int code)
{
    struct sent *s = (struct sent *)request;
    if (code < 0 && code != UV_ECANCELED)
        end(s->link, code == UV_EPIPE ? -ECONNRESET : code);
    free(s->text);
    free(s);
}

int wire_link_new(uv_loop_t *loop, const char *path, unsigned timeout_ms, wire_gone_fn *gone, void *arg, struct wire_link **ret, struct err *err)
{
    int fd = wire_socket(path, true, err);
    if (fd < 0)
        return err_set(err, fd, "%s: %s", path, err_name(fd));
    struct wire_link *l = calloc(1, sizeof *l);
    if (!l) {
        close(fd);
        return -ENOMEM;
    }
    l->loop = loop;
    l->timeout_ms = timeout_ms;
    l->gone = gone;
    l->arg = arg;
    l->in = BUF(WIRE_REPLY_MAX + sizeof l->chunk);
    signal(SIGPIPE, SIG_IGN);
    uv_pipe_init(loop, &l->pipe, 0);
    uv_timer_init(loop, &l->timer);
    l->pipe.data = l->timer.data = l;
    l->open_handles = 2;
    int code = uv_pipe_open(&l->pipe, fd);
    if (code < 0)
        close(fd);
    else
        code = uv_read_start((uv_stream_t *)&l->pipe, on_alloc, on_read);
    if (code < 0) {
        wire_link_free(l);
        return err_set(err, code, "%s: %s", path, uv_strerror(code));
    }
    *ret = l;
    return 0;
}

int wire_link_call(struct wire_link *l, const char *method, json_t *take_parameters, wire_reply_fn *fn, void *arg)
{
    size_t n = 0;
    char *text = message_call(method, take_parameters, 0, &n);
    if (l->ended) {
        free(text);
        return -EPIPE;
    }
    bool room = l->n < LINK_CALLS && uv_stream_get_write_queue_size((uv_stream_t *)&l->pipe) + n <= LINK_OUT_MAX;
    struct sent *s = text && room ? malloc(sizeof *s) : NULL;
    if (!s) {
        free(text);
        return room ? -ENOMEM : -ENOBUFS;
    }
    l->calls[(l->first + l->n++) % LINK_CALLS] = (struct waiting){fn, arg, (int64_t)uv_now(l->loop)};
    arm(l);
    s->link = l;
    s->text = text;
    uv_buf_t b = uv_buf_init(text, (unsigned)n);
    int code = uv_write(&s->request, (uv_stream_t *)&l->pipe, &b, 1, on_written);
    if (code < 0) { /* it is told with the others */
        free(text);
        free(s);
        end(l, code == UV_EPIPE ? -ECONNRESET : code);
    }
    return 0;
}
