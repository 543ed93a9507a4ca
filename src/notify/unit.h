/* unit.h: runs a program that tells in a unit of its own, through systemd-run. */
#pragma once
#include "notify/notify.h"
#include "base/buf.h"

/* words: the program and its arguments, NULL-terminated. `what` names it in errors. */
int unit_tell(const char *const words[], struct str input, const char *what, char ret_answer[static 256], struct err *err) _must_check_;
/* What curl reads instead of arguments: the address with its secret, and the message as JSON {host, subject, text}. */
void webhook_config(const struct sender *from, const char *url, const struct message *m, struct buf *out);
