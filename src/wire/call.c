/* call.c: one call from its message to its last reply: found, permitted, checked, handled, answered. */
#include "wire/parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVICE "org.varlink.service."

static json_t *text_of(struct str s)
{
    json_t *v = json_stringn(s.p ? s.p : "", s.n);
    return v ? v : json_string("?");
}

/* Before the call exists: errors of org.varlink.service. */
static void refuse(struct conn *c, const struct wire_message *m, const char *error, const char *key, struct str value)
{
    size_t n = 0;
    json_t *parameters = key ? json_pack("{so}", key, text_of(value)) : NULL;
    if (m->oneway) {
        json_decref(parameters);
        return;
    }
    char *text = message_reply(error, parameters, 0, &n);
    conn_send(c, text, n);
}

static const struct served *find_interface(const struct wire_server *s, struct str name)
{
    for (size_t i = 0; i < s->served_n; i++)
        if (str_eq(s->served[i].idl.name, name))
            return &s->served[i];
    return NULL;
}

static const struct wire_method *find_method(const struct served *of, struct str name)
{
    for (size_t i = 0; of && i < of->n; i++)
        if (str_eq(str_of(of->methods[i].name), name))
            return &of->methods[i];
    return NULL;
}

static bool permitted(const struct conn *c, const struct wire_method *m)
{
    return c->uid == 0 || m->who == WIRE_ANYONE || (m->who & c->bits);
}

static void start(struct conn *c, const struct wire_message *m, const struct served *of, const struct wire_method *method, const struct idl_member *declared)
{
    struct err err = {0};
    struct wire_call *call = calloc(1, sizeof *call);
    if (!call) {
        conn_end(c);
        return;
    }
    *call = (struct wire_call){.conn = c, .method = method, .of = of, .declared = declared, .uid = c->uid, .pid = c->pid, .more = m->more, .oneway = m->oneway};
    if (c->last)
        c->last->following = call;
    else
        c->call = call;
    c->last = call;
    c->calls_n++;
    c->server->counts.calls++;
    int code = method->fn(call, m->parameters, c->server->o.arg, &err);
    if (code < 0)
        wire_fail_reason(call, "Failed", err.text[0] ? err.text : err_name(code));
}

/* Beside others only what will be answered once, and in its turn. */
static bool may_join(const struct conn *c, const struct wire_message *m, const struct wire_method *method, const struct idl_member *declared)
{
    return !c->call || (c->last->method == method && method->together && !m->oneway && !m->more && !m->upgrade && permitted(c, method) && idl_check(declared->in, m->parameters, NULL) == 0);
}

static bool dispatch(struct conn *c, const struct wire_message *m)
{
    struct buf at = BUF(255);
    const struct served *of = find_interface(c->server, m->interface);
    const struct wire_method *method = find_method(of, m->member);
    const struct idl_member *declared = method ? idl_find(&of->idl, IDL_METHOD, m->member) : NULL;
    if (!may_join(c, m, method, declared))
        return false;
    if (!of)
        refuse(c, m, SERVICE "InterfaceNotFound", "interface", m->interface);
    else if (!declared)
        refuse(c, m, SERVICE "MethodNotFound", "method", m->method);
    else if (!permitted(c, method)) {
        c->server->counts.denied++;
        refuse(c, m, SERVICE "PermissionDenied", NULL, STR(""));
    } else if (m->upgrade)
        refuse(c, m, SERVICE "MethodNotImplemented", "method", m->method);
    else if (method->only_more && !m->more)
        refuse(c, m, SERVICE "ExpectedMore", NULL, STR(""));
    else if (idl_check(declared->in, m->parameters, &at) < 0)
        refuse(c, m, SERVICE "InvalidParameter", "parameter", buf_str(&at));
    else
        start(c, m, of, method, declared);
    buf_free(&at);
    return true;
}

bool call_message(struct conn *c, struct str text)
{
    struct wire_message m = {0};
    if (message_parse_call(text, &m, NULL) < 0) {
        if (c->call)
            return false; /* what came before it is answered first */
        c->server->counts.malformed++;
        conn_end(c);
        return true;
    }
    bool taken = dispatch(c, &m);
    message_done(&m);
    return taken;
}

static void forget(struct wire_call *call)
{
    if (call->done)
        call->done(call->arg);
    free(call->held);
    free(call);
}

/* The first one has ended: those behind it whose answers are held have their turn. */
static void advance(struct conn *c)
{
    while (!c->closing && c->call && c->call->ended) {
        struct wire_call *call = c->call;
        c->call = call->following;
        c->last = c->call ? c->last : NULL;
        c->calls_n--;
        char *text = call->held;
        size_t n = call->held_n;
        call->held = NULL;
        forget(call);
        if (text)
            conn_send(c, text, n);
    }
    if (!c->call)
        c->alone = false;
    conn_work(c);
}

static void end(struct wire_call *call)
{
    struct conn *c = call->conn;
    call->ended = true;
    if (call->pumping)
        return; /* call_pump ends it */
    if (!c)
        forget(call);
    else if (c->call == call)
        advance(c);
}

static void send_reply(struct wire_call *call, const char *error, json_t *parameters, unsigned flags)
{
    size_t n = 0;
    char *text = message_reply(error, parameters, flags, &n);
    if (call->conn->call != call && text) {
        call->held = text;
        call->held_n = n;
    } else
        conn_send(call->conn, text, n);
}

/* A reply that is not as declared is our own mistake; the caller is told so instead. */
static bool as_declared(struct wire_call *call, const struct idl_type *type, json_t **parameters, const char **error, char *name, size_t name_n)
{
    struct buf at = BUF(200);
    if (!*parameters)
        *parameters = json_object();
    bool good = type && idl_check(type, *parameters, &at) == 0;
    if (!good) {
        call->conn->server->counts.mistakes++;
        json_decref(*parameters);
        *parameters = json_pack("{s:o}", "reason", json_sprintf("a reply that is not as declared: %s", at.p ? at.p : *error ? *error : ""));
        snprintf(name, name_n, "%.*s.Failed", (int)call->of->idl.name.n, call->of->idl.name.p);
        *error = name;
    }
    buf_free(&at);
    return good;
}

static int answer(struct wire_call *call, json_t *parameters, unsigned flags)
{
    const char *error = NULL;
    char name[WIRE_NAME_MAX];
    if (!call->conn || call->oneway || call->ended) {
        json_decref(parameters);
        return call->conn && !call->ended ? 0 : -EPIPE;
    }
    call->sent++;
    if (!as_declared(call, call->declared->out, &parameters, &error, name, sizeof name))
        flags = 0;
    send_reply(call, error, parameters, flags);
    call->ended = error; /* it was the last reply */
    return call->conn && !error ? 0 : -EPIPE;
}

void wire_reply(struct wire_call *call, json_t *take_parameters)
{
    answer(call, take_parameters, 0);
    end(call);
}

int wire_more(struct wire_call *call, json_t *take_parameters)
{
    if (call->more)
        return answer(call, take_parameters, MESSAGE_CONTINUES);
    json_decref(take_parameters);
    return -EINVAL;
}

void wire_fail(struct wire_call *call, const char *error, json_t *take_parameters)
{
    char name[WIRE_NAME_MAX], mistake[WIRE_NAME_MAX];
    const struct idl_member *declared = idl_find(&call->of->idl, IDL_ERROR, str_of(error));
    snprintf(name, sizeof name, "%.*s.%s", (int)call->of->idl.name.n, call->of->idl.name.p, error);
    const char *full = name;
    if (call->conn && !call->oneway && !call->ended) {
        as_declared(call, declared ? declared->in : NULL, &take_parameters, &full, mistake, sizeof mistake);
        send_reply(call, full, take_parameters, 0);
    } else
        json_decref(take_parameters);
    end(call);
}

void wire_fail_reason(struct wire_call *call, const char *error, const char *reason)
{
    json_t *text = json_string(reason);
    for (char *copy = text ? NULL : strdup(reason), *p = copy; p; p = NULL) { /* not UTF-8 */
        for (char *q = p; *q; q++)
            if ((unsigned char)*q >= 0x80)
                *q = '?';
        text = json_string(copy);
        free(copy);
    }
    wire_fail(call, error, json_pack("{so}", "reason", text ? text : json_string("")));
}

void wire_stream(struct wire_call *call, wire_next_fn *next, void (*done)(void *arg), void *arg)
{
    call->next = next;
    call->done = done;
    call->arg = arg;
    call_pump(call);
}

/* Ends when the peer has enough to read; also where next sent nothing, which it must not do: it is not called for ever. */
void call_pump(struct wire_call *call)
{
    if (call->pumping || !call->next)
        return;
    call->pumping = true;
    bool more = true;
    while (more && call->conn && !call->ended && conn_waiting(call->conn) < WIRE_OUT_HIGH) {
        size_t before = call->sent;
        call->next(call, call->arg);
        more = call->sent != before;
    }
    call->pumping = false;
    if (call->ended || !call->conn)
        end(call);
}

void calls_gone(struct wire_call *first)
{
    for (struct wire_call *call = first, *following; call; call = following) {
        following = call->following;
        call->following = NULL;
        call->conn = NULL;
        if (!call->pumping && (call->next || call->held))
            forget(call);
    }
}

bool wire_wants_more(const struct wire_call *call) { return call->more; }
uid_t wire_uid(const struct wire_call *call) { return call->uid; }
pid_t wire_pid(const struct wire_call *call) { return call->pid; }
