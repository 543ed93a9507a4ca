/* verb_replay_page.c: the verdicts of a replay, as lines and as JSON. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "bin/replay_page.h"
#include "config/config.h"
#include "guard/replay_health.h"
#include "term/emit.h"
#include "term/text.h"

#define SHOWN_MAX 1000 /* lines for people; all with --json */

static const struct { const char *json, *text; enum colour colour; } kinds[] = {
    [VERDICT_ADDRESS] = {"address", N_("out"), COLOUR_WARN},
    [VERDICT_NETWORK] = {"network", N_("network out"), COLOUR_WARN},
    [VERDICT_ENTERED] = {"entered", N_("ENTERED"), COLOUR_BAD},
    [VERDICT_SPARED] = {"spared", N_("spared"), COLOUR_DIM},
    [VERDICT_SPREAD] = {"spread", N_("out"), COLOUR_WARN},
    [VERDICT_SPRAY] = {"spray", N_("out"), COLOUR_WARN},
    [VERDICT_SLOW] = {"slow", N_("out"), COLOUR_WARN},
    [VERDICT_ATTACKED] = {"attacked", N_("ATTACKED"), COLOUR_BAD},
};
static const struct { const char *json, *text; } looks[] = {
    [LOOKS_ATTACK] = {"attack", NULL},
    [LOOKS_STALE] = {"stale-password", N_("looks like a telephone or program with an old password: only its own account, and it logged in before")},
    [LOOKS_OFFICE] = {"office", N_("several accounts log in from there: perhaps an office, or a provider's customers, behind one address")},
    [LOOKS_ONE_ACCOUNT] = {"one-account", N_("only one name was tried: perhaps its owner, with an old password")},
    [LOOKS_PROTECTED] = {"protected", N_("in a network that is never shut out")},
};

/* How many were shut out, how often, how many were told otherwise. */
struct sums {
    uint64_t out, entered, spared;
};

static struct sums sums_of(const struct replay *r)
{
    struct sums s = {0};
    for (size_t i = 0; i < r->verdicts.n; i++) {
        enum verdict_kind k = r->verdicts.v[i].v.kind;
        s.out += r->verdicts.v[i].v.until != 0;
        s.entered += k == VERDICT_ENTERED;
        s.spared += k == VERDICT_SPARED;
    }
    return s;
}

/* Upwards to whole days, hours or minutes. */
static int64_t rounded(int64_t s)
{
    int64_t unit = s > 2 * 86400 ? 86400 : s > 2 * 3600 ? 3600 : s > 120 ? 60 : 1;
    return (s + unit - 1) / unit * unit;
}

/* In people's words; the account stands behind it where a line has one. */
static void reason(struct buf *b, struct arena *a, const struct verdict *v)
{
    const char *span = v->since && v->since < v->time ? duration_text(a, rounded(v->time - v->since)) : NULL;
    switch (v->kind) {
    case VERDICT_NETWORK:
        buf_printf(b, _("%u addresses of it were shut out within a day"), v->count);
        return;
    case VERDICT_ENTERED:
        buf_printf(b, _("a login after %u failures on this account within a day"), v->count);
        return;
    case VERDICT_SPREAD:
        buf_printf(b, _("failed on an account that %u addresses or more are trying, and nobody ever logged in from there"), v->count);
        return;
    case VERDICT_ATTACKED:
        buf_printf(b, _("%u strange addresses or more are trying this account; whoever else fails on it is shut out at once, the account stays open"), v->count);
        return;
    case VERDICT_SPRAY:
        buf_printf(b, _("%u accounts or more were tried one after the other, and nobody ever logged in from there"), v->count);
        return;
    default:
        if (span)
            buf_printf(b, _("%u failures within %s"), v->count, span);
        else
            buf_printf(b, _("%u failures"), v->count);
    }
    if (v->kind == VERDICT_SLOW)
        buf_addz(b, _(", few at a time but again and again"));
}

static void why(struct buf *b, struct arena *a, const struct replay_verdict *x)
{
    const struct verdict *v = &x->v;
    reason(b, a, v);
    if (v->account.n) {
        buf_addz(b, ", ");
        text_escape(b, v->account);
    }
    buf_addz(b, "  ");
    text_escape(b, str_of(x->filter));
    buf_addz(b, "  ");
    text_escape(b, str_of(x->file));
    if (x->line)
        buf_printf(b, ":%llu", (unsigned long long)x->line);
    if (looks[v->looks].text)
        buf_printf(b, "  (%s)", _(looks[v->looks].text));
}

/* A login of which the log does not say from where has none. */
static const char *who_text(const struct verdict *v, char ret[ADDR_TEXT + 4])
{
    bool host = v->who.length == (v->who.addr.v6 ? 128 : 32);
    return !v->who.length ? NULL : host ? addr_text(&v->who.addr, ret) : prefix_text(&v->who, ret);
}

static void one_line(const struct term *t, struct buf *b, const struct replay_verdict *x)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    char who[ADDR_TEXT + 4];
    const struct verdict *v = &x->v;
    const char *address = who_text(v, who);
    buf_printf(b, "%s  ", clock_text(a, v->time, CLOCK_SECOND));
    term_colour(t, b, kinds[v->kind].colour);
    text_pad(b, str_of(_(kinds[v->kind].text)), 12);
    term_colour(t, b, COLOUR_NONE);
    text_pad(b, str_of(address ? address : "-"), v->who.addr.v6 ? 26 : 19);
    text_pad(b, str_of(v->until ? duration_text(a, v->until - v->time) : ""), 6);
    why(b, a, x);
    buf_addc(b, '\n');
}

/* Which filter and log to look at, as it can be typed. */
static void put_filter_test(struct buf *b, const struct filter_definition *d, const char *log)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    buf_addz(b, "bansho filter test ");
    text_escape(b, str_of(shell_word(a, d->name)));
    buf_addc(b, ' ');
    text_escape(b, str_of(shell_word(a, log)));
    const char *file = d->files.n ? d->files.v[0] : "", *slash = strrchr(file, '/');
    struct str dir = str_span(file, slash ? (size_t)(slash - file) : 0);
    if (dir.n && !str_eq(dir, str_of(filter_usual_dir()))) {
        buf_addz(b, " --filter-dir ");
        text_escape(b, str_of(shell_word(a, arena_dup(a, dir))));
    }
    buf_addc(b, '\n');
}

static void tell_unparsed(struct buf *b, const struct replay_options *o, const struct replay_seen *s)
{
    bool journal = o->journal && strcmp(s->name, "journal") == 0;
    for (size_t i = 0; i < o->filters.n; i++) {
        const struct filter_definition *d = &o->filters.v[i];
        if (!(s->unparsed & replay_health_of(d->name)))
            continue;
        text_escape(b, str_of(s->name));
        buf_printf(b, _(": lines of %s speak of logins, and the filter %s understands none of them: who failed there is not known. Look: "), log_service_of_filter(d->name)->product, d->name);
        if (journal)
            buf_printf(b, "journalctl -o short-iso -u %s | ", log_service_of_filter(d->name)->units[0]);
        put_filter_test(b, d, journal ? "-" : s->name);
    }
}

static void tell_files(struct buf *b, const struct replay_options *o, const struct replay *r)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < r->seen.n; i++) {
        const struct replay_seen *s = &r->seen.v[i];
        lines += s->lines;
        if (s->fault) {
            text_escape(b, str_of(s->fault));
            buf_addc(b, '\n');
        }
        if (s->cut) {
            text_escape(b, str_of(s->name));
            buf_printf(b, _(": %llu lines were too long; their ends were not looked at\n"), (unsigned long long)s->cut);
        }
        if (s->timeless) {
            text_escape(b, str_of(s->name));
            buf_printf(b, _(": %llu failures stand before any date; they count nowhere\n"), (unsigned long long)s->timeless);
        }
        tell_unparsed(b, o, s);
    }
    for (size_t i = 0; i < r->lost.n; i++) {
        text_escape(b, str_of(r->lost.v[i].unit));
        buf_printf(b, _(": journald threw %llu messages away (RateLimitBurst= in journald.conf)\n"), (unsigned long long)r->lost.v[i].messages);
    }
    buf_printf(b, ngettext("%zu file, ", "%zu files, ", r->seen.n), r->seen.n);
    buf_printf(b, _("%llu lines, %llu failures, %llu logins; nothing was changed\n"), (unsigned long long)lines, (unsigned long long)r->counts.failures,
               (unsigned long long)r->counts.successes);
}

static void try_instead(struct buf *b, const struct replay_options *o)
{
    if (o->own) {
        buf_addz(b, _("Nobody logged in or failed to, as far as these logs tell.\n"));
        return;
    }
    if (!o->files.n) {
        buf_addz(b, _("No entry of the journal was taken. Services that write files of their own are not in it.\n"));
        return;
    }
    buf_addz(b, _("No line was taken. Does the filter fit the log? Try: "));
    put_filter_test(b, &o->filters.v[0], o->files.v[0].name);
}

static void tell_sums(struct buf *b, const struct replay_options *o, const struct replay *r)
{
    struct sums s = sums_of(r);
    if (r->verdicts.n > SHOWN_MAX)
        buf_printf(b, _("the first %d of %zu verdicts are shown; all of them: --json\n"), SHOWN_MAX, r->verdicts.n);
    tell_files(b, o, r);
    buf_printf(b, _("shut out: %llu times; %llu further failures would not have come through\n"), (unsigned long long)s.out, (unsigned long long)r->counts.after);
    if (s.entered || s.spared)
        buf_printf(b, _("logins on accounts that were being tried: %llu; spared: %llu\n"), (unsigned long long)s.entered, (unsigned long long)s.spared);
    if (r->names)
        buf_printf(b, _("%llu failures name a host instead of an address: they are not counted for one\n"), (unsigned long long)r->names);
    if (r->given_up)
        buf_printf(b, _("%llu searches took too long and were given up: those lines are not judged\n"), (unsigned long long)r->given_up);
    if (r->counts.lost || r->untold)
        buf_printf(b, _("too much at once: %llu sources were forgotten, %llu verdicts left out\n"), (unsigned long long)r->counts.lost, (unsigned long long)r->untold);
    if (!r->counts.failures && !r->counts.successes && !replay_unparsed(r))
        try_instead(b, o);
}

static void tell_text(const struct replay_options *o, const struct replay *r)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    for (size_t i = 0; i < r->verdicts.n && i < SHOWN_MAX; i++)
        one_line(&t, &b, &r->verdicts.v[i]);
    tell_sums(&b, o, r);
    fwrite(b.p, 1, b.n, stdout);
}

static void emit_verdict(struct emit *j, const struct replay_verdict *x)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    _cleanup_(buf_free) struct buf words = BUF(4096);
    char who[ADDR_TEXT + 4];
    const struct verdict *v = &x->v;
    reason(&words, a, v);
    if (looks[v->looks].text)
        buf_printf(&words, " (%s)", _(looks[v->looks].text));
    emit_object(j, NULL);
    emit_text(j, "kind", kinds[v->kind].json);
    emit_text(j, "looks", looks[v->looks].json);
    emit_time(j, "time", v->time);
    emit_time(j, "until", v->until);
    emit_text(j, "who", who_text(v, who));
    if (v->account.n)
        emit_str(j, "account", v->account);
    else
        emit_null(j, "account");
    emit_time(j, "since", v->since);
    emit_text(j, "reason", arena_dup(a, buf_str(&words)));
    emit_int(j, "count", v->count);
    emit_int(j, "times", v->times);
    emit_text(j, "filter", x->filter);
    emit_text(j, "file", x->file);
    if (x->line)
        emit_int(j, "line", (int64_t)x->line);
    else
        emit_null(j, "line");
    emit_end(j);
}

static void emit_files(struct emit *j, const struct replay *r)
{
    emit_list(j, "files");
    for (size_t i = 0; i < r->seen.n; i++) {
        const struct replay_seen *s = &r->seen.v[i];
        emit_object(j, NULL);
        emit_text(j, "name", s->name);
        emit_int(j, "lines", (int64_t)s->lines);
        emit_int(j, "matched", (int64_t)s->found);
        emit_int(j, "cut", (int64_t)s->cut);
        emit_int(j, "timeless", (int64_t)s->timeless);
        emit_text(j, "fault", s->fault);
        emit_list(j, "unparsed");
        for (size_t k = 0; k < log_services_n; k++)
            if (s->unparsed >> k & 1)
                emit_text(j, NULL, log_services[k].product);
        emit_end(j);
        emit_end(j);
    }
    emit_end(j);
}

static void emit_lost(struct emit *j, const struct replay *r)
{
    emit_list(j, "suppressed");
    for (size_t i = 0; i < r->lost.n; i++) {
        emit_object(j, NULL);
        emit_text(j, "unit", r->lost.v[i].unit);
        emit_int(j, "messages", (int64_t)r->lost.v[i].messages);
        emit_end(j);
    }
    emit_end(j);
}

static void tell_json(const struct replay_options *o, const struct replay *r, const char *language)
{
    struct emit j = emit_to(stdout);
    struct sums s = sums_of(r);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.replay/1");
    emit_text(&j, "language", language);
    emit_files(&j, r);
    emit_lost(&j, r);
    emit_list(&j, "filters");
    for (size_t i = 0; i < o->filters.n; i++)
        emit_text(&j, NULL, o->filters.v[i].name);
    emit_end(&j);
    emit_list(&j, "verdicts");
    for (size_t i = 0; i < r->verdicts.n; i++)
        emit_verdict(&j, &r->verdicts.v[i]);
    emit_end(&j);
    emit_object(&j, "summary");
    emit_time(&j, "from", r->from);
    emit_time(&j, "to", r->to);
    emit_int(&j, "failures", (int64_t)r->counts.failures);
    emit_int(&j, "logins", (int64_t)r->counts.successes);
    emit_int(&j, "names", (int64_t)r->names);
    emit_int(&j, "given_up", (int64_t)r->given_up);
    emit_int(&j, "bans", (int64_t)s.out);
    emit_int(&j, "kept_out", (int64_t)r->counts.after);
    emit_int(&j, "forgotten", (int64_t)r->counts.lost);
    emit_int(&j, "left_out", (int64_t)r->untold);
    emit_end(&j);
    emit_done(&j);
}

void replay_tell(const struct replay_options *o, const struct replay *r, const char *json)
{
    if (json)
        tell_json(o, r, json);
    else
        tell_text(o, r);
}
