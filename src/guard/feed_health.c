/* feed_health.c: is what a service logs still understood, and does it still come? Costs nothing while it is. */
#include "guard/feed_parts.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "filter/line_head.h"
#include "log/services.h"

int64_t feed_ms(const struct feed *f) { return f->o.ms ? f->o.ms(f->o.ms_arg) : clock_monotonic_ms(); }

/* --- understood */

static bool worth_a_look(const struct feed *f, const struct feed_source *s)
{
    return s->telling < HEALTH_TELLING && (!s->understood_us || f->ms - s->understood_ms >= FEED_UNDERSTOOD_MS) && !str_starts(str_of(s->service->object), STR("web"));
}

bool feed_glances(const struct feed *f, uint32_t services)
{
    for (size_t i = 0; i < f->sources.n; i++)
        if (services & (1u << i) && worth_a_look(f, &f->sources.v[i]))
            return true;
    return false;
}

static void missed(const struct feed *f, struct feed_source *s, struct str message)
{
    if (worth_a_look(f, s) && speaks_of_login(message) && !health_probe(message, &s->probes))
        s->telling++;
}

/* Its program tells whose it is; where a service writes into a file of its own, it may name none. */
void feed_missed(struct feed *f, uint32_t services, struct str line)
{
    struct line_head head;
    bool alone = (services & (services - 1)) == 0, named = line_head(line, &head);
    for (size_t i = 0; i < f->sources.n; i++) {
        struct feed_source *s = &f->sources.v[i];
        if (!(services & (1u << i)))
            continue;
        if (alone && s->service->own)
            missed(f, s, named ? head.message : line);
        else if (named && log_service_has_program(s->service, head.ident) && log_service_lets_in(s->service, head.ident))
            missed(f, s, head.message);
    }
}

void feed_missed_entry(struct feed *f, size_t source, const struct journal_entry *e)
{
    if (log_service_lets_in(f->sources.v[source].service, e->identifier))
        missed(f, &f->sources.v[source], e->message);
}

void feed_understood(struct feed *f, size_t source, int64_t now_us)
{
    if (source == SIZE_MAX)
        return;
    struct feed_source *s = &f->sources.v[source];
    s->understood_us = now_us;
    s->understood_ms = f->ms;
    s->telling = s->probes = 0;
}

/* --- what became of it */

static const struct fault {
    const char *begun, *ended; /* N_() */
} of_understanding = {N_("%s: lines of its log speak of logins, and no filter understands them: who fails there is not seen. Examples: bansho log sources"), N_("%s: its log is understood again")},
  of_silence = {N_("%s: nothing comes from its log any more, for much longer than ever before. Does it still run, and log there? bansho log sources"), N_("%s: its log is written again")};

static void tell_change(struct feed *f, const struct feed_source *s, const struct fault *fault, bool *is, bool now)
{
    if (*is == now)
        return;
    *is = now;
    f->health_changes++;
    if (f->o.news)
        f->o.news(f->o.news_arg, arena_printf(f->turn, now ? _(fault->begun) : _(fault->ended), s->service->product));
}

void feed_judge(struct feed *f)
{
    f->judge_ms = 0;
    for (size_t i = 0; i < f->sources.n; i++) {
        struct feed_source *s = &f->sources.v[i];
        int64_t at = pace_silent_at(&s->pace);
        unsigned known = (s->pace.last ? 1 : 0) | (s->understood_us ? 2 : 0);
        f->health_changes += f->earlier && known != s->known;
        s->known = known;
        tell_change(f, s, &of_understanding, &s->unparsed, s->telling >= HEALTH_TELLING);
        tell_change(f, s, &of_silence, &s->silent, at && f->ms >= at);
        if (at && !s->silent && (!f->judge_ms || at < f->judge_ms))
            f->judge_ms = at;
    }
}
