/* dovecot_change.h: edits of Dovecot's files in a plan, where the setting stands; then `doveconf -n` and a reload. The answers are those of mail/postfix_change.h. */
#pragma once
#include "change/plan.h"
#include "server/dovecot.h"

/* A global setting. `s`: as it is set now; NULL or without a file: at the end of the main file. */
int dovecot_change(struct plan *p, const struct instance *i, const char *object, const struct setting *s, const char *key, const char *value);
/* Takes a global setting out of the file where it stands, so that its default counts. */
int dovecot_unset(struct plan *p, const struct instance *i, const char *object, const struct setting *s);
/* Does Dovecot itself read its files without complaint? false: plan_cannot has said for `object` what it says. */
bool dovecot_accepts(struct plan *p, const struct instance *i, const char *object);
