/* mail_uses.h: who sent mail through Postfix lately, from its log in the journal: whom a change of the mail server's settings would touch. What the log says
   was partly written by strangers (host names, addresses): it is read in a WORKER_FILES child, and is for people to judge, not to act upon. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

/* One client that sent through one service, with one account. */
struct mail_use {
    const char *service;     /* the service's syslog_name: "postfix", "postfix/submission" */
    const char *client;      /* address */
    const char *account;     /* as it logged in; "" : without a login */
    const char *other;       /* with a login: a sender address that is not the account itself, "" : none */
    unsigned mails, relayed; /* relayed: delivered to another server */
    int64_t last;
};
struct mail_uses {
    LIST(struct mail_use) list; /* those with a login, and those that sent to other servers without one; at most 20,000 */
    int64_t since;              /* the oldest entry of the journal; 0: there is none */
    bool complete;              /* false: too much to read all of it */
};
/* Entries of these units (NULL-terminated) not older than `since`. */
int journal_mail_uses(const struct root *root, const char *const units[], int64_t since, int timeout_ms, struct arena *a, struct mail_uses *ret, struct err *err) _must_check_;

/* What one message of Postfix says about one mail. Views into the message and the identifier. */
enum smtp_says { SMTP_SAYS_CLIENT, SMTP_SAYS_SENDER, SMTP_SAYS_RELAYED };
struct smtp_line {
    enum smtp_says says;
    struct str id;      /* of the mail */
    struct str service; /* SMTP_SAYS_CLIENT */
    struct str client, account;
    struct str sender;  /* SMTP_SAYS_SENDER */
};
/* false: it says nothing of the kind. */
bool smtp_line(struct str identifier, struct str message, struct smtp_line *ret) PARSER(smtp_line);
