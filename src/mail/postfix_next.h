/* postfix_next.h: what to tell about a Postfix setting: where it is set, and the command that sets it otherwise. */
#pragma once
#include "server/postfix.h"
#include "server/probe.h"

/* Evidence "key = value" with file:line; nothing where it is not known. */
void postfix_tell(struct findings *out, struct finding *f, const struct setting *s);
/* The command for a value of main.cf, or of that service where it is an override of master.cf (`at` was set there). */
void postfix_next(struct findings *out, struct finding *f, const struct instance *i, const struct setting *at, const char *key, const char *value);
/* Below "postconf": " -c DIR" for an instance other than the default one, else "". */
const char *postfix_dir_option(struct arena *a, const struct instance *i);
