/* reply.h: answers that begin with three digits (SMTP, RFC 5321 4.2; FTP, RFC 959 4.2). */
#pragma once
#include "dialogue/stream.h"

struct reply {
    int code;        /* 100-599; 0: none came */
    char text[512];  /* of its first line, without the code */
};

/* One line. false: it does not begin as an answer does. *ret_more: a '-' behind the code. */
bool reply_line_parse(struct str line, int *ret_code, bool *ret_more, struct str *ret_text) PARSER(reply);

/* One answer, with all its lines. FTP's inner lines may be anything, SMTP's carry the code. each (may be NULL) gets the text of every line but the first. */
typedef void reply_each(void *ctx, struct str text);
bool reply_read(struct stream *s, bool ftp, reply_each *each, void *ctx, struct reply *ret);

/* Says QUIT; what is answered does not matter any more. */
void reply_quit(struct stream *s);
