/* postfix.h: Postfix as its own programs compute it.
   The settings of an instance:
   - section "": main.cf and the defaults, every value with its $names expanded. On the live machine the values come from `postconf -c DIR`; FROM_PROGRAM with
     file and line where main.cf sets it, without a file where it is a default. Below a root: FROM_FILE, and FROM_DEFAULT from a table of the defaults that
     matter. There `mynetworks` is missing where only the machine itself could tell (mynetworks_style other than host), and a $name that is neither set nor in
     the table stays in the value as it is written.
   - section "smtp/inet", "submission/inet", "127.0.0.1:10025/inet", "smtpd/pass": a service of master.cf: its -o overrides, and every main.cf value that
     comes out differently because of one of them (file:line of that override); "master.command" ("smtpd"), "master.chroot" and "master.private" ("y"/"n").
     A port that postscreen takes has the overrides of the smtpd service behind it.
   Endpoints: every inet service of smtpd and postscreen; label = the section. Tables (hash:/etc/postfix/x) are named, not read. */
#pragma once
#include "server/server.h"

/* The setting that decides in that service: its override, or main.cf's; NULL: not known. */
const struct setting *postfix_effective(const struct instance *i, const char *service, const char *key);
const char *postfix_value(const struct instance *i, const char *service, const char *key, const char *otherwise);
bool postfix_bool(const struct instance *i, const char *service, const char *key, bool otherwise);

/* --- the parts of the product file, apart for their tests --- */

struct postfix_override {
    const char *key, *value; /* as written */
    unsigned line;
};

struct postfix_service {
    const char *name, *type, *command; /* "submission", "inet", "smtpd" */
    char private, chroot;              /* 'y', 'n' or '-' */
    LIST(struct postfix_override) overrides;
    unsigned line;
};

struct postfix_master {
    LIST(struct postfix_service) services;
    size_t overrides; /* of all services */
    bool full;        /* more than POSTFIX_SERVICES_MAX services, or ten times as many overrides */
};
#define POSTFIX_SERVICES_MAX 500

/* master.cf: services with continuation lines and their -o NAME=VALUE, -oNAME=VALUE and -o { NAME = VALUE }. Lines that are no service are skipped. */
void postfix_master_parse(struct arena *a, struct str text, struct postfix_master *ret) PARSER(postfix_master);

struct postfix_expander {
    /* The text that stands for a name, itself not yet expanded; NULL: no such name. */
    const char *(*lookup)(void *ctx, struct str name);
    void *ctx;
    bool keep_unknown; /* leave "$name" in place where lookup has nothing; else it is empty */
    unsigned steps;    /* names and branches that may still be followed: what is left over stays for the next call */
    unsigned depth;
    bool bad;          /* set: a loop, or no steps left, or the text grows too long */
};
#define POSTFIX_VALUE_MAX 65536

/* $name ${name} $(name) ${name?text} ${name:text} ${name?{a}:{b}} ${{a} OP {b} ? {c} : {d}} $$ as in postconf(5). `out` is appended to. */
void postfix_expand(struct postfix_expander *x, struct str text, struct buf *out) PARSER(postfix_expand);

struct postfix_default {
    const char *key, *value;
    unsigned since, until; /* 306 is 3.6; 0: no bound */
};
extern const struct postfix_default postfix_defaults[];
extern const size_t postfix_defaults_n;
