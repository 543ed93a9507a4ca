/* verb_why.c: `bansho why ADDRESS`: is it banned, what was concluded of it, what it did. */
#include "base/addr.h"
#include "base/clock.h"
#include "bin/peer.h"
#include <errno.h>
#include <stdio.h>

/* One question to one service, and its list, whole: parts are put together. */
struct question {
    const struct peer *peer;
    const char *method, *parameter, *list; /* "List", "network", "bans" */
    bool more;    /* in parts, the newest first */
    json_t *all; /* owned; NULL: not known */
    int code;
    struct err err;
};

/* What came before is newer. */
static int add_part(void *arg, json_t *parameters)
{
    struct question *q = arg;
    json_t *part = json_object_get(parameters, q->list);
    if (json_array_extend(part, q->all) < 0)
        return err_set(&q->err, -EBADMSG, _("%s sent something that is no answer: %s"), q->peer->program, q->list);
    json_decref(q->all);
    q->all = json_incref(part);
    return 0;
}

static void ask(const struct call *c, struct question *q)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    struct wire_answer answer = {0};
    char method[WIRE_NAME_MAX];
    snprintf(method, sizeof method, "%s.%s", q->peer->interface, q->method);
    q->all = json_array();
    q->code = peer_open(c, q->peer, &w, &q->err);
    if (q->code == 0)
        q->code = wire_ask_more(w, method, json_pack("{ss}", q->parameter, c->args[0]), q->more ? add_part : NULL, q, &answer, &q->err);
    if (q->code == 0)
        q->code = add_part(q, answer.parameters);
    wire_answer_done(&answer);
    if (q->code < 0) {
        json_decref(q->all);
        q->all = NULL;
    }
}

static void put(struct buf *b, const json_t *of, const char *key)
{
    const json_t *v = json_object_get(of, key);
    text_escape(b, str_span(json_is_string(v) ? json_string_value(v) : "", json_string_length(v)));
}

static int64_t number(const json_t *of, const char *key) { return json_integer_value(json_object_get(of, key)); }

static void put_until(struct buf *b, struct arena *a, int64_t until)
{
    if (until)
        buf_printf(b, _("until %s"), clock_text(a, until, CLOCK_MINUTE));
    else
        buf_addz(b, _("until lifted"));
}

static void ban_line(struct buf *b, const json_t *ban, struct arena *a)
{
    put(b, ban, "network");
    buf_addz(b, "  ");
    put_until(b, a, number(ban, "until"));
    buf_addz(b, "  ");
    put(b, ban, "why");
}

static void verdict_line(struct buf *b, const json_t *v, struct arena *a)
{
    buf_printf(b, "%s  ", clock_text(a, number(v, "time_us") / 1000000, CLOCK_SECOND));
    put(b, v, "network");
    buf_addz(b, "  ");
    if (number(v, "until"))
        put_until(b, a, number(v, "until"));
    else
        buf_addz(b, _("not shut out"));
    buf_printf(b, "  %s: %lld, ", _("failures"), (long long)number(v, "count"));
    put(b, v, "looks");
    buf_addz(b, ", ");
    put(b, v, "filter");
    if (json_is_string(json_object_get(v, "state"))) {
        buf_addz(b, " [");
        put(b, v, "state");
        if (json_is_string(json_object_get(v, "reason"))) {
            buf_addz(b, ": ");
            put(b, v, "reason");
        }
        buf_addz(b, "]");
    }
}

static void event_line(struct buf *b, const json_t *e, struct arena *a)
{
    buf_printf(b, "%s  ", clock_text(a, number(e, "time_us") / 1000000, CLOCK_SECOND));
    put(b, e, "kind");
    buf_addz(b, "  ");
    put(b, e, "account");
    if (number(e, "attempts") > 1)
        buf_printf(b, " (%lld)", (long long)number(e, "attempts"));
    buf_addz(b, "  ");
    put(b, e, "filter");
    buf_addz(b, "  ");
    put(b, e, "log");
    if (json_is_true(json_object_get(e, "probe")))
        buf_printf(b, "  %s", _("a probe of bansho"));
}

static const struct chapter {
    struct question question;
    const char *title, *none;
    void (*line)(struct buf *b, const json_t *of, struct arena *a);
} chapters[] = {
    {{.peer = &peer_wall, .method = "List", .parameter = "network", .list = "bans"}, N_("Bans"), N_("not banned"), ban_line},
    {{.peer = &peer_watch, .method = "Verdicts", .parameter = "address", .list = "verdicts"}, N_("What was concluded"), N_("nothing"), verdict_line},
    {{.peer = &peer_watch, .method = "Events", .parameter = "address", .list = "events", .more = true}, N_("What it did"), N_("nothing that is known"), event_line},
};

static void print_chapter(const struct chapter *ch, const struct question *q)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf title = BUF(1024), safe = BUF(8192);
    char start[128];
    term_colour(&t, &title, COLOUR_BOLD);
    buf_addz(&title, _(ch->title));
    term_colour(&t, &title, COLOUR_NONE);
    printf("%s\n", title.p);
    if (!q->all && peer_absent(q->code))
        printf(_("  not known: %s does not run. To start it: %s\n"), q->peer->program, peer_start(q->peer, start, sizeof start));
    else if (!q->all) {
        text_escape(&safe, str_of(q->err.text));
        printf(_("  not known: %s\n"), safe.p);
    } else if (!json_array_size(q->all))
        printf("  %s\n", _(ch->none));
    for (size_t i = 0; i < json_array_size(q->all); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(65536);
        _cleanup_(buf_free) struct buf line = BUF(65536);
        ch->line(&line, json_array_get(q->all, i), a);
        printf("  %s\n", line.p);
    }
}

static void print_json(const struct call *c, const struct question *all)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.why/1");
    emit_text(&j, "language", c->language);
    emit_text(&j, "address", c->args[0]);
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++) {
        if (all[i].all)
            peer_emit(&j, all[i].list, all[i].all);
        else
            emit_null(&j, all[i].list);
    }
    emit_done(&j);
}

static enum outcome why(const struct call *c)
{
    struct question all[ARRAY_SIZE(chapters)];
    enum outcome o = OUTCOME_FINE;
    struct addr a;
    if (!addr_parse(str_of(c->args[0]), &a))
        return complainf(_("\"%s\" is no address"), c->args[0]);
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++) {
        all[i] = chapters[i].question;
        ask(c, &all[i]);
        if (!all[i].all)
            o = OUTCOME_UNKNOWN;
        if (!call_option(c, "json"))
            print_chapter(&chapters[i], &all[i]);
    }
    if (call_option(c, "json"))
        print_json(c, all);
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++)
        json_decref(all[i].all);
    return o;
}

static const struct verb_option options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.why/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_why = {
    .name = "why",
    .usage = "ADDRESS [--json]",
    .summary = N_("why an address is banned, or not"),
    .help = N_("Whether it is banned, what bansho-watch concluded of it, and every login and failure of it that is kept (of an IPv6 address: of its /64).\n\n"
               "What a service that does not run would know is said to be unknown."),
    .options = options,
    .argument = ARGUMENT_TEXT,
    .min = 1,
    .max = 1,
    .run = why,
};
