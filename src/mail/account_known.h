/* account_known.h: what the mail servers' own programs know of an account, whatever databases they ask: Dovecot (doveadm), Postfix's tables (postmap). No password is tried. */
#pragma once
#include "base/arena.h"
#include "server/server.h"

enum account_knows { KNOWN_NO, KNOWN_YES, KNOWN_UNASKED /* it could not be asked: why */ };
struct account_known {
    const char *who;   /* "Dovecot, passdb", "virtual_alias_maps hash:/etc/postfix/virtual" */
    bool login;        /* who is known here can log in; else mail for the name is only taken */
    enum account_knows knows;
    const char *why;   /* KNOWN_UNASKED: what was said instead; KNOWN_YES of an alias: where its mail goes */
};
struct account_knowns {
    LIST(struct account_known) list;
};
/* Runs programs: live machine only. Of a name with other characters than letters, digits and . _ + - = @ nobody is asked. Who was not asked, or cannot tell, is KNOWN_UNASKED. */
void account_known(const struct server *s, const char *name, struct arena *a, struct account_knowns *ret);
