/* verb_status.c: `bansho status`: whether bansho's own services run, and what they say of themselves. */
#include "base/clock.h"
#include "bin/peer.h"
#include "term/emit.h"
#include <errno.h>
#include <stdio.h>

/* What one service says: numbers of its Status, in this order. */
struct row {
    const char *key;
    const char *text; /* N_() */
    bool rest;        /* told only where it is not 0 */
};

static const struct row wall_rows[] = {
    {"bans", N_("bans"), false},
    {"in_kernel", N_("in the packet filter"), false},
    {"refused", N_("refused"), true},
    {"ended", N_("open connections ended"), true},
    {"dropped_for_room", N_("given up because there were too many"), true},
    {"healed", N_("put back after others had removed them"), true},
    {0},
};

static const struct row watch_rows[] = {
    {"lines", N_("lines read"), false},
    {"events", N_("logins and failures in them"), false},
    {"verdicts", N_("verdicts"), false},
    {"waiting", N_("of them not yet carried out"), true},
    {"beyond", N_("of them beyond guard.bans-per-hour, until the hour allows"), true},
    {"refused", N_("refused"), true},
    {"lost", N_("lost"), true},
    {0},
};

static const struct part {
    const struct peer *peer;
    const char *name; /* its key in the JSON */
    const struct row *rows;
} parts[] = {{&peer_wall, "wall", wall_rows}, {&peer_watch, "watch", watch_rows}};

struct state {
    bool runs, absent;
    int code;
    struct wire_answer answer;
    struct err err;
};

static void look(const struct call *c, const struct part *p, struct state *s)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    s->code = peer_open(c, p->peer, &w, &s->err);
    if (s->code == 0)
        s->code = peer_ask(w, p->peer, "Status", NULL, &s->answer, &s->err);
    s->runs = s->code == 0;
    s->absent = peer_absent(s->code);
}

static json_int_t number_of(const struct state *s, const char *key) { return json_integer_value(json_object_get(s->answer.parameters, key)); }

/* Something there needs somebody: bans that the kernel does not hold, a full disk, a wall that cannot be reached, what it calls trouble itself. */
static bool is_wrong(const struct part *p, const struct state *s)
{
    const json_t *all = s->answer.parameters;
    return !s->runs || json_is_true(json_object_get(all, "failing")) || number_of(s, "failures") || number_of(s, "beyond") || json_is_string(json_object_get(all, "trouble")) || (p->peer == &peer_wall && number_of(s, "bans") != number_of(s, "in_kernel"));
}

static void put_numbers(struct buf *b, const struct row *rows, const struct state *s)
{
    const char *comma = "";
    for (const struct row *r = rows; r->key; r++) {
        if (!json_is_integer(json_object_get(s->answer.parameters, r->key)) || (r->rest && !number_of(s, r->key)))
            continue;
        buf_printf(b, "%s%s: %lld", comma, _(r->text), (long long)number_of(s, r->key));
        comma = ", ";
    }
}

static void print_sources(const json_t *sources)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *s = json_array_get(sources, i), *last = json_object_get(s, "last_line"), *lag = json_object_get(s, "lag_ms");
        const char *product = json_string_value(json_object_get(s, "product")), *kind = json_string_value(json_object_get(s, "kind"));
        _cleanup_(buf_free) struct buf b = BUF(16384), name = BUF(4096), from = BUF(4096);
        text_escape(&name, str_of(product ? product : ""));
        text_escape(&from, str_of(kind ? kind : ""));
        buf_addz(&b, "  ");
        text_pad(&b, buf_str(&name), 14);
        text_pad(&b, buf_str(&from), 10);
        if (json_is_integer(last))
            buf_printf(&b, _("last line %s"), clock_text(a, json_integer_value(last), CLOCK_SECOND));
        else
            buf_addz(&b, _("no line yet"));
        if (json_is_integer(lag))
            buf_printf(&b, _(", read after %lld ms"), (long long)json_integer_value(lag));
        if (json_is_false(json_object_get(s, "filtered")))
            buf_printf(&b, ", %s", _("no filter knows its lines"));
        printf("%s\n", b.p);
    }
}

static void print_running(const struct part *p, const struct state *s, struct buf *b)
{
    const json_t *all = s->answer.parameters;
    const char *last = json_string_value(json_object_get(all, "last_healed_by")), *mode = json_string_value(json_object_get(all, "mode"));
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

static void print_text(const struct part *p, const struct state *s)
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
    printf("%s\n", b.p);
    print_sources(json_object_get(s->answer.parameters, "sources"));
}

static void emit_part(struct emit *j, const struct part *p, const struct state *s)
{
    emit_object(j, p->name);
    emit_text(j, "state", s->runs ? "runs" : s->absent ? "absent" : "unknown");
    emit_text(j, "error", s->runs || s->absent ? NULL : s->err.text);
    if (s->runs)
        peer_emit(j, "says", s->answer.parameters);
    emit_end(j);
}

static enum outcome status(const struct call *c)
{
    struct emit j = emit_to(stdout);
    bool as_json = call_option(c, "json") != NULL, wrong = false, unknown = false;
    if (as_json) {
        emit_object(&j, NULL);
        emit_text(&j, "schema", "bansho.status/1");
        emit_text(&j, "language", c->language);
    }
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        struct state s = {0};
        look(c, &parts[i], &s);
        wrong |= s.absent || (s.runs && is_wrong(&parts[i], &s));
        unknown |= !s.runs && !s.absent;
        if (as_json)
            emit_part(&j, &parts[i], &s);
        else
            print_text(&parts[i], &s);
        wire_answer_done(&s.answer);
    }
    if (as_json)
        emit_done(&j);
    return wrong ? OUTCOME_WRONG : unknown ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

static const struct verb_option options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.status/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_status = {
    .name = "status",
    .usage = "[--json]",
    .summary = N_("whether bansho's own services run, and what they do"),
    .help = N_("bansho-wall keeps the bans in the packet filter, bansho-watch reads logs and orders bans. Neither runs before it was enabled.\n\n"
               "What is said of a service comes from itself; one that does not answer is unknown, never fine."),
    .options = options,
    .run = status,
};
