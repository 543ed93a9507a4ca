#include "queue/wanted.h"
#include "base/i18n.h"
#include "base/when.h"
#include <errno.h>

static const struct field {
    const char *name;
    size_t at;      /* of its text in struct message; 0: a field of its own kind */
} fields[WANTED_FIELDS] = {
    [WANTED_ACCOUNT] = {"account", offsetof(struct message, account)}, [WANTED_SENDER] = {"sender", offsetof(struct message, sender)}, [WANTED_TO] = {"to", 0},
    [WANTED_CLIENT] = {"client", offsetof(struct message, client)}, [WANTED_SCRIPT] = {"script", offsetof(struct message, script)}, [WANTED_SITE] = {"site", offsetof(struct message, site)},
    [WANTED_SUBJECT] = {"subject", offsetof(struct message, subject)}, [WANTED_SIZE] = {"size", 0}, [WANTED_OLDER] = {"older", 0}, [WANTED_YOUNGER] = {"younger", 0},
    [WANTED_STATE] = {"state", 0}, [WANTED_BOUNCE] = {"bounce", 0},
};

const char *wanted_name(enum wanted_field field)
{
    return field < WANTED_FIELDS ? fields[field].name : NULL;
}

static bool size_of(struct str s, uint64_t *ret)
{
    static const char units[] = "KMG";
    const char *unit = s.n ? strchr(units, s.p[s.n - 1] & ~0x20) : NULL;
    uint64_t n;
    if (!str_u64(unit && *unit ? str_span(s.p, s.n - 1) : s, 1ull << 40, &n))
        return false;
    *ret = n << (unit && *unit ? 10 * (unit - units + 1) : 0);
    return true;
}

static int understand(struct wanted_rule *r, struct err *err)
{
    const char *name = fields[r->field].name;
    int64_t seconds;
    if (r->field == WANTED_SIZE && !size_of(r->text, &r->number))
        return err_set(err, -EINVAL, _("--%s %s: a size is for example 500K or 10M (at least), !10M (less)"), name, r->text.p);
    if (r->field == WANTED_OLDER || r->field == WANTED_YOUNGER) {
        if (!when_length(r->text, &seconds))
            return err_set(err, -EINVAL, _("--%s %s: an age is for example 20m, 2h or 3d"), name, r->text.p);
        r->number = (uint64_t)seconds;
    }
    if (r->field == WANTED_CLIENT && prefix_parse(r->text, true, &r->network))
        r->how = WANTED_NETWORK;
    else if (r->text.n && r->text.p[r->text.n - 1] == '*' && r->field < WANTED_SIZE) {
        r->how = WANTED_PREFIX;
        r->text.n--;
    } else if (r->text.n && r->text.p[0] == '@')
        r->how = WANTED_DOMAIN;
    return 0;
}

int wanted_add(struct wanted *w, struct arena *a, enum wanted_field field, const char *text, struct err *err)
{
    struct wanted_rule r = {.field = field};
    r.not = text[0] == '!';
    r.text = str_of(arena_dupz(a, text + r.not));
    if (r.text.n > MESSAGE_TEXT_MAX)
        return err_set(err, -EINVAL, _("--%s: longer than %d bytes"), fields[field].name, MESSAGE_TEXT_MAX);
    int code = understand(&r, err);
    if (code < 0)
        return code;
    *list_push(a, &w->rules) = r;
    w->everyone |= field == WANTED_TO;
    w->any |= field != WANTED_STATE;
    return 0;
}

static bool text_fits(const struct wanted_rule *r, struct str s)
{
    struct addr addr;
    switch (r->how) {
    case WANTED_PREFIX:
        return str_istarts(s, r->text);
    case WANTED_DOMAIN:
        return str_ieq(str_from(s, s.n > r->text.n ? s.n - r->text.n : 0), r->text);
    case WANTED_NETWORK:
        return addr_parse(s, &addr) && prefix_has(&r->network, &addr);
    default:
        return str_ieq(s, r->text);
    }
}

static struct str subject_asked(const struct wanted_rule *r)
{
    return str_head(r->text, MESSAGE_SUBJECT_MAX);
}

static bool fits(const struct wanted_rule *r, const struct message *m, const char *state, int64_t now)
{
    struct str text = fields[r->field].at ? *(const struct str *)(const void *)((const char *)m + fields[r->field].at) : (struct str){0};
    struct wanted_rule cut = *r;
    switch (r->field) {
    case WANTED_TO:
        for (size_t i = 0; i < m->to.n; i++)
            if (text_fits(r, m->to.v[i]))
                return true;
        return false;
    case WANTED_SENDER:
        return m->sender_known && text_fits(r, text);
    case WANTED_CLIENT:
        return text_fits(r, text) || (r->how != WANTED_NETWORK && text_fits(r, m->client_name));
    case WANTED_SUBJECT:
        cut.text = subject_asked(r);
        return text_fits(&cut, text);
    case WANTED_SIZE:
        return m->size >= r->number;
    case WANTED_OLDER:
        return m->arrival && now - m->arrival >= (int64_t)r->number;
    case WANTED_YOUNGER:
        return m->arrival && now - m->arrival < (int64_t)r->number;
    case WANTED_STATE:
        return strcmp(r->text.p, state) == 0;
    case WANTED_BOUNCE:
        return m->sender_known && m->sender.n == 0;
    default:
        return text_fits(r, text);
    }
}

static bool field_holds(const struct wanted *w, enum wanted_field field, const struct message *m, const char *state, int64_t now)
{
    bool asked = false, one = false;
    for (size_t i = 0; i < w->rules.n; i++) {
        const struct wanted_rule *r = &w->rules.v[i];
        if (r->field != field)
            continue;
        bool fit = fits(r, m, state, now);
        if (r->not && fit)
            return false;
        asked |= !r->not;
        one |= !r->not && fit;
    }
    return one || !asked;
}

bool wanted_state(const struct wanted *w, const char *state)
{
    static const struct message none;
    return field_holds(w, WANTED_STATE, &none, state, 0);
}

bool wanted_message(const struct wanted *w, const struct message *m, const char *state, int64_t now)
{
    for (unsigned f = 0; f < WANTED_FIELDS; f++)
        if (!field_holds(w, (enum wanted_field)f, m, state, now))
            return false;
    return true;
}
