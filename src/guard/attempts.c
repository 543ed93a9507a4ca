#include "guard/attempts.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "config/config.h"
#include "filter/definition.h"
#include "guard/never.h"
#include "host/host.h"
#include <string.h>

/* How much is read. */
static const struct budget {
    uint64_t bytes, bytes_of_all;
    int timeout_ms;
} among_all = {1u << 20, 4u << 20, 1000}, by_name = {16u << 20, 64u << 20, 8000};

void attempts_see(const struct probe_ctx *ctx, struct findings *scratch, const struct seen_logs *seen, struct attempts *ret)
{
    const struct budget *b = ctx->asked || ctx->unhurried ? &by_name : &among_all;
    struct arena *a = scratch->arena;
    struct log_sources *sources = arena_zalloc(a, sizeof *sources); /* what was seen points to it */
    struct source_look_options o = {.root = ctx->server->host->root, .sources = sources, .filters = filter_own_dir(), .logins_only = true, .now = ctx->now, .since = ctx->now - ATTEMPTS_DAYS * DAY,
                                    .bytes = b->bytes, .bytes_of_all = b->bytes_of_all, .timeout_ms = b->timeout_ms};
    struct err err = {0};
    *ret = (struct attempts){.max_retry = (unsigned)config_number(ctx->config, "guard", "max-retry"), .find_time = config_number(ctx->config, "guard", "find-time")};
    o.rules = (struct guard_rules){.find_time = ret->find_time, .max_retry = ret->max_retry, .ban_time = config_number(ctx->config, "guard", "ban-time"),
                                   .ban_time_max = config_number(ctx->config, "guard", "ban-time-max")};
    never_fill(ctx->config, a, &o.rules);
    sources_elect(seen, a, sources);
    if (source_look(&o, a, &ret->looks, &err) < 0)
        ret->trouble = arena_dupz(a, err.text);
}

const struct source_look *attempts_of(const struct attempts *t, const char *product)
{
    for (size_t i = 0; i < t->looks.list.n; i++)
        if (strcmp(t->looks.list.v[i].source->service->product, product) == 0)
            return &t->looks.list.v[i];
    return NULL;
}

static const char *where(const struct source_look *s)
{
    return s->source->kind == SOURCE_JOURNAL ? "journal" : s->source->files.n ? s->source->files.v[0] : NULL;
}

void attempts_tell(const struct attempts *t, const struct source_look *s, struct findings *out, struct finding *f)
{
    const char *why = t->trouble ? t->trouble : s ? s->fault : NULL;
    if (why)
        finding_evidence(out, f, NULL, 0, _("who tried to log in could not be seen: %s"), why);
    if (t->trouble || !s || !s->from || source_look_state(s, 0) == SOURCE_UNPARSED)
        return;
    const char *since = clock_text(out->arena, s->from, CLOCK_MINUTE);
    if (!s->failed) {
        finding_evidence(out, f, where(s), 0, _("no failed login since %s"), since);
        return;
    }
    if (s->failed == 1)
        finding_evidence(out, f, where(s), 0, _("one failed login since %s"), since);
    else
        finding_evidence(out, f, where(s), 0, ngettext("%llu failed logins from %llu address since %s", "%llu failed logins from %llu addresses since %s", s->addresses), (unsigned long long)s->failed,
                         (unsigned long long)s->addresses, since);
    finding_evidence(out, f, where(s), 0, _("with %u failures within %s as the limit %llu of these addresses would have been shut out, and %llu of the failures kept out"), t->max_retry,
                     duration_text(out->arena, t->find_time), (unsigned long long)s->shut_out, (unsigned long long)s->kept_out);
}

static bool is_log_known(const char *product)
{
    for (size_t i = 0; i < log_services_n; i++)
        if (strcmp(log_services[i].product, product) == 0)
            return true;
    return false;
}

enum source_state attempts_state(const struct probe_ctx *ctx, const struct attempts *t, const char *product)
{
    const struct source_look *s = attempts_of(t, product);
    if (!is_log_known(product))
        return SOURCE_LIVE;
    enum source_state state = t->trouble ? SOURCE_UNREAD : s ? source_look_state(s, ctx->now - ATTEMPTS_DAYS * DAY) : SOURCE_QUIET;
    return state == SOURCE_QUIET && !ctx->live ? SOURCE_LIVE : state; /* a server that does not run writes nothing */
}

void attempts_tell_health(enum source_state state, const struct source_look *s, struct findings *out, struct finding *f)
{
    if (state == SOURCE_QUIET && !s)
        finding_evidence(out, f, NULL, 0, "%s", _("no log of it was found"));
    else if (state == SOURCE_QUIET)
        finding_evidence(out, f, where(s), 0, s->health.last_line ? _("nothing was written since %s, though the service runs: whoever only connects should leave a line") : _("nothing is written there, though the service runs: whoever only connects should leave a line"),
                         clock_text(out->arena, s->health.last_line, CLOCK_MINUTE));
    for (size_t i = 0; state == SOURCE_UNPARSED && i < LOOK_SAMPLES && s->samples[i]; i++)
        finding_evidence(out, f, where(s), 0, "%s", s->samples[i]);
    if (state != SOURCE_LIVE)
        finding_next(out, f, "bansho log sources");
}
