/* verb_ban.c: `bansho ban` and `bansho unban`: what an administrator orders, carried out by bansho-wall. */
#include "base/addr.h"
#include "base/clock.h"
#include "base/when.h"
#include "bin/peer.h"
#include "bin/session.h"
#include "term/emit.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

static void begin_json(struct emit *j, const struct call *c, const char *schema)
{
    emit_object(j, NULL);
    emit_text(j, "schema", schema);
    emit_text(j, "language", c->language);
}

/* A single address without its length, as everybody writes it. */
static const char *network_text(const struct prefix *p, char ret[static ADDR_TEXT + 4])
{
    return p->length == (p->addr.v6 ? 128 : 32) ? addr_text(&p->addr, ret) : prefix_text(p, ret);
}

/* The parameters of Ban. NULL: complained. */
static json_t *understand(const struct call *c, struct arena *a)
{
    const char *length = call_option(c, "for"), *why = call_option(c, "why");
    struct prefix network;
    struct addr own;
    char text[ADDR_TEXT + 4];
    int64_t seconds = 0;
    if (!prefix_parse(str_of(c->args[0]), false, &network)) {
        complainf(_("\"%s\" is no address and no network"), c->args[0]);
        return NULL;
    }
    if (!prefix_parse(str_of(c->args[0]), true, &network)) {
        complainf(_("\"%s\" is an address within a network: name the address or the network (%s)"), c->args[0], prefix_text(&network, text));
        return NULL;
    }
    bool forever = length && strcmp(length, "forever") == 0;
    if (length && !forever && (!when_length(str_of(length), &seconds) || !seconds)) {
        complainf(_("--for: \"%s\" is no length of time: 90s, 20m, 2h, 3d, 2w, forever"), length);
        return NULL;
    }
    if (addr_parse(str_of(session_from(a)), &own) && prefix_has(&network, &own)) {
        complainf(_("%s: you are connected from there yourself (%s)"), c->args[0], addr_text(&own, text));
        return NULL;
    }
    json_t *p = json_pack("{ssso}", "network", network_text(&network, text), "why", json_string(why ? why : arena_printf(a, "ordered by %s", session_who(a))));
    if (p && length)
        json_object_set_new(p, "until", json_integer(forever ? 0 : (json_int_t)time(NULL) + seconds));
    if (!p)
        complainf(_("--why: \"%s\" is no text in UTF-8"), why ? why : "");
    return p;
}

static void tell_ban(const struct call *c, const char *network, int64_t until)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    if (call_option(c, "json")) {
        struct emit j = emit_to(stdout);
        begin_json(&j, c, "bansho.ban/1");
        emit_text(&j, "network", network);
        emit_time(&j, "until", until);
        emit_done(&j);
    } else if (until)
        printf(_("%s is banned until %s. To lift it: bansho unban %s\n"), network, clock_text(a, until, CLOCK_MINUTE), network);
    else
        printf(_("%s is banned until it is lifted: bansho unban %s\n"), network, network);
}

static enum outcome ban(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(wire_client_freep) struct wire_client *wall = NULL;
    _cleanup_(wire_answer_done) struct wire_answer answer = {0};
    struct err err = {0};
    json_t *parameters = understand(c, a);
    if (!parameters)
        return OUTCOME_USAGE;
    const char *network = arena_dupz(a, json_string_value(json_object_get(parameters, "network")));
    int code = peer_open(c, &peer_wall, &wall, &err);
    if (code < 0)
        json_decref(parameters);
    else
        code = peer_ask(wall, &peer_wall, "Ban", parameters, &answer, &err);
    if (code < 0)
        return peer_complain(c, &peer_wall, code, &answer, &err);
    tell_ban(c, network, json_integer_value(json_object_get(answer.parameters, "until")));
    return OUTCOME_FINE;
}

/* What the watch has counted is forgotten. 0; -ENOENT ...: it does not run, and has counted nothing that could ban. */
static int forgive(const struct call *c, const char *network, struct wire_answer *answer, struct err *err)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    int code = peer_open(c, &peer_watch, &w, err);
    if (code == 0)
        code = peer_ask(w, &peer_watch, network ? "Forgive" : "ForgiveAll", network ? json_pack("{ss}", "network", network) : NULL, answer, err);
    return code;
}

static void tell_unban(const struct call *c, const char *network, int64_t removed, int forgiven)
{
    if (call_option(c, "json")) {
        struct emit j = emit_to(stdout);
        begin_json(&j, c, "bansho.unban/1");
        emit_text(&j, "network", network);
        emit_int(&j, "removed", removed);
        if (peer_absent(forgiven))
            emit_null(&j, "forgiven");
        else
            emit_bool(&j, "forgiven", forgiven == 0);
        emit_done(&j);
        return;
    }
    if (!removed && network)
        printf(_("%s was not banned.\n"), network);
    else if (network && removed == 1)
        printf(_("%s is no longer banned.\n"), network);
    else
        printf(ngettext("%d ban is lifted.\n", "%d bans are lifted.\n", (unsigned long)removed), (int)removed);
    if (forgiven == 0)
        printf("%s\n", _("Earlier failures are forgotten, so that the next one does not ban again at once."));
}

/* The watch first: no verdict comes between. */
static enum outcome unban(const struct call *c)
{
    const char *network = c->args_n ? c->args[0] : NULL;
    _cleanup_(wire_client_freep) struct wire_client *wall = NULL;
    _cleanup_(wire_answer_done) struct wire_answer told = {0}, answer = {0};
    struct err err = {0};
    struct prefix p;
    if ((call_option(c, "all") != NULL) == (network != NULL))
        return complainf(_("unban: name an address or network, or --all. Usage: bansho %s %s"), c->verb->name, c->verb->usage);
    if (network && !prefix_parse(str_of(network), false, &p))
        return complainf(_("\"%s\" is no address and no network"), network);
    int code = peer_open(c, &peer_wall, &wall, &err);
    if (code < 0)
        return peer_complain(c, &peer_wall, code, NULL, &err);
    int forgiven = forgive(c, network, &told, &err);
    if (forgiven < 0 && !peer_absent(forgiven))
        peer_complain(c, &peer_watch, forgiven, &told, &err);
    err = (struct err){0};
    code = network ? peer_ask(wall, &peer_wall, "Unban", json_pack("{ss}", "network", network), &answer, &err) : peer_ask(wall, &peer_wall, "UnbanAll", NULL, &answer, &err);
    if (code < 0)
        return peer_complain(c, &peer_wall, code, &answer, &err);
    tell_unban(c, network, json_integer_value(json_object_get(answer.parameters, "removed")), forgiven);
    return forgiven == 0 || peer_absent(forgiven) ? OUTCOME_FINE : OUTCOME_UNKNOWN;
}

static const struct verb_option ban_options[] = {
    {"for", 0, ARGUMENT_TEXT, "T", NULL, N_("how long: 90s, 20m, 2h, 3d, 2w, forever; otherwise guard.ban-time of bansho.conf, longer each time")},
    {"why", 0, ARGUMENT_TEXT, "TEXT", NULL, N_("the reason; shown by bansho bans")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.ban/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_ban = {
    .name = "ban",
    .usage = "NETWORK [--for T] [--why TEXT] [--json]",
    .summary = N_("shuts an address or a network out"),
    .help = N_("Packets from there are dropped by the kernel, and open connections end. Where it is banned already, the later end holds.\n\n"
               "bansho-wall refuses what would lock you out: this machine's own addresses, the sources that bansho.conf protects, and networks that nobody can mean. "
               "So is the address that you are logged in from."),
    .options = ban_options,
    .argument = ARGUMENT_TEXT,
    .min = 1,
    .max = 1,
    .run = ban,
};

static const struct verb_option unban_options[] = {
    {"all", 0, ARGUMENT_NONE, NULL, NULL, N_("lift every ban")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.unban/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_unban = {
    .name = "unban",
    .usage = "NETWORK | --all [--json]",
    .summary = N_("lets an address or a network in again"),
    .help = N_("The ban is lifted, and bansho-watch forgets the failures that it has counted, so that the next one does not ban at once."),
    .options = unban_options,
    .argument = ARGUMENT_TEXT,
    .max = 1,
    .run = unban,
};
