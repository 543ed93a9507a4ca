/* line_head.h: who wrote a line of syslog or of the journal, and what service that is ("Nov 24 10:00:00 host postfix/smtpd[12]: text", "host sshd[12]: text"). */
#pragma once
#include "base/str.h"

struct line_head {
    struct str ident;    /* "postfix/smtpd" */
    struct str pid;      /* "12", or empty */
    struct str message;
};
/* false: the line does not begin like that. Views into the line. */
bool line_head(struct str line, struct line_head *ret) PARSER(line_head);

/* Services as a set. */
enum { SERVICE_SSH = 1, SERVICE_SMTP = 2, SERVICE_SUBMISSION = 4, SERVICE_IMAP = 8, SERVICE_POP3 = 16, SERVICE_FTP = 32, SERVICE_HTTP = 64, SERVICE_PANEL = 128, SERVICE_DNS = 256,
       SERVICE_MYSQL = 512, SERVICE_POSTGRESQL = 1024 };
/* What somebody means by a name of model/service.h, or "web", "mail": smtp means submission too, imaps the same as imap. false: nobody knows it. */
bool service_set(struct str name, unsigned *ret);
/* Whose line it is; 0: of none of these. What several of them write is in all their sets. */
unsigned line_services(struct str line);
