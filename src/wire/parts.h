/* parts.h: the server's insides, shared by server.c (connections), call.c (calls and replies) and service.c (org.varlink.service). */
#pragma once
#include "base/buf.h"
#include "wire/idl.h"
#include "wire/message.h"
#include "wire/server.h"

struct served {
    struct idl idl;
    const struct wire_method *methods;
    size_t n;
};

struct conn {
    uv_pipe_t pipe; /* first: its handle is this */
    struct wire_server *server;
    struct conn *next, **before;
    struct wire_call *call, *last; /* in work: the one whose answer is next, and the newest */
    size_t calls_n;
    struct buf in;
    size_t scanned;         /* so much of it holds no NUL */
    uid_t uid;
    pid_t pid;
    uint32_t bits;
    int64_t since;          /* milliseconds of the loop's clock: when the present state began */
    enum { CONN_IDLE, CONN_BEGUN, CONN_CALL, CONN_OUT } state;
    bool reading, eof, hung_up, working, closing;
    bool alone; /* the next message waits until nothing is in work */
};

struct wire_call {
    struct conn *conn; /* NULL: gone */
    struct wire_call *following; /* of the same connection */
    char *held; /* its answer, while earlier ones are missing */
    size_t held_n;
    const struct wire_method *method;
    const struct served *of;
    const struct idl_member *declared;
    wire_next_fn *next;
    void (*done)(void *arg);
    void *arg;
    size_t sent;
    uid_t uid;
    pid_t pid;
    bool more, oneway, pumping, ended;
};

struct wire_server {
    uv_pipe_t listener;
    uv_timer_t sweep;
    uv_loop_t *loop;
    struct wire_options o;
    struct arena *arena;
    struct served *served; /* the last one is org.varlink.service */
    size_t served_n;
    struct conn *conns;
    size_t conns_n;
    unsigned open_handles;
    int64_t sweep_at; /* 0: not armed */
    struct wire_counts counts;
    char chunk[65536];
    bool stopping;
};

/* server.c */
void conn_end(struct conn *c);
void conn_send(struct conn *c, char *take_text, size_t n); /* NULL: no memory; the connection ends */
size_t conn_waiting(const struct conn *c);
void conn_work(struct conn *c);
void conn_state(struct conn *c);
/* call.c */
/* false: not while another one is in work; nothing has happened. */
bool call_message(struct conn *c, struct str text);
void call_pump(struct wire_call *call);
void calls_gone(struct wire_call *first); /* their connection has ended */
/* service.c */
extern const struct wire_method service_methods[];
extern const size_t service_methods_n;
struct str service_text(void);
