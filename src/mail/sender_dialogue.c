#include "mail/sender_dialogue.h"
#include "base/i18n.h"
#include "config/config.h"
#include "dialogue/crowd.h"
#include <errno.h>
#include <string.h>

#define DIALOGUE_MS 14000
#define PASSWORD_MAX 400

struct round {
    const struct probe_ctx *ctx;
    const struct mail_ports *ports;
    struct sender_try *tries;
    const char *account;
    const char *senders[SENDER_ENVELOPES];
    char password[PASSWORD_MAX + 2];
    const char *why; /* the password cannot be had */
};

/* 5.1.x: the address itself is wrong (RFC 3463), which says nothing about whose it is. */
static bool nobody_has_it(const struct smtp_seen *seen, size_t of)
{
    return seen->rcpt_code[of] >= 500 && str_starts(str_of(seen->rcpt_text[of]), STR("5.1."));
}

enum sender_answer sender_judge(const struct smtp_seen *seen, size_t *ret_of)
{
    *ret_of = seen->auth_code == 235 && seen->rcpt_code[SENDER_OWN] / 100 != 2 ? SENDER_OWN : SENDER_NOBODYS;
    if (seen->auth_code != 235 || *ret_of == SENDER_OWN)
        return SENDER_UNCLEAR;
    if (seen->rcpt_code[SENDER_NOBODYS] / 100 == 2)
        return SENDER_TAKEN;
    if (nobody_has_it(seen, SENDER_NOBODYS))
        *ret_of = SENDER_POSTMASTERS; /* refused it is a proof; taken it may be an alias of the account */
    return seen->rcpt_code[*ret_of] >= 500 && !nobody_has_it(seen, *ret_of) ? SENDER_REFUSED : SENDER_UNCLEAR;
}

const char *sender_at(const char *account, const char *local, struct arena *a)
{
    const char *at = strrchr(account, '@');
    return arena_printf(a, "%s%s", local, at ? at : "");
}

static bool people_send(const struct mail_port *p)
{
    return p->port == 587 || p->port == 465;
}

/* The first line of the file; nobody but root may be able to read it. */
static void read_password(struct round *r, const char *file, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    struct stat st;
    const struct root *root = r->ctx->server->host->root;
    int code = root_stat(root, file, &st);
    if (code == 0)
        code = root_read(root, file, &b);
    struct str rest = buf_str(&b), line = {0};
    str_line(&rest, &line);
    if (code < 0)
        r->why = arena_printf(a, "%s: %s", file, err_name(-code));
    else if (st.st_mode & 077)
        r->why = arena_printf(a, _("%s can be read by others than root: chmod 600 %s"), file, file);
    else if (!line.n || line.n > PASSWORD_MAX)
        r->why = arena_printf(a, _("%s: there is no password in its first line"), file);
    else
        memcpy(r->password, line.p, line.n);
    if (b.p)
        explicit_bzero(b.p, b.n);
}

static void ask(void *arg, size_t i, void *ret)
{
    const struct round *r = arg;
    const struct mail_port *p = &r->ports->list.v[i];
    struct endpoint_at at = mail_port_at(p, r->ctx->run, (unsigned)i);
    struct smtp_plan plan = {.starttls = !p->tls, .user = r->account, .password = r->password, .envelopes = SENDER_ENVELOPES};
    struct err err = {0};
    if (r->tries[i].answer == SENDER_NOT_ASKED)
        return;
    for (size_t k = 0; k < SENDER_ENVELOPES; k++) {
        plan.envelope[k].from = r->senders[k];
        plan.envelope[k].to = r->account;
    }
    at.timeout_ms = DIALOGUE_MS;
    if (smtp_ask(&at, &plan, ret, &err) < 0)
        ((struct smtp_seen *)ret)->trouble = TROUBLE_WORKER;
}

static const char *text_of(const struct round *r, enum sender_answer answer, const struct smtp_seen *seen, size_t of, struct arena *a)
{
    if (answer == SENDER_REFUSED || answer == SENDER_TAKEN)
        return arena_printf(a, _("tried: logged in as %s, with %s as the sender: %d %s"), r->account, r->senders[of], seen->rcpt_code[of], seen->rcpt_text[of]);
    if (!seen->auth_code && seen->trouble != TROUBLE_NONE)
        return arena_printf(a, _("the login of %s could not be tried: %s"), r->account, trouble_text(seen->trouble));
    if (seen->auth_code != 235)
        return arena_printf(a, _("the login of %s got %d"), r->account, seen->auth_code);
    return arena_printf(a, _("logged in as %s, with %s as the sender: %d %s"), r->account, r->senders[of], seen->rcpt_code[of], seen->rcpt_text[of]);
}

const struct sender_try *sender_ask(const struct probe_ctx *ctx, const struct mail_ports *ports, struct arena *a)
{
    const char *account = ctx->config ? config_text(ctx->config, "probe", "account", NULL) : NULL, *file = ctx->config ? config_text(ctx->config, "probe", "password-file", NULL) : NULL;
    size_t n = ports->list.n;
    struct sender_try *tries = arena_zalloc(a, n * sizeof *tries + 1);
    struct smtp_seen *seen = arena_zalloc(a, n * sizeof *seen + 1);
    struct round r = {.ctx = ctx, .ports = ports, .tries = tries, .account = account};
    struct err err = {0};
    bool any = false;
    if (!ctx->live || !account || !file)
        return tries;
    r.senders[SENDER_OWN] = account;
    r.senders[SENDER_NOBODYS] = sender_at(account, arena_printf(a, "bansho-probe-%s", ctx->run), a);
    r.senders[SENDER_POSTMASTERS] = sender_at(account, str_starts(str_of(account), STR("postmaster@")) ? "abuse" : "postmaster", a);
    for (size_t i = 0; i < n; i++)
        any = any || people_send(&ports->list.v[i]);
    if (any)
        read_password(&r, file, a);
    for (size_t i = 0; i < n; i++)
        if (people_send(&ports->list.v[i]))
            tries[i] = (struct sender_try){SENDER_UNCLEAR, r.why};
    if (!any || r.why)
        return tries;
    struct crowd_seen crowd = {ask, &r, n, &smtp_fields, sizeof *seen, 0, 0, DIALOGUE_MS + 2000};
    int code = crowd_see(&crowd, seen, &err);
    explicit_bzero(r.password, sizeof r.password);
    for (size_t i = 0; i < n; i++)
        if (tries[i].answer != SENDER_NOT_ASKED) {
            size_t of = SENDER_OWN;
            tries[i].answer = code < 0 ? SENDER_UNCLEAR : sender_judge(&seen[i], &of);
            tries[i].text = code < 0 ? arena_dupz(a, err.text) : text_of(&r, tries[i].answer, &seen[i], of, a);
        }
    return tries;
}
