/* bind.c: BIND. Files: /etc/bind/named.conf (Debian), /etc/named.conf (RHEL, Plesk) and what they include. Sections: "options", "view NAME",
   "zone NAME", "view NAME/zone NAME" ...; a list of addresses is one value, "any; !192.0.2.1". */
#include "server/brace_config.h"
#include "server/conf_files.h"
#include "server/products.h"
#include "server/sites.h"
#include "base/i18n.h"
#include <errno.h>

#define DEPTH 16

struct named {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *file;
    struct { const char *section; bool list; } open[DEPTH];
    unsigned depth, deeper;
    const char *list_key;      /* the list that is being read ... */
    struct buf list;
    unsigned list_line;
};

static bool is_list(const char *key)
{
    static const char *const keys[] = {"listen-on", "listen-on-v6", "forwarders", "masters", "primaries", "also-notify", "acl", "blackhole", "match-clients", "match-destinations"};
    if (strncmp(key, "allow-", 6) == 0)
        return true;
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        if (strcmp(keys[k], key) == 0)
            return true;
    return false;
}

static int read_file(void *arg, const char *path, struct str text);

static void words_into(struct buf *b, const struct brace_line *l, size_t from)
{
    for (size_t k = from; k < l->n; k++)
        buf_printf(b, "%s%s", k > from ? " " : "", l->words[k]);
}

static void block_open(struct named *c, const struct brace_line *l)
{
    if (c->depth >= DEPTH) {
        c->deeper++;
        return;
    }
    const char *outer = c->depth ? c->open[c->depth - 1].section : "";
    bool inside = c->list_key, list = inside || (l->n && is_list(l->words[0]));
    _cleanup_(buf_free) struct buf name = BUF(1024);
    if (list && !inside) {
        words_into(&name, l, 0); /* "listen-on port 5353" */
        c->list_key = arena_dup(c->s->arena, buf_str(&name));
        c->list_line = l->line;
        buf_reset(&c->list);
    } else if (!list) {
        buf_printf(&name, "%s%s", outer, *outer ? "/" : "");
        words_into(&name, l, 0);
        if (str_ends(buf_str(&name), STR(" IN")))
            name.n -= 3;
    } else {
        buf_addz(&c->list, "{ ");
    }
    c->open[c->depth].list = list;
    c->open[c->depth++].section = list ? outer : arena_dup(c->s->arena, buf_str(&name));
}

static void listens(struct named *c, const char *key, const char *value, unsigned line)
{
    struct str words = str_of(key), word, rest = str_of(value), item;
    uint64_t port = 53;
    bool v6 = str_starts(words, STR("listen-on-v6")), tls = str_search(words, STR(" tls ")) >= 0;
    while (str_word(&words, " ", &word))
        if (str_eq(word, STR("port")) && (!str_word(&words, " ", &word) || !str_u64(word, 65535, &port)))
            return;
    while (str_word(&rest, "; ", &item)) {
        if (str_eq(item, STR("none")) || *item.p == '!' || *item.p == '{' || *item.p == '}')
            continue;
        bool any = str_eq(item, STR("any"));
        endpoint_add(c->s, c->i, port == 53 ? "dns" : "", "named", any ? v6 ? "::" : "0.0.0.0" : arena_dup(c->s->arena, item), (uint16_t)port, tls, c->file, line);
    }
}

static void block_close(struct named *c)
{
    if (c->deeper) {
        c->deeper--;
        return;
    }
    if (!c->depth)
        return;
    c->depth--;
    bool outermost = !(c->depth && c->open[c->depth - 1].list);
    if (!c->list_key)
        return;
    if (!outermost) {
        buf_addz(&c->list, "}; ");
        return;
    }
    struct str value = str_trim(buf_str(&c->list)), key = str_of(c->list_key);
    /* "listen-on port 5353": the port is told by the endpoint. */
    if (str_starts(key, STR("listen-on")) && str_find(key, ' ') >= 0)
        key.n = (size_t)str_find(key, ' ');
    const char *section = c->depth ? c->open[c->depth - 1].section : "";
    if (value.n && value.p[value.n - 1] == ';')
        value.n--;
    conf_setting(&c->files, c->s, c->i, section, key, value, c->file, c->list_line);
    if (strcmp(section, "options") == 0 && str_starts(key, STR("listen-on")))
        listens(c, c->list_key, arena_dup(c->s->arena, value), c->list_line);
    c->list_key = NULL;
}

static int on_line(void *arg, const struct brace_line *l)
{
    struct named *c = arg;
    if (c->files.items >= CONF_ITEMS_MAX)
        return -E2BIG;
    c->files.items += l->kind == BRACE_OPEN;
    if (l->kind == BRACE_OPEN) {
        block_open(c, l);
    } else if (l->kind == BRACE_CLOSE) {
        block_close(c);
    } else if (c->list_key) {
        words_into(&c->list, l, 0);
        buf_addz(&c->list, "; ");
    } else if (strcmp(l->words[0], "include") == 0 && l->n > 1) {
        const char *dir = setting_value(c->i, "options", "directory", conf_dir(c->s->arena, c->i->config));
        conf_include(&c->files, dir, arena_dupz(c->s->arena, l->words[1]), false, false, read_file, c);
    } else {
        _cleanup_(buf_free) struct buf value = BUF(BRACE_WORD_MAX);
        words_into(&value, l, 1);
        conf_setting(&c->files, c->s, c->i, c->depth ? c->open[c->depth - 1].section : "", str_of(l->words[0]), buf_str(&value), c->file, l->line);
    }
    return 0;
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct named *c = arg;
    const char *outer = c->file;
    unsigned depth = c->depth;
    c->file = path;
    int r = brace_config_parse(text, BRACE_BIND, on_line, c);
    if (r < 0)
        conf_trouble(&c->files, r, path, 0, "%s", r == -EINVAL ? _("a section is not closed") : err_name(r));
    while (c->depth > depth)
        block_close(c);
    c->file = outer;
    return 0;
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/bind/named.conf", "/etc/named.conf", "/var/named/chroot/etc/named.conf", NULL};
    struct named c = {.s = s, .i = instance_add(s, self, ""), .list = BUF(BRACE_WORD_MAX)};
    if (!instance_configured(s, c.i, configs))
        return 0;
    c.files = conf_files_of(s, &c.i->seen);
    conf_file(&c.files, c.i->config, false, read_file, &c);
    buf_free(&c.list);
    /* Without listen-on it listens on every address, since 9.10 on IPv6 too. */
    if (!setting_get(c.i, "options", "listen-on"))
        endpoint_add(s, c.i, "dns", "named", "0.0.0.0", 53, false, NULL, 0);
    if (!setting_get(c.i, "options", "listen-on-v6"))
        endpoint_add(s, c.i, "dns", "named", "::", 53, false, NULL, 0);
    return 0;
}

const struct product product_bind = {
    .id = "bind", .title = "BIND", .kinds = KIND_DNS,
    .packages = (const char *const[]){"bind9", "bind", NULL},
    .units = (const char *const[]){"named", "bind9", "named-chroot", NULL},
    .programs = (const char *const[]){"named", NULL},
    .load = load,
};
