/* tls_module.c: OpenSSL, in a module of its own (base/module.h). */
#include "dialogue/tls_module.h"
#include "base/module.h"
#include "dialogue/text.h"
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct tls_session {
    SSL *ssl;
    const char *name;
    struct tls_ticket **ticket;
    struct tls_seen *seen;
};

/* What is resumed (tls_module.h calls it a ticket). */
static SSL_SESSION *of_ticket(struct tls_ticket *t)
{
    return (SSL_SESSION *)(void *)t;
}

static struct tls_session *of_ssl(const SSL *ssl)
{
    return ssl ? SSL_get_app_data(ssl) : NULL;
}

/* Each connection has a copy: the end of one spoils its session for others. */
static void resume(SSL *ssl, struct tls_ticket *ticket)
{
    SSL_SESSION *own = SSL_SESSION_dup(of_ticket(ticket));
    if (own)
        SSL_set_session(ssl, own); /* one that does not fit is not used */
    SSL_SESSION_free(own);
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_session *t = of_ssl(ssl);
    if (t && t->ticket && !*t->ticket && SSL_SESSION_is_resumable(session))
        *t->ticket = (struct tls_ticket *)(void *)SSL_SESSION_dup(session);
    return 0;
}

/* Where nobody looks at the certificate its chain is not built. */
static int on_chain(X509_STORE_CTX *store, void *arg)
{
    const struct tls_session *t = of_ssl(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    (void)arg;
    return t && t->ticket ? 1 : X509_verify_cert(store);
}

/* Dates are judged by whoever reads not_before and not_after of the server's own certificate: they do not make its chain a foreign one. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
    const struct tls_session *t = of_ssl(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (ok || !t)
        return 1;
    struct tls_seen *seen = t->seen;
    int e = X509_STORE_CTX_get_error(store);
    bool date = e == X509_V_ERR_CERT_HAS_EXPIRED || e == X509_V_ERR_CERT_NOT_YET_VALID;
    if (!seen->problem[0])
        text_set(seen->problem, str_of(X509_verify_cert_error_string(e)));
    if (!date || X509_STORE_CTX_get_error_depth(store) > 0)
        seen->trusted = false;
    return 1;
}

/* Does the directory hold certificates under the hashes of their names (c_rehash(1))? They are then looked up one by one, as they are needed. */
static bool has_hashes(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    bool found = false;
    while (d && !found && (e = readdir(d)))
        found = strlen(e->d_name) == 10 && str_ends(str_of(e->d_name), STR(".0"));
    if (d)
        closedir(d);
    return found;
}

/* The machine's trust store. Reading all of ca-certificates.crt takes 28 ms of CPU for each connection, looking up what is needed almost none. */
static void trust_machine(SSL_CTX *ctx)
{
    if (!getenv(X509_get_default_cert_file_env()) && !getenv(X509_get_default_cert_dir_env()) && has_hashes(X509_get_default_cert_dir()))
        SSL_CTX_set_default_verify_dir(ctx);
    else
        SSL_CTX_set_default_verify_paths(ctx);
}

/* OpenSSL's words for what went wrong are some thousand small pieces of memory, which each fork would copy the tables of: they are loaded where a handshake
   has failed. (There is no other way to load them later.) */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void load_words(void)
{
    static bool loaded;
    if (loaded)
        return;
    loaded = true;
    ERR_load_SSL_strings();
    ERR_load_X509_strings();
    ERR_load_ASN1_strings();
    ERR_load_EVP_strings();
    ERR_load_EC_strings();
    ERR_load_RSA_strings();
    ERR_load_BN_strings();
    ERR_load_BIO_strings();
}
#pragma GCC diagnostic pop

static SSL_CTX *client_new(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_SSL_STRINGS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
    SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    SSL_CTX_set_cert_verify_callback(ctx, on_chain, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, on_verify);
    SSL_CTX_set_read_ahead(ctx, 1); /* else a record's head and its body are read one after the other */
    trust_machine(ctx);
    return ctx;
}

/* What all connections of this process and its children have in common; making it costs some milliseconds. */
static SSL_CTX *client(void)
{
    static SSL_CTX *ctx;
    if (!ctx)
        ctx = client_new();
    return ctx;
}

static bool prepare(void)
{
    return client();
}

static void copy_name(char *ret, size_t size, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long n = BIO_get_mem_data(bio, &p);
        text_copy(ret, size, str_span(p, n > 0 ? (size_t)n : 0));
    }
    BIO_free(bio);
}

static int64_t time_of(const ASN1_TIME *t)
{
    struct tm tm = {0};
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm);
}

/* Whole names only, as many as fit. */
static void copy_alternatives(struct tls_seen *seen, const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    size_t have = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        struct str s = str_span((const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
        if (have + s.n + 2 > sizeof seen->names)
            break;
        if (have)
            seen->names[have++] = ' ';
        for (size_t k = 0; k < s.n; k++)
            seen->names[have++] = (unsigned char)s.p[k] > ' ' ? s.p[k] : '?';
        seen->names[have] = 0;
    }
    GENERAL_NAMES_free(names);
}

static bool name_matches(X509 *cert, const char *name)
{
    struct addr a;
    if (!name)
        return false;
    if (addr_parse(str_of(name), &a))
        return X509_check_ip_asc(cert, name, 0) == 1;
    return X509_check_host(cert, name, 0, 0, NULL) == 1;
}

static void describe(struct tls_session *t)
{
    struct tls_seen *seen = t->seen;
    seen->done = true;
    text_set(seen->version, str_of(SSL_get_version(t->ssl)));
    if (t->ticket)
        return;
    X509 *cert = SSL_get1_peer_certificate(t->ssl);
    if (!cert) {
        seen->trusted = false;
        return;
    }
    copy_name(seen->subject, sizeof seen->subject, X509_get_subject_name(cert));
    copy_name(seen->issuer, sizeof seen->issuer, X509_get_issuer_name(cert));
    copy_alternatives(seen, cert);
    seen->not_before = time_of(X509_get0_notBefore(cert));
    seen->not_after = time_of(X509_get0_notAfter(cert));
    seen->self_signed = X509_self_signed(cert, 1) == 1;
    seen->name_matches = name_matches(cert, t->name);
    X509_free(cert);
}

static short wanted(const struct tls_session *t, int r)
{
    int e = SSL_get_error(t->ssl, r);
    return e == SSL_ERROR_WANT_READ ? POLLIN : e == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
}

static void close_session(struct tls_session *t, bool goodbye)
{
    if (goodbye)
        SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    free(t);
    ERR_clear_error();
}

static struct tls_session *open_session(int fd, const char *name, int newest, struct tls_ticket **ticket, struct tls_seen *seen)
{
    struct addr a;
    SSL_CTX *ctx = client();
    struct tls_session *t = ctx ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    *t = (struct tls_session){SSL_new(ctx), name, ticket, seen};
    if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1) {
        close_session(t, false);
        return NULL;
    }
    *seen = (struct tls_seen){.trusted = !ticket};
    SSL_set_app_data(t->ssl, t);
    if (ticket && *ticket)
        resume(t->ssl, *ticket);
    if (newest)
        SSL_set_max_proto_version(t->ssl, newest);
    if (name && !addr_parse(str_of(name), &a))
        SSL_set_tlsext_host_name(t->ssl, name);
    return t;
}

static int handshake(struct tls_session *t, short *ret_wait, const char **ret_why)
{
    ERR_clear_error();
    int r = SSL_connect(t->ssl);
    if (r == 1) {
        describe(t);
        return 0;
    }
    *ret_wait = wanted(t, r);
    if (*ret_wait)
        return -EAGAIN;
    unsigned long e = ERR_peek_error(); /* the first thing that went wrong */
    load_words();
    *ret_why = e ? ERR_reason_error_string(e) : NULL;
    t->seen->trusted = false;
    return -EPROTO;
}

static ssize_t transfer(struct tls_session *t, bool out, void *p, size_t n, short *ret_wait)
{
    size_t moved = 0;
    ERR_clear_error();
    errno = 0;
    int r = out ? SSL_write_ex(t->ssl, p, n, &moved) : SSL_read_ex(t->ssl, p, n, &moved);
    if (r == 1)
        return (ssize_t)moved;
    short wait = wanted(t, r);
    if (wait) {
        *ret_wait = wait;
        return -EAGAIN;
    }
    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: return errno ? -errno : 0;
    default: return -EPROTO;
    }
}

MODULE_EXPORT(struct tls_module, tls_module) = {prepare, open_session, handshake, transfer, close_session};
