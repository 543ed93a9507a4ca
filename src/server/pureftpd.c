/* pureftpd.c: pure-ftpd. Debian's start script reads one file for each option in /etc/pure-ftpd/conf (the name is the key, the first line the
   value), and the links in /etc/pure-ftpd/auth name the ways to log in (section "auth"); elsewhere /etc/pure-ftpd/pure-ftpd.conf. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>

#define OPTIONS_MAX 200

static void read_options(struct server *s, struct instance *i, const struct names *names)
{
    for (size_t k = 0; k < names->list.n; k++) {
        const char *path = arena_printf(s->arena, "/etc/pure-ftpd/conf/%s", names->list.v[k]);
        struct str text, line;
        if (instance_read(s, i, path, &text) < 0)
            continue;
        if (!str_line(&text, &line))
            line = STR("");
        setting_add(s, i, FROM_FILE, "", str_of(names->list.v[k]), str_trim(line), path, 1);
    }
    struct names auth = {0};
    if (root_list(s->host->root, "/etc/pure-ftpd/auth", OPTIONS_MAX, s->arena, &auth) < 0)
        return;
    for (size_t k = 0; k < auth.list.n; k++) {
        char *target = NULL;
        const char *path = arena_printf(s->arena, "/etc/pure-ftpd/auth/%s", auth.list.v[k]);
        if (root_readlink(s->host->root, path, s->arena, &target) == 0)
            setting_add(s, i, FROM_FILE, "auth", str_of(auth.list.v[k]), str_of(target), path, 0);
    }
}

/* Bind: "address,port", ",port" or "address". TLS 3: even the data channel must be encrypted; port 990 is implicit TLS. */
static void endpoint(struct server *s, struct instance *i)
{
    const struct setting *bind = setting_get(i, "", "Bind");
    struct str rest = str_of(bind ? bind->value : ""), address = STR("");
    uint64_t port = 21;
    if (bind && str_field(&rest, ',', &address) && rest.n && !str_u64(str_trim(rest), 65535, &port))
        port = 21;
    endpoint_add(s, i, port == 990 ? "ftps" : "ftp", "pure-ftpd", arena_dup(s->arena, str_trim(address)), (uint16_t)port, port == 990, bind ? bind->file : NULL, bind ? bind->line : 0);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/pure-ftpd/pure-ftpd.conf", "/etc/pure-ftpd.conf", NULL};
    const char *config = conf_first(s->host->root, configs);
    struct names options = {0};
    struct instance *i = instance_add(s, self, "");
    int r = root_list(s->host->root, "/etc/pure-ftpd/conf", OPTIONS_MAX, s->arena, &options);
    bool debian = r == 0 || r == -E2BIG;
    if (!instance_detect(s, i) && !config && !debian) {
        instance_drop(s, i);
        return 0;
    }
    i->config = debian ? "/etc/pure-ftpd/conf" : config ? config : configs[0];
    if (debian)
        read_options(s, i, &options);
    else
        r = instance_settings(s, i, i->config, &lines_words, "");
    if (r < 0)
        instance_unseen(i, r, arena_printf(s->arena, "%s: %s", i->config, err_name(r)));
    endpoint(s, i);
    return 0;
}

const struct product product_pureftpd = {
    .id = "pure-ftpd", .title = "Pure-FTPd", .kinds = KIND_FTP,
    .packages = (const char *const[]){"pure-ftpd", "pure-ftpd-mysql", "pure-ftpd-postgresql", "pure-ftpd-ldap", NULL},
    .units = (const char *const[]){"pure-ftpd", "pure-ftpd-mysql", "pure-ftpd-postgresql", "pure-ftpd-ldap", NULL},
    .programs = (const char *const[]){"pure-ftpd", "pure-ftpd-mysql", "pure-ftpd-postgresql", "pure-ftpd-ldap", NULL},
    .load = load,
};
