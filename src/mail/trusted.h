/* trusted.h: mail.trusted-networks (G4.1): from where may mail be sent without a password? From this machine and the networks that bansho.conf declares,
   and from nowhere else. */
#pragma once
#include "mail/networks.h"
#include "server/postfix.h"

probe_fn trusted_probe;

/* Does any SMTP service of the instance let its trusted networks send? "service" NULL: any. */
bool trusted_are_used(const struct instance *postfix, const char *service);
/* One list of networks, as it was found at `setting`. */
void trusted_judge(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, const char *object, bool used, struct findings *out);
