/* plesk.c: the Plesk panel. Settings of section "": psa.conf (PRODUCT_ROOT_D, PLESK_MAILNAMES_D, HTTPD_VHOSTS_D ...), "product_root", "mta": "qmail" or "postfix",
   "mailbox": "courier" or "dovecot" (what is installed). Its own settings stand in its database and are not read. */
#include "server/lines.h"
#include "server/server.h"

#define CONF "/etc/psa/psa.conf"

static const char *const roots[] = {"/usr/local/psa", "/opt/psa"};

static const char *product_root(struct server *s, const struct instance *i)
{
    const char *set = setting_value(i, "", "PRODUCT_ROOT_D", "");
    for (size_t k = 0; !*set && k < ARRAY_SIZE(roots); k++)
        if (root_exists(s->host->root, arena_printf(s->arena, "%s/version", roots[k])))
            set = roots[k];
    return *set ? set : roots[0];
}

static void installed(struct server *s, struct instance *i, const char *key, const char *const table[][2])
{
    for (; (*table)[0]; table++)
        if (root_exists(s->host->root, (*table)[1])) {
            setting_add(s, i, FROM_DEFAULT, "", str_of(key), str_of((*table)[0]), NULL, 0);
            return;
        }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    static const char *const mta[][2] = {{"qmail", "/var/qmail/bin/qmail-send"}, {"postfix", "/usr/lib/postfix/sbin/master"}, {"postfix", "/usr/lib/postfix/master"},
                                         {"postfix", "/usr/libexec/postfix/master"}, {NULL, NULL}};
    static const char *const mailbox[][2] = {{"dovecot", "/usr/sbin/dovecot"}, {"courier", "/usr/sbin/couriertcpd"}, {"courier", "/usr/lib/courier-imap/couriertcpd"}, {NULL, NULL}};
    (void)err;
    struct instance *i = instance_add(s, self, "");
    if (!instance_detect(s, i)) {
        instance_drop(s, i);
        return 0;
    }
    i->config = CONF;
    instance_settings(s, i, CONF, &lines_words, "");
    const char *root = arena_dupz(s->arena, product_root(s, i)), *file = arena_printf(s->arena, "%s/version", root);
    struct str text, word; /* "11.5.30 CentOS 6 115140407.17" */
    if (server_read(s, file, &text) == 0 && str_word(&text, " \t\n", &word))
        i->version = arena_dup(s->arena, word);
    setting_add(s, i, FROM_DEFAULT, "", STR("product_root"), str_of(root), NULL, 0);
    installed(s, i, "mta", mta);
    installed(s, i, "mailbox", mailbox);
    endpoint_add(s, i, NULL, "sw-cp-server", "", 8443, true, NULL, 0);
    endpoint_add(s, i, NULL, "sw-cp-server", "", 8880, false, NULL, 0);
    return 0;
}

static const char *const packages[] = {"psa", "plesk-core", "psa-firstboot", NULL};
static const char *const units[] = {"sw-cp-server", "sw-cpserver", "psa", "sw-engine", NULL};
static const char *const programs[] = {"sw-cp-serverd", "sw-cp-server", NULL};
static const char *const paths[] = {"/usr/local/psa/version", "/opt/psa/version", NULL};
const struct product product_plesk = {.id = "plesk", .title = "Plesk", .kinds = KIND_PANEL, .packages = packages, .units = units, .programs = programs, .paths = paths, .load = load};
