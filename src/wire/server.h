/* server.h: a Varlink service on a libuv loop: connections, messages, introspection (org.varlink.service), who may call what, limits. Runs in bansho's services;
   one thread. What peers send is untrusted: malformed or oversized input ends that connection, never the service.

   The interface file that is compiled into the program is the truth: at start it is compared with the table of methods both ways; parameters of each call and
   each reply are checked against it. Each interface declares `error Failed (reason: string)`: what a handler returns as an error, and our own mistakes.

   Calls of one connection are answered one after the other, in their order; while one is in work (but wire_method.together), or while replies wait to be read, the next ones
   are left in the socket. Memory for each connection: at most one message and 64 KiB of input, WIRE_OUT_HIGH and one reply of output. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#define WIRE_OUT_HIGH (256u << 10) /* with more waiting to be read, nothing further is read or made for that peer */

struct wire_server;
struct wire_call;

/* Handles one call. parameters are as declared, never NULL, and borrowed: json_incref for longer. 0: it was answered, or will be, by exactly one of wire_reply,
   wire_fail; negative: it is answered with Failed and err's text (a call that was answered must return 0). */
typedef int wire_fn(struct wire_call *call, json_t *parameters, void *arg, struct err *err);

struct wire_method {
    const char *name;  /* without the interface */
    uint32_t who;      /* which callers: bits of struct wire_role; WIRE_ANYONE; 0: uid 0 only, who may call everything */
    wire_fn *fn;
    bool only_more;    /* without "more" it is refused with ExpectedMore */
    bool together;     /* begun while earlier calls of it on the same connection are in work, WIRE_TOGETHER at most: for handlers that answer many at once, each by one wire_reply or
                          wire_fail, in any order. The peer gets the answers in the order of its calls */
};
#define WIRE_ANYONE UINT32_MAX
#define WIRE_TOGETHER 128

struct wire_interface {
    struct str text; /* interfaces.h */
    const struct wire_method *methods;
    size_t n;
};

/* The peer's uid, as the kernel told it when the connection was made (SO_PEERCRED), and which bits it has. */
struct wire_role {
    uid_t uid;
    uint32_t bits;
};

struct wire_options {
    const char *vendor, *product, *version, *url; /* NULL: "" */
    const struct wire_interface *interfaces;
    size_t interfaces_n;
    const struct wire_role *roles;
    size_t roles_n;
    void *arg; /* for handlers */
    /* Limits; 0: the value in brackets. Connections beyond them are closed as soon as they are made. */
    size_t message_max;       /* bytes of one call (64 KiB) */
    unsigned connections;     /* in all (512); at most half of them of users without a role */
    unsigned connections_uid; /* of one user (64); not for uid 0 */
    unsigned begun_ms;        /* for a whole message, from its first byte (10 s) */
    unsigned idle_ms;         /* without a call (5 min) */
    unsigned slow_ms;         /* in which a peer takes nothing of what waits for it (30 s) */
};

/* What was refused since the start. */
struct wire_counts {
    size_t connections;
    uint64_t calls, too_many, malformed, oversize, late, slow, idle, denied, mistakes;
};

/* Listens on fd, which it owns from then on, also on errors. Options are copied, what they point to must stay. SIGPIPE is ignored from then on. 0; -EINVAL with err: table
   and interface do not fit; other -errno. */
int wire_server_new(uv_loop_t *loop, int fd, const struct wire_options *o, struct wire_server **ret, struct err *err) _must_check_;
/* Ends all connections and frees it once the loop has run its closing callbacks. NULL is fine. */
void wire_server_stop(struct wire_server *s);
struct wire_counts wire_server_counts(const struct wire_server *s);

/* The end of a call; the pointer is gone afterwards. Also right when the peer is gone: then nothing is sent. parameters NULL: none. */
void wire_reply(struct wire_call *call, json_t *take_parameters);
/* An error of the call's interface ("Refused"). */
void wire_fail(struct wire_call *call, const char *error, json_t *take_parameters);
void wire_fail_reason(struct wire_call *call, const char *error, const char *reason); /* (reason: string); what is not UTF-8 in it becomes "?" */

/* Whether the caller wants several replies. Without it, wire_reply is the only one. */
bool wire_wants_more(const struct wire_call *call);
/* One of several replies; another one or the end must follow. 0; -EPIPE: the peer is gone, -EINVAL: it does not want several (the call must be ended all the
   same). In a stream only within next. */
int wire_more(struct wire_call *call, json_t *take_parameters);
/* Several replies of unknown size: next is called whenever the peer has read enough, now for the first time; each time it sends one reply (wire_more), or the end.
   done is called once, when the call has ended or the peer is gone; next is not called afterwards, and the call needs no end any more. The handler returns 0. */
typedef void wire_next_fn(struct wire_call *call, void *arg);
void wire_stream(struct wire_call *call, wire_next_fn *next, void (*done)(void *arg), void *arg);

uid_t wire_uid(const struct wire_call *call);
pid_t wire_pid(const struct wire_call *call); /* when the connection was made; for people only, pids are used again */
