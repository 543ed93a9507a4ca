/* mail.h: hands one mail to the mail server of this machine (RFC 5321), over an open stream. */
#pragma once
#include "dialogue/reply.h"

struct letter {
    const char *helo, *from, *to; /* no CR, LF */
    struct str data;              /* with its dots (mime_dots) */
};

struct letter_seen {
    enum trouble trouble;
    bool taken;          /* the server answered 250 behind the last byte: it answers for the mail from now on */
    unsigned step;       /* the last one that was said: 0 greeting, 1 EHLO, 2 MAIL, 3 RCPT, 4 DATA, 5 the mail itself */
    struct reply answer; /* to it */
};
void letter_talk(struct stream *s, const struct letter *l, struct letter_seen *seen) PARSER(notify_mail);
