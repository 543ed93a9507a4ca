/* names.h: which mail accounts exist here, as far as files and Dovecot tell without a password: their full names. */
#pragma once
#include "base/arena.h"
#include "server/probe.h"

struct mail_names {
    LIST(const char *) full;   /* "info@alpha.example", at most MAIL_NAMES_MAX */
    LIST(const char *) plain;  /* names without a domain that a password file has */
};
#define MAIL_NAMES_MAX 5000

/* "name:hash:..." lines (Dovecot's passwd-file). */
void mail_names_of_passwd(struct str text, struct arena *a, struct mail_names *ret) PARSER(mail_names);
/* "address  value" lines (a Postfix table's source). Whole domains and catch-alls ("@alpha.example") are no names. */
void mail_names_of_table(struct str text, struct arena *a, struct mail_names *ret) PARSER(mail_names);
/* From passwd-files of Dovecot, the sources of virtual_mailbox_maps, and (live) `doveadm user '*'`. */
void mail_names_collect(const struct probe_ctx *ctx, struct arena *a, struct mail_names *ret);

/* Up to max different short names of these accounts, those first that a password file has as they are; all fit to be an argument. Returns how many. */
size_t mail_short_names(const struct mail_names *n, struct arena *a, const char **ret, size_t max);
