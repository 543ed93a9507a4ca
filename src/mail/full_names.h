/* full_names.h: mail.full-names (G4.3): can somebody log in with a short name ("info" instead of "info@example.jp")? The password database itself is asked,
   without a password, so that no login fails. */
#pragma once
#include "server/dovecot.h"
#include "server/probe.h"

probe_fn full_names_probe;
plan_fn full_names_plan;

/* What the settings alone say. */
enum names_rule {
    NAMES_NOTHING_SEEN,   /* nothing that makes a short name a login */
    NAMES_MADE_FULL,      /* a domain is added to short names */
    NAMES_CUT,            /* the domain is cut off: all domains share their names */
    NAMES_ANYBODY,        /* a static password database knows every name */
    NAMES_HIDDEN,         /* a database that only tells together with a password (PAM ...) */
};
/* The rule, and the setting or driver (file:line) that makes it. */
enum names_rule names_rule_of(const struct instance *dovecot, const struct setting **ret_setting, struct dovecot_db *ret_db);
/* Some database of it only tells together with a password, so that a name which is not found may be there all the same. */
bool names_hidden(const struct instance *dovecot, struct dovecot_db *ret);

/* The names that `doveadm auth lookup` found: its lines "passdb: NAME" and the user below them. false: it said that it could not look. */
struct found_name {
    const char *asked, *user;
};
struct found_names {
    LIST(struct found_name) list;
};
bool doveadm_lookup_read(struct str out, struct str errors, struct arena *a, struct found_names *ret) PARSER(mail_names);
