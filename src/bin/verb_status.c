/* verb_status.c: `bansho status`: whether bansho's own services run, and what they say of themselves. */
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
    {"healed", N_("put back after others had removed them"), true},
    {0},
};

static const struct row watch_rows[] = {
    {"followed", N_("logs followed"), false},
    {"lines", N_("lines read"), false},
    {"lag_ms", N_("milliseconds behind"), true},
    {"waiting", N_("verdicts that wait for bansho-wall"), true},
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

/* Something there needs somebody: bans that the kernel does not hold. */
static bool is_wrong(const struct part *p, const struct state *s)
{
    return !s->runs || (p->peer == &peer_wall && number_of(s, "bans") != number_of(s, "in_kernel"));
}

static void print_text(const struct part *p, const struct state *s)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(65536), by = BUF(4096);
    char start[128];
    term_colour(&t, &b, is_wrong(p, s) ? COLOUR_WARN : COLOUR_GOOD);
    text_pad(&b, str_of(p->peer->program), 14);
    term_colour(&t, &b, COLOUR_NONE);
    if (!s->runs) {
        if (s->absent)
            buf_printf(&b, _("does not run. To start it: %s"), peer_start(p->peer, start, sizeof start));
        else
            text_escape(&b, str_of(s->err.text));
        printf("%s\n", b.p);
        return;
    }
    const char *comma = "";
    for (const struct row *r = p->rows; r->key; r++) {
        if (!json_is_integer(json_object_get(s->answer.parameters, r->key)) || (r->rest && !number_of(s, r->key)))
            continue;
        buf_printf(&b, "%s%s: %lld", comma, _(r->text), (long long)number_of(s, r->key));
        comma = ", ";
    }
    const char *last = json_string_value(json_object_get(s->answer.parameters, "last_healed_by"));
    if (last) {
        text_escape(&by, str_of(last));
        buf_printf(&b, _(" (the last one: %s)"), by.p);
    }
    printf("%s\n", b.p);
}

static void emit_part(struct emit *j, const struct part *p, const struct state *s)
{
    const char *key;
    json_t *value;
    emit_object(j, p->name);
    emit_text(j, "state", s->runs ? "runs" : s->absent ? "absent" : "unknown");
    emit_text(j, "error", s->runs || s->absent ? NULL : s->err.text);
    if (s->runs)
        json_object_foreach (s->answer.parameters, key, value) {
            if (json_is_integer(value))
                emit_int(j, key, json_integer_value(value));
            else if (json_is_string(value))
                emit_text(j, key, json_string_value(value));
        }
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
