/* verb_status.c: `bansho status`: whether bansho's own services run, what they say of themselves, and how long the mail queues are; with --follow once a second (verb_status_follow.c). */
#include "base/clock.h"
#include "bin/status.h"
#include "term/emit.h"
#include <errno.h>
#include <stdio.h>

static const struct status_row wall_rows[] = {
    {"bans", N_("bans"), false},
    {"in_kernel", N_("in the packet filter"), false},
    {"refused", N_("refused"), true},
    {"ended", N_("open connections ended"), true},
    {"dropped_for_room", N_("given up because there were too many"), true},
    {"healed", N_("put back after others had removed them"), true},
    {0},
};

static const struct status_row watch_rows[] = {
    {"lines", N_("lines read"), false},
    {"events", N_("logins and failures in them"), false},
    {"verdicts", N_("verdicts"), false},
    {"waiting", N_("of them not yet carried out"), true},
    {"beyond", N_("of them beyond guard.bans-per-hour, until the hour allows"), true},
    {"refused", N_("refused"), true},
    {"lost", N_("lost"), true},
    {0},
};

const struct status_part status_parts[STATUS_PARTS] = {{&peer_wall, "wall", wall_rows}, {&peer_watch, "watch", watch_rows}};

void status_look(const struct call *c, const struct status_part *p, struct status_state *s)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    s->code = peer_open(c, p->peer, &w, &s->err);
    if (s->code == 0)
        s->code = peer_ask(w, p->peer, "Status", NULL, &s->answer, &s->err);
    s->runs = s->code == 0;
    s->absent = peer_absent(s->code);
    s->at_ms = clock_monotonic_ms();
}

int64_t status_rate(const json_t *now, const json_t *before, int64_t elapsed_ms)
{
    const json_t *to = json_object_get(now, "lines"), *from = json_object_get(before, "lines");
    json_int_t n = json_integer_value(to) - json_integer_value(from);
    if (!json_is_integer(to) || !json_is_integer(from) || elapsed_ms <= 0 || n < 0 || n > INT64_MAX / 10000) /* it was started anew meanwhile */
        return -1;
    return n * 10000 / elapsed_ms;
}

static json_int_t number_of(const struct status_state *s, const char *key) { return json_integer_value(json_object_get(s->answer.parameters, key)); }

/* Something there needs somebody: bans that the kernel does not hold, a full disk, a wall that cannot be reached, a log that nobody understands any more, what it calls trouble itself. */
static bool is_wrong(const struct status_part *p, const struct status_state *s)
{
    const json_t *all = s->answer.parameters;
    return !s->runs || json_is_true(json_object_get(all, "failing")) || number_of(s, "failures") || number_of(s, "beyond") || number_of(s, "unparsed") || number_of(s, "silent") || json_is_string(json_object_get(all, "trouble")) || (p->peer == &peer_wall && number_of(s, "bans") != number_of(s, "in_kernel"));
}

static void put_numbers(struct buf *b, const struct status_row *rows, const struct status_state *s)
{
    const char *comma = "";
    for (const struct status_row *r = rows; r->key; r++) {
        if (!json_is_integer(json_object_get(s->answer.parameters, r->key)) || (r->rest && !number_of(s, r->key)))
            continue;
        buf_printf(b, "%s%s: %lld", comma, _(r->text), (long long)number_of(s, r->key));
        comma = ", ";
    }
}

static void put_rate(struct buf *b, int64_t tenths)
{
    if (tenths >= 0)
        buf_printf(b, _("%lld.%lld lines/s"), (long long)tenths / 10, (long long)tenths % 10);
}

static void put_faults(struct buf *b, const json_t *source)
{
    if (json_is_true(json_object_get(source, "unparsed")))
        buf_printf(b, "\n    %s", _("lines speak of logins, and no filter understands them: who fails there is not seen. Examples: bansho log sources"));
    if (json_is_true(json_object_get(source, "silent")))
        buf_printf(b, "\n    %s", _("nothing comes any more, for much longer than ever before. Does it still run, and log there? bansho log sources"));
}

/* of the same place in the list before: a reload may change the list, but then the service counts anew */
static void put_sources(struct buf *page, const struct status_state *st)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    const json_t *sources = json_object_get(st->answer.parameters, "sources"), *before = json_object_get(st->before, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        int64_t rate = status_rate(json_array_get(sources, i), json_array_get(before, i), st->elapsed_ms);
        const json_t *s = json_array_get(sources, i), *last = json_object_get(s, "last_line"), *lag = json_object_get(s, "lag_ms");
        const char *product = json_string_value(json_object_get(s, "product")), *kind = json_string_value(json_object_get(s, "kind"));
        _cleanup_(buf_free) struct buf b = BUF(16384), name = BUF(4096), from = BUF(4096);
        text_escape(&name, str_of(product ? product : ""));
        text_escape(&from, str_of(kind ? kind : ""));
        buf_addz(&b, "  ");
        text_pad(&b, buf_str(&name), 14);
        text_pad(&b, buf_str(&from), 10);
        if (rate >= 0) {
            _cleanup_(buf_free) struct buf r = BUF(256);
            put_rate(&r, rate);
            text_pad(&b, buf_str(&r), 16);
        }
        if (json_is_integer(last))
            buf_printf(&b, _("last line %s"), clock_text(a, json_integer_value(last), CLOCK_SECOND));
        else
            buf_addz(&b, _("no line yet"));
        if (json_is_integer(lag))
            buf_printf(&b, _(", read after %lld ms"), (long long)json_integer_value(lag));
        if (json_is_false(json_object_get(s, "filtered")))
            buf_printf(&b, ", %s", _("no filter knows its lines"));
        put_faults(&b, s);
        buf_adds(page, buf_str(&b));
        buf_addc(page, '\n');
    }
}

static void print_running(const struct status_part *p, const struct status_state *s, struct buf *b)
{
    const json_t *all = s->answer.parameters;
    const char *last = json_string_value(json_object_get(all, "last_healed_by")), *mode = json_string_value(json_object_get(all, "mode"));
    int64_t rate = status_rate(all, s->before, s->elapsed_ms);
    if (rate >= 0) {
        put_rate(b, rate);
        if (json_is_integer(json_object_get(all, "lag_ms")))
            buf_printf(b, _(", read after %lld ms"), (long long)number_of(s, "lag_ms"));
        buf_addz(b, ", ");
    }
    put_numbers(b, p->rows, s);
    if (last) {
        _cleanup_(buf_free) struct buf by = BUF(4096);
        text_escape(&by, str_of(last));
        buf_printf(b, _(" (the last one: %s)"), by.p);
    }
    if (mode && strcmp(mode, "observe") == 0)
        buf_printf(b, "\n  %s", _("mode = observe: it only records whom it would ban. To let it ban: mode = act in bansho.conf, then systemctl reload bansho-watch"));
    if (json_is_string(json_object_get(all, "trouble"))) {
        buf_addz(b, "\n  ");
        text_escape(b, str_of(json_string_value(json_object_get(all, "trouble"))));
    }
    if (json_is_true(json_object_get(all, "failing")))
        buf_printf(b, "\n  %s", _("what it sees cannot be written to the disk now"));
    if (number_of(s, "failures"))
        buf_printf(b, "\n  %s", _("bansho-wall cannot be reached"));
}

void status_page(const struct status_part *p, const struct status_state *s, struct buf *page)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(65536);
    char start[128];
    term_colour(&t, &b, is_wrong(p, s) ? COLOUR_WARN : COLOUR_GOOD);
    text_pad(&b, str_of(p->peer->program), 14);
    term_colour(&t, &b, COLOUR_NONE);
    if (s->runs)
        print_running(p, s, &b);
    else if (s->absent)
        buf_printf(&b, _("does not run. To start it: %s"), peer_start(p->peer, start, sizeof start));
    else
        text_escape(&b, str_of(s->err.text));
    buf_adds(page, buf_str(&b));
    buf_addc(page, '\n');
    put_sources(page, s);
}

static void emit_part(struct emit *j, const struct status_part *p, const struct status_state *s)
{
    int64_t rate = status_rate(s->answer.parameters, s->before, s->elapsed_ms);
    emit_object(j, p->name);
    emit_text(j, "state", s->runs ? "runs" : s->absent ? "absent" : "unknown");
    emit_text(j, "error", s->runs || s->absent ? NULL : s->err.text);
    if (rate >= 0)
        emit_us(j, "lines_per_second", rate * 100000);
    if (s->runs)
        peer_emit(j, "says", s->answer.parameters);
    emit_end(j);
}

void status_json(const struct call *c, const struct status_state states[STATUS_PARTS], struct queue_numbers *queue, bool one_line)
{
    struct emit j = emit_to(stdout);
    j.one_line = one_line;
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.status/1");
    emit_text(&j, "language", c->language);
    for (size_t i = 0; i < STATUS_PARTS; i++)
        emit_part(&j, &status_parts[i], &states[i]);
    if (queue)
        queue_numbers_emit(queue, &j);
    emit_done(&j);
}

/* How long the queues are, where it was not the services of somewhere else that were asked for. */
static void look_at_queue(struct queue_numbers *queue, struct buf *page, bool *wrong, bool *unknown)
{
    queue_numbers_begin(queue, true);
    queue_numbers_look(queue);
    queue_numbers_page(queue, page);
    enum state s = queue_numbers_state(queue);
    *wrong |= s == STATE_WARN || s == STATE_FAIL;
    *unknown |= s == STATE_UNKNOWN;
}

static enum outcome status(const struct call *c)
{
    struct queue_numbers queue;
    struct status_state states[STATUS_PARTS] = {0};
    _cleanup_(buf_free) struct buf page = BUF(1u << 20);
    bool wrong = false, unknown = false;
    if (call_option(c, "follow"))
        return status_follow(c);
    for (size_t i = 0; i < STATUS_PARTS; i++) {
        struct status_state *s = &states[i];
        status_look(c, &status_parts[i], s);
        wrong |= s->absent || (s->runs && is_wrong(&status_parts[i], s));
        unknown |= !s->runs && !s->absent;
        status_page(&status_parts[i], s, &page);
    }
    bool here = !call_option(c, "sockets");
    if (here)
        look_at_queue(&queue, &page, &wrong, &unknown);
    if (call_option(c, "json"))
        status_json(c, states, here ? &queue : NULL, false);
    else
        printf("%.*s", (int)page.n, page.n ? page.p : "");
    for (size_t i = 0; i < STATUS_PARTS; i++)
        wire_answer_done(&states[i].answer);
    if (here)
        queue_numbers_done(&queue);
    return wrong ? OUTCOME_WRONG : unknown ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

static const struct verb_option options[] = {
    {"follow", 'f', ARGUMENT_NONE, NULL, NULL, N_("again every second until Ctrl-C: on a terminal in place, elsewhere a line each time, with --json an object a line")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.status/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_status = {
    .name = "status",
    .usage = "[-f] [--json]",
    .summary = N_("whether bansho's own services run, what they do, and how long the mail queues are"),
    .help = N_("bansho-wall keeps the bans in the packet filter, bansho-watch reads logs and orders bans. Neither runs before it was enabled.\n\n"
               "What is said of a service comes from itself; one that does not answer is unknown, never fine. With --follow also how many lines a second are read, of each source.\n\n"
               "Told, with exit status 1, is also a log whose lines speak of logins while no filter understands them (ten such lines; where some were understood before, six hours after the last one), "
               "and one from which nothing comes any more: for six hours at least, and four times as long as the longest pause before, once it was read for two days. A service that was begun anew "
               "does not know it yet. The owner is told as well, once, and when it is mended.\n\n"
               "Of each mail queue it tells how many messages wait, from its directories, judged as by bansho check queue.size: one that is too long or has no room is told with exit status 1, one that "
               "cannot be seen is unknown, never empty. With --sockets no queue is looked at.\n\n"
               "What there is none of (openings, pauses) is not named."),
    .options = options,
    .run = status,
};
