#include "mail/postfix_next.h"

void postfix_tell(struct findings *out, struct finding *f, const struct setting *s)
{
    if (s)
        finding_evidence(out, f, s->file, s->line, "%s%s%s = %.400s", s->section, s->section[0] ? ": " : "", s->key, s->value);
}

const char *postfix_dir_option(struct arena *a, const struct instance *i)
{
    return i->name[0] ? arena_printf(a, " -c %s", i->config) : "";
}

void postfix_next(struct findings *out, struct finding *f, const struct instance *i, const struct setting *at, const char *key, const char *value)
{
    const char *dir = postfix_dir_option(out->arena, i);
    if (at && at->section[0])
        finding_next(out, f, "postconf%s -P '%s/%s=%s'; postfix%s reload", dir, at->section, key, value, dir);
    else
        finding_next(out, f, "postconf%s -e '%s = %s'; postfix%s reload", dir, key, value, dir);
}
