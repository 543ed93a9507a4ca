#include "mail/account_known.h"
#include "base/child.h"
#include "base/i18n.h"
#include "mail/full_names.h"
#include <errno.h>

#define EX_NOUSER 67 /* sysexits.h */
#define MAPS_MAX 20

struct asking {
    const char *name;
    struct arena *arena;
    struct account_knowns *out;
};

static bool plain(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._+-=@", c)))
            return false;
    }
    return name.n > 0 && name.n < 250 && name.p[0] != '-';
}

static void add(struct asking *q, const char *who, bool login, enum account_knows knows, const char *why)
{
    *list_push(q->arena, &q->out->list) = (struct account_known){who, login, knows, why};
}

static const char *first_line(struct asking *q, const struct child_result *r)
{
    struct str rest = buf_str(&r->err), line = STR("");
    (void)str_line(&rest, &line);
    return line.n ? arena_dup(q->arena, line) : arena_printf(q->arena, _("ended with status %d"), r->status);
}

/* A name that is not found is unknown all the same where another database only answers together with the password. */
static void not_found(struct asking *q, const struct instance *i)
{
    struct dovecot_db db;
    if (names_hidden(i, &db))
        add(q, "Dovecot, passdb", true, KNOWN_UNASKED, arena_printf(q->arena, "%s: %s", db.driver, _("this password database only answers together with the password")));
    else
        add(q, "Dovecot, passdb", true, KNOWN_NO, NULL);
}

static void dovecot(struct asking *q, const struct instance *i)
{
    const char *const lookup[] = {"doveadm", "auth", "lookup", "-x", "service=imap", q->name, NULL}, *const user[] = {"doveadm", "user", q->name, NULL};
    struct child_options o = {.timeout_ms = 8000, .max_output = 256 << 10};
    struct child_result r = {0};
    struct found_names found = {0};
    struct err err = {0};
    if (child_run(lookup, &o, &r, &err) < 0) {
        add(q, "Dovecot", true, KNOWN_UNASKED, arena_dupz(q->arena, err.text));
        return;
    }
    bool looked = doveadm_lookup_read(buf_str(&r.out), buf_str(&r.err), q->arena, &found) && (r.status == 0 || r.status == EX_NOUSER);
    if (looked && !found.list.n)
        not_found(q, i);
    else
        add(q, "Dovecot, passdb", true, looked ? KNOWN_YES : KNOWN_UNASKED, looked ? NULL : first_line(q, &r));
    child_result_free(&r);
    if (child_run(user, &o, &r, &err) < 0) {
        add(q, "Dovecot, userdb", false, KNOWN_UNASKED, arena_dupz(q->arena, err.text));
        return;
    }
    add(q, "Dovecot, userdb", false, r.status == 0 ? KNOWN_YES : r.status == EX_NOUSER ? KNOWN_NO : KNOWN_UNASKED, r.status == 0 || r.status == EX_NOUSER ? NULL : first_line(q, &r));
    child_result_free(&r);
}

/* One table of a list of them ("hash:/etc/postfix/virtual"). */
static void table(struct asking *q, const char *setting, const char *map)
{
    const char *const argv[] = {"postmap", "-q", q->name, map, NULL};
    struct child_options o = {.timeout_ms = 8000, .max_output = 64 << 10};
    struct child_result r = {0};
    struct err err = {0};
    const char *who = arena_printf(q->arena, "%s %s", setting, map);
    if (child_run(argv, &o, &r, &err) < 0) {
        add(q, who, false, KNOWN_UNASKED, arena_dupz(q->arena, err.text));
        return;
    }
    struct str rest = buf_str(&r.out), line = STR("");
    (void)str_line(&rest, &line);
    if (r.status == 0)
        add(q, who, false, KNOWN_YES, arena_dup(q->arena, line));
    else if (r.status != 1 || r.err.n) /* 1 without a word: it is not there */
        add(q, who, false, KNOWN_UNASKED, first_line(q, &r));
    child_result_free(&r);
}

static void postfix(struct asking *q, const struct instance *i)
{
    static const char *const settings[] = {"virtual_mailbox_maps", "virtual_alias_maps", "alias_maps"};
    for (size_t k = 0; k < ARRAY_SIZE(settings); k++) {
        struct str rest = str_of(setting_value(i, "", settings[k], "")), word;
        for (size_t n = 0; n < MAPS_MAX && str_word(&rest, ", \t", &word); n++)
            if (str_find(word, ':') > 0 && str_find(word, '{') < 0)
                table(q, settings[k], arena_dup(q->arena, word));
    }
}

/* Who holds accounts and is asked nothing is told, too. */
static void unasked(struct asking *q, const struct server *s)
{
    static const struct { const char *product, *why; } rows[] = {
        {"courier", N_("it does not tell without a password")}, {"cyrus", N_("it does not tell without a password")}, {"dovecot", N_("it does not run")}};
    for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
        const struct instance *i = server_instance(s, rows[k].product, 0);
        bool asked = i && strcmp(rows[k].product, "dovecot") == 0 && i->running;
        if (i && i->wanted && !asked)
            add(q, i->product->title, true, KNOWN_UNASKED, _(rows[k].why));
    }
}

void account_known(const struct server *s, const char *name, struct arena *a, struct account_knowns *ret)
{
    struct asking q = {.name = name, .arena = a, .out = ret};
    const struct instance *i;
    *ret = (struct account_knowns){0};
    unasked(&q, s);
    if (!s->host->live)
        return;
    if (!plain(str_of(name))) {
        add(&q, _("the mail servers"), false, KNOWN_UNASKED, _("a name with such characters is not handed to them"));
        return;
    }
    if ((i = server_instance(s, "dovecot", 0)) && i->running)
        dovecot(&q, i);
    for (size_t n = 0; (i = server_instance(s, "postfix", n)); n++)
        if (i->wanted)
            postfix(&q, i);
}
