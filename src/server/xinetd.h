/* xinetd.h: what xinetd and inetd start (old Plesk runs qmail's SMTP, poppassd and ProFTPD so). */
#pragma once
#include "server/server.h"

/* One file of xinetd: `service NAME { key = words }` blocks are added to s->superservers. Includes are the caller's. */
void xinetd_parse(struct server *s, struct str text, const char *file) PARSER(xinetd);
/* inetd.conf: service type protocol wait user server args ... */
void inetd_parse(struct server *s, struct str text, const char *file) PARSER(xinetd);
