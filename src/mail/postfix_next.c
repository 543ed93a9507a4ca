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

/* postconf -P takes no blanks in a value; a comma separates as well. */
static const char *without_blanks(struct arena *a, const char *value)
{
    _cleanup_(buf_free) struct buf b = BUF(8000);
    struct str rest = str_of(value), word;
    while (str_word(&rest, ", ", &word))
        buf_printf(&b, "%s%.*s", b.n ? "," : "", (int)word.n, word.p);
    return arena_dup(a, buf_str(&b));
}

void postfix_next(struct findings *out, struct finding *f, const struct instance *i, const struct setting *at, const char *key, const char *value)
{
    const char *dir = postfix_dir_option(out->arena, i);
    if (at && at->section[0])
        finding_next(out, f, "postconf%s -P '%s/%s=%s'; postfix%s reload", dir, at->section, key, without_blanks(out->arena, value), dir);
    else
        finding_next(out, f, "postconf%s -e '%s = %s'; postfix%s reload", dir, key, value, dir);
}
