/* courier.c: Courier-IMAP and its POP3 server. Settings: section = the file's name ("imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "authdaemonrc"), KEY = value.
   Endpoints: PORT and SSLPORT of each, where it is not switched off (IMAPDSTART=NO) or is seen listening. */
#include "server/lines.h"
#include "server/server.h"
#include <stdio.h>

static const struct file {
    const char *name, *port, *address, *start;
    bool tls;
} files[] = {
    {"imapd", "PORT", "ADDRESS", "IMAPDSTART", false}, {"imapd-ssl", "SSLPORT", "SSLADDRESS", "IMAPDSSLSTART", true},
    {"pop3d", "PORT", "ADDRESS", "POP3DSTART", false}, {"pop3d-ssl", "SSLPORT", "SSLADDRESS", "POP3DSSLSTART", true},
    {"authdaemonrc", NULL, NULL, NULL, false}, {"authmysqlrc", NULL, NULL, NULL, false},
};

static bool listens(const struct server *s, uint16_t port)
{
    const struct listener *l = host_listener(s->host, port, false);
    return l && strstr(l->program, "courier");
}

/* "143,1143" or "127.0.0.1.900,192.0.2.1.900" */
static void add_ports(struct server *s, struct instance *i, const struct file *f)
{
    const struct setting *port = setting_get(i, f->name, f->port), *start = setting_get(i, f->name, f->start);
    if (!port)
        return;
    bool off = start && (start->value[0] == 'n' || start->value[0] == 'N');
    struct str list = str_of(port->value), word;
    for (int n = 0; n < 50 && str_word(&list, ", \t", &word); n++) {
        size_t dot = word.n;
        while (dot > 0 && word.p[dot - 1] != '.')
            dot--;
        uint16_t number = server_port(str_from(word, dot));
        const char *address = dot ? arena_dup(s->arena, str_span(word.p, dot - 1)) : setting_value(i, f->name, f->address, "0");
        bool all = strcmp(address, "0") == 0 || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
        if (number && (!off || listens(s, number)))
            endpoint_add(s, i, NULL, f->name, all ? "" : address, number, f->tls, port->file, port->line);
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    static const char *const dirs[] = {"/etc/courier", "/etc/courier-imap", "/usr/lib/courier-imap/etc", "/etc/authlib"};
    (void)err;
    struct instance *i = instance_add(s, self, "");
    if (!instance_detect(s, i)) {
        instance_drop(s, i);
        return 0;
    }
    for (size_t d = 0; d < ARRAY_SIZE(dirs); d++)
        for (size_t k = 0; k < ARRAY_SIZE(files); k++)
            if (instance_settings(s, i, arena_printf(s->arena, "%s/%s", dirs[d], files[k].name), &lines_shell, files[k].name) == 0 && !*i->config)
                i->config = dirs[d];
    instance_sort(s, i);
    for (size_t k = 0; k < ARRAY_SIZE(files); k++)
        if (files[k].port)
            add_ports(s, i, &files[k]);
    return 0;
}

static const char *const packages[] = {"courier-imap", "courier-pop", "psa-courier-imap", "courier-base", NULL};
static const char *const units[] = {"courier-imap", "courier-imap-ssl", "courier-pop", "courier-pop-ssl", "courier-imaps", "courier-imapd", "courier-pop3d", "courier-pop3s", NULL};
static const char *const programs[] = {"couriertcpd", NULL};
static const char *const paths[] = {"/usr/sbin/couriertcpd", "/usr/lib/courier-imap/couriertcpd", "/usr/lib/courier-imap/libexec/couriertcpd", NULL};
const struct product product_courier = {.id = "courier", .title = "Courier", .kinds = KIND_MAILBOX, .packages = packages, .units = units, .programs = programs, .paths = paths,
                                        .load = load};
