/* userfiles.c: accounts that mail and FTP servers keep in files of their own: Dovecot (passwd-file), ProFTPD (AuthUserFile), pure-ftpd (the text that pure-pw(8)
   compiles into its PureDB) and vsftpd (what its PAM service names: pam_pwdfile(8)). A database is named as one that was not read. */
#include "account/shadow.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "server/dovecot.h"
#include <errno.h>
#include <string.h>
#include <strings.h>

struct reading {
    const struct server *s;
    struct credentials *into;
};

/* Returns the first of the credentials that came from it; all that follow are its own. */
static size_t load_file(struct reading *r, const char *path, enum credential_kind kind, bool empty_refused)
{
    struct str text;
    size_t first = r->into->list.n;
    if (path[0] != '/' || strchr(path, '%'))
        return first; /* a path with variables: one file for each domain */
    for (size_t i = 0; i < first; i++)
        if (strcmp(r->into->list.v[i].file, path) == 0)
            return first;
    if (credentials_text(r->s->host, path, r->into, &text) == 0)
        userfile_parse(r->s->host, text, arena_dupz(r->s->host->arena, path), kind, empty_refused, r->into);
    return first;
}

static void not_read(struct reading *r, const char *path, const char *why)
{
    *list_push(r->s->host->arena, &r->into->unread) = arena_printf(r->s->host->arena, "%s: %s", path, why);
}

/* Dovecot 2.3 takes a field without a scheme as CRYPT, which fits no password when it is empty. */
static bool refuses_empty(const struct instance *i, const struct dovecot_db *db)
{
    unsigned version = dovecot_version(i);
    return version > 0 && version < 204 && !strcasestr(db->args, "scheme=plain") && !strcasestr(db->args, "scheme=clear");
}

static void dovecot(struct reading *r, const struct instance *i)
{
    struct dovecot_db db;
    for (size_t k = 0; dovecot_db(i, "passdb", k, &db); k++)
        if (strcasecmp(db.driver, "passwd-file") == 0 && !db.deny && !db.master)
            load_file(r, db.path, CREDENTIAL_MAIL, refuses_empty(i, &db));
}

static void proftpd(struct reading *r, const struct instance *i)
{
    for (size_t k = 0; k < i->settings.n; k++)
        if (strcasecmp(i->settings.v[k].key, "AuthUserFile") == 0)
            load_file(r, arena_dup(r->s->host->arena, str_span(i->settings.v[k].value, strcspn(i->settings.v[k].value, " \t"))), CREDENTIAL_FTP, false);
}

/* Debian: the option is in conf/PureDB, and a link in auth/ says that it is in use; elsewhere the one setting does both. An empty field fits no password (crypt(3)). */
static void pureftpd(struct reading *r, const struct instance *i)
{
    struct arena *a = r->s->host->arena;
    const char *db = setting_value(i, "", "PureDB", "");
    bool linked = false, links = false;
    for (size_t k = 0; k < i->settings.n; k++)
        if (strcmp(i->settings.v[k].section, "auth") == 0) {
            links = true;
            linked |= strcasestr(i->settings.v[k].value, "PureDB") != NULL;
        }
    struct str base = str_of(db);
    if (!base.n || (links && !linked) || !root_exists(r->s->host->root, db))
        return;
    if (str_ends(base, STR(".pdb")))
        base.n -= 4;
    const char *text = arena_printf(a, "%.*s.passwd", (int)base.n, base.p);
    if (!root_exists(r->s->host->root, text)) {
        not_read(r, db, _("only the compiled list is there, not the text that pure-pw made it from"));
        return;
    }
    for (size_t k = load_file(r, text, CREDENTIAL_FTP, true); k < r->into->list.n; k++) {
        r->into->list.v[k].set = arena_printf(a, "pure-pw passwd %s -f %s -m", shell_word(a, r->into->list.v[k].name), shell_word(a, text));
        r->into->list.v[k].compiled = true;
    }
}

/* "auth required pam_pwdfile.so pwdfile /etc/vsftpd/passwd" or pwdfile=...; "... pam_userdb.so db=/etc/vsftpd/users" (a Berkeley database). */
static void pam_line(struct reading *r, struct str line)
{
    struct str word, module = {0};
    bool path_next = false;
    while (str_word(&line, " \t", &word)) {
        const char *slash = memrchr(word.p, '/', word.n);
        struct str last = slash ? str_from(word, (size_t)(slash - word.p) + 1) : word;
        if (word.p[0] == '#')
            return;
        if (str_eq(last, STR("pam_pwdfile.so")) || str_eq(last, STR("pam_userdb.so")))
            module = last;
        else if (module.n && (path_next || str_starts(word, STR("pwdfile="))))
            load_file(r, arena_dup(r->s->host->arena, path_next ? word : str_from(word, 8)), CREDENTIAL_FTP, true);
        else if (str_eq(module, STR("pam_userdb.so")) && str_starts(word, STR("db=")))
            not_read(r, arena_dup(r->s->host->arena, str_from(word, 3)), _("a database of pam_userdb"));
        path_next = str_eq(module, STR("pam_pwdfile.so")) && str_eq(word, STR("pwdfile"));
    }
}

static void vsftpd(struct reading *r, const struct instance *i)
{
    const char *service = setting_value(i, "", "pam_service_name", "ftp");
    struct str text, line;
    if (!service[0] || strchr(service, '/'))
        return;
    const char *path = arena_printf(r->s->host->arena, "/etc/pam.d/%s", service);
    if (!root_exists(r->s->host->root, path) || credentials_text(r->s->host, path, r->into, &text) < 0)
        return;
    while (str_line(&text, &line))
        pam_line(r, line);
}

void userfiles_load(const struct server *s, struct credentials *into)
{
    static const struct {
        const char *product;
        void (*load)(struct reading *r, const struct instance *i);
    } owners[] = {{"dovecot", dovecot}, {"proftpd", proftpd}, {"pure-ftpd", pureftpd}, {"vsftpd", vsftpd}};
    struct reading r = {s, into};
    for (size_t k = 0; k < ARRAY_SIZE(owners); k++) {
        const struct instance *i;
        for (size_t n = 0; (i = server_instance(s, owners[k].product, n)); n++)
            if (i->wanted)
                owners[k].load(&r, i);
    }
}
