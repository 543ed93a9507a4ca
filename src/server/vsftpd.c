/* vsftpd.c: vsftpd. Files: /etc/vsftpd.conf (Debian), /etc/vsftpd/vsftpd.conf and further *.conf there (RHEL: one daemon for each). The last
   value counts; a line is key=value with no blanks and no comment behind it (vsftpd.conf(5)). */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>

static const struct line_style style = {.separators = "=", .comments = "#"};

static void endpoint(struct server *s, struct instance *i)
{
    uint64_t port;
    bool implicit = setting_bool(i, "", "ssl_enable", false) && setting_bool(i, "", "implicit_ssl", false);
    const struct setting *at = setting_get(i, "", "listen_port");
    if (!at || !str_u64(str_of(at->value), 65535, &port) || !port)
        port = 21;
    bool v6 = setting_bool(i, "", "listen_ipv6", false), v4 = setting_bool(i, "", "listen", false);
    if (!at)
        at = setting_get(i, "", v6 ? "listen_ipv6" : "listen");
    const char *address = setting_value(i, "", v6 ? "listen_address6" : "listen_address", "");
    endpoint_add(s, i, implicit ? "ftps" : "ftp", v4 || v6 ? "vsftpd" : "inetd", address, (uint16_t)port, implicit, at ? at->file : NULL, at ? at->line : 0);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    struct names more = {0}, files = {0};
    if (root_exists(s->host->root, "/etc/vsftpd.conf"))
        *list_push(s->arena, &files.list) = arena_dupz(s->arena, "/etc/vsftpd.conf");
    if (root_glob(s->host->root, "/etc/vsftpd/*.conf", 32, s->arena, &more) == 0)
        for (size_t k = 0; k < more.list.n; k++)
            *list_push(s->arena, &files.list) = more.list.v[k];
    for (size_t k = 0; k < (files.list.n ? files.list.n : 1); k++) {
        const char *path = files.list.n ? files.list.v[k] : "/etc/vsftpd.conf", *slash = strrchr(path, '/');
        struct instance *i = instance_add(s, self, k ? slash + 1 : "");
        if (!instance_detect(s, i) && !files.list.n) {
            instance_drop(s, i);
            return 0;
        }
        i->config = path;
        int r = instance_settings(s, i, path, &style, "");
        if (r < 0)
            instance_unseen(i, r, arena_printf(s->arena, "%s: %s", path, err_name(r)));
        endpoint(s, i);
    }
    return 0;
}

const struct product product_vsftpd = {
    .id = "vsftpd", .title = "vsftpd", .kinds = KIND_FTP,
    .packages = (const char *const[]){"vsftpd", NULL},
    .units = (const char *const[]){"vsftpd", NULL},
    .programs = (const char *const[]){"vsftpd", NULL},
    .load = load,
};
