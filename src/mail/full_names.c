#include "mail/full_names.h"
#include "base/child.h"
#include "base/i18n.h"
#include "config/config.h"
#include "mail/names.h"
#include "mail/postfix_next.h"
#include <errno.h>

#define MAX_TRIED 20

static bool cuts_domain(const char *format)
{
    return strstr(format, "%n") || strstr(format, "%Ln") || strstr(format, "%Un") || strstr(format, "username");
}

static bool hidden(const struct dovecot_db *db)
{
    static const char *const drivers[] = {"pam", "bsdauth", "checkpassword", "imap", "oauth2", "lua", "ldap"};
    for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
        if (strcmp(db->driver, drivers[i]) == 0)
            return !db->deny && !db->master;
    return false;
}

bool names_hidden(const struct instance *dovecot, struct dovecot_db *ret)
{
    struct dovecot_db db;
    for (size_t k = 0; dovecot_db(dovecot, "passdb", k, &db); k++)
        if (hidden(&db)) {
            *ret = db;
            return true;
        }
    return false;
}

enum names_rule names_rule_of(const struct instance *dovecot, const struct setting **ret_setting, struct dovecot_db *ret_db)
{
    const struct setting *realm = setting_get(dovecot, "", "auth_default_realm"), *domain = setting_get(dovecot, "", "auth_default_domain"), *format = setting_get(dovecot, "", "auth_username_format");
    enum names_rule rule = NAMES_NOTHING_SEEN;
    struct dovecot_db db;
    *ret_setting = NULL;
    *ret_db = (struct dovecot_db){0};
    if (domain && domain->value[0])
        realm = domain;
    if (realm && realm->value[0]) {
        *ret_setting = realm;
        return NAMES_MADE_FULL;
    }
    if (format && cuts_domain(format->value)) {
        *ret_setting = format;
        return NAMES_CUT;
    }
    for (size_t k = 0; dovecot_db(dovecot, "passdb", k, &db); k++) {
        enum names_rule this = NAMES_NOTHING_SEEN;
        if (db.deny || db.master)
            continue;
        if (hidden(&db))
            this = NAMES_HIDDEN;
        else if (strcmp(db.driver, "static") == 0)
            this = NAMES_ANYBODY;
        else if (cuts_domain(db.username_format))
            this = NAMES_CUT;
        if (this != NAMES_NOTHING_SEEN && (rule == NAMES_NOTHING_SEEN || rule == NAMES_HIDDEN)) {
            rule = this;
            *ret_db = db;
        }
    }
    return rule;
}

bool doveadm_lookup_read(struct str out, struct str errors, struct arena *a, struct found_names *ret)
{
    struct str line;
    *ret = (struct found_names){0};
    while (str_line(&out, &line)) {
        if (str_starts(line, STR("passdb: "))) {
            *list_push(a, &ret->list) = (struct found_name){.asked = arena_dup(a, str_from(line, 8)), .user = ""};
        } else if (str_starts(line, STR("  user")) && str_find(line, ':') > 0 && ret->list.n) {
            ret->list.v[ret->list.n - 1].user = arena_dup(a, str_trim(str_from(line, (size_t)str_find(line, ':') + 1)));
        }
    }
    return str_search(errors, STR("Error:")) < 0 && str_search(errors, STR("Fatal:")) < 0;
}

static void tell_rule(enum names_rule rule, const struct setting *s, const struct dovecot_db *db, struct findings *out, struct finding *f)
{
    if (s)
        finding_evidence(out, f, s->file, s->line, "%s = %s", s->key, s->value);
    else if (rule != NAMES_NOTHING_SEEN)
        finding_evidence(out, f, db->file, db->line, "%s: %s", db->section, db->driver); /* its arguments may hold a password */
}

static void tell_short(enum names_rule rule, struct findings *out, struct finding *f)
{
    if (rule != NAMES_MADE_FULL && rule != NAMES_CUT)
        finding_by_hand(out, f);
    finding_impact(out, f, _("Short names are the same in every domain and are what attackers try first; full names keep accounts apart and make guessing harder."));
    finding_next(out, f, "doveconf -n auth_username_format auth_default_realm passdb");
    finding_next_note(out, f, _("only shows the settings. Before they change, set the mail programs that use short names to full ones"));
}

/* What the settings say where nobody was asked. */
static void judge_settings(const struct instance *i, const char *object, enum names_rule rule, const struct setting *s, const struct dovecot_db *db, const char *why, struct findings *out)
{
    bool bad = rule == NAMES_MADE_FULL || rule == NAMES_CUT || rule == NAMES_ANYBODY;
    struct finding *f = bad ? finding_add(out, STATE_FAIL, object, _("A short name can log in to mail")) : finding_add(out, STATE_UNKNOWN, object, _("It could not be found out whether short names can log in to mail"));
    f->basis = i->settings.n && i->settings.v[0].from == FROM_PROGRAM ? BASIS_EFFECTIVE : BASIS_FILES;
    tell_rule(rule, s, db, out, f);
    if (rule == NAMES_HIDDEN)
        finding_evidence(out, f, NULL, 0, _("this password database only answers together with the password"));
    else if (!bad)
        finding_evidence(out, f, NULL, 0, "%s", why);
    if (bad)
        tell_short(rule, out, f);
}

/* Short names of real accounts, and one that nobody has. 0; -errno: could not be asked. */
static int look_up(const struct probe_ctx *ctx, const char *const *names, size_t n, struct arena *a, struct found_names *ret, struct err *err)
{
    const char *argv[8 + MAX_TRIED + 2] = {"doveadm", "auth", "lookup", "-x", "service=imap"};
    size_t at = 5;
    for (size_t k = 0; k < n; k++)
        argv[at++] = names[k];
    argv[at++] = arena_printf(a, "bansho-probe-%s-names", ctx->run);
    struct child_options o = {.timeout_ms = 8000, .max_output = 256 << 10};
    struct child_result r = {0};
    int code = child_run(argv, &o, &r, err);
    if (code < 0)
        return code;
    /* 67 (EX_NOUSER): some name does not exist, which is the good answer. */
    bool looked = doveadm_lookup_read(buf_str(&r.out), buf_str(&r.err), a, ret) && (r.status == 0 || r.status == 67);
    if (!looked)
        code = err_set(err, -EIO, "doveadm: %.300s", r.err.p ? r.err.p : "");
    child_result_free(&r);
    return code;
}

static void judge_dovecot(const struct probe_ctx *ctx, const struct instance *i, struct findings *out)
{
    struct arena *a = out->arena;
    struct mail_names names;
    struct found_names found;
    struct err err = {0};
    const char *tried[MAX_TRIED];
    const struct setting *s;
    struct dovecot_db db;
    enum names_rule rule = names_rule_of(i, &s, &db);
    mail_names_collect(ctx, a, &names);
    size_t n = mail_short_names(&names, a, tried, MAX_TRIED);
    if (!ctx->live || !i->running) {
        judge_settings(i, i->name, rule, s, &db, _("Dovecot does not run, so its password database cannot be asked"), out);
        return;
    }
    if (look_up(ctx, tried, n, a, &found, &err) < 0) {
        judge_settings(i, i->name, rule, s, &db, err.text, out);
        return;
    }
    if (found.list.n) {
        struct finding *f = finding_add(out, STATE_FAIL, i->name, _("A short name can log in to mail"));
        for (size_t k = 0; k < found.list.n && k < 5; k++)
            finding_evidence(out, f, NULL, 0, _("the password database knows \"%s\" (as %s)"), found.list.v[k].asked, found.list.v[k].user);
        tell_rule(rule, s, &db, out, f);
        tell_short(rule, out, f);
        return;
    }
    if (rule == NAMES_HIDDEN || !n) {
        judge_settings(i, i->name, rule == NAMES_HIDDEN ? rule : NAMES_NOTHING_SEEN, s, &db, _("no account's name is known here that could be tried"), out);
        return;
    }
    struct finding *f = finding_add(out, STATE_OK, i->name, _("Only full names (user@domain) can log in to mail"));
    finding_evidence(out, f, NULL, 0, _("the password database does not know \"%s\" and %zu more short names, although it has such accounts"), tried[0], n - 1);
}

/* Programs whose password databases cannot be asked without a password. */
static void judge_others(const struct probe_ctx *ctx, struct findings *out)
{
    static const char *const others[] = {"courier", "qmail", "plesk", "cyrus"};
    for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
        const struct instance *i = server_instance(ctx->server, others[k], 0);
        if (!i || !i->wanted)
            continue;
        struct finding *f = finding_add(out, STATE_UNKNOWN, others[k], _("It could not be found out whether short names can log in to mail"));
        f->basis = BASIS_FILES;
        finding_evidence(out, f, i->config, 0, _("%s does not tell without a password"), i->product->title);
    }
}

/* Postfix asks another program than Dovecot about passwords. */
static void judge_sasl(const struct probe_ctx *ctx, struct findings *out)
{
    const struct instance *i;
    for (size_t n = 0; (i = server_instance(ctx->server, "postfix", n)); n++)
        for (size_t e = 0; e < i->endpoints.n; e++) {
            const char *label = i->endpoints.v[e].label;
            if (!postfix_bool(i, label, "smtpd_sasl_auth_enable", false) || strcmp(postfix_value(i, label, "smtpd_sasl_type", "cyrus"), "dovecot") == 0)
                continue;
            struct finding *f = finding_add(out, STATE_UNKNOWN, "smtp", _("It could not be found out whether short names can log in to send mail"));
            f->basis = BASIS_EFFECTIVE;
            postfix_tell(out, f, postfix_effective(i, label, "smtpd_sasl_type"));
            return;
        }
}

int full_names_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    const struct instance *i;
    if (ctx->config && !config_number(ctx->config, "mail", "full-names"))
        return 0; /* declared as not wanted */
    for (size_t n = 0; (i = server_instance(ctx->server, "dovecot", n)); n++)
        if (i->wanted || i->running)
            judge_dovecot(ctx, i, out);
    judge_others(ctx, out);
    judge_sasl(ctx, out);
    return 0;
}
