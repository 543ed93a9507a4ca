/* link.h: a Varlink client on a libuv loop, for services that call others (watch calls wall). Calls are sent at once, one behind the other, and answered in their order.
   When the connection ends, each call without an answer is told so, then the owner, who decides when to connect again: a call may have been carried out or not, so
   that it must be one that can be repeated.
   Limits: LINK_CALLS calls without an answer, LINK_OUT_MAX bytes that the service has not read, WIRE_REPLY_MAX for one reply. */
#pragma once
#include "base/err.h"
#include "wire/client.h"
#include <uv.h>

#define LINK_CALLS 1024
#define LINK_OUT_MAX (4u << 20)

struct wire_link;

/* Called once, when the connection has ended by itself: -ECONNRESET: closed; -EBADMSG: it sent nonsense; -ETIMEDOUT: an answer took longer than timeout_ms; others. The link
   is freed afterwards. Not called after wire_link_free. */
typedef void wire_gone_fn(void *arg, int code);
/* 0: parameters are the reply's (borrowed); -EREMOTEIO: an error, its name and parameters; otherwise (code as above; parameters NULL) it is not known whether the call was carried out. */
typedef void wire_reply_fn(void *arg, int code, const char *error, json_t *parameters);

/* Connects; a Unix socket does so at once or not at all: -ENOENT, -ECONNREFUSED, -EAGAIN, -EACCES ... timeout_ms: for the oldest call without an answer; 0: no limit.
   SIGPIPE is ignored from then on. */
int wire_link_new(uv_loop_t *loop, const char *path, unsigned timeout_ms, wire_gone_fn *gone, void *arg, struct wire_link **ret, struct err *err) _must_check_;
/* Forgets it; calls without an answer are told nothing. The memory is freed by the loop. NULL is fine. */
void wire_link_free(struct wire_link *l);
/* 0: fn will be called once; -ENOBUFS: too much waits, try again after an answer; -EPIPE: it has ended; -ENOMEM. Never calls fn itself. */
int wire_link_call(struct wire_link *l, const char *method, json_t *take_parameters, wire_reply_fn *fn, void *arg) _must_check_;
