/* feed_make.c: which filters read which log. */
#include "guard/feed_parts.h"
#include "base/i18n.h"
#include "guard/login_event.h"
#include "log/services.h"
#include <errno.h>

#define SERVICES_MAX 32

static bool serves(const struct filter_definition *d, const struct log_service *s)
{
    for (size_t k = 0; k < ARRAY_SIZE(s->filters); k++)
        if (s->filters[k] && strcmp(s->filters[k], d->name) == 0)
            return true;
    for (size_t k = 0; k < ARRAY_SIZE(s->more_filters); k++)
        if (s->more_filters[k] && strcmp(s->more_filters[k], d->name) == 0)
            return true;
    return false;
}

static bool known(const struct filter_definition *d)
{
    for (size_t i = 0; i < log_services_n; i++)
        if (serves(d, &log_services[i]))
            return true;
    return false;
}

static bool wanted(const struct feed *f, size_t filter, uint32_t services, bool journal)
{
    const struct filter_definition *d = &f->o.filters[filter];
    for (size_t i = 0; i < f->sources.n; i++)
        if (services & (1u << i) && serves(d, f->sources.v[i].service))
            return true;
    return !journal && !known(d);
}

/* Whose logins that filter finds, of these sources. */
static size_t knows(const struct feed *f, size_t filter, uint32_t services)
{
    const struct log_service *s = log_service_of_filter(f->o.filters[filter].name);
    for (size_t i = 0; s && i < f->sources.n; i++)
        if (services & (1u << i) && f->sources.v[i].service == s)
            return i;
    return SIZE_MAX;
}

/* The group of these services; made where there is none. SIZE_MAX: no filter is for them. */
static int group_of(struct feed *f, uint32_t services, bool journal, size_t *ret, struct err *err)
{
    LIST(struct filter_definition) some = {0};
    LIST(size_t) which = {0}, whose = {0};
    struct matcher_options m = {.today = f->o.now, .journal = journal, .counts_only = true, .kinds = LOGIN_EVENT_KINDS};
    for (size_t i = 0; !journal && i < f->groups.n; i++)
        if (f->groups.v[i].services == services) {
            *ret = i;
            return 0;
        }
    for (size_t i = 0; i < f->o.filters_n; i++)
        if (wanted(f, i, services, journal)) {
            *list_push(f->arena, &some) = journal ? f->o.journal_filters[i] : f->o.filters[i];
            *list_push(f->arena, &which) = i;
            *list_push(f->arena, &whose) = knows(f, i, services);
        }
    *ret = SIZE_MAX;
    if (!some.n)
        return 0;
    struct feed_group g = {.services = journal ? 0 : services, .source = (size_t)__builtin_ctz(services), .filters = which.v, .knows = whose.v};
    int r = sieve_new(some.v, some.n, &m, SIEVE_USUAL, &g.sieve, err);
    if (r < 0)
        return r;
    *ret = f->groups.n;
    *list_push(f->arena, &f->groups) = g;
    for (size_t i = 0; i < f->sources.n; i++)
        f->sources.v[i].filtered |= (services >> i) & 1;
    return 0;
}

/* Who writes the files of this pattern. */
static uint32_t writers(const struct feed *f, const char *pattern)
{
    uint32_t set = 0;
    for (size_t i = 0; i < f->sources.n; i++)
        for (size_t k = 0; k < f->o.sources->list.v[i].files.n; k++)
            if (strcmp(f->o.sources->list.v[i].files.v[k], pattern) == 0)
                set |= 1u << i;
    return set;
}

static int make_files(struct feed *f, struct err *err)
{
    for (size_t i = 0; i < f->o.sources->patterns.n; i++) {
        const char *pattern = f->o.sources->patterns.v[i];
        uint32_t services = writers(f, pattern);
        size_t group = SIZE_MAX;
        int r = services ? group_of(f, services, false, &group, err) : 0;
        if (r < 0)
            return r;
        if (group == SIZE_MAX)
            continue;
        *list_push(f->arena, &f->patterns) = pattern;
        *list_push(f->arena, &f->group_of) = group;
    }
    return 0;
}

static int make_journal(struct feed *f, struct err *err)
{
    f->journal_group = arena_zalloc(f->arena, (f->sources.n + 1) * sizeof *f->journal_group);
    for (size_t i = 0; i < f->sources.n; i++) {
        const struct log_service *s = f->sources.v[i].service;
        f->journal_group[i] = SIZE_MAX;
        int r = f->sources.v[i].kind == SOURCE_JOURNAL && s->matches ? group_of(f, 1u << i, true, &f->journal_group[i], err) : 0;
        if (r < 0)
            return r;
        if (f->journal_group[i] == SIZE_MAX)
            continue;
        if (f->matches.n)
            *list_push(f->arena, &f->matches) = "+";
        for (size_t k = 0; s->matches[k]; k++)
            *list_push(f->arena, &f->matches) = s->matches[k];
    }
    if (f->matches.n)
        *list_push(f->arena, &f->matches) = NULL;
    return 0;
}

int feed_make(struct feed *f, struct err *err)
{
    for (size_t i = 0; i < f->o.sources->list.n && i < SERVICES_MAX; i++)
        *list_push(f->arena, &f->sources) = (struct feed_source){.service = f->o.sources->list.v[i].service, .kind = f->o.sources->list.v[i].kind};
    int r = make_files(f, err);
    if (r == 0)
        r = make_journal(f, err);
    return r < 0 || f->groups.n ? r : err_set(err, -ENOENT, "%s", _("no log was found that one of the filters of guard.filters reads"));
}
