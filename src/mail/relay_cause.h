/* relay_cause.h: which setting lets strangers send, as far as the configuration of the server tells. */
#pragma once
#include "mail/ports.h"

/* After a stranger got in as `from`: evidence with file:line, and the command that closes the port. */
void relay_tell_cause(const struct probe_ctx *ctx, const struct mail_port *p, const struct addr *from, struct findings *out, struct finding *f);
/* Where nobody could ask: what the settings say; the finding's basis becomes what it then rests on. */
void relay_tell_settings(const struct mail_port *p, struct findings *out, struct finding *f);
/* Does a list of restrictions refuse a stranger's mail for other servers, before anything in it could permit it? */
bool relay_list_refuses(const struct setting *s);
