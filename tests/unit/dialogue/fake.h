/* fake.h: a server on the loopback that plays a script, for the tests of this room. It runs in a process of its own, serves any number of connections
   one after the other with the same script, and keeps what it heard where the test can read it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "dialogue/dialogue.h"
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum act_kind { ACT_END, SAY, HEAR /* a line */, TLS, WAIT_MS, DRIP /* byte by byte, 20 ms each */, FLOOD /* so many bytes 'x' */, BYTES, HEAR_BYTES, DUMB /* reads until the client goes */, FORGET /* what came ahead */ };
struct act {
    enum act_kind kind;
    const char *text;
    size_t n;
};

struct fake {
    pid_t pid;
    uint16_t port;
    char *heard;   /* shared: all that was heard */
};

struct fake_cert {
    X509 *cert;
    EVP_PKEY *key;
    int oldest; /* the oldest version that the server which has it speaks; 0: TLS 1.0 */
};

#define HEARD 65536
#define FAKE_LINE 8192

static inline struct fake_cert cert_new(const char *name, int64_t from, int64_t to, const struct fake_cert *ca)
{
    struct fake_cert c = {X509_new(), EVP_EC_gen("P-256")};
    X509V3_CTX v3;
    char alt[300];
    X509_set_version(c.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c.cert), ca ? 2 : 1);
    ASN1_TIME_set(X509_getm_notBefore(c.cert), (time_t)from);
    ASN1_TIME_set(X509_getm_notAfter(c.cert), (time_t)to);
    X509_set_pubkey(c.cert, c.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c.cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(c.cert, X509_get_subject_name(ca ? ca->cert : c.cert));
    X509V3_set_ctx(&v3, ca ? ca->cert : c.cert, c.cert, NULL, NULL, 0);
    snprintf(alt, sizeof alt, ca ? "DNS:%s,DNS:*.wild.test" : "DNS:%s", name);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, alt);
    X509_add_ext(c.cert, e, -1);
    X509_EXTENSION_free(e);
    e = X509V3_EXT_conf_nid(NULL, &v3, NID_basic_constraints, ca ? "CA:FALSE" : "CA:TRUE");
    X509_add_ext(c.cert, e, -1);
    X509_EXTENSION_free(e);
    X509_sign(c.cert, ca ? ca->key : c.key, EVP_sha256());
    return c;
}

static inline void cert_free(struct fake_cert *c)
{
    X509_free(c->cert);
    EVP_PKEY_free(c->key);
}

struct fake_peer {
    int fd;
    SSL *ssl;
    const struct fake_cert *cert;
    char *heard;
};

static inline ssize_t fake_read(struct fake_peer *p, void *b, size_t n)
{
    return p->ssl ? SSL_read(p->ssl, b, (int)n) : read(p->fd, b, n);
}

static inline void fake_write(struct fake_peer *p, const void *b, size_t n)
{
    ssize_t r = p->ssl ? SSL_write(p->ssl, b, (int)n) : write(p->fd, b, n);
    (void)r;
}

/* Reads one line, or n bytes; false: the client has gone. */
static inline bool fake_hear(struct fake_peer *p, size_t n)
{
    size_t have = strlen(p->heard), got = 0;
    char c;
    while (have < HEARD - 2 && (n == 0 || got < n)) {
        if (fake_read(p, &c, 1) <= 0)
            return false;
        got++;
        p->heard[have++] = c ? c : '0';
        if (n == 0 && c == '\n')
            return true;
    }
    return true;
}

/* A session that is resumed is noted as if it had been heard. */
static inline bool fake_tls(struct fake_peer *p)
{
    static SSL_CTX *ctx; /* of this server's process */
    if (!ctx) {
        ctx = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_security_level(ctx, 0); /* old versions too, like a server that was never updated */
        SSL_CTX_set_min_proto_version(ctx, p->cert->oldest ? p->cert->oldest : TLS1_VERSION);
        SSL_CTX_use_certificate(ctx, p->cert->cert);
        SSL_CTX_use_PrivateKey(ctx, p->cert->key);
    }
    p->ssl = SSL_new(ctx);
    SSL_set_fd(p->ssl, p->fd);
    bool done = SSL_accept(p->ssl) == 1;
    if (done && SSL_session_reused(p->ssl) && strlen(p->heard) < HEARD - 20)
        strcat(p->heard, "(resumed)\n");
    return done;
}

static inline void fake_play(struct fake_peer *p, const struct act *a)
{
    char *flood;
    for (; a->kind != ACT_END; a++)
        switch (a->kind) {
        case SAY: fake_write(p, a->text, strlen(a->text)); break;
        case BYTES: fake_write(p, a->text, a->n); break;
        case HEAR: if (!fake_hear(p, 0)) return; break;
        case HEAR_BYTES: if (!fake_hear(p, a->n)) return; break;
        case TLS: if (!fake_tls(p)) return; break;
        case WAIT_MS: usleep((useconds_t)a->n * 1000); break;
        case DRIP:
            for (const char *c = a->text; *c; c++) {
                fake_write(p, c, 1);
                usleep(20000);
            }
            break;
        case FLOOD:
            flood = malloc(a->n);
            memset(flood, 'x', a->n);
            fake_write(p, flood, a->n);
            free(flood);
            break;
        case FORGET:
            flood = malloc(HEARD);
            usleep(50000); /* what is on the way comes, too */
            (void)!recv(p->fd, flood, HEARD, MSG_DONTWAIT);
            free(flood);
            break;
        case DUMB: while (fake_hear(p, 0)) continue; return;
        default: return;
        }
}

static inline void fake_serve(int listening, const struct act *script, const struct fake_cert *cert, char *heard)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        struct fake_peer p = {.fd = accept(listening, NULL, NULL), .cert = cert, .heard = heard};
        if (p.fd < 0)
            _exit(0);
        fake_play(&p, script);
        if (p.ssl) {
            SSL_shutdown(p.ssl);
            SSL_free(p.ssl);
        }
        shutdown(p.fd, SHUT_WR);
        close(p.fd);
    }
}

static inline struct fake fake_start(const struct act *script, const struct fake_cert *cert)
{
    struct fake f = {.heard = mmap(NULL, HEARD, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && f.heard != MAP_FAILED);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
    f.port = ntohs(sa.sin_port);
    f.pid = fork();
    assert_true(f.pid >= 0);
    if (f.pid == 0)
        fake_serve(fd, script, cert, f.heard);
    close(fd);
    return f;
}

static inline void fake_stop(struct fake *f)
{
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
    munmap(f->heard, HEARD);
}

static inline struct endpoint_at fake_at(const struct fake *f)
{
    return (struct endpoint_at){.addr = {.bytes = {127, 0, 0, 1}}, .port = f->port, .timeout_ms = 10000};
}

/* Makes `ca` the machine's trust store for this process and its children. */
static inline void trust(const struct fake_cert *ca, char path[static 64])
{
    snprintf(path, 64, "/tmp/bansho-test-ca.%d", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    PEM_write_X509(f, ca->cert);
    fclose(f);
    setenv("SSL_CERT_FILE", path, 1);
}
