/* dialogue.h: servers asked in their own protocols, as a client that expects garbage. Everything here runs inside a WORKER_DIALOGUE child
   (base/worker.h): *_ask() below starts it, runs the dialogue there and decodes the answer, so that callers hold only bounded, checked structs.
   Limits: 64 KiB of answers, 4,096 bytes a line, the caller's time limit over all. A server that says nothing, says garbage or ends early is an
   answer with `trouble` set, never a hang. What was seen before the trouble stays in the struct. *_ask() gives 0 whenever there is such an answer, also
   for a process that crashed (TROUBLE_WORKER, err tells); -errno only where none could be started or the plan is not fit to be sent. Nothing is sent beyond
   what the plan says; no mail is ever sent (RCPT is followed by RSET and QUIT). */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

/* Makes the TLS library ready once, before many children speak TLS: each of them would spend some milliseconds on it. Reads nothing of a stranger's. */
void dialogue_prepare(void);

struct endpoint_at {
    struct addr addr;
    uint16_t port;
    const char *name;     /* SNI and the name that the certificate is checked for; NULL: none */
    bool tls;             /* TLS from the first byte */
    int tls_max;          /* 0, or the newest version to speak: 0x0302 (TLS 1.1) shows whether a server still takes old ones */
    bool udp;             /* dns_ask only */
    int timeout_ms;       /* 0: 8,000, over the whole dialogue */
    int connect_ms;       /* 0, or how long the connection alone may take: a packet filter that drops is then not waited for longer */
    int netns;            /* 0, or the namespace to ask from */
    struct addr from;     /* the address to bind to, if from_set */
    bool from_set;
    /* 0, or a number up to TLS_ALIKE_MAX: connections of one process with the same number are to one service, and nobody wants to see its certificate: of tls_seen
       only `done` and `version` are filled. The first one makes a TLS session, for which the others wait: they resume it, which costs half. */
    unsigned alike;
};
#define TLS_ALIKE_MAX 64
/* For tls_max, where many connections are alike: a session of TLS 1.2 is resumed without a new exchange of keys, for less than half of what TLS 1.3 takes. A server
   that speaks nothing older than TLS 1.3 answers with TROUBLE_TLS: it must be asked again. */
#define TLS_1_2 0x0303

enum trouble { TROUBLE_NONE, TROUBLE_REFUSED, TROUBLE_UNREACHABLE, TROUBLE_TIMEOUT, TROUBLE_CLOSED, TROUBLE_GARBAGE, TROUBLE_TLS, TROUBLE_WORKER, TROUBLE_COUNT };
const char *trouble_text(enum trouble t); /* translated: "no answer in time" */

/* What TLS showed. */
struct tls_seen {
    bool done;              /* a handshake was completed */
    char version[16];       /* "TLSv1.3" */
    bool trusted;           /* chains to the machine's trust store */
    bool name_matches;      /* for endpoint_at.name */
    char problem[128];      /* OpenSSL's words for what is wrong with the chain, or "" */
    char subject[256], issuer[256];
    char names[1024];       /* the certificate's DNS names, space-separated, capped */
    int64_t not_before, not_after; /* seconds since the epoch; 0: not known */
    bool self_signed;
};

/* The last lines of both sides, "> " sent, "< " received, at most 2 KiB: evidence. Passwords are never in it. */
#define TRANSCRIPT 2048

struct smtp_plan {
    const char *helo;                  /* NULL: "probe.invalid" */
    bool starttls;                     /* upgrade where it is offered */
    const char *user, *password;       /* NULL: no AUTH attempt; a wrong one must be refused */
    bool auth_before_tls;              /* send the AUTH attempt before STARTTLS too, offered or not (needs user): auth_code_plain */
    /* The attempt for auth_code is made under TLS; in clear text only where neither starttls nor auth_before_tls is asked for. */
    struct { const char *from, *to; } envelope[64]; /* tried one after the other with RSET between */
    size_t envelopes;
    bool in_turn;                      /* never ahead of the server's answers, even where it offers that (PIPELINING): some lose what came ahead */
};

struct smtp_seen {
    enum trouble trouble;
    int greeting;              /* code; 0: none */
    char banner[256];
    bool starttls_offered, auth_offered_plain, auth_offered_tls;
    char auth_plain[128], auth_tls[128]; /* mechanisms offered before / after TLS */
    struct tls_seen tls;
    int auth_code_plain, auth_code; /* answers to the AUTH attempts; 0: not tried */
    int rcpt_code[64];         /* answer to each envelope's RCPT (or MAIL, where that was refused); 0: not reached */
    char rcpt_text[64][80];
    char transcript[TRANSCRIPT];
};
int smtp_ask(const struct endpoint_at *at, const struct smtp_plan *plan, struct smtp_seen *ret, struct err *err) _must_check_;

struct login_plan {
    bool starttls;
    const char *user, *password;   /* NULL: only look at what is offered */
    bool login_before_tls;         /* try the login in clear text (a wrong password: is it refused because it is wrong, or because it is in clear?) */
    /* The login for `accepted`/`refused` is tried under TLS; in clear text only where neither starttls nor login_before_tls is asked for.
       A server that ends the connection over the clear-text attempt is called again for the rest. */
};

/* IMAP, POP3 and FTP. */
struct login_seen {
    enum trouble trouble;
    char banner[256];
    bool starttls_offered;
    bool login_disabled;           /* IMAP LOGINDISABLED; POP3 without USER/SASL PLAIN; FTP: USER answered by 5xx before AUTH TLS */
    bool plain_refused;            /* a clear-text login was refused for being in clear text (by the server's words or codes: text in `answer`) */
    bool plain_considered;         /* a clear-text login was taken and refused as wrong: clear-text login is possible */
    bool accepted, refused;        /* the login attempt (after TLS where starttls) */
    char capabilities[512];        /* as told last: under TLS, where that was reached */
    char answer_plain[256], answer[256]; /* the server's words to the login attempts */
    struct tls_seen tls;
    char transcript[TRANSCRIPT];
};
int imap_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err) _must_check_;
int pop3_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err) _must_check_;
int ftp_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err) _must_check_;

/* SSH banner, MySQL greeting (left by a login that must fail: bansho-probe-mysql; a connection that only ends would count as a fault of this address),
   PostgreSQL (SSLRequest), a DNS query for the root's SOA (without recursion; over UDP where at->udp). */
struct greeting_seen {
    enum trouble trouble;
    bool right;              /* it speaks the protocol */
    char banner[256];        /* "SSH-2.0-OpenSSH_9.2p1", "10.11.6-MariaDB", "rcode 5" */
};
int ssh_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err) _must_check_;
int mysql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err) _must_check_;
int postgresql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err) _must_check_;
int dns_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err) _must_check_;

/* A login to MySQL with an empty password, left at once where it was let in. Neither accepted nor refused without trouble: the server wants a method for which
   an empty password is not known. `user` is one that everybody tries first; the server's log shows one attempt. */
struct mysql_login_seen {
    enum trouble trouble;
    bool right;              /* it speaks the protocol */
    bool accepted, refused;
    int code;                /* the server's number for the refusal: 1045, 1698 ... */
    char banner[256], answer[256];
};
int mysql_login_ask(const struct endpoint_at *at, const char *user, struct mysql_login_seen *ret, struct err *err) _must_check_;

/* HTTP/1.1, several requests over one connection where the server keeps it open (one worker for all; called again where it does not). Of a body no more than
   what http_answer holds is waited for. seen->trouble is set where the rest could not be asked at all; an answer of its own kind of trouble does not end the others. */
struct http_request {
    const char *method;     /* "GET", "HEAD", or "POST" without a body */
    const char *path;       /* begins with '/', already percent-encoded */
};
struct http_answer {
    enum trouble trouble;
    int status;
    int64_t length;         /* Content-Length; -1: not told */
    char type[64], location[256], server[64];
    char body[512];         /* its first bytes, raw */
    unsigned body_n;
};
struct http_seen {
    enum trouble trouble;   /* the connection */
    struct tls_seen tls;
    size_t answers;         /* as many as requests, unless trouble */
    struct http_answer *answer; /* in the caller's arena */
};
int http_ask(const struct endpoint_at *at, const char *host_header, const struct http_request *requests, size_t n, struct arena *a, struct http_seen *ret, struct err *err) _must_check_;

/* Many sites by one worker, HTTP_SIDE_BY_SIDE at a time, as http_ask asks each; timeout_ms over all. Those that were not reached in time: TROUBLE_TIMEOUT.
   All in one network namespace. ret has room for n. */
struct http_question {
    struct endpoint_at at;
    const char *host;
    const struct http_request *request;
    size_t n;
};
#define HTTP_SIDE_BY_SIDE 8
int http_ask_many(const struct http_question *q, size_t n, int timeout_ms, struct arena *a, struct http_seen *ret, struct err *err) _must_check_;

/* Percent-encodes a path (RFC 3986 pchar and '/'). */
char *http_path(struct arena *a, struct str path);

/* What TLS shows at each of these (one worker, side by side; timeout_ms over all). Those that were not reached in time: TROUBLE_TIMEOUT.
   All in one network namespace. */
struct tls_answer {
    enum trouble trouble;
    struct tls_seen tls;
};
int tls_ask(const struct endpoint_at *at, size_t n, int timeout_ms, struct tls_answer *ret, struct err *err) _must_check_;

/* Does it speak its protocol? Greeting and farewell only, many side by side (one worker). */
struct hello {
    struct endpoint_at at;
    const char *protocol;   /* as in model/service.h; "" and others: TROUBLE_WORKER */
    const char *host;       /* HTTP's Host, or NULL */
};
struct hello_seen {
    enum trouble trouble;
    bool right;             /* it speaks the protocol and serves us */
    char banner[256];
    int ms;                 /* from the call to the end of its answer */
};
#define HELLO_SIDE_BY_SIDE 16 /* of more, one waits for the other */
int hello_ask(const struct hello *q, size_t n, struct hello_seen *ret, struct err *err) _must_check_;
