#include "mail/names.h"
#include "base/child.h"
#include "server/dovecot.h"

#define MAX_FILE (2u << 20)

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("._+-=", c);
}

/* Letters, digits and a few signs, not beginning with a sign: nothing that a command line or a login could mistake. */
static bool is_name(struct str s)
{
    bool at = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '@' && i > 0 && !at)
            at = true;
        else if (!s.p[i] || !is_plain(s.p[i]))
            return false;
    }
    return s.n > 0 && s.n < 250 && s.p[0] != '-' && s.p[s.n - 1] != '@';
}

static void add(struct arena *a, struct mail_names *n, struct str name)
{
    if (!is_name(name))
        return;
    if (str_find(name, '@') < 0) {
        if (n->plain.n < MAIL_NAMES_MAX)
            *list_push(a, &n->plain) = arena_dup(a, name);
    } else if (n->full.n < MAIL_NAMES_MAX) {
        *list_push(a, &n->full) = arena_dup(a, name);
    }
}

void mail_names_of_passwd(struct str text, struct arena *a, struct mail_names *ret)
{
    struct str line, name;
    while (str_line(&text, &line))
        if (!str_starts(line, STR("#")) && str_field(&line, ':', &name))
            add(a, ret, str_trim(name));
}

void mail_names_of_table(struct str text, struct arena *a, struct mail_names *ret)
{
    struct str line, key;
    while (str_line(&text, &line)) {
        bool continued = str_starts(line, STR(" ")) || str_starts(line, STR("\t"));
        if (continued || str_starts(line, STR("#")) || !str_word(&line, " \t", &key) || str_find(key, '@') < 1)
            continue;
        add(a, ret, key);
    }
}

typedef void reader(struct str text, struct arena *a, struct mail_names *ret);

static void read_with(const struct root *root, const char *path, reader *read, struct arena *a, struct mail_names *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    int r = root_read(root, path, &b);
    if (r == 0 || b.n)
        read(buf_str(&b), a, ret);
}

static void read_tables(const struct probe_ctx *ctx, struct arena *a, struct mail_names *ret)
{
    static const char *const kinds[] = {"hash:", "btree:", "lmdb:", "texthash:", "cdb:", "dbm:"};
    const struct instance *i;
    for (size_t n = 0; (i = server_instance(ctx->server, "postfix", n)); n++) {
        struct str rest = str_of(setting_value(i, "", "virtual_mailbox_maps", "")), word;
        while (str_word(&rest, ", \t", &word))
            for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
                if (str_starts(word, str_of(kinds[k])))
                    read_with(ctx->server->host->root, arena_dup(a, str_from(word, strlen(kinds[k]))), mail_names_of_table, a, ret);
    }
}

/* The user database's own list, where it has one. */
static void ask_dovecot(struct arena *a, struct mail_names *ret)
{
    const char *const argv[] = {"doveadm", "user", "*", NULL};
    struct child_options o = {.timeout_ms = 5000, .max_output = 256 << 10};
    struct child_result r = {0};
    struct err err = {0};
    if (child_run(argv, &o, &r, &err) < 0)
        return;
    struct str rest = buf_str(&r.out), line;
    while (r.status == 0 && str_line(&rest, &line))
        if (str_find(line, '@') > 0)
            add(a, ret, str_trim(line));
    child_result_free(&r);
}

void mail_names_collect(const struct probe_ctx *ctx, struct arena *a, struct mail_names *ret)
{
    const struct instance *i;
    *ret = (struct mail_names){0};
    for (size_t n = 0; (i = server_instance(ctx->server, "dovecot", n)); n++) {
        struct dovecot_db db;
        for (size_t k = 0; dovecot_db(i, "passdb", k, &db); k++)
            if (db.path[0] == '/' && strcmp(db.driver, "passwd-file") == 0 && !strchr(db.path, '%') && !db.master)
                read_with(ctx->server->host->root, db.path, mail_names_of_passwd, a, ret);
    }
    read_tables(ctx, a, ret);
    if (!ret->full.n && ctx->live && server_instance(ctx->server, "dovecot", 0))
        ask_dovecot(a, ret);
}

static size_t add_short(struct arena *a, const char **ret, size_t have, size_t max, const char *name)
{
    struct str rest = str_of(name), local;
    if (have == max || !str_field(&rest, '@', &local))
        return have;
    for (size_t k = 0; k < have; k++)
        if (str_eq(str_of(ret[k]), local))
            return have;
    ret[have++] = arena_dup(a, local);
    return have;
}

size_t mail_short_names(const struct mail_names *n, struct arena *a, const char **ret, size_t max)
{
    size_t have = 0;
    for (size_t i = 0; i < n->plain.n && have < max / 2; i++)
        have = add_short(a, ret, have, max, n->plain.v[i]);
    for (size_t i = 0; i < n->full.n; i++)
        have = add_short(a, ret, have, max, n->full.v[i]);
    return have;
}
