/* verb_why.c: `bansho why ADDRESS|ACCOUNT`: which of both it is, and what both share. */
#include "base/clock.h"
#include "bin/why.h"
#include <errno.h>
#include <stdio.h>

/* What came before is newer. */
static int add_part(void *arg, json_t *parameters)
{
    struct question *q = arg;
    json_t *part = json_object_get(parameters, q->list);
    if (json_array_extend(part, q->all) < 0)
        return err_set(&q->err, -EBADMSG, _("%s sent something that is no answer: %s"), q->peer->program, q->list);
    json_decref(q->all);
    q->all = json_incref(part);
    q->cut = q->most && json_array_size(q->all) >= q->most;
    return q->cut ? -ECANCELED : 0;
}

void why_ask(const struct call *c, struct question *q, json_t *take_parameters)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    struct wire_answer answer = {0};
    char method[WIRE_NAME_MAX];
    snprintf(method, sizeof method, "%s.%s", q->peer->interface, q->method);
    q->all = json_array();
    q->code = peer_open(c, q->peer, &w, &q->err);
    if (q->code < 0)
        json_decref(take_parameters);
    else
        q->code = wire_ask_more(w, method, take_parameters, q->more ? add_part : NULL, q, &answer, &q->err);
    if (q->code == 0) {
        q->code = add_part(q, answer.parameters);
        q->cut = false; /* that was the last part */
    }
    if (q->code == -ECANCELED)
        q->code = 0;
    wire_answer_done(&answer);
    if (q->code < 0) {
        json_decref(q->all);
        q->all = NULL;
    }
}

const char *why_not_known(const struct question *q, struct arena *a)
{
    char start[128];
    return peer_absent(q->code) ? arena_printf(a, _("%s does not run. To start it: %s"), q->peer->program, peer_start(q->peer, start, sizeof start)) : arena_dupz(a, q->err.text);
}

int64_t why_number(const json_t *of, const char *key) { return json_integer_value(json_object_get(of, key)); }

const char *why_string(const json_t *of, const char *key)
{
    const char *s = json_string_value(json_object_get(of, key));
    return s ? s : "";
}

void why_put(struct buf *b, const json_t *of, const char *key)
{
    const json_t *v = json_object_get(of, key);
    text_escape(b, str_span(json_is_string(v) ? json_string_value(v) : "", json_string_length(v)));
}

const json_t *why_widest(const json_t *bans)
{
    for (size_t i = 0; i < json_array_size(bans); i++)
        if (!json_array_size(json_object_get(json_array_get(bans, i), "services")))
            return json_array_get(bans, i);
    return json_array_get(bans, 0);
}

const char *why_services(struct arena *a, const json_t *ban)
{
    const json_t *services = json_object_get(ban, "services");
    const char *text = NULL;
    for (size_t i = 0; i < json_array_size(services); i++)
        text = text ? arena_printf(a, "%s, %s", text, json_string_value(json_array_get(services, i))) : arena_dupz(a, json_string_value(json_array_get(services, i)));
    return text;
}

const char *why_until(struct arena *a, int64_t until)
{
    return until ? arena_printf(a, _("until %s"), clock_text(a, until, CLOCK_MINUTE)) : _("until lifted");
}

void why_title(const char *title)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(1024);
    term_colour(&t, &b, COLOUR_BOLD);
    buf_addz(&b, title);
    term_colour(&t, &b, COLOUR_NONE);
    printf("%s\n", b.p);
}

void why_line(struct str text)
{
    printf("  %.*s\n", (int)text.n, text.n ? text.p : "");
}

void why_verdict(enum colour colour, const char *text)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(65536), safe = BUF(65536);
    text_escape(&safe, str_of(text));
    term_colour(&t, &b, colour);
    buf_adds(&b, buf_str(&safe));
    term_colour(&t, &b, COLOUR_NONE);
    printf("%s\n", b.p);
}

/* What reads as an address is one; no account is called so. */
static enum outcome why(const struct call *c)
{
    struct addr a;
    struct prefix p;
    if (addr_parse(str_of(c->args[0]), &a))
        return why_address(c, &a);
    if (prefix_parse(str_of(c->args[0]), false, &p))
        return complainf(_("\"%s\" is a network: name one address of it. Who is banned in it: bansho bans %s"), c->args[0], c->args[0]);
    return why_account(c, c->args[0]);
}

static const struct verb_option options[] = {
    {"since", 0, ARGUMENT_TEXT, "T", NULL, N_("of an account: how far back logs are searched: 2026-11-24, 10:00, 2h, 3d; otherwise 3d")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.why/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_why = {
    .name = "why",
    .usage = "ADDRESS|ACCOUNT [--since T] [--json]",
    .summary = N_("why an address is shut out, or an account cannot log in or send"),
    .help = N_("What reads as an IP address is one, everything else is an account's name as its owner types it: taro, taro@example.jp. In one sentence at the top: what keeps it out, and the next "
               "command; then what that rests on.\n\n"
               "Of an address: whether bansho shut it out, what else on this machine names it (rules and sets of the packet filter whoever made them, legacy iptables, ipsets, routes that lead "
               "nowhere, hosts.deny, fail2ban's own memory), what bansho-watch concluded of it, and every login and failure of it that is kept (of an IPv6 address: of its /64).\n\n"
               "Of an account: where it exists (system, mail, FTP) and whether it is locked there, from where it logged in and failed, which of these addresses are shut out now, and what Postfix refused "
               "from it. Logins are what bansho-watch keeps (since its first start, at most eight days), or, where it does not run, what the logs of --since say. Of the mail queue nothing is said.\n\n"
               "What cannot be known is said to be unknown, with the reason. Only root sees all of it. Exit status 1: something keeps it out."),
    .options = options,
    .argument = ARGUMENT_TEXT,
    .min = 1,
    .max = 1,
    .run = why,
};
