/* mail_log.h: whom a change of the mail server would touch, as its log of the last 30 days tells. */
#pragma once
#include "change/plan.h"
#include "log/mail_uses.h"
#include "server/probe.h"

#define MAIL_LOG_DAYS 30

/* false: the log could not be read; the plan then says so (untested). Where it reaches back less than 30 days, or was too much to read, the plan says that. */
bool mail_log(const struct probe_ctx *ctx, struct plan *p, struct mail_uses *ret);
/* What the service is called in the log. */
const char *mail_log_name(const struct instance *i, const char *service);
/* Is another port called the same there? Then the log cannot tell the two apart. */
bool mail_log_name_is_shared(const struct instance *i, const char *service);

/* Different names, for one sentence. */
struct mail_names_said {
    struct arena *arena;
    LIST(const char *) list;
};
void mail_name_add(struct mail_names_said *s, const char *name);
/* "info@alpha.example, sales@alpha.example and 3 more". */
const char *mail_names_text(const struct mail_names_said *s);
