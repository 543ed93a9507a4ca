/* tls.h: TLS as a client that wants to see what is served: every certificate is accepted and described, and old versions (TLS 1.0 and later, any cipher)
   are spoken, because the question is what a server does. The machine's OpenSSL configuration is not read: its minimum would hide old servers. */
#pragma once
#include "dialogue/stream.h"
#include <sys/types.h>

/* Loads the module with OpenSSL (tls_module.h), once: before the process that speaks is confined. -errno: it is missing (err tells its path), or no memory. */
int tls_prepare(struct err *err) _must_check_;
/* The handshake over s->fd until s->deadline; fills s->tls. false: s->trouble is set. */
bool tls_start(struct stream *s);
void tls_end(struct stream *s);      /* says goodbye without waiting for an answer */
/* Bytes moved; 0: the peer has ended; -EAGAIN: wait for *ret_wait (POLLIN or POLLOUT); other -errno. */
ssize_t tls_transfer(struct stream *s, bool out, void *p, size_t n, short *ret_wait) _must_check_;
