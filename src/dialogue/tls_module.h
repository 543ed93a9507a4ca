/* tls_module.h: what the module "tls" (tls_module.c, the only file that knows OpenSSL) does for tls.c: one TLS session over a non-blocking descriptor, as a
   client that accepts and describes everything. It never waits. */
#pragma once
#include "dialogue/dialogue.h"
#include <sys/types.h>

struct tls_session;
struct tls_ticket;

#define TLS_MODULE "tls", "tls_module"
struct tls_module {
    /* Makes ready what all sessions of this process and its children have in common; it costs some milliseconds, once. */
    bool (*prepare)(void);
    /* name: for SNI and the certificate, or NULL; newest: endpoint_at.tls_max. *seen is filled as the handshake goes. NULL: no memory.
       ticket: NULL, or nobody looks at the certificate, and a session that *ticket holds is resumed; where it holds none, it gets one as soon as the server has given
       it: with TLS 1.3 while its first bytes are read. It lives as long as the process. */
    struct tls_session *(*open)(int fd, const char *name, int newest, struct tls_ticket **ticket, struct tls_seen *seen);
    /* 0: done, *seen describes it; -EAGAIN: wait for *ret_wait; -EPROTO: it failed, *ret_why in OpenSSL's words or NULL. */
    int (*handshake)(struct tls_session *t, short *ret_wait, const char **ret_why);
    /* Bytes moved; 0: the peer has ended; -EAGAIN: wait for *ret_wait; other -errno. */
    ssize_t (*transfer)(struct tls_session *t, bool out, void *p, size_t n, short *ret_wait);
    /* Frees it; goodbye: says so to the server, without waiting for an answer. */
    void (*close)(struct tls_session *t, bool goodbye);
};
