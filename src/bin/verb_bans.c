/* verb_bans.c: `bansho bans`: who is banned. As long as the list is, it is printed part by part. */
#include "base/addr.h"
#include "base/clock.h"
#include "bin/peer.h"
#include "term/emit.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define GAP 2

struct page {
    struct term term;
    struct emit json;
    bool as_json;
    size_t n, network, until; /* how many were printed; widths, from the first part */
};

static const char *text_in(const json_t *ban, const char *key)
{
    const char *s = json_string_value(json_object_get(ban, key));
    return s ? s : "";
}

static int64_t number_in(const json_t *ban, const char *key) { return json_integer_value(json_object_get(ban, key)); }

static void put_services(struct buf *b, const json_t *ban)
{
    const json_t *services = json_object_get(ban, "services");
    for (size_t i = 0; i < json_array_size(services); i++) {
        const char *name = json_string_value(json_array_get(services, i));
        buf_addz(b, i ? ", " : "");
        text_escape(b, str_of(name ? name : ""));
    }
}

static const char *until_text(struct arena *a, int64_t until) { return until ? clock_text(a, until, CLOCK_MINUTE) : _("until lifted"); }

static void print_header(struct page *p, const json_t *bans, struct arena *a)
{
    struct buf b = BUF(4096);
    p->network = text_width(str_of(_("Network")));
    p->until = text_width(str_of(_("Until")));
    for (size_t i = 0; i < json_array_size(bans); i++) {
        const json_t *ban = json_array_get(bans, i);
        size_t network = strlen(text_in(ban, "network")), until = text_width(str_of(until_text(a, number_in(ban, "until"))));
        p->network = network > p->network ? network : p->network;
        p->until = until > p->until ? until : p->until;
    }
    term_colour(&p->term, &b, COLOUR_BOLD);
    text_pad(&b, str_of(_("Network")), p->network + GAP);
    text_pad(&b, str_of(_("Until")), p->until + GAP);
    buf_addz(&b, _("Why"));
    term_colour(&p->term, &b, COLOUR_NONE);
    printf("%s\n", b.p);
    buf_free(&b);
}

static void print_line(const struct page *p, const json_t *ban, struct arena *a)
{
    struct buf b = BUF(65536), why = BUF(65536), network = BUF(1024);
    size_t indent = p->network + p->until + 2 * GAP;
    text_escape(&network, str_of(text_in(ban, "network")));
    text_pad(&b, buf_str(&network), (network.n > p->network ? network.n : p->network) + GAP);
    text_pad(&b, str_of(until_text(a, number_in(ban, "until"))), p->until + GAP);
    text_escape(&why, str_of(text_in(ban, "why")));
    if (number_in(ban, "times") > 1)
        buf_printf(&why, _(" (%d times)"), (int)number_in(ban, "times"));
    if (json_array_size(json_object_get(ban, "services"))) {
        buf_addz(&why, " [");
        put_services(&why, ban);
        buf_addz(&why, "]");
    }
    text_wrap(&b, buf_str(&why), p->term.columns > indent + 20 ? p->term.columns - indent : 20, indent);
    printf("%s\n", b.p);
    buf_free(&b);
    buf_free(&why);
    buf_free(&network);
}

static void emit_ban(struct emit *j, const json_t *ban)
{
    const json_t *services = json_object_get(ban, "services");
    emit_object(j, NULL);
    emit_text(j, "network", text_in(ban, "network"));
    emit_list(j, "services");
    for (size_t i = 0; i < json_array_size(services); i++)
        emit_text(j, NULL, json_string_value(json_array_get(services, i)));
    emit_end(j);
    emit_time(j, "since", number_in(ban, "since"));
    emit_time(j, "until", number_in(ban, "until"));
    emit_int(j, "times", number_in(ban, "times"));
    emit_text(j, "why", text_in(ban, "why"));
    emit_text(j, "by", text_in(ban, "by"));
    emit_end(j);
}

static int print_part(void *arg, json_t *parameters)
{
    struct page *p = arg;
    const json_t *bans = json_object_get(parameters, "bans");
    struct arena *a = arena_new(16u << 20);
    if (!p->n && !p->as_json && json_array_size(bans))
        print_header(p, bans, a);
    for (size_t i = 0; i < json_array_size(bans); i++, p->n++) {
        if (p->as_json)
            emit_ban(&p->json, json_array_get(bans, i));
        else
            print_line(p, json_array_get(bans, i), a);
    }
    arena_free(a);
    return ferror(stdout) ? -EPIPE : 0;
}

static void begin_json(struct page *p, const char *language)
{
    emit_object(&p->json, NULL);
    emit_text(&p->json, "schema", "bansho.bans/1");
    emit_text(&p->json, "language", language);
    emit_list(&p->json, "bans");
}

/* A list that broke off is a whole document all the same, and says so. */
static void end_json(struct page *p, bool complete)
{
    emit_end(&p->json);
    emit_bool(&p->json, "complete", complete);
    emit_done(&p->json);
}

static enum outcome list(const struct call *c)
{
    struct page p = {.term = term_of(stdout), .as_json = call_option(c, "json") != NULL, .json = emit_to(stdout)};
    _cleanup_(wire_client_freep) struct wire_client *wall = NULL;
    _cleanup_(wire_answer_done) struct wire_answer answer = {0};
    struct err err = {0};
    struct prefix network;
    if (c->args_n && !prefix_parse(str_of(c->args[0]), false, &network))
        return complainf(_("\"%s\" is no address and no network"), c->args[0]);
    int code = peer_open(c, &peer_wall, &wall, &err);
    if (code < 0)
        return peer_complain(c, &peer_wall, code, NULL, &err);
    if (p.as_json)
        begin_json(&p, c->language);
    code = wire_ask_more(wall, "org.bansho.Wall.List", c->args_n ? json_pack("{ss}", "network", c->args[0]) : NULL, print_part, &p, &answer, &err);
    if (code == 0)
        code = print_part(&p, answer.parameters);
    if (p.as_json)
        end_json(&p, code == 0);
    if (code == -EPIPE && ferror(stdout))
        return OUTCOME_USAGE;
    if (code < 0)
        return peer_complain(c, &peer_wall, code, &answer, &err);
    if (!p.n && !p.as_json)
        printf(c->args_n ? _("%s is not banned.\n") : _("Nobody is banned.\n"), c->args_n ? c->args[0] : "");
    return OUTCOME_FINE;
}

static const struct verb_option options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.bans/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_bans = {
    .name = "bans",
    .usage = "[NETWORK] [--json]",
    .summary = N_("lists who is banned, until when and why"),
    .help = N_("The bans that bansho-wall keeps in the packet filter. With an address or a network: the bans that concern it.\n\n"
               "Bans of other programs (fail2ban, CrowdSec) are not listed here."),
    .options = options,
    .argument = ARGUMENT_TEXT,
    .max = 1,
    .run = list,
};
