#include "mail/sender_login.h"
#include "base/i18n.h"
#include "mail/postfix_next.h"
#include "mail/sender_dialogue.h"

bool sender_login_is_word(struct str word)
{
    return str_eq(word, STR("reject_sender_login_mismatch")) || str_eq(word, STR("reject_authenticated_sender_login_mismatch"));
}

static bool reached(const struct setting *s)
{
    static const char *const ends[] = {"permit", "permit_sasl_authenticated", "reject"};
    struct str rest = str_of(s ? s->value : ""), word;
    while (str_word(&rest, ", \t", &word)) {
        if (sender_login_is_word(word))
            return true;
        for (size_t k = 0; k < ARRAY_SIZE(ends); k++)
            if (str_eq(word, str_of(ends[k])))
                return false;
    }
    return false;
}

const struct setting *sender_login_checked(const struct instance *postfix, const char *service)
{
    /* The first two are only looked at with the sender known where smtpd_delay_reject waits for it. */
    static const char *const lists[] = {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
                                        "smtpd_data_restrictions"};
    bool delay = postfix_bool(postfix, service, "smtpd_delay_reject", true);
    for (size_t k = delay ? 0 : 2; k < ARRAY_SIZE(lists); k++) {
        const struct setting *s = postfix_effective(postfix, service, lists[k]);
        if (reached(s))
            return s;
    }
    return NULL;
}

/* What was tried stands above what the settings say: a table may be empty, and something besides Postfix may compare. */
static struct finding *verdict(const struct mail_port *p, const struct sender_try *t, enum state by_settings, struct findings *out)
{
    static const enum state by_answer[] = {[SENDER_REFUSED] = STATE_OK, [SENDER_TAKEN] = STATE_FAIL, [SENDER_UNCLEAR] = STATE_UNKNOWN};
    enum state state = t->answer == SENDER_NOT_ASKED || (t->answer == SENDER_UNCLEAR && by_settings == STATE_FAIL) ? by_settings : by_answer[t->answer];
    struct finding *f = finding_add(out, state, p->name,
                                    state == STATE_OK     ? _("On port %u an account sends in its own name only")
                                    : state == STATE_FAIL ? _("On port %u an account can send in the name of any other")
                                                          : _("Whether an account can send in another one's name could not be tried on port %u"),
                                    p->port);
    if (t->answer != SENDER_NOT_ASKED && t->text)
        finding_evidence(out, f, NULL, 0, "%s", t->text);
    if (t->answer == SENDER_REFUSED || t->answer == SENDER_TAKEN)
        f->basis = BASIS_DIALOGUE;
    return f;
}

static void judge(const struct mail_port *p, const struct sender_try *t, struct findings *out)
{
    const struct instance *i = p->instance;
    const char *service = p->endpoint->label;
    const struct setting *maps = postfix_effective(i, service, "smtpd_sender_login_maps"), *list = sender_login_checked(i, service);
    bool owned = maps && maps->value[0];
    struct finding *f = verdict(p, t, list && owned ? STATE_OK : STATE_FAIL, out);
    if (f->state != STATE_FAIL) {
        if (list)
            postfix_tell(out, f, list);
        if (owned)
            postfix_tell(out, f, maps);
        return;
    }
    if (list)
        postfix_tell(out, f, list);
    else
        finding_evidence(out, f, NULL, 0, _("no list of restrictions compares the login with the sender (reject_authenticated_sender_login_mismatch)"));
    if (owned)
        postfix_tell(out, f, maps);
    else
        finding_evidence(out, f, maps ? maps->file : NULL, maps ? maps->line : 0, _("smtpd_sender_login_maps is empty: nobody owns an address"));
    finding_impact(out, f, _("One stolen password is enough to write in everybody's name, and the sender does not tell whose password it was."));
}

/* bansho.conf names an account, and it was asked there: each port has its own answer, be it that it could not be tried. */
static bool others_tried(const struct mail_ports *ports, const struct sender_try *tries, const char *id)
{
    bool any = false;
    for (size_t k = 0; k < ports->list.n; k++)
        if (ports->list.v[k].instance && strcmp(ports->list.v[k].instance->product->id, id) == 0)
            any = any || tries[k].answer != SENDER_NOT_ASKED;
    return any;
}

static void tell_others(const struct probe_ctx *ctx, const struct mail_ports *ports, const struct sender_try *tries, struct findings *out)
{
    static const char *const others[] = {"exim", "qmail", "courier"};
    for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
        const struct instance *i = server_instance(ctx->server, others[k], 0);
        if (!i || !i->wanted || !(i->product->kinds & KIND_MTA) || others_tried(ports, tries, others[k]))
            continue;
        struct finding *f = finding_add(out, STATE_UNKNOWN, others[k], _("It could not be found out whether an account can send in another one's name"));
        finding_evidence(out, f, i->config, 0, _("the settings of %s are not read for this"), i->product->title);
        finding_by_hand(out, f);
    }
}

int sender_login_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct mail_ports ports;
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    mail_ports(ctx->server, "smtp", false, out->arena, &ports);
    const struct sender_try *tries = sender_ask(ctx, &ports, out->arena);
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *p = &ports.list.v[k];
        bool postfix = p->instance && strcmp(p->instance->product->id, "postfix") == 0;
        if (!postfix && tries[k].answer != SENDER_NOT_ASKED) {
            struct finding *f = verdict(p, &tries[k], STATE_UNKNOWN, out);
            if (f->state == STATE_FAIL) {
                finding_impact(out, f, _("One stolen password is enough to write in everybody's name, and the sender does not tell whose password it was."));
                finding_by_hand(out, f);
            }
        }
        if (postfix && postfix_bool(p->instance, p->endpoint->label, "smtpd_sasl_auth_enable", false))
            judge(p, &tries[k], out);
    }
    tell_others(ctx, &ports, tries, out);
    return 0;
}
