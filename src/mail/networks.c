#include "mail/networks.h"
#include "base/i18n.h"
#include "config/config.h"
#include "server/postfix.h"

#define MAX_NETWORKS 2000
#define MAX_FILE (256u << 10)

/* "127.0.0.0/8", "[::1]/128", "[::ffff:127.0.0.0]/104" (which is 127.0.0.0/8). */
static bool network_of(struct str word, struct prefix *ret)
{
    char plain[80];
    size_t n = 0;
    uint64_t length;
    for (size_t i = 0; i < word.n && n < sizeof plain; i++)
        if (word.p[i] != '[' && word.p[i] != ']')
            plain[n++] = word.p[i];
    struct str s = str_span(plain, n);
    ptrdiff_t slash = str_find(s, '/');
    struct addr a;
    if (str_istarts(s, STR("::ffff:")) && slash > 0 && addr_parse(str_span(s.p, (size_t)slash), &a) && !a.v6) {
        char text[ADDR_TEXT + 8];
        if (!str_u64(str_from(s, (size_t)slash + 1), 128, &length) || length < 96)
            return false;
        *ret = (struct prefix){.addr = a, .length = (uint8_t)(length - 96)};
        return prefix_parse(str_of(prefix_text(ret, text)), false, ret);
    }
    return prefix_parse(s, false, ret);
}

static void add_words(struct mail_networks *n, struct arena *a, const struct root *root, struct str text, unsigned depth);

/* A file of patterns, or a cidr table (its lines begin with the network). */
static void add_file(struct mail_networks *n, struct arena *a, const struct root *root, struct str word, bool table, unsigned depth)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    const char *path = arena_dup(a, table ? str_from(word, 5) : word);
    int r = root && depth == 0 ? root_read(root, path, &b) : -1;
    if (r < 0) {
        struct mail_network *m = list_push(a, &n->list);
        *m = (struct mail_network){.text = arena_dup(a, word), .unread = err_name(r)};
        return;
    }
    struct str rest = buf_str(&b), line, first;
    while (str_line(&rest, &line)) {
        struct str words = line;
        if (str_starts(str_trim(line), STR("#")))
            continue;
        if (table && str_word(&words, " \t", &first))
            add_words(n, a, root, first, depth + 1);
        else if (!table)
            add_words(n, a, root, line, depth + 1);
    }
}

static void add_words(struct mail_networks *n, struct arena *a, const struct root *root, struct str text, unsigned depth)
{
    struct str word;
    while (str_word(&text, ", \t\r\n", &word) && n->list.n < MAX_NETWORKS) {
        struct mail_network m = {.text = arena_dup(a, word)};
        m.excluded = str_starts(word, STR("!"));
        struct str body = str_from(word, m.excluded);
        if (network_of(body, &m.prefix)) {
            *list_push(a, &n->list) = m;
        } else if (str_starts(body, STR("/")) || str_starts(body, STR("cidr:/"))) {
            add_file(n, a, root, body, !str_starts(body, STR("/")), depth);
        } else {
            m.unread = _("a table that bansho cannot read");
            *list_push(a, &n->list) = m;
        }
    }
}

void mail_networks_add(struct mail_networks *n, struct arena *a, const struct root *root, const char *value)
{
    add_words(n, a, root, str_of(value), 0);
}

void mail_trusted(const struct probe_ctx *ctx, struct arena *a, struct mail_networks *ret)
{
    const struct instance *i;
    const struct root *root = ctx->server->host->root;
    for (size_t k = 0; (i = server_instance(ctx->server, "postfix", k)); k++)
        for (size_t s = 0; s < i->settings.n; s++)
            if (strcmp(i->settings.v[s].key, "mynetworks") == 0)
                mail_networks_add(ret, a, root, i->settings.v[s].value);
    for (size_t v = 0; ctx->config && v < ctx->config->values.n; v++)
        for (size_t p = 0; p < ctx->config->values.v[v].prefixes.n; p++)
            *list_push(a, &ret->list) = (struct mail_network){.prefix = ctx->config->values.v[v].prefixes.v[p], .text = ""};
}

bool mail_network_is_own(const struct probe_ctx *ctx, const struct prefix *p)
{
    static const char *const loopback[] = {"127.0.0.0/8", "::1/128"};
    const struct host *h = ctx->server->host;
    for (size_t i = 0; i < ARRAY_SIZE(loopback); i++) {
        struct prefix outer;
        if (prefix_parse(str_of(loopback[i]), true, &outer) && prefix_covers(&outer, p))
            return true;
    }
    for (size_t i = 0; i < h->addrs.n; i++)
        if (p->length == (p->addr.v6 ? 128 : 32) && addr_eq(&h->addrs.v[i].addr, &p->addr))
            return true;
    return ctx->config && config_sources_cover(ctx->config, p);
}
