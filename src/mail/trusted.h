/* trusted.h: mail.trusted-networks (G4.1): from where may mail be sent without a password? From this machine and the networks that bansho.conf declares,
   and from nowhere else. */
#pragma once
#include "mail/networks.h"
#include "server/postfix.h"

probe_fn trusted_probe;
plan_fn trusted_plan;

/* Does any SMTP service of the instance let its trusted networks send? "service" NULL: any. */
bool trusted_are_used(const struct instance *postfix, const char *service);
/* One list of networks, as it was found at `setting`. */
void trusted_judge(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, const char *object, bool used, struct findings *out);
/* The findings' object for the list of an instance, or of one of its services ("": main.cf). */
const char *trusted_object(const struct instance *i, const char *section, struct arena *a);

/* A list without what is too wide. */
struct trusted_narrow {
    const char *value;
    LIST(struct prefix) out;     /* what is no longer in it */
    LIST(const char *) out_text;
    bool unread;                 /* it names a table that bansho cannot read: it cannot be narrowed safely */
};
void trusted_narrowed(const struct probe_ctx *ctx, const char *list, struct arena *a, struct trusted_narrow *ret);

struct plan;
/* Narrows the list that was set at `s` and says who sent from there. 1, 0 or negative as in mail/postfix_change.h. */
int trusted_narrow_plan(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, const char *object, struct plan *out);
