/* verb_ban.c: `bansho ban` and `bansho unban`: what an administrator orders, carried out by bansho-wall. */
#include "base/addr.h"
#include "base/clock.h"
#include "base/when.h"
#include "bin/peer.h"
#include "bin/session.h"
#include "model/service.h"
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

/* The services of --service, each once: NAME[,NAME]... NULL: complained. */
static json_t *services_of(const char *text)
{
    json_t *list = json_array();
    struct str rest = str_of(text), name;
    while (list && str_field(&rest, ',', &name)) {
        const struct service *s = service_by_name(str_trim(name));
        bool twice = false;
        if (!s) {
            _cleanup_(buf_free) struct buf all = BUF(4096);
            for (size_t i = 0; i < services_n; i++)
                buf_printf(&all, "%s%s", i ? ", " : "", services[i].name);
            complainf(_("--service: \"%.*s\" is no service. The services are: %s"), (int)name.n, name.p, all.p);
            json_decref(list);
            return NULL;
        }
        for (size_t i = 0; i < json_array_size(list); i++)
            twice |= strcmp(json_string_value(json_array_get(list, i)), s->name) == 0;
        if (!twice)
            json_array_append_new(list, json_string(s->name));
    }
    return list;
}

/* The parameters of Ban. NULL: complained. */
static json_t *understand(const struct call *c, struct arena *a)
{
    const char *length = call_option(c, "for"), *why = call_option(c, "why"), *service = call_option(c, "service");
    json_t *named = NULL;
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
    if (service && !(named = services_of(service)))
        return NULL;
    json_t *p = json_pack("{ss, so*, so}", "network", network_text(&network, text), "services", named, "why", json_string(why ? why : arena_printf(a, "ordered by %s", session_who(a))));
    if (p && length)
        json_object_set_new(p, "until", json_integer(forever ? 0 : (json_int_t)time(NULL) + seconds));
    if (!p)
        complainf(_("--why: \"%s\" is no text in UTF-8"), why ? why : "");
    return p;
}

/* What of it is shut: "192.0.2.7 (smtp, submission)". */
static const char *shut_text(struct arena *a, const char *network, const json_t *named)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    buf_addz(&b, network);
    for (size_t i = 0; i < json_array_size(named); i++)
        buf_printf(&b, "%s%s", i ? ", " : " (", json_string_value(json_array_get(named, i)));
    if (json_array_size(named))
        buf_addc(&b, ')');
    return arena_dup(a, buf_str(&b));
}

static void tell_ban(const struct call *c, const char *network, const json_t *named, int64_t until)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    const char *shut = shut_text(a, network, named);
    if (call_option(c, "json")) {
        struct emit j = emit_to(stdout);
        begin_json(&j, c, "bansho.ban/1");
        emit_text(&j, "network", network);
        emit_list(&j, "services");
        for (size_t i = 0; i < json_array_size(named); i++)
            emit_text(&j, NULL, json_string_value(json_array_get(named, i)));
        emit_end(&j);
        emit_time(&j, "until", until);
        emit_done(&j);
    } else if (until)
        printf(_("%s is banned until %s. To lift it: bansho unban %s\n"), shut, clock_text(a, until, CLOCK_MINUTE), network);
    else
        printf(_("%s is banned until it is lifted: bansho unban %s\n"), shut, network);
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
    json_auto_t *named = json_incref(json_object_get(parameters, "services"));
    int code = peer_open(c, &peer_wall, &wall, &err);
    if (code < 0)
        json_decref(parameters);
    else
        code = peer_ask(wall, &peer_wall, "Ban", parameters, &answer, &err);
    if (code < 0)
        return peer_complain(c, &peer_wall, code, &answer, &err);
    tell_ban(c, network, named, json_integer_value(json_object_get(answer.parameters, "until")));
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
    {"service", 0, ARGUMENT_SERVICES, "NAME[,NAME...]", NULL, N_("only the ports of these services, as bansho.conf calls them: ssh, smtp, submission, imap, http ...; otherwise everything")},
    {"why", 0, ARGUMENT_TEXT, "TEXT", NULL, N_("the reason; shown by bansho bans")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.ban/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_ban = {
    .name = "ban",
    .usage = "NETWORK [--for T] [--service NAME[,NAME...]] [--why TEXT] [--json]",
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
