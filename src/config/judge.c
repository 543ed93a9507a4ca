/* What contradicts or is missing, once the whole file was read: one small rule each. */
#include "base/i18n.h"
#include "config/report.h"
#include "model/service.h"

static const struct mention *find(const struct parsed *p, const char *section, const char *instance, const char *name)
{
    for (size_t i = 0; i < p->mentions.n; i++) {
        const struct mention *m = &p->mentions.v[i];
        if (strcmp(m->option->section, section) == 0 && strcmp(m->option->name, name) == 0 && strcmp(m->instance, instance) == 0)
            return m;
    }
    return NULL;
}

static bool is(const struct mention *m, const char *text)
{
    return m && m->good && m->items.n == 1 && str_eq(m->items.v[0].text, str_of(text));
}

static void judge_relay(struct parsed *p)
{
    const struct mention *relay = find(p, "mail", "", "relay"), *pop = find(p, "mail", "", "pop-before-smtp"), *lock = find(p, "mail", "", "pop-lock");
    if (is(relay, "closed") && is(pop, "or"))
        config_report(p->config, p->file, pop->line, pop->column,
                      _("pop-before-smtp = or lets people send on port 25, but relay = closed (line %u) says that nobody does"), relay->line);
    if (lock && lock->good && !is(lock, lock->option->fallback) && (!pop || is(pop, "no")))
        config_remark(p->config, p->file, lock->line, lock->column, _("pop-lock has no effect while pop-before-smtp is no"));
}

static void judge_source(struct parsed *p, const struct section *s)
{
    static const char *const reserved[] = {"any", "nobody", "here"};
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
        if (strcmp(s->name, reserved[i]) == 0)
            config_report(p->config, p->file, s->line, s->column, _("%s has a meaning of its own and cannot be the name of a source"), s->name);
    const struct mention *prefixes = find(p, "source", s->name, "prefixes"), *host = find(p, "source", s->name, "host");
    if (!prefixes && !host && !s->broken)
        config_report(p->config, p->file, s->line, s->column, _("source %s has neither prefixes nor host"), s->name);
    if (prefixes && host)
        config_report(p->config, p->file, host->line, host->column, _("source %s has prefixes (line %u) and host; make two sources of it"), s->name,
                      prefixes->line);
}

static void judge_service(struct parsed *p, const struct section *s)
{
    struct candidates near = {0};
    if (!service_by_name(str_of(s->name))) {
        for (size_t i = 0; i < services_n; i++)
            *list_push(p->config->arena, &near.names) = services[i].name;
        config_report(p->config, p->file, s->line, s->column, _("there is no service %s%s"), s->name, 
                      nearest_text(p->config->arena, str_of(s->name), &near));
    }
    if (!s->broken && !find(p, "service", s->name, "allow"))
        config_report(p->config, p->file, s->line, s->column, _("service %s does not say whom it allows; nobody is written allow = nobody"), s->name);
}

static void judge_sections(struct parsed *p)
{
    for (size_t i = 0; i < p->sections.n; i++) {
        const struct section *s = &p->sections.v[i];
        if (strcmp(s->option->section, "source") == 0)
            judge_source(p, s);
        if (strcmp(s->option->section, "service") == 0)
            judge_service(p, s);
    }
}

static void judge_allowed(struct parsed *p, const struct mention *m)
{
    struct config *c = p->config;
    for (size_t i = 0; i < m->items.n; i++) {
        const struct token *t = &m->items.v[i];
        bool alone = str_eq(t->text, STR("any")) || str_eq(t->text, STR("nobody")), known = alone;
        if (alone && m->items.n > 1)
            config_report(c, p->file, t->line, t->column, _("%s stands alone, not together with others"), t->text.p);
        struct candidates near = {0};
        for (size_t k = 0; k < c->sources.n && !known; k++) {
            known = str_eq(str_of(c->sources.v[k]), t->text);
            *list_push(c->arena, &near.names) = c->sources.v[k];
        }
        *list_push(c->arena, &near.names) = "any";
        *list_push(c->arena, &near.names) = "nobody";
        if (!known)
            config_report(c, p->file, t->line, t->column, _("source %s is not declared%s"), t->text.p, nearest_text(c->arena, t->text, &near));
    }
}

static void judge_allows(struct parsed *p)
{
    for (size_t i = 0; i < p->mentions.n; i++)
        if (p->mentions.v[i].option->type == OPTION_SOURCES && p->mentions.v[i].good)
            judge_allowed(p, &p->mentions.v[i]);
}

/* One network in two sources: who comes from there would have two names. */
struct network {
    struct prefix prefix;
    const char *source;
    const struct token *token;
};

static void judge_pair(struct parsed *p, const struct network *a, const struct network *b)
{
    char text[ADDR_TEXT + 4];
    if (!prefix_overlaps(&a->prefix, &b->prefix))
        return;
    bool same = prefix_covers(&a->prefix, &b->prefix) && prefix_covers(&b->prefix, &a->prefix);
    if (strcmp(a->source, b->source) == 0)
        config_remark(p->config, p->file, b->token->line, b->token->column, _("%s is already in this source (%s, line %u)"), b->token->text.p,
                      prefix_text(&a->prefix, text), a->token->line);
    else if (same)
        config_report(p->config, p->file, b->token->line, b->token->column, _("%s is already in source %s (line %u)"), b->token->text.p, a->source,
                      a->token->line);
    else
        config_remark(p->config, p->file, b->token->line, b->token->column, _("%s overlaps %s of source %s (line %u)"), b->token->text.p,
                      prefix_text(&a->prefix, text), a->source, a->token->line);
}

static void judge_networks(struct parsed *p)
{
    LIST(struct network) all = {0};
    for (size_t i = 0; i < p->mentions.n; i++) {
        const struct mention *m = &p->mentions.v[i];
        if (m->option->type != OPTION_PREFIXES || !m->option->named) /* a proxy may stand in a source's network */
            continue;
        for (size_t k = 0; k < m->items.n; k++) {
            struct network n = {.source = m->instance, .token = &m->items.v[k]};
            if (prefix_parse(m->items.v[k].text, true, &n.prefix))
                *list_push(p->config->arena, &all) = n;
        }
    }
    for (size_t i = 0; i < all.n; i++)
        for (size_t k = 0; k < i && p->config->errors.n <= ERRORS_MAX; k++)
            judge_pair(p, &all.v[k], &all.v[i]);
}

static void judge_together(struct parsed *p, const char *section, const char *one, const char *other)
{
    const struct mention *m = find(p, section, "", one);
    for (size_t i = 0; i < p->sections.n; i++)
        if (p->sections.v[i].broken && strcmp(p->sections.v[i].option->section, section) == 0)
            return;
    if (m && !find(p, section, "", other))
        config_report(p->config, p->file, m->line, m->column, _("%s needs %s beside it"), one, other);
}

static void judge_probe(struct parsed *p)
{
    judge_together(p, "probe", "account", "password-file");
    judge_together(p, "probe", "password-file", "account");
}

static void judge_ban_times(struct parsed *p)
{
    const struct mention *time = find(p, "guard", "", "ban-time"), *max = find(p, "guard", "", "ban-time-max"), *at = time ? time : max;
    if (!at || (time && !time->good) || (max && !max->good))
        return;
    if (config_number(p->config, "guard", "ban-time") > config_number(p->config, "guard", "ban-time-max"))
        config_report(p->config, p->file, at->line, at->column, _("ban-time is longer than ban-time-max"));
}

void config_judge(struct parsed *p)
{
    static void (*const rules[])(struct parsed *) = {judge_sections, judge_allows, judge_networks, judge_relay, judge_probe, judge_ban_times};
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        rules[i](p);
}
