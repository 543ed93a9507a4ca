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

/* From the two envelopes: the account's own address, then another one's. */
enum sender_answer sender_judge(const struct smtp_seen *seen);
/* Another address of the account's domain, one that every domain has (RFC 5321 4.5.1, RFC 2142). */
const char *sender_other(const char *account, struct arena *a);
/* One answer for each port, in the arena. */
const struct sender_try *sender_ask(const struct probe_ctx *ctx, const struct mail_ports *ports, struct arena *a);
