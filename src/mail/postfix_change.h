/* postfix_change.h: edits of one Postfix instance in a plan: main.cf, or the -o of a service in master.cf, where the setting stands; then `postfix check` and a
   reload. Each function answers 1: planned, 0: it is so already, negative: it cannot be done, and plan_cannot() has said so for `object`. */
#pragma once
#include "change/plan.h"
#include "server/postfix.h"

/* service "": main.cf; else a section of the instance's settings ("submission/inet"). A service that postscreen stands before is edited behind it. */
int postfix_change(struct plan *p, const struct instance *i, const char *object, const char *service, const char *key, const char *value);
/* Where `s` was set; main.cf where that is not known. */
int postfix_change_at(struct plan *p, const struct instance *i, const char *object, const struct setting *s, const char *key, const char *value);
/* A new service: fields behind the name and the type "inet n - y - - smtpd", then its -o (name, value, name, value ..., NULL). */
int postfix_change_service(struct plan *p, const struct instance *i, const char *object, const char *name, const char *fields, const char *const options[]);
/* A table or the like beside main.cf that belongs to bansho's change. */
int postfix_change_file(struct plan *p, const struct instance *i, const char *object, const char *name, const char *content, const char **ret_path);

/* Its files are right, and the running one does not behave so: a reload alone. 0: it was started or told after they were written, so that it would not help. */
int postfix_tell_again(struct plan *p, const struct instance *i);

/* The endpoint's section where that port is configured; NULL: it is not. */
const char *postfix_service_on(const struct instance *i, uint16_t port);
/* Does Postfix itself read its files without complaint? false: plan_cannot has said for `object` what it says. Changes nothing. */
bool postfix_accepts(struct plan *p, const struct instance *i, const char *object);
