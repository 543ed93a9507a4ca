/* tls_tell.h: the findings of mail.tls. */
#pragma once
#include "mail/tls.h"

void tls_tell(const struct probe_ctx *ctx, const struct mail_port *p, const struct tls_look *look, unsigned faults, struct findings *out);
