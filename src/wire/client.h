/* client.h: calls a Varlink service and waits for the answer: for the command line. One call after the other; no threads, no loop. What the service sends is
   parsed with the same limits as everything else (WIRE_REPLY_MAX for one reply). */
#pragma once
#include "base/err.h"
#include "wire/message.h"
#include <stdint.h>

#define WIRE_REPLY_MAX (16u << 20)

struct wire_client;

/* timeout_ms: for connecting and for each reply. 0; -ENOENT, -ECONNREFUSED: nobody listens there; -EACCES: not for this user; -EAGAIN: too many wait; others with err. */
int wire_client_new(const char *path, int64_t timeout_ms, struct wire_client **ret, struct err *err) _must_check_;
void wire_client_free(struct wire_client *c); /* NULL is fine */
void wire_client_freep(struct wire_client **c);

struct wire_answer {
    char error[WIRE_NAME_MAX]; /* "org.bansho.Wall.Refused"; "": none */
    json_t *parameters;        /* owned; NULL unless 0 or -EREMOTEIO was returned */
};
void wire_answer_done(struct wire_answer *a);
/* The text of the error's "reason" (or "parameter" ...), NULL: none. Raw: it is escaped where it leaves. */
const char *wire_answer_reason(const struct wire_answer *a);

/* 0: answered; -EREMOTEIO: answered with an error (ret->error, err says it too); -ETIMEDOUT, -ECONNRESET (it ended the connection), -EBADMSG (it sent nonsense),
   -EMSGSIZE with err. After these four the connection is useless. */
int wire_ask(struct wire_client *c, const char *method, json_t *take_parameters, struct wire_answer *ret, struct err *err) _must_check_;
/* With "more": fn for each reply's parameters but the last, which is *ret. fn returning < 0 ends it, and is returned; the connection is useless then. */
typedef int wire_part_fn(void *arg, json_t *parameters);
int wire_ask_more(struct wire_client *c, const char *method, json_t *take_parameters, wire_part_fn *fn, void *arg, struct wire_answer *ret, struct err *err) _must_check_;
