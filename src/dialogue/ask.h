/* ask.h: runs one dialogue in its confined process (ask.c) and brings the answer back. */
#pragma once
#include "dialogue/field.h"
#include "dialogue/stream.h"

/* What a protocol does with an open connection. It fills `seen` (zeroed) apart from what stream_tell copies. */
typedef void talk_fn(struct stream *s, const void *plan, void *seen);

struct ask {
    const struct endpoint_at *at;
    talk_fn *talk;
    const void *plan;
    const struct field_table *fields;
    size_t size;        /* of seen; its first member is its enum trouble */
};
/* In a process of its own, or, where this is a crowd's (crowd.h), right here. 0: *seen is filled (a worker that crashed or overran: TROUBLE_WORKER, TROUBLE_TIMEOUT, with err telling); -errno: it could not be started. */
int ask_run(const struct ask *a, void *seen, struct err *err) _must_check_;

bool line_safe(const char *s); /* no CR, LF: fit to stand in a command; NULL is fine */
char *base64(struct str s, char *ret, size_t size); /* "" where it does not fit */

/* The protocols over an open stream: each speaks until the dialogue is done or s->trouble is set. */
void smtp_talk(struct stream *s, const void *plan, void *seen) PARSER(smtp);
void imap_talk(struct stream *s, const void *plan, void *seen) PARSER(imap);
void pop3_talk(struct stream *s, const void *plan, void *seen) PARSER(pop3);
void ftp_talk(struct stream *s, const void *plan, void *seen) PARSER(ftp);
void ssh_talk(struct stream *s, const void *plan, void *seen) PARSER(greeting);
void mysql_talk(struct stream *s, const void *plan, void *seen) PARSER(greeting);
void mysql_login_talk(struct stream *s, const void *plan, void *seen) PARSER(greeting); /* plan: the user's name */
void postgresql_talk(struct stream *s, const void *plan, void *seen) PARSER(greeting);
void dns_talk(struct stream *s, const void *plan, void *seen) PARSER(greeting);

struct http_plan {
    const char *host;
    const struct http_request *request;
    size_t n;
};
/* seen->answer has room for plan->n. */
void http_talk(struct stream *s, const void *plan, void *seen) PARSER(http);
