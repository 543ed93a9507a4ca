/* postfix.c: finds the instances and adds their settings and endpoints (postfix.h says how they look). */
#include "server/postfix.h"
#include "base/i18n.h"
#include "server/lines.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define MAIN_DIR "/etc/postfix"
#define MORE_INSTANCES 8
#define EXPANDED_MAX (2u << 20) /* bytes of values with $names, of one instance */
#define STEPS 300000u

/* A parameter as it is written; sorted by key, the last one of a key counts. */
struct param {
    const char *key, *raw, *file;
    unsigned line;
    enum setting_from from;
};

struct loading {
    struct server *s;
    struct instance *i;
    const char *dir, *main_cf;
    LIST(struct param) params;
    size_t sorted;      /* of params: those that find_param knows */
    struct str *values; /* what main.cf makes of each */
    struct postfix_master master;
    unsigned steps;
    size_t expanded;
    bool exhausted; /* no more values are worked out */
    bool live; /* postconf answered */
};

static int by_key(const void *a, const void *b)
{
    const struct param *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : x->from != y->from ? (x->from == FROM_FILE) - (y->from == FROM_FILE) : x->line < y->line ? -1 : x->line > y->line;
}

static void add_param(struct loading *l, struct str key, struct str raw, const char *file, unsigned line, enum setting_from from)
{
    if (l->params.n >= SETTINGS_MAX) {
        if (!l->i->seen.code)
            instance_unseen(l->i, -E2BIG, arena_printf(l->s->arena, _("%s has more than %d settings"), l->main_cf, SETTINGS_MAX));
        return;
    }
    *list_push(l->s->arena, &l->params) = (struct param){arena_dup(l->s->arena, key), arena_dup(l->s->arena, raw), file, line, from};
}

static const struct param *find_param(const struct loading *l, struct str key)
{
    size_t low = 0, high = l->sorted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct str here = str_of(l->params.v[middle].key);
        int c = memcmp(here.p, key.p ? key.p : "", here.n < key.n ? here.n : key.n);
        c = c ? c : here.n < key.n ? -1 : here.n > key.n;
        if (c == 0)
            return &l->params.v[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void read_main(struct loading *l)
{
    struct str text;
    if (instance_read(l->s, l->i, l->main_cf, &text) < 0)
        return;
    struct line_reader r = lines_of(l->s->arena, text, &lines_postfix);
    struct line_item item;
    while (l->params.n < SETTINGS_MAX && lines_next(&r, &item))
        if (item.value.p && item.key.n)
            add_param(l, item.key, item.value, l->main_cf, item.line, FROM_FILE);
}

static void ask_postconf(struct loading *l)
{
    const char *const argv[] = {"postconf", "-c", l->dir, NULL};
    struct str text, line;
    if (server_ask(l->s, argv, &text) < 0)
        return;
    l->live = true;
    while (str_line(&text, &line)) {
        ptrdiff_t at = str_find(line, '=');
        if (at > 0)
            add_param(l, str_trim(str_span(line.p, (size_t)at)), str_trim(str_from(line, (size_t)at + 1)), NULL, 0, FROM_PROGRAM);
    }
}

/* One param for each key: of main.cf the last, with the program's value where the program was asked. */
static void settle(struct loading *l)
{
    size_t n = 0;
    if (l->params.n)
        qsort(l->params.v, l->params.n, sizeof l->params.v[0], by_key);
    for (size_t k = 0; k < l->params.n; k++) {
        struct param p = l->params.v[k];
        struct param *before = n && strcmp(l->params.v[n - 1].key, p.key) == 0 ? &l->params.v[n - 1] : NULL;
        if (before && before->from == FROM_PROGRAM && p.from == FROM_FILE) {
            before->file = p.file;
            before->line = p.line;
        } else if (before) {
            *before = p;
        } else {
            l->params.v[n++] = p;
        }
    }
    l->params.n = l->sorted = n;
}

/* "3.7.11-0+deb12u1", "2:3.5.25-1.el9" -> 307, 305; 0: not known. */
static unsigned version_number(const char *version)
{
    const char *colon = strchr(version, ':');
    struct str s = str_of(colon ? colon + 1 : version), major, minor;
    uint64_t a, b;
    if (!str_word(&s, ".", &major) || !str_word(&s, ".-+", &minor) || !str_u64(major, 99, &a) || !str_u64(minor, 99, &b))
        return 0;
    return (unsigned)(a * 100 + b);
}

static void add_defaults(struct loading *l)
{
    unsigned version = version_number(l->i->version);
    for (size_t k = 0; k < postfix_defaults_n; k++) {
        const struct postfix_default *d = &postfix_defaults[k];
        bool fits = version ? version >= d->since && (!d->until || version < d->until) : !d->until; /* not known: as new as can be */
        if (fits && !find_param(l, str_of(d->key)))
            add_param(l, str_of(d->key), str_of(d->value), NULL, 0, FROM_DEFAULT);
    }
    if (!find_param(l, STR("myhostname")) && *l->s->host->name)
        add_param(l, STR("myhostname"), str_of(l->s->host->name), NULL, 0, FROM_DEFAULT);
    settle(l);
    const struct param *name = find_param(l, STR("myhostname"));
    const char *dot = name && !strchr(name->raw, '$') ? strchr(name->raw, '.') : NULL;
    if (dot && dot[1] && !find_param(l, STR("mydomain")))
        add_param(l, STR("mydomain"), str_of(dot + 1), NULL, 0, FROM_DEFAULT);
    add_param(l, STR("config_directory"), str_of(l->dir), NULL, 0, FROM_DEFAULT);
    settle(l);
}

/* --- expansion --- */

struct context {
    const struct loading *l;
    const struct postfix_service *service; /* NULL: main.cf itself */
    const struct postfix_override *touched;
};

static const char *lookup(void *ctx, struct str name)
{
    struct context *c = ctx;
    for (size_t k = c->service ? c->service->overrides.n : 0; k-- > 0;)
        if (str_eq(str_of(c->service->overrides.v[k].key), name)) {
            c->touched = &c->service->overrides.v[k];
            return c->touched->value;
        }
    if (c->service && str_eq(name, STR("service_name")))
        return c->service->name;
    const struct param *p = find_param(c->l, name);
    return p ? p->raw : NULL;
}

/* Their $names are for later, when mail is handled (Postfix calls these parameters raw). */
static bool is_raw(const char *key)
{
    static const char *const keys[] = {"default_rbl_reply", "forward_path", "luser_relay", "mailbox_command", "postscreen_expansion_filter", "postscreen_reject_footer",
                                       "smtpd_expansion_filter", "smtpd_reject_footer"};
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        if (strcmp(key, keys[k]) == 0)
            return true;
    return false;
}

/* The expanded text (raw where it cannot be), in the arena or `raw` itself. */
static struct str value_of(struct loading *l, struct context *c, const char *key, const char *raw)
{
    struct postfix_expander x = {.lookup = lookup, .ctx = c, .keep_unknown = !l->live, .steps = l->steps};
    if (!strchr(raw, '$') || is_raw(key) || l->exhausted)
        return str_of(raw);
    _cleanup_(buf_free) struct buf out = BUF(POSTFIX_VALUE_MAX);
    postfix_expand(&x, str_of(raw), &out);
    l->steps = x.steps;
    l->expanded += out.n;
    l->exhausted = !l->steps || l->expanded > EXPANDED_MAX;
    if (x.bad || l->exhausted) {
        if (!l->i->seen.code)
            instance_unseen(l->i, -ELOOP, arena_printf(l->s->arena, _("%s: the value of %s cannot be worked out"), l->main_cf, key));
        return str_of(raw);
    }
    return str_span(arena_dup(l->s->arena, buf_str(&out)), out.n);
}

static void add_main_settings(struct loading *l)
{
    struct context c = {.l = l};
    l->values = arena_zalloc(l->s->arena, (l->params.n + 1) * sizeof *l->values);
    for (size_t k = 0; k < l->params.n; k++) {
        const struct param *p = &l->params.v[k];
        l->values[k] = value_of(l, &c, p->key, p->raw);
        setting_add(l->s, l->i, p->from, "", str_of(p->key), l->values[k], p->file, p->line);
    }
}

static bool is_overridden(const struct postfix_service *v, const char *key)
{
    for (size_t k = 0; k < v->overrides.n; k++)
        if (strcmp(v->overrides.v[k].key, key) == 0)
            return true;
    return false;
}

static const char *section_of(struct loading *l, const struct postfix_service *v)
{
    return arena_printf(l->s->arena, "%s/%s", v->name, v->type);
}

/* The overrides, and what main.cf's values become by them. */
static void add_service_settings(struct loading *l, const char *section, const struct postfix_service *v, const char *file)
{
    struct context c = {.l = l, .service = v};
    for (size_t k = 0; k < v->overrides.n; k++) {
        const struct postfix_override *o = &v->overrides.v[k];
        setting_add(l->s, l->i, FROM_FILE, section, str_of(o->key), value_of(l, &c, o->key, o->value), file, o->line);
    }
    for (size_t k = 0; v->overrides.n && k < l->params.n && !l->exhausted; k++) {
        const struct param *p = &l->params.v[k];
        if (!strchr(p->raw, '$'))
            continue;
        l->steps -= l->steps > 0; /* many services with many overrides end here too */
        if (is_overridden(v, p->key))
            continue;
        c.touched = NULL;
        struct str value = value_of(l, &c, p->key, p->raw);
        if (c.touched && !str_eq(value, l->values[k]))
            setting_add(l->s, l->i, FROM_FILE, section, str_of(p->key), value, file, c.touched->line);
    }
}

/* --- master.cf --- */

static const struct postfix_service *find_service(const struct loading *l, const char *name, const char *type)
{
    for (size_t k = l->master.services.n; k-- > 0;)
        if (strcmp(l->master.services.v[k].name, name) == 0 && strcmp(l->master.services.v[k].type, type) == 0)
            return &l->master.services.v[k];
    return NULL;
}

static bool takes_mail(const struct postfix_service *v)
{
    return strcmp(v->command, "smtpd") == 0 || strcmp(v->command, "postscreen") == 0;
}

/* master_service_disable: "inet", "smtp/inet", older "smtp.inet". */
static bool disabled(const struct loading *l, const struct postfix_service *v)
{
    struct str list = str_of(setting_value(l->i, "", "master_service_disable", "")), word;
    while (str_word(&list, ", \t", &word)) {
        size_t type = strlen(v->type), name = strlen(v->name);
        if (str_eq(word, str_of(v->type)))
            return true;
        if (word.n == name + 1 + type && str_starts(word, str_of(v->name)) && str_ends(word, str_of(v->type)) && strchr("/.", word.p[name]))
            return true;
    }
    return false;
}

/* Without an address of its own a service listens on inet_interfaces. */
static void add_endpoints(struct loading *l, const char *section, const struct postfix_service *v, const char *file)
{
    struct str host = {0}, port = str_of(v->name), word;
    for (size_t k = port.n; k-- > 0 && !host.p;)
        if (port.p[k] == ':') {
            host = str_span(port.p, k);
            port = str_from(port, k + 1);
        }
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_span(host.p + 1, host.n - 2);
    uint16_t number = server_port(port);
    if (!number) {
        instance_unseen(l->i, -ENOENT, arena_printf(l->s->arena, _("%s:%u: the port of %s is not known"), file, v->line, v->name));
        return;
    }
    bool tls = postfix_bool(l->i, section, "smtpd_tls_wrappermode", false);
    struct str interfaces = host.n ? host : str_of(postfix_value(l->i, section, "inet_interfaces", "all"));
    while (str_word(&interfaces, ", \t", &word)) {
        bool all = str_eq(word, STR("all")) || str_eq(word, STR("0.0.0.0")) || str_eq(word, STR("::"));
        bool loopback = str_eq(word, STR("loopback-only"));
        const char *protocols = postfix_value(l->i, section, "inet_protocols", "all");
        if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']')
            word = str_span(word.p + 1, word.n - 2);
        if (!loopback || strstr(protocols, "ipv4") || strstr(protocols, "all"))
            endpoint_add(l->s, l->i, NULL, section, all ? "" : loopback ? "127.0.0.1" : arena_dup(l->s->arena, word), number, tls, file, v->line);
        if (loopback && (strstr(protocols, "ipv6") || strstr(protocols, "all")))
            endpoint_add(l->s, l->i, NULL, section, "::1", number, tls, file, v->line);
    }
}

static void add_service(struct loading *l, const struct postfix_service *v, const char *file, bool chroot_default)
{
    const char *section = section_of(l, v);
    const char *flags[] = {v->chroot == '-' ? (chroot_default ? "y" : "n") : v->chroot == 'n' ? "n" : "y", v->private == 'n' ? "n" : "y"};
    setting_add(l->s, l->i, FROM_FILE, section, STR("master.command"), str_of(v->command), file, v->line);
    setting_add(l->s, l->i, FROM_FILE, section, STR("master.chroot"), str_of(flags[0]), file, v->line);
    setting_add(l->s, l->i, FROM_FILE, section, STR("master.private"), str_of(flags[1]), file, v->line);
    const struct postfix_service *behind = NULL;
    if (strcmp(v->command, "postscreen") == 0)
        behind = find_service(l, postfix_value(l->i, "", "smtpd_service_name", "smtpd"), "pass");
    if (behind)
        add_service_settings(l, section, behind, file);
    add_service_settings(l, section, v, file);
    if (takes_mail(v) && strcmp(v->type, "inet") == 0 && !disabled(l, v))
        add_endpoints(l, section, v, file);
}

static void read_master(struct loading *l)
{
    const char *file = arena_printf(l->s->arena, "%s/master.cf", l->dir);
    struct str text, level = str_of(setting_value(l->i, "", "compatibility_level", "0"));
    if (instance_read(l->s, l->i, file, &text) < 0)
        return;
    postfix_master_parse(l->s->arena, text, &l->master);
    if (l->master.full)
        instance_unseen(l->i, -E2BIG, arena_printf(l->s->arena, _("%s has more than %d settings"), file, POSTFIX_SERVICES_MAX));
    bool old = level.n == 0 || str_eq(level, STR("0"));
    for (size_t k = 0; k < l->master.services.n; k++)
        add_service(l, &l->master.services.v[k], file, old);
}

/* --- instances --- */

/* What the default mynetworks is, only the running machine knows, but for the style in which it is the machine itself. */
static void default_networks(struct loading *l)
{
    if (!setting_get(l->i, "", "mynetworks") && strcmp(setting_value(l->i, "", "mynetworks_style", ""), "host") == 0)
        setting_add(l->s, l->i, FROM_DEFAULT, "", STR("mynetworks"), STR("127.0.0.1/32 [::1]/128"), NULL, 0);
}

static void load_instance(struct server *s, struct instance *i, const char *dir)
{
    struct loading l = {.s = s, .i = i, .dir = dir, .steps = STEPS, .main_cf = arena_printf(s->arena, "%s/main.cf", dir)};
    i->config = dir;
    read_main(&l);
    ask_postconf(&l);
    settle(&l);
    if (!l.live)
        add_defaults(&l);
    add_main_settings(&l);
    if (!l.live)
        default_networks(&l);
    instance_sort(s, i);
    if (l.live)
        i->version = setting_value(i, "", "mail_version", i->version);
    read_master(&l);
    instance_sort(s, i);
}

/* Does the master process of this queue run? Only where its pid file can be read; -1: not known. */
static int master_runs(struct server *s, const struct instance *i)
{
    struct str text, exe_name = STR("/master");
    char *exe;
    uint64_t pid;
    const char *file = arena_printf(s->arena, "%s/pid/master.pid", setting_value(i, "", "queue_directory", "/var/spool/postfix"));
    int r = s->host->live ? server_read(s, file, &text) : -ENOTSUP;
    if (r == -ENOENT)
        return 0;
    if (r < 0 || !str_u64(str_trim(text), INT32_MAX, &pid))
        return -1;
    r = root_readlink(s->host->root, arena_printf(s->arena, "/proc/%u/exe", (unsigned)pid), s->arena, &exe);
    return r == -ENOENT ? 0 : r < 0 ? -1 : str_ends(str_of(exe), exe_name);
}

static void more_instances(const struct product *self, struct server *s, const struct instance *first)
{
    struct str list = str_of(setting_value(first, "", "multi_instance_directories", "")), dir;
    for (int n = 0; str_word(&list, ", \t", &dir); n++) {
        if (n >= MORE_INSTANCES) {
            instance_unseen((struct instance *)(uintptr_t)first, -E2BIG, arena_printf(s->arena, _("%s names more than %d instances"), first->config, MORE_INSTANCES));
            return;
        }
        if (dir.p[0] != '/')
            continue;
        struct instance *i = instance_add(s, self, "");
        i->version = first->version;
        i->package = first->package;
        load_instance(s, i, arena_dup(s->arena, dir));
        i->name = setting_value(i, "", "multi_instance_name", "");
        if (!*i->name)
            i->name = i->config;
        int runs = master_runs(s, i);
        i->running = runs > 0;
        i->wanted = i->running || (first->wanted && setting_bool(i, "", "multi_instance_enable", false));
        i->unit = arena_printf(s->arena, "postfix@%s.service", i->name);
        if (!host_unit(s->host, i->unit))
            i->unit = first->unit;
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    struct instance *i = instance_add(s, self, "");
    if (!instance_detect(s, i)) {
        instance_drop(s, i);
        return 0;
    }
    load_instance(s, i, MAIN_DIR);
    int runs = master_runs(s, i);
    if (runs >= 0)
        i->running = runs;
    i->wanted |= i->running;
    more_instances(self, s, i);
    return 0;
}

static const char *const packages[] = {"postfix", NULL};
static const char *const units[] = {"postfix", "postfix@-", NULL};
static const char *const programs[] = {"master", NULL};
static const char *const paths[] = {"/usr/lib/postfix/sbin/master", "/usr/lib/postfix/master", "/usr/libexec/postfix/master", NULL};
const struct product product_postfix = {.id = "postfix", .title = "Postfix", .kinds = KIND_MTA, .packages = packages, .units = units, .programs = programs,
                                        .paths = paths, .load = load};

const struct setting *postfix_effective(const struct instance *i, const char *service, const char *key)
{
    const struct setting *own = setting_get(i, service, key);
    return own ? own : setting_get(i, "", key);
}

const char *postfix_value(const struct instance *i, const char *service, const char *key, const char *otherwise)
{
    const struct setting *s = postfix_effective(i, service, key);
    return s ? s->value : otherwise;
}

bool postfix_bool(const struct instance *i, const char *service, const char *key, bool otherwise)
{
    return setting_bool(i, setting_get(i, service, key) ? service : "", key, otherwise);
}
