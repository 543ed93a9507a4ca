/* dovecot.h: Dovecot 2.2-2.4. Settings as `doveconf -a` prints them on the live machine (FROM_PROGRAM, with file and line where our own reader finds the
   setting in dovecot.conf and what it includes); below a root from those files (FROM_FILE) and a table of the defaults that matter (FROM_DEFAULT).
   Sections: "" (global), "protocol imap", "service imap-login/inet_listener imaps", "service auth/unix_listener auth-userdb", "local 192.0.2.1".
   2.3's nameless blocks are numbered from the second on: "passdb", "passdb 2"; 2.4's have names: "passdb passwd-file". 2.4's `ssl_server { cert_file = x }`
   is ssl_server_cert_file of the global section, its `protocols { imap = yes }` is `protocols = imap`. What stands in another file (key = <file) is not read.
   The words of 2.3's passdb args are settings too: "path", "username_format".
   Endpoints: imap, imaps, pop3, pop3s and whatever inet_listener else login services and lmtp have; label "imap-login/imaps", "managesieve-login/sieve". */
#pragma once
#include "server/server.h"

struct dovecot_db {
    const char *section;         /* for setting_get */
    const char *driver;          /* "passwd-file", "pam", "sql", "static" ... */
    const char *args;            /* 2.3's args, or "" */
    const char *path;            /* of a passwd-file, or of 2.3's sql/ldap configuration; or "" */
    const char *username_format; /* of a passwd-file; "" : not set there */
    bool deny, master;
    const char *file;
    unsigned line;               /* of its driver */
};
/* The n-th (0, 1, ...) of kind "passdb" or "userdb", in their order. false: no more. */
bool dovecot_db(const struct instance *i, const char *kind, size_t n, struct dovecot_db *ret);

/* May a password be sent without TLS? Decided by disable_plaintext_auth (2.3) or auth_allow_cleartext (2.4); the setting goes to *ret_setting (NULL: its default). */
bool dovecot_cleartext(const struct instance *i, const struct setting **ret_setting);

/* 204 for 2.4; 0: not known. */
unsigned dovecot_version(const struct instance *i);

/* --- the parts of the product file, apart for their tests --- */

enum dovecot_kind { DOVECOT_SET, DOVECOT_OPEN, DOVECOT_CLOSE, DOVECOT_INCLUDE, DOVECOT_INCLUDE_TRY, DOVECOT_OTHER };

struct dovecot_item {
    enum dovecot_kind kind;
    struct str key;   /* the setting; the section's kind ("passdb"); the file or pattern to include */
    struct str value; /* the setting's value; the section's name, or "" */
    unsigned line;
};

struct dovecot_reader {
    struct arena *arena;
    struct str rest;
    unsigned line;
};

/* One item of a configuration file, or of what doveconf prints. Lines that are neither are DOVECOT_OTHER. false: the end. */
bool dovecot_next(struct dovecot_reader *r, struct dovecot_item *ret) PARSER(dovecot_config);

/* Reads text into i's settings. s with a host: includes are followed; `file` NULL: a program printed it. */
void dovecot_read(struct server *s, struct instance *i, struct str text, const char *file) PARSER(dovecot_config);
