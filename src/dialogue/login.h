/* login.h: what IMAP, POP3 and FTP have in common: greeting, offers, a login in clear text, the upgrade, the offers again, a login. One row of steps each. */
#pragma once
#include "dialogue/ask.h"

enum login_verdict { LOGIN_REFUSED, LOGIN_ACCEPTED, LOGIN_WANTS_TLS };

/* Every step gives false at trouble, like the stream's calls. */
struct login_steps {
    bool (*greeting)(struct stream *s, struct login_seen *seen);
    /* capabilities; before TLS (`first`) also starttls_offered and login_disabled */
    bool (*offers)(struct stream *s, struct login_seen *seen, bool first);
    bool (*start_tls)(struct stream *s, struct login_seen *seen, bool *ret_ready);
    bool (*login)(struct stream *s, const struct login_plan *plan, char ret_answer[static 256], enum login_verdict *ret);
    void (*leave)(struct stream *s);
};
void login_talk(struct stream *s, const struct login_plan *plan, struct login_seen *seen, const struct login_steps *steps);
int login_ask(const struct endpoint_at *at, const struct login_plan *plan, talk_fn *talk, struct login_seen *ret, struct err *err) _must_check_;

/* Does the server refuse for want of encryption (RFC 5530 PRIVACYREQUIRED, or in its own words)? */
bool wants_tls(struct str text);
/* A capability as one word more in the fixed field. */
void add_word(char *ret, size_t size, struct str word);
