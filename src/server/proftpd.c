/* proftpd.c: ProFTPD. Files: /etc/proftpd/proftpd.conf (Debian), /etc/proftpd.conf (RHEL, Plesk) and what they include. IfModule is evaluated
   from LoadModule lines and the modules that Debian's binary has built in; a binary that loads nothing (Plesk's) has all of its modules built in.
   Sections: "" and "Global" for all servers, "VirtualHost ...", "Anonymous ...", "Limit ..." as they stand inside each other. */
#include "server/conf_files.h"
#include "server/products.h"
#include "server/section_config.h"
#include "server/sites.h"
#include "base/i18n.h"
#include <errno.h>
#include <strings.h>

#define DEPTH 32

struct ftp_server { /* the main one, or a <VirtualHost> */
    const char *address, *file;
    unsigned line, port;
    bool implicit;
};

struct proftpd {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *file;
    LIST(const char *) modules;
    LIST(struct ftp_server) servers;
    struct { const char *path; bool host; } open[DEPTH];
    unsigned depth, skipped;
    size_t at; /* whose directives are read */
    bool inetd;
};

static bool has_module(const struct proftpd *c, const char *name)
{
    static const char *const built_in[] = {"mod_core.c", "mod_xfer.c", "mod_rlimit.c", "mod_auth_unix.c", "mod_auth_file.c", "mod_auth.c", "mod_ls.c", "mod_log.c", "mod_site.c",
        "mod_delay.c", "mod_facts.c", "mod_dso.c", "mod_auth_pam.c", "mod_cap.c", "mod_ctrls.c", "mod_lang.c"};
    if (!c->modules.n)
        return true;
    for (size_t k = 0; k < ARRAY_SIZE(built_in); k++)
        if (strcmp(built_in[k], name) == 0)
            return true;
    for (size_t k = 0; k < c->modules.n; k++)
        if (strcmp(c->modules.v[k], name) == 0)
            return true;
    return false;
}

static int read_file(void *arg, const char *path, struct str text);

static void section_open(struct proftpd *c, const struct section_line *l, const char *first)
{
    bool no = *first == '!', module = str_ieq(l->name, STR("IfModule"));
    if ((module && has_module(c, first + no) == no) || str_ieq(l->name, STR("IfDefine")) || c->depth >= DEPTH) {
        c->skipped++; /* IfDefine holds only for -D on the command line */
        return;
    }
    const char *outer = c->depth ? c->open[c->depth - 1].path : "";
    bool host = str_ieq(l->name, STR("VirtualHost"));
    bool all = module || str_ieq(l->name, STR("IfVersion"));
    c->open[c->depth].host = host;
    c->open[c->depth++].path = all ? outer
                             : arena_printf(c->s->arena, "%s%s%.*s%s%.*s", outer, *outer ? "/" : "", (int)l->name.n, l->name.p, l->args.n ? " " : "", (int)l->args.n, l->args.p);
    if (host) {
        *list_push(c->s->arena, &c->servers) = (struct ftp_server){.address = first, .file = c->file, .line = l->line, .port = 21};
        c->at = c->servers.n - 1;
    }
}

static void section_close(struct proftpd *c)
{
    if (c->skipped)
        c->skipped--;
    else if (c->depth && c->open[--c->depth].host)
        c->at = 0;
}

static void take(struct proftpd *c, const struct section_line *l, const char *first)
{
    struct ftp_server *f = &c->servers.v[c->at];
    uint64_t port;
    if (str_ieq(l->name, STR("Port")) && str_u64(str_of(first), 65535, &port)) {
        f->port = (unsigned)port;
        f->file = c->file;
        f->line = l->line;
    } else if (str_ieq(l->name, STR("DefaultAddress"))) {
        f->address = first;
    } else if (str_ieq(l->name, STR("TLSOptions"))) {
        f->implicit |= str_search(l->args, STR("UseImplicitSSL")) >= 0;
    } else if (str_ieq(l->name, STR("ServerType"))) {
        c->inetd = strcasecmp(first, "inetd") == 0;
    } else if (str_ieq(l->name, STR("LoadModule")) && c->modules.n < 500) {
        *list_push(c->s->arena, &c->modules) = first;
    } else if (str_ieq(l->name, STR("Include"))) {
        conf_include(&c->files, conf_dir(c->s->arena, c->i->config), first, false, true, read_file, c);
    }
}

static int on_line(void *arg, const struct section_line *l)
{
    struct proftpd *c = arg;
    if (l->kind == SECTION_CLOSE) {
        section_close(c);
        return 0;
    }
    if (c->skipped) {
        c->skipped += l->kind == SECTION_OPEN;
        return 0;
    }
    if (c->files.items >= CONF_ITEMS_MAX)
        return -E2BIG;
    struct str rest = l->args;
    const char *first = section_word(&rest, c->s->arena);
    if (l->kind == SECTION_OPEN) {
        c->files.items++;
        section_open(c, l, first ? first : "");
        return 0;
    }
    conf_setting(&c->files, c->s, c->i, c->depth ? c->open[c->depth - 1].path : "", l->name, !str_trim(rest).n && first ? str_of(first) : l->args, c->file, l->line);
    if (first)
        take(c, l, first);
    return 0;
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct proftpd *c = arg;
    const char *outer = c->file;
    c->file = path;
    int r = section_config_parse(text, on_line, c);
    if (r < 0)
        conf_trouble(&c->files, r, path, 0, "%s", err_name(r));
    c->file = outer;
    return 0;
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/proftpd/proftpd.conf", "/etc/proftpd.conf", "/usr/local/etc/proftpd.conf", NULL};
    struct proftpd c = {.s = s, .i = instance_add(s, self, "")};
    if (!instance_configured(s, c.i, configs))
        return 0;
    c.files = conf_files_of(s, &c.i->seen);
    *list_push(s->arena, &c.servers) = (struct ftp_server){.address = "", .file = c.i->config, .port = 21};
    conf_file(&c.files, c.i->config, false, read_file, &c);
    if (c.depth || c.skipped)
        conf_trouble(&c.files, -EINVAL, c.i->config, 0, "%s", _("a section is not closed"));
    for (size_t k = 0; k < c.servers.n; k++) {
        const struct ftp_server *f = &c.servers.v[k];
        bool again = !f->port;
        for (size_t j = 0; j < k; j++) /* name-based ones share a socket */
            again |= c.servers.v[j].port == f->port && (strcmp(c.servers.v[j].address, f->address) == 0 || listen_is_any(c.servers.v[j].address));
        if (!again)
            endpoint_add(s, c.i, f->implicit ? "ftps" : "ftp", c.inetd ? "inetd" : "proftpd", f->address, (uint16_t)f->port, f->implicit, f->file, f->line);
    }
    return 0;
}

const struct product product_proftpd = {
    .id = "proftpd", .title = "ProFTPD", .kinds = KIND_FTP,
    .packages = (const char *const[]){"proftpd-core", "proftpd-basic", "proftpd", "psa-proftpd", NULL},
    .units = (const char *const[]){"proftpd", "ftp_psa", NULL},
    .programs = (const char *const[]){"proftpd", "in.proftpd", NULL},
    .load = load,
};
