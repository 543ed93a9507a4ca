/* message.h: one message of a mail queue, whatever program has it: where it lies, who really sent it, to whom it goes. Views live in the arena of whoever read it.
   All text in it was written by strangers. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

#define MESSAGE_ID_MAX 64        /* a longer name is no message's */
#define MESSAGE_TEXT_MAX 1000    /* of an address or a header; what is longer is cut */
#define MESSAGE_SUBJECT_MAX 60   /* bytes of the subject */
#define MESSAGE_RECIPIENTS_MAX 100000

enum message_condition {
    MESSAGE_SOUND,
    MESSAGE_WRITING, /* the mail program has not finished writing it */
    MESSAGE_DAMAGED, /* it cannot be read as one, or not to its end: what is told is all that could be read */
};

struct message {
    char id[MESSAGE_ID_MAX + 1];
    unsigned state;            /* which of its kind's (spool.h) */
    enum message_condition condition;
    uint64_t inode;
    int64_t arrival;           /* 0: not known */
    int64_t next_try;          /* 0: none, or not known */
    uint64_t size;             /* bytes of its text */
    bool sender_known;
    struct str sender;         /* "": a bounce */
    struct str account;        /* who logged in to send it (SASL); n == 0: nobody, or not known. So are all below */
    struct str client;         /* its address */
    struct str client_name;
    struct str script;         /* X-PHP-Originating-Script: "33:form.php" */
    struct str site;           /* X-PPP-Vhost (Plesk) */
    struct str subject;        /* its first bytes, as written in the header */
    struct str error;          /* why the last attempt failed */
    uint32_t recipients;       /* those that still wait for it */
    uint32_t done;             /* those that have it, or to whom it was returned */
    bool more;                 /* there are further recipients: `recipients` is what the mail program noted for all, or (qmail, which does not) those that were read */
    LIST(struct str) to;       /* of those that wait; not all where `more`, or where only the first were asked for */
};

/* At most so many bytes of it, in the arena. */
struct str message_keep(struct arena *a, struct str s, size_t max);
/* Takes one line of a message's header where it says something of it. The first of a name counts: the mail program put it there; a second one may be the sender's own. */
void message_header(struct message *m, struct arena *a, struct str line) PARSER(qmail_record);
