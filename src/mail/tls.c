#include "mail/tls.h"
#include "base/i18n.h"
#include "dialogue/crowd.h"
#include "mail/submission.h"
#include "mail/tls_tell.h"
#include <stdio.h>

#define DIALOGUE_MS 14000
#define TLS_1_1 0x0302
#define SOON (14 * DAY)

static bool ends_with_domain(struct str name, struct str domain)
{
    return str_ieq(name, domain) || (name.n > domain.n + 1 && name.p[name.n - domain.n - 1] == '.' && str_ieq(str_from(name, name.n - domain.n), domain));
}

bool tls_names_fit(const char *certificate_names, const char *name)
{
    struct str rest = str_of(certificate_names), word;
    while (str_word(&rest, " ", &word))
        if (ends_with_domain(word, str_of(name)))
            return true;
    return false;
}

/* People's mail programs have the server's own name, or one of a domain whose mail is here. */
static bool name_fits(const struct tls_seen *t, const char *const *names)
{
    if (t->name_matches)
        return true;
    for (; *names; names++)
        if (tls_names_fit(t->names, *names))
            return true;
    return false;
}

static unsigned certificate_faults(const struct tls_seen *t, const char *const *names, int64_t now)
{
    unsigned faults = 0;
    if (t->not_after && now >= t->not_after)
        faults |= TLS_EXPIRED;
    else if (t->not_after && now + SOON >= t->not_after)
        faults |= TLS_SOON;
    if (t->not_before && now < t->not_before)
        faults |= TLS_NOT_YET;
    if (!t->trusted)
        faults |= TLS_UNTRUSTED;
    if (!name_fits(t, names))
        faults |= TLS_OTHER_NAME;
    return faults;
}

unsigned tls_judge(const struct mail_port *p, const struct tls_look *look, const char *const *names, int64_t now)
{
    unsigned faults = look->clear ? TLS_CLEAR_TEXT : 0;
    if (p->port == 25)
        return faults || look->no_login ? faults : faults | TLS_UNSEEN;
    if (look->tls.done)
        faults |= certificate_faults(&look->tls, names, now);
    else if (!p->tls && look->trouble == TROUBLE_NONE && !look->starttls_offered)
        faults |= TLS_NONE;
    else
        faults |= TLS_UNSEEN;
    if (look->old_taken)
        faults |= TLS_OLD;
    else if (look->old_asked && look->old_trouble != TROUBLE_TLS && look->old_trouble != TROUBLE_CLOSED && !(faults & TLS_NONE))
        faults |= TLS_UNSEEN; /* refusing the handshake is the sound answer */
    return faults;
}

struct round {
    const struct probe_ctx *ctx;
    struct mail_ports ports;
    const char *name;
};

static void look_smtp(struct endpoint_at *at, struct tls_look *ret)
{
    struct smtp_seen seen = {0};
    struct smtp_plan plan = {.starttls = true};
    struct err err = {0};
    if (smtp_ask(at, &plan, &seen, &err) < 0)
        seen.trouble = TROUBLE_WORKER;
    ret->trouble = seen.trouble;
    ret->starttls_offered = seen.starttls_offered;
    ret->clear = !at->tls && seen.auth_offered_plain && sends_password(seen.auth_plain);
    ret->no_login = !ret->clear && seen.greeting == 220 && (seen.trouble == TROUBLE_NONE || seen.starttls_offered);
    if (ret->clear)
        snprintf(ret->words, sizeof ret->words, "AUTH %s", seen.auth_plain);
    ret->tls = seen.tls;
}

static void look_login(const struct round *r, const struct mail_port *p, struct endpoint_at *at, bool old, struct tls_look *ret)
{
    struct login_seen seen = {0};
    struct err err = {0};
    char user[64];
    snprintf(user, sizeof user, "bansho-probe-%s-%s", r->ctx->run, p->name);
    struct login_plan plan = {.starttls = true, .user = old || p->tls ? NULL : user, .password = r->ctx->run, .login_before_tls = !old && !p->tls};
    if ((strcmp(p->protocol, "imap") == 0 ? imap_ask : pop3_ask)(at, &plan, &seen, &err) < 0)
        seen.trouble = TROUBLE_WORKER;
    ret->trouble = seen.trouble;
    ret->starttls_offered = seen.starttls_offered;
    ret->clear = seen.plain_considered || (seen.accepted && !seen.tls.done);
    ret->no_login = seen.plain_refused || seen.login_disabled;
    snprintf(ret->words, sizeof ret->words, "%s", seen.answer_plain);
    ret->tls = seen.tls;
}

/* How a look travels from the confined process. */
static const struct field look_rows[] = {
    TROUBLE_OF(struct tls_look, trouble), FLAG_OF(struct tls_look, starttls_offered), FLAG_OF(struct tls_look, no_login), FLAG_OF(struct tls_look, clear),
    TEXT_OF(struct tls_look, words), STRUCT_OF(struct tls_look, tls, tls_fields),
};
static const struct field_table look_fields = FIELDS(look_rows);

/* Job 2i: port i as it is; job 2i + 1: with old versions of TLS only. */
static void look(void *arg, size_t i, void *ret)
{
    const struct round *r = arg;
    const struct mail_port *p = &r->ports.list.v[i / 2];
    bool old = i % 2;
    struct endpoint_at at = mail_port_at(p, r->ctx->run, (unsigned)i + 16);
    at.timeout_ms = DIALOGUE_MS;
    at.name = r->name;
    at.tls_max = old ? TLS_1_1 : 0;
    if (old && p->port == 25)
        return;
    if (strcmp(p->protocol, "smtp") == 0)
        look_smtp(&at, ret);
    else
        look_login(r, p, &at, old, ret);
}

static void merge_old(const struct tls_look *old, bool asked, struct tls_look *into)
{
    into->old_asked = asked;
    into->old_trouble = old->trouble;
    into->old_taken = old->tls.done;
    memcpy(into->old_version, old->tls.version, sizeof into->old_version);
}

/* The names by which people may call this server. */
static const char **service_names(const struct server *s, struct arena *a)
{
    static const char *const keys[] = {"mydestination", "virtual_mailbox_domains", "virtual_alias_domains"};
    LIST(const char *) names = {0};
    *list_push(a, &names) = mail_server_name(s);
    *list_push(a, &names) = s->host->name;
    const struct instance *i;
    for (size_t n = 0; (i = server_instance(s, "postfix", n)); n++)
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            struct str rest = str_of(setting_value(i, "", keys[k], "")), word;
            while (str_word(&rest, ", \t", &word))
                if (str_find(word, '.') > 0 && str_find(word, ':') < 0 && str_find(word, '/') < 0)
                    *list_push(a, &names) = arena_dup(a, word);
        }
    *list_push(a, &names) = NULL;
    return names.v;
}

int mail_tls_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct arena *a = out->arena;
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    struct round r = {.ctx = ctx, .name = mail_server_name(ctx->server)};
    struct mail_ports all;
    mail_ports(ctx->server, NULL, false, a, &all);
    for (size_t i = 0; i < all.list.n; i++)
        if (!all.list.v[i].local_only) /* what never leaves the machine needs no TLS */
            *list_push(a, &r.ports.list) = all.list.v[i];
    size_t n = r.ports.list.n * 2;
    struct tls_look *looks = arena_zalloc(a, n * sizeof *looks + 1);
    struct crowd_seen crowd = {look, &r, n, &look_fields, sizeof *looks, 0, 0, DIALOGUE_MS + 2000};
    int code = crowd_see(&crowd, looks, err);
    if (code < 0)
        return code;
    const char *const *names = service_names(ctx->server, a);
    for (size_t i = 0; i < r.ports.list.n; i++) {
        struct tls_look *l = &looks[2 * i], *old = &looks[2 * i + 1];
        merge_old(old, r.ports.list.v[i].port != 25, l);
        tls_tell(ctx, &r.ports.list.v[i], l, tls_judge(&r.ports.list.v[i], l, names, ctx->now), out);
    }
    return 0;
}
