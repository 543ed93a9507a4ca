/* verb_filter_page.c: results of `bansho filter test` (filter_page.h). */
#include "bin/filter_page.h"
#include "base/shell.h"
#include "term/emit.h"

static const char *const result_names[] = {"missed", "found", "ignored", "held"};

static void json_fields(struct emit *j, const struct matcher *m)
{
    emit_object(j, "fields");
    for (unsigned i = 0; i < EVENT_FIELDS; i++) {
        struct str s = matcher_field(m, (enum event_field)i);
        if (s.p)
            emit_str(j, event_fields[i].name, s);
    }
    emit_end(j);
}

void filter_json_line(FILE *out, const struct matcher *m, uint64_t line, enum matcher_result r, const struct matcher_event *e)
{
    struct emit j = emit_to(out);
    bool found = r == MATCHER_FOUND;
    j.one_line = true;
    emit_object(&j, NULL);
    emit_int(&j, "line", (int64_t)line);
    emit_bool(&j, "matched", found);
    if (found) {
        (e->host.n ? emit_str(&j, "host", e->host) : emit_null(&j, "host"));
        (e->timed ? emit_us(&j, "time", e->time_us) : emit_null(&j, "time"));
        (e->user.p ? emit_str(&j, "user", e->user) : emit_null(&j, "user"));
        emit_int(&j, "attempts", e->attempts);
        emit_int(&j, "rule", e->rule);
        emit_text(&j, "kind", event_kinds[e->kind].name);
        json_fields(&j, m);
    } else {
        static const char *const absent[] = {"host", "time", "user", "attempts", "rule", "kind", "fields"};
        for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
            emit_null(&j, absent[i]);
    }
    emit_text(&j, "result", result_names[r]);
    emit_done(&j);
}

static bool json_date(void *ctx, const char *name, uint64_t hits)
{
    struct emit *j = ctx;
    emit_object(j, NULL);
    emit_text(j, "template", name);
    emit_int(j, "hits", (int64_t)hits);
    emit_end(j);
    return true;
}

static void json_rules(struct emit *j, const struct matcher *m)
{
    emit_list(j, "rules");
    for (size_t i = 1; i <= matcher_rules(m); i++) {
        uint64_t hits;
        const struct filter_text *t = matcher_rule(m, i, &hits);
        emit_object(j, NULL);
        emit_int(j, "rule", (int64_t)i);
        emit_text(j, "kind", event_kinds[matcher_rule_kind(m, i)].name);
        emit_int(j, "hits", (int64_t)hits);
        emit_text(j, "file", t->file);
        emit_int(j, "line", t->line);
        emit_end(j);
    }
    emit_end(j);
}

/* Rules that every line is shown to. */
static void json_slow(struct emit *j, const struct matcher *m)
{
    emit_list(j, "slow_rules");
    for (size_t i = 0, rule; (rule = matcher_slow_rule(m, i)); i++)
        emit_int(j, NULL, (int64_t)rule);
    emit_end(j);
}

void filter_json_summary(FILE *out, const struct filter_run *run)
{
    struct emit j = emit_to(out);
    struct matcher_count c = matcher_counts(run->matcher);
    const struct { const char *name; uint64_t n; } numbers[] = {
        {"lines", run->lines}, {"matched", run->by_result[MATCHER_FOUND]}, {"missed", run->by_result[MATCHER_MISSED]}, {"ignored", run->by_result[MATCHER_IGNORED]},
        {"held", run->by_result[MATCHER_HELD]}, {"undated", c.undated}, {"cut", c.cut}, {"not_utf8", c.not_utf8}, {"given_up", c.limits},
    };
    j.one_line = true;
    emit_object(&j, NULL);
    emit_object(&j, "summary");
    emit_text(&j, "filter", run->filter->name);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        emit_int(&j, numbers[i].name, (int64_t)numbers[i].n);
    emit_text(&j, "fault", run->fault);
    emit_bool(&j, "machine_code", c.jit);
    json_rules(&j, run->matcher);
    json_slow(&j, run->matcher);
    emit_list(&j, "dates");
    matcher_dates(run->matcher, json_date, &j);
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

static void page_rules(struct buf *b, const struct matcher *m)
{
    size_t none = 0;
    for (size_t i = 1; i <= matcher_rules(m); i++) {
        uint64_t hits;
        const struct filter_text *t = matcher_rule(m, i, &hits);
        none += hits == 0;
        if (!hits)
            continue;
        buf_printf(b, "  %8llu  ", (unsigned long long)hits);
        buf_printf(b, _("rule %zu, "), i);
        text_escape(b, str_of(t->file));
        buf_printf(b, ":%u  %s\n", t->line, event_kinds[matcher_rule_kind(m, i)].name);
    }
    if (none)
        buf_printf(b, _("  %8d  each of the others (%zu)\n"), 0, none);
}

static void page_slow(struct buf *b, const struct matcher *m)
{
    if (!matcher_slow_rule(m, 0))
        return;
    buf_printf(b, "%s\n", _("Slow: no text is known that must stand in what these rules match, so they are tried on every line:"));
    for (size_t i = 0, rule; (rule = matcher_slow_rule(m, i)); i++) {
        uint64_t hits;
        const struct filter_text *t = matcher_rule(m, rule, &hits);
        buf_addz(b, "  ");
        buf_printf(b, _("rule %zu, "), rule);
        text_escape(b, str_of(t->file));
        buf_printf(b, ":%u\n", t->line);
    }
}

static bool page_date(void *ctx, const char *name, uint64_t hits)
{
    struct buf *b = ctx;
    buf_printf(b, "  %8llu  ", (unsigned long long)hits);
    text_escape(b, str_of(name));
    buf_addc(b, '\n');
    return true;
}

static void page_troubles(struct buf *b, const struct filter_run *run)
{
    struct matcher_count c = matcher_counts(run->matcher);
    const struct { uint64_t n; const char *text; } rows[] = {
        {c.undated, N_("lines without a date that was understood: check datepattern")},
        {run->times_missing, N_("failures without a time: a live guard would take the moment they arrive")},
        {c.cut, N_("lines longer than 64 KiB: what stands behind was not looked at")},
        {c.not_utf8, N_("lines with bytes that are not UTF-8: each was taken as U+FFFD")},
        {c.limits, N_("searches given up: an expression needs too many steps on such lines, and did not match")},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].n)
            buf_printf(b, "  %8llu  %s\n", (unsigned long long)rows[i].n, _(rows[i].text));
    if (run->fault) {
        buf_addz(b, "  ");
        text_escape(b, str_of(run->fault));
        buf_addc(b, '\n');
    }
    if (!c.jit)
        buf_printf(b, "%s\n", _("Machine code could not be made here (hardened system): matching is slower, the results are the same."));
}

static void page_missed(struct buf *b, const struct filter_run *run, const struct term *t)
{
    if (!run->missed_n)
        return;
    buf_printf(b, _("\nMissed lines (%zu of %llu)\n"), run->missed_n, (unsigned long long)run->by_result[MATCHER_MISSED]);
    for (size_t i = 0; i < run->missed_n; i++) {
        _cleanup_(buf_free) struct buf line = BUF(65536), fit = BUF(65536);
        text_escape(&line, buf_str(&run->missed[i].text));
        text_pad(&fit, buf_str(&line), t->columns - 12);
        buf_printf(b, "  %8llu  ", (unsigned long long)run->missed[i].line);
        buf_adds(b, text_width(buf_str(&line)) < t->columns - 12 ? buf_str(&line) : buf_str(&fit));
        buf_addc(b, '\n');
    }
}

static void page_next(struct buf *b, const struct filter_run *run)
{
    _cleanup_(buf_free) struct buf command = BUF(65536);
    buf_addz(&command, "bansho filter test ");
    shell_argument(&command, str_of(run->spec));
    buf_addc(&command, ' ');
    shell_argument(&command, str_of(run->log));
    if (run->dir) {
        buf_addz(&command, " --filter-dir ");
        shell_argument(&command, str_of(run->dir));
    }
    buf_addz(&command, " --json");
    buf_printf(b, "\n%s\n    ", _("Line by line:"));
    text_escape(b, buf_str(&command));
    buf_addc(b, '\n');
}

void filter_page(FILE *out, const struct filter_run *run)
{
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    struct term t = term_of(out);
    unsigned long long lines = run->lines, found = run->by_result[MATCHER_FOUND], ignored = run->by_result[MATCHER_IGNORED], held = run->by_result[MATCHER_HELD];
    term_colour(&t, &b, COLOUR_BOLD);
    text_escape(&b, str_of(run->filter->name));
    term_colour(&t, &b, COLOUR_NONE);
    buf_printf(&b, _(": %llu lines, %llu matched, %llu ignored, %llu held, %llu missed\n"), lines, found, ignored, held, (unsigned long long)run->by_result[MATCHER_MISSED]);
    if (held)
        buf_printf(&b, "%s\n", _("Held: they belong to a connection whose failure or address was not yet known, or say that nothing was wrong."));
    buf_printf(&b, "\n%s\n", _("Rules"));
    page_rules(&b, run->matcher);
    page_slow(&b, run->matcher);
    buf_printf(&b, "\n%s\n", _("Dates"));
    matcher_dates(run->matcher, page_date, &b);
    page_troubles(&b, run);
    page_missed(&b, run, &t);
    page_next(&b, run);
    fwrite(b.p, 1, b.n, out);
}
