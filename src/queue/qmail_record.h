/* qmail_record.h: what qmail keeps of a message (INTERNALS.md and qmail-queue.c, qmail-send.c of notqmail 1.09; the same since qmail 1.03). Envelope files hold strings that end with
   NUL, told apart by their first byte: todo/ID u uid, p process, F sender, T recipients; info/ID F sender; local/ID and remote/ID T recipients that wait, D those that are done (one byte
   is overwritten in place). mess/ID is the message, which begins with qmail-queue's own Received line; qmail-smtpd's stands below it. */
#pragma once
#include "queue/message.h"

/* Takes an envelope file. cut: it is longer than what was read. Of the recipients that wait the first `keep` go into m->to. What is no such file makes m damaged. */
void qmail_take_envelope(struct message *m, struct arena *a, struct str file, bool cut, size_t keep) PARSER(qmail_record);
/* Takes the beginning of mess/ID: its client and account where qmail-smtpd noted them, and its headers. */
void qmail_take_head(struct message *m, struct arena *a, struct str head) PARSER(qmail_record);
