/* stream.h: one connection as the confined process sees it: non-blocking, one deadline over everything, a cap on what is received, lines with a cap,
   plain or TLS over the same stream (upgraded in place). The first trouble sticks: every later call gives false at once, so that a protocol
   is written as one run of steps. */
#pragma once
#include "base/buf.h"
#include "dialogue/dialogue.h"
#include "dialogue/text.h"

#define STREAM_BYTES 65536  /* received in one dialogue */
#define STREAM_LINE 4096
#define STREAM_SECRETS 4
#define STREAM_SECRET 700

struct tls_session;

struct stream {
    int fd;
    struct tls_session *ssl; /* NULL: plain */
    bool leads;              /* others wait for its TLS session (endpoint_at.alike) */
    const char *name;        /* endpoint_at.name */
    const struct endpoint_at *to; /* for stream_again; NULL: a descriptor was given */
    unsigned said;           /* lines sent: makes IMAP's tags */
    int64_t deadline;        /* clock_monotonic_ms */
    enum trouble trouble;
    size_t received;
    size_t at, end;          /* the unread part of in */
    char in[STREAM_LINE];
    struct tls_seen tls;
    char transcript[TRANSCRIPT];
    char secret[STREAM_SECRETS][STREAM_SECRET]; /* blotted out wherever the server repeats them */
    size_t secrets;
};

/* Connects, and does the handshake where at->tls. *s is initialised here, also on failure. */
bool stream_open(struct stream *s, const struct endpoint_at *at);
/* The same over a connected descriptor (taken over). */
void stream_take(struct stream *s, int take_fd, int timeout_ms);
/* Calls the same server again after it ended the connection: one deadline, one cap and one transcript over all. */
bool stream_again(struct stream *s);
/* The same of our own accord: what is unread is dropped. */
bool stream_renew(struct stream *s);
void stream_close(struct stream *s);  /* the connection; s->trouble, tls and transcript stay */

/* The first trouble stays. Always false, so that `return stream_fail(...)` reads well. */
bool stream_fail(struct stream *s, enum trouble t);

/* The next line without its end (CRLF or LF). The view holds until the next call. */
bool stream_line(struct stream *s, struct str *ret);
/* Exactly n bytes (at most STREAM_LINE). */
bool stream_bytes(struct stream *s, size_t n, struct str *ret);
/* What has come, at least one byte and at most max; false: trouble. The server's orderly end is TROUBLE_CLOSED. */
bool stream_some(struct stream *s, size_t max, struct str *ret);

/* Sends one line (CRLF is added) and notes it. */
bool stream_say(struct stream *s, const char *format, ...) _printf_(2, 3);
/* Sends a line of which only `shown` is noted. */
bool stream_whisper(struct stream *s, struct str line, const char *shown);
bool stream_send(struct stream *s, struct str bytes);
void stream_note(struct stream *s, const char *mark, struct str text); /* a line of the transcript */
/* Whatever the server repeats of this (4 bytes at least) is blotted out before anybody sees it. */
void stream_hide(struct stream *s, struct str secret);

/* Upgrade in place. What the server sent before the handshake and nobody read is an injection: TROUBLE_GARBAGE. */
bool stream_tls(struct stream *s);
