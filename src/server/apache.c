/* apache.c: httpd. Files: /etc/apache2/apache2.conf (Debian), /etc/httpd/conf/httpd.conf (RHEL) and all that they include; Plesk's
   /etc/apache2/plesk.conf.d comes in by an include too. Define, ${VAR} (with /etc/apache2/envvars), IfModule, IfDefine, IfVersion and IfFile
   are evaluated in the order of the lines, as httpd does. `apachectl -S` would tell names and ports of the virtual hosts but neither
   document roots nor mounts, so it is not asked. Macros are not evaluated: `seen` says so where one is used. */
#include "server/apache.h"
#include "server/lines.h"
#include "server/products.h"
#include "base/i18n.h"
#include <errno.h>
#include <strings.h>

#define WORDS_MAX 128

static const char *variable(const struct apache *c, struct str name)
{
    for (size_t k = c->vars.n; k-- > 0;)
        if (str_eq(str_of(c->vars.v[k].key), name))
            return c->vars.v[k].value;
    return NULL;
}

static void define(struct apache *c, struct str name, struct str value)
{
    if (c->vars.n < 2000)
        *list_push(c->s->arena, &c->vars) = (struct setting){.key = arena_dup(c->s->arena, name), .value = arena_dup(c->s->arena, value)};
}

/* Replaces ${NAME}; an unknown one stays as it is, as in httpd. With `shell`, $NAME too, and an unknown one is empty. */
static struct str expand(struct apache *c, struct str s, bool shell)
{
    if (str_find(s, '$') < 0)
        return s;
    _cleanup_(buf_free) struct buf b = BUF(SECTION_LINE_MAX);
    while (s.n) {
        size_t skip = 0, n = 0;
        if (str_starts(s, STR("${"))) {
            ptrdiff_t end = str_find(s, '}');
            n = end > 0 ? (size_t)end - 2 : 0;
            skip = 2;
        } else if (shell && *s.p == '$') {
            for (skip = 1; n + 1 < s.n && (s.p[1 + n] == '_' || (s.p[1 + n] >= 'A' && s.p[1 + n] <= 'Z')); n++)
                ;
        }
        const char *value = n ? variable(c, str_span(s.p + skip, n)) : NULL;
        if (n && (value || shell)) {
            buf_addz(&b, value ? value : "");
            s = str_from(s, skip + n + (skip == 2));
        } else {
            buf_addc(&b, *s.p);
            s = str_from(s, 1);
        }
    }
    return str_of(arena_dup(c->s->arena, buf_str(&b)));
}

static int read_environment(void *arg, const char *path, struct str text)
{
    (void)path;
    struct apache *c = arg;
    struct line_reader r = lines_of(c->s->arena, text, &lines_shell);
    for (struct line_item l; lines_next(&r, &l);)
        if (l.value.p && str_find(l.key, ' ') < 0)
            define(c, l.key, expand(c, l.value, true));
    return 0;
}

/* "mod_ssl.c", "ssl_module", "mod_ssl" are one module; the MPMs' sources are event.c, prefork.c, worker.c. */
static struct str module_name(struct str s)
{
    if (str_starts(s, STR("mod_")))
        s = str_from(s, 4);
    if (str_ends(s, STR(".c")))
        s.n -= 2;
    if (str_ends(s, STR("_module")))
        s.n -= 7;
    if (str_starts(s, STR("mpm_")))
        s = str_from(s, 4);
    return s;
}

static bool has_module(const struct apache *c, struct str name)
{
    static const char *const built_in[] = {"core", "so", "http_core", "log_config", "logio", "version", "unixd", "watchdog"};
    name = module_name(name);
    for (size_t k = 0; k < ARRAY_SIZE(built_in); k++)
        if (str_eq(str_of(built_in[k]), name))
            return true;
    for (size_t k = 0; k < c->modules.n; k++)
        if (str_eq(str_of(c->modules.v[k]), name))
            return true;
    return false;
}

/* Three numbers of "2.4.57-2": 2004057. */
static uint64_t version_number(const char *s)
{
    const char *colon = strchr(s, ':');
    uint64_t n = 0;
    s = colon ? colon + 1 : s;
    for (int part = 0; part < 3; part++) {
        uint64_t v = 0;
        for (; *s >= '0' && *s <= '9'; s++)
            v = v < 1000 ? v * 10 + (uint64_t)(*s - '0') : v;
        n = n * 1000 + (v < 1000 ? v : 999);
        s += *s == '.';
    }
    return n;
}

static bool version_holds(const struct apache *c, char *const *words, size_t n)
{
    const char *op = n > 1 ? words[0] : "=", *want = n > 1 ? words[1] : n ? words[0] : "";
    bool no = *op == '!';
    op += no;
    if (*op == '~' || *want == '/')
        return true; /* a regular expression */
    uint64_t is = version_number(*c->i->version ? c->i->version : "2.4"), than = version_number(want);
    bool holds = (strchr(op, '=') && is == than) || (*op == '>' && is > than) || (*op == '<' && is < than);
    return holds != no;
}

enum condition { CONDITION_NONE, CONDITION_HOLDS, CONDITION_FAILS };

static enum condition condition(struct apache *c, struct str name, char *const *words, size_t n)
{
    const char *arg = n ? words[0] : "";
    bool no = *arg == '!', holds;
    struct str rest = str_of(arg + no);
    if (str_ieq(name, STR("IfModule")))
        holds = has_module(c, rest) != no;
    else if (str_ieq(name, STR("IfDefine")))
        holds = (variable(c, rest) != NULL) != no;
    else if (str_ieq(name, STR("IfVersion")))
        holds = version_holds(c, words, n);
    else if (str_ieq(name, STR("IfFile")))
        holds = root_exists(c->s->host->root, apache_path(c, rest.p)) != no;
    else if (str_ieq(name, STR("Macro")))
        holds = false; /* its lines count where it is used */
    else
        return CONDITION_NONE;
    return holds ? CONDITION_HOLDS : CONDITION_FAILS;
}

static void section_open(struct apache *c, const struct section_line *l, char *const *words, size_t n)
{
    if (c->depth >= APACHE_DEPTH) {
        conf_trouble(&c->files, -ELOOP, c->file, l->line, _("too many sections inside each other"));
        c->skipped++;
        return;
    }
    enum condition cond = condition(c, l->name, words, n);
    if (cond == CONDITION_FAILS) {
        c->skipped++;
        return;
    }
    struct arena *a = c->s->arena;
    const char *outer = c->depth ? c->open[c->depth - 1].path : "";
    const char *name = arena_dup(a, l->name), *path = outer;
    if (cond == CONDITION_NONE)
        path = arena_printf(a, "%s%s%s %.*s", outer, *outer ? "/" : "", name, (int)l->args.n, l->args.p);
    c->open[c->depth].name = name;
    c->open[c->depth].arg = n ? words[0] : "";
    c->open[c->depth++].path = path;
    if (str_ieq(l->name, STR("VirtualHost")))
        apache_host_begin(c, arena_dup(a, expand(c, l->args, false)), l->line);
}

static void section_close(struct apache *c, const struct section_line *l)
{
    if (c->skipped)
        c->skipped--;
    else if (c->depth) {
        c->depth--;
        if (str_ieq(l->name, STR("VirtualHost")))
            c->host = 0;
    }
}

static int read_file(void *arg, const char *path, struct str text);

/* Directives that change how the rest is read. true: it was one. */
static bool steer(struct apache *c, const struct section_line *l, char *const *words, size_t n)
{
    bool optional = str_ieq(l->name, STR("IncludeOptional"));
    if (optional || str_ieq(l->name, STR("Include"))) {
        if (n)
            conf_include(&c->files, c->server_root, words[0], optional, true, read_file, c);
    } else if (str_ieq(l->name, STR("Define"))) {
        if (n)
            define(c, str_of(words[0]), n > 1 ? str_of(words[1]) : STR(""));
    } else if (str_ieq(l->name, STR("UnDefine"))) {
        for (size_t k = 0; n && k < c->vars.n; k++)
            if (strcmp(c->vars.v[k].key, words[0]) == 0)
                c->vars.v[k].key = "";
    } else if (str_ieq(l->name, STR("LoadModule"))) {
        if (n && c->modules.n < 1000)
            *list_push(c->s->arena, &c->modules) = arena_dup(c->s->arena, module_name(str_of(words[0])));
        return false;
    } else if (str_ieq(l->name, STR("ServerRoot"))) {
        if (n)
            c->server_root = words[0];
        return false;
    } else if (str_ieq(l->name, STR("Use"))) {
        conf_trouble(&c->files, -ENOTSUP, c->file, l->line, _("macros are not evaluated"));
    } else {
        return false;
    }
    return true;
}

static int on_line(void *arg, const struct section_line *l)
{
    struct apache *c = arg;
    if (l->kind == SECTION_CLOSE) {
        section_close(c, l);
        return 0;
    }
    if (c->skipped) {
        c->skipped += l->kind == SECTION_OPEN;
        return 0;
    }
    if (c->files.items >= CONF_ITEMS_MAX)
        return -E2BIG;
    char *words[WORDS_MAX];
    size_t n = 0;
    struct str rest = expand(c, l->args, false), value = rest;
    while (n < WORDS_MAX && (words[n] = section_word(&rest, c->s->arena)))
        n++;
    if (l->kind == SECTION_OPEN) {
        c->files.items++;
        section_open(c, l, words, n);
        return 0;
    }
    const char *section = c->depth ? c->open[c->depth - 1].path : "";
    conf_setting(&c->files, c->s, c->i, section, l->name, n == 1 ? str_of(words[0]) : value, c->file, l->line);
    if (!steer(c, l, words, n))
        apache_take(c, l->name, words, n, l->line);
    return 0;
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct apache *c = arg;
    const char *outer = c->file;
    unsigned depth = c->depth, skipped = c->skipped;
    size_t host = c->host;
    c->file = path;
    int r = section_config_parse(text, on_line, c);
    if (r < 0 || c->depth != depth || c->skipped != skipped)
        conf_trouble(&c->files, r < 0 ? r : -EINVAL, path, 0, "%s", r < 0 ? err_name(r) : _("a section is not closed"));
    c->file = outer;
    c->depth = depth < c->depth ? depth : c->depth;
    c->skipped = skipped;
    c->host = host;
    return 0;
}

const char *apache_path(struct apache *c, const char *path)
{
    return *path == '/' || !*path ? path : arena_printf(c->s->arena, "%s/%s", c->server_root, path);
}

static const struct layout {
    const char *config, *server_root, *environment;
} layouts[] = {
    {"/etc/apache2/apache2.conf", "/etc/apache2", "/etc/apache2/envvars"},
    {"/etc/httpd/conf/httpd.conf", "/etc/httpd", "/etc/sysconfig/httpd"},
    {"/etc/apache2/httpd.conf", "/etc/apache2", NULL},
    {"/usr/local/apache2/conf/httpd.conf", "/usr/local/apache2", NULL},
};

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    const struct layout *at = NULL;
    for (size_t k = 0; !at && k < ARRAY_SIZE(layouts); k++)
        if (root_exists(s->host->root, layouts[k].config))
            at = &layouts[k];
    struct apache c = {.s = s, .i = instance_add(s, self, "")};
    if (!instance_detect(s, c.i) && !at) {
        instance_drop(s, c.i);
        return 0;
    }
    c.files = conf_files_of(s, &c.i->seen);
    if (!at) {
        conf_trouble(&c.files, -ENOENT, "apache2.conf, httpd.conf", 0, "%s", err_name(ENOENT));
        return 0;
    }
    c.i->config = at->config;
    c.server_root = at->server_root;
    if (at->environment)
        conf_file(&c.files, at->environment, true, read_environment, &c);
    *list_push(s->arena, &c.hosts) = (struct apache_host){.tls = -1};
    conf_file(&c.files, at->config, false, read_file, &c);
    apache_sites(&c);
    if (c.i->seen.code < 0 && s->sites_seen.code == 0)
        s->sites_seen = c.i->seen;
    return 0;
}

const struct product product_apache = {
    .id = "apache", .title = "Apache", .kinds = KIND_WEB,
    .packages = (const char *const[]){"apache2", "httpd", "apache2-bin", NULL},
    .units = (const char *const[]){"apache2", "httpd", NULL},
    .programs = (const char *const[]){"apache2", "httpd", NULL},
    .load = load,
};
