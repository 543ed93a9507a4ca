/* verb_log_sources.c: `bansho log sources`: from where the log of each service is read, and how it is. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/when.h"
#include "bin/log_sources.h"
#include "bin/session.h"
#include "filter/definition.h"
#include "guard/never.h"
#include "guard/source_look.h"
#include "term/emit.h"
#include <errno.h>
#include <time.h>

#define LAST_DAYS (7 * DAY)
#define BYTES_OF_ONE (16u << 20)
#define BYTES_OF_ALL (256u << 20)
#define TIMEOUT_MS 60000
#define COLUMN_SERVICE 12
#define COLUMN_STATE 10
#define COLUMN_TIME 18
#define COLUMN_NUMBER 10

static const char *const states[] = {[SOURCE_LIVE] = N_("live"), [SOURCE_QUIET] = N_("quiet"), [SOURCE_UNPARSED] = N_("unparsed"), [SOURCE_UNREAD] = N_("unread")};

/* The journal, or its file and how many there are besides. */
static const char *where(const struct source_look *s, struct arena *a)
{
    const struct log_source *l = s->source;
    if (l->kind == SOURCE_JOURNAL)
        return "journal";
    const char *first = l->files.n ? l->files.v[0] : "-";
    return s->files > 1 ? arena_printf(a, ngettext("%s (%zu file)", "%s (%zu files)", s->files), first, s->files) : first;
}

static const char *time_or_none(struct arena *a, int64_t t) { return t ? clock_text(a, t, CLOCK_MINUTE) : "-"; }

static void put_number(struct buf *b, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    text_pad(b, str_of(text), COLUMN_NUMBER);
}

static void put_heads(struct buf *b)
{
    text_pad(b, str_of(_("service")), COLUMN_SERVICE);
    text_pad(b, str_of(_("state")), COLUMN_STATE);
    text_pad(b, str_of(_("last line")), COLUMN_TIME);
    text_pad(b, str_of(_("last event")), COLUMN_TIME);
    text_pad(b, str_of(_("lines")), COLUMN_NUMBER);
    text_pad(b, str_of(_("dated")), COLUMN_NUMBER);
    text_pad(b, str_of(_("known")), COLUMN_NUMBER);
    buf_printf(b, "%s\n", _("source"));
}

static void put_source(const struct term *t, struct buf *b, const struct source_look *s, int64_t since, struct arena *a)
{
    enum source_state state = source_look_state(s, since);
    text_pad(b, str_of(s->source->service->product), COLUMN_SERVICE);
    term_colour(t, b, state == SOURCE_LIVE ? COLOUR_GOOD : state == SOURCE_QUIET ? COLOUR_DIM : COLOUR_WARN);
    text_pad(b, str_of(_(states[state])), COLUMN_STATE);
    term_colour(t, b, COLOUR_NONE);
    text_pad(b, str_of(time_or_none(a, s->health.last_line)), COLUMN_TIME);
    text_pad(b, str_of(time_or_none(a, s->health.last_event)), COLUMN_TIME);
    put_number(b, s->health.lines);
    put_number(b, s->health.dated);
    put_number(b, s->health.matched);
    text_escape(b, str_of(where(s, a)));
    buf_addc(b, '\n');
}

static void put_notes(struct buf *b, const struct source_look *s, int64_t since, struct arena *a)
{
    const char *product = s->source->service->product;
    if (s->fault) {
        buf_printf(b, "%s: ", product);
        text_escape(b, str_of(s->fault));
        buf_addc(b, '\n');
    }
    if (!s->whole && s->from && !s->fault)
        buf_printf(b, _("%s: what was written before %s was not looked at\n"), product, clock_text(a, s->from, CLOCK_MINUTE));
    if (s->passed_over)
        buf_printf(b, ngettext("%s: %zu further log was not looked at\n", "%s: %zu further logs were not looked at\n", s->passed_over), product, s->passed_over);
    if (source_look_state(s, since) != SOURCE_UNPARSED)
        return;
    buf_printf(b, s->health.dated ? _("%s: no filter knows any of its lines; for example:\n") : _("%s: no line has a date that is known; for example:\n"), product);
    for (size_t i = 0; i < LOOK_SAMPLES && s->samples[i]; i++) {
        buf_addz(b, "    ");
        text_escape(b, str_of(s->samples[i]));
        buf_addc(b, '\n');
    }
}

static void tell_text(const struct source_looks *all, const struct log_sources *sources, int64_t since, struct arena *a)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(4u << 20);
    put_heads(&b);
    for (size_t i = 0; i < all->list.n; i++)
        put_source(&t, &b, &all->list.v[i], since, a);
    for (size_t i = 0; i < all->list.n; i++)
        put_notes(&b, &all->list.v[i], since, a);
    for (size_t i = 0; i < sources->list.n; i++)
        if (sources->list.v[i].kind == SOURCE_NONE)
            buf_printf(&b, _("%s: no log was found\n"), sources->list.v[i].service->product);
    fwrite(b.p, 1, b.n, stdout);
}

static void emit_source(struct emit *j, const struct source_look *s, int64_t since)
{
    emit_object(j, NULL);
    emit_text(j, "service", s->source->service->product);
    emit_text(j, "source", source_kind_name(s->source->kind));
    emit_list(j, "files");
    for (size_t i = 0; i < s->source->files.n; i++)
        emit_text(j, NULL, s->source->files.v[i]);
    emit_end(j);
    emit_text(j, "state", source_state_name(source_look_state(s, since)));
    emit_int(j, "lines", (int64_t)s->health.lines);
    emit_int(j, "dated", (int64_t)s->health.dated);
    emit_int(j, "matched", (int64_t)s->health.matched);
    emit_time(j, "last_line", s->health.last_line);
    emit_time(j, "last_event", s->health.last_event);
    emit_time(j, "from", s->from);
    emit_bool(j, "whole", s->whole);
    emit_int(j, "passed_over", (int64_t)s->passed_over);
    emit_list(j, "samples");
    for (size_t i = 0; source_look_state(s, since) == SOURCE_UNPARSED && i < LOOK_SAMPLES && s->samples[i]; i++)
        emit_text(j, NULL, s->samples[i]);
    emit_end(j);
    emit_text(j, "fault", s->fault);
    emit_end(j);
}

static void tell_json(const struct source_looks *all, const struct log_sources *sources, int64_t since, const char *language)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.log-sources/1");
    emit_text(&j, "language", language);
    emit_time(&j, "since", since);
    emit_list(&j, "sources");
    for (size_t i = 0; i < all->list.n; i++)
        emit_source(&j, &all->list.v[i], since);
    emit_end(&j);
    emit_list(&j, "without");
    for (size_t i = 0; i < sources->list.n; i++)
        if (sources->list.v[i].kind == SOURCE_NONE)
            emit_text(&j, NULL, sources->list.v[i].service->product);
    emit_end(&j);
    emit_done(&j);
}

static enum outcome outcome_of(const struct source_looks *all, const struct log_sources *sources, int64_t since)
{
    enum outcome o = OUTCOME_FINE;
    for (size_t i = 0; i < sources->list.n; i++)
        if (sources->list.v[i].kind == SOURCE_NONE)
            o = OUTCOME_UNKNOWN;
    for (size_t i = 0; i < all->list.n; i++) {
        enum source_state s = source_look_state(&all->list.v[i], since);
        if (s == SOURCE_UNPARSED)
            return OUTCOME_WRONG;
        if (s == SOURCE_UNREAD || all->list.v[i].fault)
            o = OUTCOME_UNKNOWN;
    }
    return o;
}

static int look(const struct call *c, struct source_look_options *o, struct session *s, struct arena *a, struct log_sources *sources, struct source_looks *ret, struct err *err)
{
    struct findings scratch = {.arena = a};
    int r = session_look(s, call_option(c, "root") ? call_option(c, "root") : "/", c->language, err);
    if (r < 0)
        return r;
    struct probe_ctx ctx = session_ctx(s);
    o->root = &s->root;
    o->rules = (struct guard_rules){.find_time = config_number(s->config, "guard", "find-time"), .ban_time = config_number(s->config, "guard", "ban-time"),
                                    .ban_time_max = config_number(s->config, "guard", "ban-time-max"), .max_retry = (unsigned)config_number(s->config, "guard", "max-retry")};
    sources_find(&ctx, &scratch, sources);
    o->sources = sources;
    return sources->list.n ? source_look(o, a, ret, err) : err_set(err, -ENOENT, "%s", _("no service whose logs are known was found here"));
}

enum outcome log_sources(const struct call *c, struct arena *a)
{
    static const char *const none[] = {"account", "address", "site", "service", "until", "log", "lines"};
    struct source_look_options o = {.now = (int64_t)time(NULL), .filters = filter_own_dir(), .bytes = BYTES_OF_ONE, .bytes_of_all = BYTES_OF_ALL, .timeout_ms = TIMEOUT_MS};
    struct session s = {.root = {.fd = -1}};
    struct log_sources sources = {0};
    struct source_looks all = {0};
    struct err err = {0};
    const char *since = call_option(c, "since");
    int r = 0;
    tzset(); /* while our own time zone can still be read */
    o.since = o.now - LAST_DAYS;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(none); i++)
        if (call_option(c, none[i]))
            r = err_set(&err, -EINVAL, _("log sources has no --%s"), none[i]);
    if (r == 0 && c->args_n > 1)
        r = err_set(&err, -EINVAL, "%s", _("log sources looks for no text"));
    if (r == 0 && since && !when_read(str_of(since), o.now, WHEN_BEGIN, &o.since))
        r = err_set(&err, -EINVAL, _("--%s %s: a time is for example \"2026-11-24 10:00\", 10:00, yesterday, 2h or 3d"), "since", since);
    if (r == 0)
        r = look(c, &o, &s, a, &sources, &all, &err);
    if (r == 0 && call_option(c, "json"))
        tell_json(&all, &sources, o.since, c->language);
    else if (r == 0)
        tell_text(&all, &sources, o.since, a);
    session_done(&s);
    return r < 0 ? complain(&err) : outcome_of(&all, &sources, o.since);
}
