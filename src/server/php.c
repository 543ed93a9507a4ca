/* php.c: PHP, one instance for each installation (Debian's /etc/php/VERSION, RHEL's /etc/php.ini, Remi's, Plesk's /opt/plesk/php/VERSION).
   Sections: "php.ini" (of FPM, else of the only one), "php.ini/apache2", "php.ini/cli"; "global" and "pool NAME" of FPM, where php_admin_value[x]
   and the like keep their key as written. Everything is read from the files: `php-fpm -tt` costs a start of PHP and does not say where from. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include "base/i18n.h"
#include <errno.h>

struct php {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *section;
    unsigned pools;
};

/* The settings of php.ini that matter for the security of a hosting server: a whole php.ini would drown them. */
static bool matters(struct str key)
{
    static const char *const keys[] = {"mail.add_x_header", "mail.log", "sendmail_path", "sendmail_from", "expose_php", "allow_url_include", "allow_url_fopen",
        "display_errors", "disable_functions", "open_basedir", "auto_prepend_file", "auto_append_file", "error_log", "log_errors", "session.save_path",
        "upload_tmp_dir", "enable_dl", "cgi.fix_pathinfo", "file_uploads", "extension", "zend_extension"};
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        if (str_ieq(key, str_of(keys[k])))
            return true;
    return false;
}

static int read_ini(void *arg, const char *path, struct str text)
{
    struct php *c = arg;
    struct line_reader r = lines_of(c->s->arena, text, &lines_ini);
    for (struct line_item l; lines_next(&r, &l);)
        if (l.value.p && matters(l.key))
            conf_setting(&c->files, c->s, c->i, c->section, l.key, l.value, path, l.line);
    return 0;
}

static int read_fpm(void *arg, const char *path, struct str text)
{
    struct php *c = arg;
    struct arena *a = c->s->arena;
    struct line_reader r = lines_of(a, text, &lines_ini);
    struct str begun = STR("");
    for (struct line_item l; lines_next(&r, &l);) {
        if (!l.value.p)
            continue;
        if (!str_eq(l.section, begun)) {
            begun = l.section;
            bool global = str_eq(begun, STR("global"));
            c->section = global ? "global" : arena_printf(a, "pool %.*s", (int)begun.n, begun.p);
            c->pools += !global;
        }
        struct str value = l.value;
        /* $pool stands for the pool's name (FPM manual); "$" also begins nothing else there. */
        ptrdiff_t at = str_search(value, STR("$pool"));
        if (at >= 0)
            value = str_of(arena_printf(a, "%.*s%.*s%.*s", (int)at, value.p, (int)begun.n, begun.p, (int)(value.n - (size_t)at - 5), value.p + at + 5));
        if (str_eq(l.key, STR("include")))
            conf_include(&c->files, "/", arena_dup(a, value), true, false, read_fpm, c);
        else
            conf_setting(&c->files, c->s, c->i, c->section, l.key, value, path, l.line);
    }
    return 0;
}

/* Pools that listen on a TCP port. */
static void endpoints(struct php *c)
{
    for (size_t k = 0; k < c->i->settings.n; k++) {
        const struct setting t = c->i->settings.v[k];
        struct str value = str_of(t.value);
        ptrdiff_t colon = -1;
        uint64_t port;
        if (strcmp(t.key, "listen") != 0 || strncmp(t.section, "pool ", 5) != 0 || *t.value == '/')
            continue;
        for (size_t n = 0; n < value.n; n++)
            colon = value.p[n] == ':' ? (ptrdiff_t)n : colon;
        if (!str_u64(str_from(value, (size_t)(colon + 1)), 65535, &port) || !port)
            continue;
        const char *address = colon > 0 ? arena_dup(c->s->arena, str_span(value.p, (size_t)colon)) : "";
        endpoint_add(c->s, c->i, "", t.section, address, (uint16_t)port, false, t.file, t.line);
    }
}

/* One installation: where its files are, %s is the version. */
struct layout {
    const char *base;       /* the directory whose names are the versions; NULL: no versions */
    const char *fpm, *ini, *scan; /* patterns with one %s, or without where base is NULL */
    const char *unit;       /* with one %s */
    const char *kept;       /* names from base begin with one of these bytes */
};

static const struct layout layouts[] = {
    {"/etc/php", "/etc/php/%s/fpm/php-fpm.conf", "/etc/php/%s/fpm/php.ini", "/etc/php/%s/fpm/conf.d/*.ini", "php%s-fpm.service", "0123456789"},
    {"/opt/plesk/php", "/opt/plesk/php/%s/etc/php-fpm.conf", "/opt/plesk/php/%s/etc/php.ini", "/opt/plesk/php/%s/etc/php.d/*.ini", "plesk-php%s-fpm.service", "0123456789"},
    {"/etc/opt/remi", "/etc/opt/remi/%s/php-fpm.conf", "/etc/opt/remi/%s/php.ini", "/etc/opt/remi/%s/php.d/*.ini", "%s-php-fpm.service", "p"},
    {NULL, "/etc/php-fpm.conf", "/etc/php.ini", "/etc/php.d/*.ini", "php-fpm.service", NULL},
};

static const char *fill(struct arena *a, const char *pattern, const char *version)
{
    const char *at = strstr(pattern, "%s");
    return at ? arena_printf(a, "%.*s%s%s", (int)(at - pattern), pattern, version, at + 2) : pattern;
}

static void read_inis(struct php *c, const char *section, const char *ini, const char *scan)
{
    c->section = section;
    if (!root_exists(c->s->host->root, ini))
        return;
    conf_file(&c->files, ini, true, read_ini, c);
    conf_include(&c->files, "/", scan, true, false, read_ini, c);
}

static void unit_state(struct php *c, const struct layout *l, const char *version)
{
    struct arena *a = c->s->arena;
    /* Plesk's unit names have no point: plesk-php82-fpm. */
    _cleanup_(buf_free) struct buf plain = BUF(64);
    for (const char *p = version; *p; p++)
        if (*p != '.' || strcmp(l->base, "/opt/plesk/php") != 0)
            buf_addc(&plain, *p);
    const struct unit *u = host_unit(c->s->host, fill(a, l->unit, plain.p ? plain.p : ""));
    if (u) {
        c->i->unit = u->name;
        c->i->running = u->active == UNIT_ACTIVE;
        c->i->wanted = c->i->running || u->enabled == UNIT_ENABLED || u->enabled == UNIT_GENERATED;
    }
    static const char *const packages[] = {"php%s-fpm", "libapache2-mod-php%s", "php%s-cli", "plesk-php%s-fpm", "plesk-php%s", "%s-php-fpm", "php-fpm", "php", "php-common"};
    for (size_t k = 0; k < ARRAY_SIZE(packages); k++) {
        const struct package *p = host_package(c->s->host, fill(a, packages[k], strncmp(packages[k], "plesk", 5) == 0 && plain.p ? plain.p : version));
        if (p && (*version || !strstr(packages[k], "%s"))) {
            c->i->package = p->name;
            c->i->version = p->version;
            return;
        }
    }
    c->i->version = version;
}

static void load_one(const struct product *self, struct server *s, const struct layout *l, const char *version)
{
    struct arena *a = s->arena;
    const char *fpm = fill(a, l->fpm, version), *ini = fill(a, l->ini, version);
    const char *apache = l->base ? fill(a, "/etc/php/%s/apache2/php.ini", version) : "", *cli = l->base ? fill(a, "/etc/php/%s/cli/php.ini", version) : "";
    bool debian = l == &layouts[0], has_fpm = root_exists(s->host->root, fpm), has_apache = debian && root_exists(s->host->root, apache);
    if (!has_fpm && !root_exists(s->host->root, ini) && !has_apache && !(debian && root_exists(s->host->root, cli)))
        return;
    struct php c = {.s = s, .i = instance_add(s, self, l->base ? version : "")};
    c.files = conf_files_of(s, &c.i->seen);
    c.i->config = has_fpm ? fpm : ini;
    unit_state(&c, l, version);
    read_inis(&c, "php.ini", ini, fill(a, l->scan, version));
    if (debian) {
        read_inis(&c, "php.ini/apache2", apache, fill(a, "/etc/php/%s/apache2/conf.d/*.ini", version));
        read_inis(&c, "php.ini/cli", cli, fill(a, "/etc/php/%s/cli/conf.d/*.ini", version));
        /* mod_php runs in Apache: it is wanted where Apache loads it. */
        if (has_apache && root_exists(s->host->root, fill(a, "/etc/apache2/mods-enabled/php%s.load", version)))
            c.i->wanted = true;
    }
    c.section = "global";
    if (has_fpm)
        conf_file(&c.files, fpm, false, read_fpm, &c);
    endpoints(&c);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    for (size_t k = 0; k < ARRAY_SIZE(layouts); k++) {
        struct names names = {0};
        if (!layouts[k].base)
            load_one(self, s, &layouts[k], "");
        else if (root_list(s->host->root, layouts[k].base, 64, s->arena, &names) == 0)
            for (size_t n = 0; n < names.list.n; n++)
                if (strchr(layouts[k].kept, *names.list.v[n]))
                    load_one(self, s, &layouts[k], names.list.v[n]);
    }
    return 0;
}

const struct product product_php = {
    .id = "php", .title = "PHP", .kinds = KIND_PHP,
    .packages = (const char *const[]){"php-fpm", "php", NULL},
    .units = (const char *const[]){"php-fpm", NULL},
    .programs = (const char *const[]){"php-fpm", NULL},
    .load = load,
};
