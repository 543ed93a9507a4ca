/* sender_dialogue.h: the probe account of bansho.conf logs in to the ports where people send mail and names another one's address as the sender: is that
   refused? No mail is sent: RSET follows RCPT. Under TLS only. Part of mail.sender-login, in its process. */
#pragma once
#include "mail/ports.h"

enum sender_answer {
    SENDER_NOT_ASKED, /* no account is configured, or the port is none where people send */
    SENDER_REFUSED,
    SENDER_TAKEN,     /* the other address was taken as the sender */
    SENDER_UNCLEAR    /* the login failed, its own address was refused too, or no answer came */
};

struct sender_try {
    enum sender_answer answer;
    const char *text; /* for people: what was tried and what came of it */
};

/* From the envelopes: the account's own address; one of the same domain that nobody has, so that no alias leads from it to the account; and postmaster's
   (abuse's), for servers that refuse what nobody has before they ask whose it is. *ret_of: the envelope that decided. */
enum { SENDER_OWN, SENDER_NOBODYS, SENDER_POSTMASTERS, SENDER_ENVELOPES };
enum sender_answer sender_judge(const struct smtp_seen *seen, size_t *ret_of);
/* The address with another local part. */
const char *sender_at(const char *account, const char *local, struct arena *a);
/* One answer for each port, in the arena. */
const struct sender_try *sender_ask(const struct probe_ctx *ctx, const struct mail_ports *ports, struct arena *a);
