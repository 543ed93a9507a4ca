/* server.c: connections: accepted within the limits, read into whole messages, written to, ended when they are broken, slow or idle. */
#include "wire/parts.h"
#include "wire/listen.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct out {
    uv_write_t request; /* first: its handle is this */
    struct conn *conn;
    char *text;
};

static int64_t now(const struct wire_server *s) { return (int64_t)uv_now(s->loop); }

size_t conn_waiting(const struct conn *c) { return uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe); }

static void maybe_free(struct wire_server *s)
{
    if (!s->stopping || s->open_handles)
        return;
    arena_free(s->arena);
    free(s);
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *c = (struct conn *)handle;
    struct wire_server *s = c->server;
    buf_free(&c->in);
    free(c);
    s->open_handles--;
    maybe_free(s);
}

void conn_end(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    *c->before = c->next;
    if (c->next)
        c->next->before = c->before;
    c->server->conns_n--;
    struct wire_call *first = c->call;
    c->call = c->last = NULL;
    calls_gone(first);
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static int64_t deadline(const struct conn *c)
{
    const struct wire_options *o = &c->server->o;
    const unsigned ms[] = {[CONN_IDLE] = o->idle_ms, [CONN_BEGUN] = o->begun_ms, [CONN_OUT] = o->slow_ms};
    return c->state == CONN_CALL ? INT64_MAX : c->since + ms[c->state];
}

static void on_sweep(uv_timer_t *timer);

static void arm(struct wire_server *s, int64_t at)
{
    if (s->stopping || at == INT64_MAX || (s->sweep_at && s->sweep_at <= at))
        return;
    s->sweep_at = at;
    int64_t left = at - now(s);
    uv_timer_start(&s->sweep, on_sweep, left > 0 ? (uint64_t)left : 0, 0);
}

static void on_sweep(uv_timer_t *timer)
{
    struct wire_server *s = timer->data;
    int64_t soonest = INT64_MAX;
    struct conn *following;
    s->sweep_at = 0;
    for (struct conn *c = s->conns; c; c = following) {
        following = c->next;
        int64_t at = deadline(c);
        if (at > now(s)) {
            soonest = at < soonest ? at : soonest;
            continue;
        }
        *(c->state == CONN_IDLE ? &s->counts.idle : c->state == CONN_BEGUN ? &s->counts.late : &s->counts.slow) += 1;
        conn_end(c);
    }
    arm(s, soonest);
}

/* What it waits for now; a state's time begins when the state does, so that single bytes do not prolong it. */
void conn_state(struct conn *c)
{
    __typeof__(c->state) state = conn_waiting(c) ? CONN_OUT : c->call ? CONN_CALL : c->in.n ? CONN_BEGUN : CONN_IDLE;
    if (state != c->state) {
        c->state = state;
        c->since = now(c->server);
    }
    arm(c->server, deadline(c));
}

static void on_written(uv_write_t *request, int code)
{
    struct out *out = (struct out *)request;
    struct conn *c = out->conn;
    free(out->text);
    free(out);
    if (c->closing)
        return;
    if (code < 0) {
        conn_end(c);
        return;
    }
    c->since = now(c->server); /* it takes what waits */
    if (c->call && conn_waiting(c) < WIRE_OUT_HIGH)
        call_pump(c->call);
    if (!c->closing)
        conn_work(c);
}

void conn_send(struct conn *c, char *take_text, size_t n)
{
    struct out *out = take_text && !c->closing ? malloc(sizeof *out) : NULL;
    if (!out) {
        free(take_text);
        conn_end(c);
        return;
    }
    out->conn = c;
    out->text = take_text;
    uv_buf_t b = uv_buf_init(take_text, (unsigned)n);
    if (uv_write(&out->request, (uv_stream_t *)&c->pipe, &b, 1, on_written) < 0) {
        free(take_text);
        free(out);
        conn_end(c);
        return;
    }
    conn_state(c);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
    (void)wanted;
    struct wire_server *s = ((struct conn *)handle)->server;
    *ret = uv_buf_init(s->chunk, sizeof s->chunk); /* handed on before the next one is read */
}

/* A peer that has closed its end is told apart from one that only sends no more: a Unix socket is hung up (POLLHUP) when both ways are shut. */
static bool hung_up(const struct conn *c)
{
    struct pollfd p = {.fd = -1, .events = 0};
    return uv_fileno((const uv_handle_t *)&c->pipe, &p.fd) < 0 || poll(&p, 1, 0) < 0 || (p.revents & (POLLHUP | POLLERR));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = (struct conn *)stream;
    if (n > 0)
        buf_add(&c->in, b->base, (size_t)n);
    if (n < 0) {
        uv_read_stop(stream);
        c->reading = false;
        c->eof = true;
        c->hung_up = n != UV_EOF || hung_up(c);
    }
    if (n)
        conn_work(c);
}

static void read_or_wait(struct conn *c)
{
    bool room = !c->eof && c->in.n <= c->server->o.message_max;
    if (room == c->reading)
        return;
    c->reading = room;
    if (!room)
        uv_read_stop((uv_stream_t *)&c->pipe);
    else if (uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
        conn_end(c);
}

/* Takes messages for as long as there are whole ones, nothing in work stands in their way and the peer reads what it is sent. Returns how many bytes were taken. */
static size_t take_messages(struct conn *c)
{
    size_t from = 0;
    while (!c->closing && (!c->call || (!c->alone && c->calls_n < WIRE_TOGETHER)) && conn_waiting(c) < WIRE_OUT_HIGH) {
        size_t at = c->scanned > from ? c->scanned : from;
        const char *end = at < c->in.n ? memchr(c->in.p + at, 0, c->in.n - at) : NULL;
        size_t length = (end ? (size_t)(end - c->in.p) : c->in.n) - from;
        if (length > c->server->o.message_max) {
            c->server->counts.oversize++;
            conn_end(c);
            break;
        }
        c->scanned = end ? 0 : c->in.n;
        if (!end)
            break;
        if (!call_message(c, str_span(c->in.p + from, length))) {
            c->alone = true;
            break;
        }
        from += length + 1;
    }
    return from;
}

/* The one place where a connection goes on: after input, after output, after a call. */
void conn_work(struct conn *c)
{
    if (c->working || c->closing)
        return;
    c->working = true;
    size_t taken = take_messages(c);
    c->working = false;
    if (c->closing)
        return;
    if (taken) {
        c->in.n -= taken;
        memmove(c->in.p, c->in.p + taken, c->in.n);
        c->state = CONN_IDLE; /* the time for the next message begins */
        c->since = now(c->server);
    }
    c->scanned = c->scanned > taken ? c->scanned - taken : 0;
    if (!c->in.n)
        buf_free(&c->in);
    if (c->eof && (c->hung_up || (!c->call && !conn_waiting(c)))) {
        conn_end(c);
        return;
    }
    read_or_wait(c);
    if (!c->closing)
        conn_state(c);
}

static bool is_stranger(const struct conn *c) { return c->uid != 0 && !c->bits; }

/* Whoever no row knows cannot take the room of those who have something to say. */
static bool has_room(const struct wire_server *s, const struct conn *new)
{
    unsigned same = 0, strangers = 0;
    for (const struct conn *c = s->conns; c; c = c->next) {
        same += c->uid == new->uid;
        strangers += is_stranger(c);
    }
    return s->conns_n <= s->o.connections && (new->uid == 0 || same <= s->o.connections_uid) && (!is_stranger(new) || strangers <= s->o.connections / 2);
}

/* Who it is, and whether it may stay. */
static bool welcome(struct conn *c)
{
    struct wire_server *s = c->server;
    struct ucred peer;
    socklen_t n = sizeof peer;
    int fd;
    if (uv_fileno((const uv_handle_t *)&c->pipe, &fd) < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
        return false;
    c->uid = peer.uid;
    c->pid = peer.pid;
    for (size_t i = 0; i < s->o.roles_n; i++)
        if (s->o.roles[i].uid == peer.uid)
            c->bits |= s->o.roles[i].bits;
    bool room = has_room(s, c);
    s->counts.too_many += !room;
    return room;
}

static void on_connection(uv_stream_t *listener, int code)
{
    struct wire_server *s = listener->data;
    struct conn *c = code < 0 ? NULL : calloc(1, sizeof *c);
    if (!c)
        return;
    c->server = s;
    c->in = BUF(s->o.message_max + sizeof s->chunk);
    c->since = now(s);
    uv_pipe_init(s->loop, &c->pipe, 0);
    s->open_handles++;
    c->next = s->conns;
    c->before = &s->conns;
    if (c->next)
        c->next->before = &c->next;
    s->conns = c;
    s->conns_n++;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 || !welcome(c))
        conn_end(c);
    else
        conn_work(c);
}

/* Table and interface must name the same methods. */
static int load(struct wire_server *s, struct served *to, const struct wire_interface *from, struct err *err)
{
    int code = idl_parse(from->text, s->arena, &to->idl, err);
    *to = (struct served){to->idl, from->methods, from->n};
    if (code < 0)
        return code;
    for (size_t i = 0; i < to->n; i++)
        if (!idl_find(&to->idl, IDL_METHOD, str_of(to->methods[i].name)))
            return err_set(err, -EINVAL, "%.*s declares no method %s", (int)to->idl.name.n, to->idl.name.p, to->methods[i].name);
    for (size_t i = 0; i < to->idl.members.n; i++) {
        const struct idl_member *m = &to->idl.members.v[i];
        size_t j = 0;
        while (j < to->n && !str_eq(str_of(to->methods[j].name), m->name))
            j++;
        if (m->what == IDL_METHOD && j == to->n)
            return err_set(err, -EINVAL, "method %.*s of %.*s has no handler", (int)m->name.n, m->name.p, (int)to->idl.name.n, to->idl.name.p);
    }
    return 0;
}

static bool has_failed(const struct idl *idl)
{
    const struct idl_member *m = idl_find(idl, IDL_ERROR, STR("Failed"));
    return m && m->in->fields.n == 1 && str_eq(m->in->fields.v[0].name, STR("reason")) && m->in->fields.v[0].type->kind == IDL_STRING;
}

static int load_all(struct wire_server *s, struct err *err)
{
    const struct wire_interface own = {service_text(), service_methods, service_methods_n};
    int code = 0;
    s->served_n = s->o.interfaces_n + 1;
    s->served = arena_zalloc(s->arena, s->served_n * sizeof *s->served);
    for (size_t i = 0; !code && i < s->o.interfaces_n; i++) {
        code = load(s, &s->served[i], &s->o.interfaces[i], err);
        if (!code && !has_failed(&s->served[i].idl))
            code = err_set(err, -EINVAL, "%.*s declares no error Failed (reason: string)", (int)s->served[i].idl.name.n, s->served[i].idl.name.p);
    }
    return code ? code : load(s, &s->served[s->served_n - 1], &own, err);
}

static void set_defaults(struct wire_options *o)
{
    o->message_max = o->message_max ? o->message_max : 64u << 10;
    o->connections = o->connections ? o->connections : 512;
    o->connections_uid = o->connections_uid ? o->connections_uid : 64;
    o->begun_ms = o->begun_ms ? o->begun_ms : 10000;
    o->idle_ms = o->idle_ms ? o->idle_ms : 300000;
    o->slow_ms = o->slow_ms ? o->slow_ms : 30000;
}

static void on_part_closed(uv_handle_t *handle)
{
    struct wire_server *s = handle->data;
    s->open_handles--;
    maybe_free(s);
}

void wire_server_stop(struct wire_server *s)
{
    if (!s || s->stopping)
        return;
    s->stopping = true;
    while (s->conns)
        conn_end(s->conns);
    uv_close((uv_handle_t *)&s->listener, on_part_closed);
    uv_close((uv_handle_t *)&s->sweep, on_part_closed);
}

int wire_server_new(uv_loop_t *loop, int fd, const struct wire_options *o, struct wire_server **ret, struct err *err)
{
    struct wire_server *s = calloc(1, sizeof *s);
    if (!s || !(s->arena = arena_new(IDL_ARENA))) {
        free(s);
        close(fd);
        return -ENOMEM;
    }
    s->loop = loop;
    s->o = *o;
    set_defaults(&s->o);
    int code = load_all(s, err);
    if (code < 0) {
        arena_free(s->arena);
        free(s);
        close(fd);
        return code;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_pipe_init(loop, &s->listener, 0);
    uv_timer_init(loop, &s->sweep);
    s->open_handles = 2;
    s->listener.data = s->sweep.data = s;
    code = uv_pipe_open(&s->listener, fd);
    if (code < 0)
        close(fd);
    else
        code = uv_listen((uv_stream_t *)&s->listener, LISTEN_BACKLOG, on_connection);
    if (code < 0) {
        wire_server_stop(s);
        return err_set(err, code, "%s", uv_strerror(code));
    }
    *ret = s;
    return 0;
}

struct wire_counts wire_server_counts(const struct wire_server *s)
{
    struct wire_counts counts = s->counts;
    counts.connections = s->conns_n;
    return counts;
}
