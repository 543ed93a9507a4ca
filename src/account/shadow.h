/* shadow.h: who may log in with which stored password: shadow(5), passwd(5) and files of the same shape that Dovecot and ProFTPD read. Hashes are views into
   a buffer that shadow_done wipes; they never go into an arena, evidence or the store. Only root reads shadow. */
#pragma once
#include "base/buf.h"
#include "host/host.h"
#include "server/server.h"

enum credential_kind { CREDENTIAL_SYSTEM, CREDENTIAL_MAIL, CREDENTIAL_FTP };

struct credential {
    enum credential_kind kind;
    const char *name;
    struct str hash;        /* as stored; for mail and FTP with its {SCHEME} */
    struct str extra;       /* passwd-file's last field */
    bool empty_refused;     /* an empty field lets nobody in (Dovecot 2.3 with its usual scheme; 2.4, PLAIN and ProFTPD let everybody in) */
    int64_t changed;        /* day of the last change since the epoch; -1: not recorded */
    int64_t max, inactive;  /* days: how old the password may become, and how long after that it may still be changed; -1: without end (CREDENTIAL_SYSTEM) */
    int64_t expires;        /* day since the epoch from which on nobody gets in; -1: never (CREDENTIAL_SYSTEM) */
    const struct user *user;/* CREDENTIAL_SYSTEM: its passwd(5) line */
    const char *file;
    unsigned line;
    const char *set;        /* the command that sets a new password, where it is another than for its kind; NULL */
    bool compiled;          /* the server reads what a program makes of the file: to edit it changes nothing yet */
};

struct credentials {
    LIST(struct credential) list;
    LIST(struct buf) texts; /* what the views point into */
    LIST(const char *) unread; /* files that could not be read, with the reason; for people */
    bool complete;          /* every account of every file that was read is here (false: too many) */
};

/* One line each: name:hash:changed:... The accounts that stand in passwd(5) are joined with it. */
void shadow_parse(const struct host *h, struct str text, const char *file, struct credentials *into) PARSER(shadow);
/* name:hash:uid:gid:gecos:home:shell:extra (Dovecot's passwd-file, ProFTPD's AuthUserFile). */
void userfile_parse(const struct host *h, struct str text, const char *file, enum credential_kind kind, bool empty_refused, struct credentials *into) PARSER(shadow);

/* System accounts. -EACCES: not root. */
int shadow_load(const struct host *h, struct credentials *into) _must_check_;
/* A file's text, kept in `into`; where it cannot be read, `unread` says why. */
int credentials_text(const struct host *h, const char *path, struct credentials *into, struct str *ret) _must_check_;
/* userfiles.c: files that the mail and FTP servers name. */
void userfiles_load(const struct server *s, struct credentials *into);
void credentials_done(struct credentials *c);

/* A hash that some password fits: not empty, not locked by "!" or "*" (behind {CRYPT} too). */
bool hash_usable(struct str hash);
/* The same, or nothing: an empty field asks for no password. */
bool hash_lets_in(struct str hash);
/* shadow(5)'s eighth field says that its time is over: neither password nor key lets in. */
bool credential_expired(const struct credential *c, int64_t now);
/* A shell in which somebody can work: not nologin, false and the like. */
bool login_shell(const char *shell);
