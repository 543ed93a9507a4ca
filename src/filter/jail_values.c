#include "filter/jail_values.h"
#include "base/i18n.h"
#include "filter/jail_time.h"
#include <ctype.h>
#include <errno.h>

struct value {
    struct load *l;
    const struct named *n;
    struct arena *a;
    struct jail *j;
    struct err *err;
};

static int wrong(const struct value *v, const char *why)
{
    return traced_wrong(v->l, &v->n->text, 0, v->err, "%s: %s", v->n->key, why);
}

int jail_truth(struct load *l, const struct named *n, bool *ret, struct err *err)
{
    static const char *const words[2][5] = {{"0", "off", "false", "no", ""}, {"1", "on", "true", "yes", NULL}};
    for (int is = 0; is < 2; is++)
        for (size_t i = 0; i < 5 && words[is][i]; i++)
            if (str_ieq(traced_str(&n->text), str_of(words[is][i]))) {
                *ret = is;
                return 0;
            }
    return traced_wrong(l, &n->text, 0, err, _("%s: neither yes nor no: %.*s"), n->key, n->text.n > 40 ? 40 : (int)n->text.n, n->text.p);
}

static int truth_of(const struct value *v, bool *ret)
{
    return jail_truth(v->l, v->n, ret, v->err);
}

static int take_increment(const struct value *v)
{
    return truth_of(v, &v->j->increment);
}

static int take_overall(const struct value *v)
{
    return truth_of(v, &v->j->overall_jails);
}

static int take_ignore_self(const struct value *v)
{
    return truth_of(v, &v->j->ignore_self);
}

/* Nothing is not said. */
static int number_of(const struct value *v, unsigned *ret)
{
    uint64_t n;
    struct str s = ini_strip(traced_str(&v->n->text), NULL);
    if (s.n && !str_u64(s, 1000000, &n))
        return wrong(v, _("a number up to 1000000 is needed"));
    if (s.n)
        *ret = (unsigned)n;
    return 0;
}

static int take_max_retry(const struct value *v)
{
    return number_of(v, &v->j->max_retry);
}

static int take_max_matches(const struct value *v)
{
    return number_of(v, &v->j->max_matches);
}

static int time_of(const struct value *v, double *ret, bool needed)
{
    struct err why = {0};
    if (!v->n->text.n && !needed)
        return 0;
    return jail_seconds(traced_str(&v->n->text), ret, &why) < 0 ? wrong(v, why.text) : 0;
}

static int take_find_time(const struct value *v)
{
    return time_of(v, &v->j->find_time, true);
}

static int take_ban_time(const struct value *v)
{
    return time_of(v, &v->j->ban_time, true);
}

static int take_max_time(const struct value *v)
{
    return time_of(v, &v->j->max_time, false);
}

static int take_rnd_time(const struct value *v)
{
    return time_of(v, &v->j->rnd_time, false);
}

static int take_factor(const struct value *v)
{
    return time_of(v, &v->j->factor, false);
}

/* Both sides without their blanks. */
static bool same_formula(struct str s, const char *formula)
{
    size_t i = 0;
    for (const char *p = formula; *p; p++) {
        if (*p == ' ')
            continue;
        while (i < s.n && isspace((unsigned char)s.p[i]))
            i++;
        if (i == s.n || s.p[i++] != *p)
            return false;
    }
    return !ini_strip(str_from(s, i), NULL).n;
}

static int take_formula(const struct value *v)
{
    /* fail2ban evaluates any Python here. */
    static const char *const formulas[] = {
        [JAIL_DOUBLES] = "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor",
        [JAIL_EXPONENTIAL] = "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)",
    };
    for (size_t i = 0; i < ARRAY_SIZE(formulas); i++)
        if (!v->n->text.n || same_formula(traced_str(&v->n->text), formulas[i])) {
            v->j->formula = (enum jail_formula)i;
            return 0;
        }
    return wrong(v, _("only the two formulas of fail2ban's jail.conf are understood; bantime.multipliers can say the same as most others"));
}

static int full(const struct value *v)
{
    return traced_wrong(v->l, &v->n->text, 0, v->err, _("%s: more than %d"), v->n->key, JAIL_ITEMS_MAX);
}

static int take_multipliers(const struct value *v)
{
    struct str rest = traced_str(&v->n->text), one;
    uint64_t n;
    while (str_word(&rest, " \t\n", &one)) {
        if (!str_u64(one, 1000000000, &n))
            return wrong(v, _("whole numbers are needed, with blanks between them"));
        if (v->j->multipliers.n == JAIL_ITEMS_MAX)
            return full(v);
        *list_push(v->a, &v->j->multipliers) = (unsigned)n;
    }
    return 0;
}

static int take_ignore_ip(const struct value *v)
{
    struct str rest = traced_str(&v->n->text), one;
    while (str_word(&rest, " ,\n", &one)) {
        one = ini_strip(one, NULL);
        if (v->j->ignore_ip.n == JAIL_ITEMS_MAX)
            return full(v);
        if (one.n)
            *list_push(v->a, &v->j->ignore_ip) = arena_dup(v->a, one);
    }
    return 0;
}

static int take_logs(const struct value *v)
{
    struct str rest = traced_str(&v->n->text), one;
    if (strncmp(v->j->backend, "systemd", 7) == 0)
        return 0;
    while (str_field(&rest, '\n', &one)) {
        size_t n = one.n;
        while (n > 0 && one.p[n - 1] != ' ')
            n--;
        struct str path = n ? str_span(one.p, n - 1) : one, where = n ? str_from(one, n) : STR("head");
        if (!one.n)
            continue;
        if (!str_eq(where, STR("head")) && !str_eq(where, STR("tail")))
            return traced_wrong(v->l, &v->n->text, (size_t)(one.p - v->n->text.p), v->err, _("logpath: behind the path head or tail may stand, not %.*s"),
                                where.n > 40 ? 40 : (int)where.n, where.p);
        if (v->j->logs.n == JAIL_ITEMS_MAX)
            return full(v);
        *list_push(v->a, &v->j->logs) = (struct jail_log){arena_dup(v->a, path), str_eq(where, STR("tail"))};
    }
    return 0;
}

static int take_actions(const struct value *v)
{
    struct str rest = traced_str(&v->n->text), one;
    while (spec_next(&rest, &one)) {
        struct spec spec;
        struct err why = {0};
        if (spec_parse(v->a, one, &spec, &why) < 0)
            return traced_wrong(v->l, &v->n->text, (size_t)(one.p - v->n->text.p), v->err, "action: %s", why.text);
        if (v->j->actions.n == JAIL_ITEMS_MAX)
            return full(v);
        struct jail_action action = {.name = spec.name};
        for (size_t i = 0; i < spec.options.n; i++)
            *list_push(v->a, &action.options) = (struct jail_option){spec.options.v[i].key, spec.options.v[i].text};
        *list_push(v->a, &v->j->actions) = action;
    }
    return 0;
}

static int take_backend(const struct value *v)
{
    v->j->backend = arena_dup(v->a, traced_str(&v->n->text));
    return 0;
}

static int said(const struct value *v, const char **ret)
{
    *ret = v->n->text.n ? arena_dup(v->a, traced_str(&v->n->text)) : NULL;
    return 0;
}

static int take_ignore_command(const struct value *v)
{
    return said(v, &v->j->ignore_command);
}

static int take_ignore_cache(const struct value *v)
{
    return said(v, &v->j->ignore_cache);
}

static int take_timezone(const struct value *v)
{
    return said(v, &v->j->log_timezone);
}

static const struct {
    const char *key;
    int (*take)(const struct value *v);
} takers[] = {
    {"backend", take_backend}, /* before logpath */
    {"maxretry", take_max_retry},
    {"maxmatches", take_max_matches},
    {"findtime", take_find_time},
    {"bantime", take_ban_time},
    {"bantime.increment", take_increment},
    {"bantime.factor", take_factor},
    {"bantime.formula", take_formula},
    {"bantime.multipliers", take_multipliers},
    {"bantime.maxtime", take_max_time},
    {"bantime.rndtime", take_rnd_time},
    {"bantime.overalljails", take_overall},
    {"ignorecommand", take_ignore_command},
    {"ignoreself", take_ignore_self},
    {"ignoreip", take_ignore_ip},
    {"ignorecache", take_ignore_cache},
    {"logtimezone", take_timezone},
    {"logpath", take_logs},
    {"action", take_actions},
};

int jail_values(struct load *l, const struct names_of *values, struct arena *a, struct jail *j, struct err *err)
{
    /* What fail2ban's server has where nobody says anything. */
    j->find_time = j->ban_time = 600;
    j->max_retry = 3;
    j->max_matches = 5;
    j->factor = 1;
    j->max_time = -1;
    j->ignore_self = true;
    j->backend = "auto";
    for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
        struct value v = {l, named_find(values, takers[i].key), a, j, err};
        int e = v.n ? takers[i].take(&v) : 0;
        if (e < 0)
            return e;
    }
    return 0;
}
