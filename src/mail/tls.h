/* tls.h: mail.tls (G4.1): can a password travel in clear text to a mail service, and is what encrypts it sound: the certificate, the TLS versions?
   Port 25 is only judged for passwords: other servers deliver there with whatever encryption they have. */
#pragma once
#include "mail/ports.h"

probe_fn mail_tls_probe;
plan_fn mail_tls_plan;

/* What the dialogues with one port showed. */
struct tls_look {
    enum trouble trouble, old_trouble;
    bool starttls_offered;
    bool no_login;            /* before TLS no login is possible */
    bool clear;               /* a password is taken before TLS */
    char words[256];          /* the server's: what it offers or answered */
    struct tls_seen tls;
    bool old_asked, old_taken;/* TLS 1.1 or older alone was offered / taken */
    char old_version[16];
};

enum tls_fault { TLS_SOUND, TLS_CLEAR_TEXT = 1, TLS_EXPIRED = 2, TLS_NOT_YET = 4, TLS_OTHER_NAME = 8, TLS_UNTRUSTED = 16, TLS_OLD = 32, TLS_SOON = 64, TLS_NONE = 128, TLS_UNSEEN = 256 };

/* The faults, as bits. names: what the service may be called (ended by NULL). */
unsigned tls_judge(const struct mail_port *p, const struct tls_look *look, const char *const *names, int64_t now);
/* Is the certificate for this name, or for one below it ("example.jp" fits mail.example.jp and *.example.jp)? */
bool tls_names_fit(const char *certificate_names, const char *name);
