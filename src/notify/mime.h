/* mime.h: a mail as bytes (RFC 5322, 2045, 2047): UTF-8 in base64, so that no line is long and none begins with a dot. No I/O. */
#pragma once
#include "base/buf.h"

struct mime {
    const char *from, *to; /* bare addresses; to: fit for a header (no CR, LF) */
    const char *host, *id; /* Message-ID <id@host> */
    int64_t now;
    const char *subject, *text;
    struct str html;       /* empty: no attachment */
};

/* Lines end in CRLF. Whatever the texts hold, no header but these comes to be. */
void mime_build(const struct mime *m, struct buf *out);

/* What SMTP's DATA sends: every line that begins with a dot gets one more, the end is a dot alone (RFC 5321 4.5.2). */
void mime_dots(struct str mail, struct buf *out);

/* Valid UTF-8 of s; each other byte, and each control besides tab and newline, becomes '?'. */
void utf8_clean(struct str s, struct buf *out);
