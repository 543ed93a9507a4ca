/* qmail.h: qmail, netqmail, notqmail and Plesk's, below /var/qmail. Settings:
   - section "control": one row for each line of each control file, key = the file's name ("rcpthosts", "me", "databytes"), an empty file is one row with the
     value "" and line 0. No row: the file is not there (without rcpthosts, qmail-smtpd relays for everybody). "morercpthosts.cdb" is named only.
   - section "smtp", "smtps", "submission" ...: how the port's server is started, from xinetd, inetd or a run script of daemontools or runit: "command" (the
     whole line), "enabled" yes/no, "relaylock" yes/no (Plesk: an address on the white list or with a POP lock may relay), "smtp_auth" yes/no, "rblsmtpd": its
     zones, "smtpd" yes: it ends in qmail-smtpd.
   Endpoints: those of them that are enabled. */
#pragma once
#include "server/server.h"

struct qmail_run {
    struct str program;  /* "/var/qmail/bin/qmail-smtpd"; empty: none of qmail's */
    struct str command;  /* the whole logical line */
    struct str address, port; /* tcpserver's, as written */
    unsigned line;
};

/* A run script (sh): the line that starts qmail-smtpd or qmail-pop3d behind tcpserver. false: it has none. */
bool qmail_run_find(struct arena *a, struct str text, struct qmail_run *ret) PARSER(qmail_run);
