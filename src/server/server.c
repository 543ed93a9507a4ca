#include "server/server.h"
#include "base/child.h"
#include "base/i18n.h"
#include "model/service.h"
#include "server/lines.h"
#include "server/sites.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define ARENA_MAX (256u << 20) /* twice what the caps on files, settings and values allow for hostile trees; an ordinary server needs 2 MiB */
#define ALL_TEXT_MAX (24u << 20)

/* --- the order in which settings are found --- */

static int by_place(const struct setting *a, const char *section, const char *key)
{
    int c = strcmp(a->section, section);
    return c ? c : strcasecmp(a->key, key);
}

static int by_setting(const void *a, const void *b, void *settings)
{
    const struct setting *v = settings;
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    int c = by_place(&v[x], v[y].section, v[y].key);
    return c ? c : x < y ? -1 : x > y;
}

void instance_sort(struct server *s, struct instance *i)
{
    size_t n = i->settings.n;
    if (!n || i->sorted_n == n)
        return;
    unsigned *order = arena_zalloc(s->arena, n * sizeof *order);
    for (unsigned k = 0; k < n; k++)
        order[k] = k;
    qsort_r(order, n, sizeof *order, by_setting, i->settings.v);
    i->sorted = order;
    i->sorted_n = n;
}

int server_new(const struct host *host, struct server **ret, struct err *err)
{
    return server_new_of(host, ~0u, ret, err);
}

int server_new_of(const struct host *host, unsigned kinds, struct server **ret, struct err *err)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct server *s = arena_zalloc(a, sizeof *s);
    s->arena = a;
    s->host = host;
    s->instances.v = arena_zalloc(a, INSTANCES_MAX * sizeof s->instances.v[0]);
    s->instances.cap = INSTANCES_MAX;
    superservers_load(s);
    for (size_t i = 0; i < products_n; i++) {
        int r = products[i]->kinds & kinds ? products[i]->load(products[i], s, err) : 0;
        if (r < 0) {
            arena_free(a);
            return r;
        }
    }
    for (size_t i = 0; i < s->instances.n; i++)
        instance_sort(s, &s->instances.v[i]);
    sites_settle(s);
    *ret = s;
    return 0;
}

void server_free(struct server *s)
{
    if (s)
        arena_free(s->arena);
}

/* --- looking things up --- */

const struct instance *server_instance(const struct server *s, const char *product, size_t n)
{
    for (size_t i = 0; i < s->instances.n; i++)
        if (strcmp(s->instances.v[i].product->id, product) == 0 && n-- == 0)
            return &s->instances.v[i];
    return NULL;
}

const struct instance *server_kind(const struct server *s, unsigned kinds, size_t n)
{
    for (size_t i = 0; i < s->instances.n; i++)
        if (s->instances.v[i].product->kinds & kinds && s->instances.v[i].wanted && n-- == 0)
            return &s->instances.v[i];
    return NULL;
}

const struct setting *setting_get(const struct instance *i, const char *section, const char *key)
{
    size_t n = i->settings.n, low = 0;
    if (i->sorted_n != n) { /* while a product is being loaded */
        while (n-- > 0)
            if (by_place(&i->settings.v[n], section, key) == 0)
                return &i->settings.v[n];
        return NULL;
    }
    while (low < n) { /* the last one that is not behind (section, key) */
        size_t middle = low + (n - low) / 2;
        if (by_place(&i->settings.v[i->sorted[middle]], section, key) <= 0)
            low = middle + 1;
        else
            n = middle;
    }
    const struct setting *found = low ? &i->settings.v[i->sorted[low - 1]] : NULL;
    return found && by_place(found, section, key) == 0 ? found : NULL;
}

const char *setting_value(const struct instance *i, const char *section, const char *key, const char *otherwise)
{
    const struct setting *s = setting_get(i, section, key);
    return s ? s->value : otherwise;
}

bool setting_bool(const struct instance *i, const char *section, const char *key, bool otherwise)
{
    static const char *const words[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};
    const struct setting *s = setting_get(i, section, key);
    for (int b = 0; s && b < 2; b++)
        for (size_t k = 0; k < ARRAY_SIZE(words[b]); k++)
            if (strcasecmp(s->value, words[b][k]) == 0)
                return b;
    return otherwise;
}

uint16_t server_port(struct str name)
{
    /* IANA's names, and those that /etc/services has had for longer. */
    static const struct { const char *name; uint16_t port; } more[] = {
        {"smtps", 465}, {"ssmtp", 465}, {"urd", 465}, {"mail", 25}, {"imap2", 143}, {"imap4", 143}, {"pop-3", 110}, {"sieve", 4190}, {"domain", 53}, {"www", 80},
        {"ftp-data", 20}, {"lmtp", 24}, {"3com-tsmux", 106}, {"pop3pw", 106}, {"qmtp", 209}, {"telnet", 23}, {"rsync", 873}, {"postgres", 5432},
    };
    uint64_t number;
    if (str_u64(name, 65535, &number))
        return (uint16_t)number;
    const struct service *known = service_by_name(name);
    if (known)
        return known->port;
    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        if (str_ieq(name, str_of(more[i].name)))
            return more[i].port;
    return 0;
}

/* --- for the product files --- */

struct instance *instance_add(struct server *s, const struct product *p, const char *name)
{
    struct instance *i;
    if (s->instances.n < INSTANCES_MAX) {
        i = list_push(s->arena, &s->instances);
    } else {
        s->instances_dropped++;
        i = arena_zalloc(s->arena, sizeof *i);
    }
    *i = (struct instance){.product = p, .name = arena_dupz(s->arena, name), .version = "", .package = "", .config = "", .unit = ""};
    return i;
}

void instance_drop(struct server *s, struct instance *i)
{
    if (s->instances.n && i == &s->instances.v[s->instances.n - 1])
        s->instances.n--;
}

/* Neighbours mostly share their section and file. */
static const char *same_or_copy(struct arena *a, const char *before, const char *text)
{
    return before && text && (before == text || strcmp(before, text) == 0) ? before : arena_dupz(a, text);
}

void setting_add(struct server *s, struct instance *i, enum setting_from from, const char *section, struct str key, struct str value, const char *file, unsigned line)
{
    if (i->settings.n >= SETTINGS_MAX) {
        if (!i->seen.code)
            instance_unseen(i, -E2BIG, arena_printf(s->arena, _("%s has more than %d settings"), file ? file : i->config, SETTINGS_MAX));
        return;
    }
    const struct setting *before = i->settings.n ? &i->settings.v[i->settings.n - 1] : NULL;
    struct setting new = {.section = same_or_copy(s->arena, before ? before->section : NULL, section), .key = arena_dup(s->arena, key),
                          .value = arena_dup(s->arena, value), .file = same_or_copy(s->arena, before ? before->file : NULL, file), .line = line, .from = from};
    *list_push(s->arena, &i->settings) = new;
}

void endpoint_add(struct server *s, struct instance *i, const char *service, const char *label, const char *address, uint16_t port, bool tls, const char *file, unsigned line)
{
    const struct service *usual = service_by_port(port, false);
    if (i->endpoints.n >= 1000) {
        instance_unseen(i, -E2BIG, arena_printf(s->arena, _("%s opens more than %d ports"), i->config, 1000));
        return;
    }
    *list_push(s->arena, &i->endpoints) = (struct endpoint){
        .service = service ? arena_dupz(s->arena, service) : usual ? usual->name : "", .label = arena_dupz(s->arena, label),
        .address = arena_dupz(s->arena, address), .port = port, .tls = tls, .file = arena_dupz(s->arena, file), .line = line};
}

void instance_unseen(struct instance *i, int code, const char *why)
{
    if (i->seen.code == 0)
        i->seen = (struct seen){code, why};
}

int server_read(struct server *s, const char *path, struct str *ret)
{
    size_t left = ALL_TEXT_MAX - s->text_bytes;
    _cleanup_(buf_free) struct buf b = BUF(left < TEXT_MAX ? left : TEXT_MAX);
    int r = root_read(s->host->root, path, &b);
    if (r < 0)
        return r;
    s->text_bytes += b.n;
    *ret = str_span(arena_dup(s->arena, buf_str(&b)), b.n);
    return 0;
}

int instance_read(struct server *s, struct instance *i, const char *path, struct str *ret)
{
    int r = server_read(s, path, ret);
    const char *why = r == -EFBIG ? N_("%s is too large to be read") : r == -EINVAL ? N_("%s is not a regular file")
                    : r == -ENOENT ? N_("%s is missing") : r == -EACCES ? N_("%s can be read only by root") : N_("%s cannot be read");
    if (r < 0)
        instance_unseen(i, r, arena_printf(s->arena, _(why), path));
    return r;
}

int instance_settings(struct server *s, struct instance *i, const char *path, const struct line_style *style, const char *section)
{
    struct str text;
    int r = root_exists(s->host->root, path) ? instance_read(s, i, path, &text) : -ENOENT;
    if (r < 0)
        return r;
    struct line_reader reader = lines_of(s->arena, text, style);
    struct line_item item;
    while (i->settings.n < SETTINGS_MAX && lines_next(&reader, &item))
        setting_add(s, i, FROM_FILE, section ? section : arena_dup(s->arena, item.section), item.key, item.value, path, item.line);
    if (reader.rest.n)
        instance_unseen(i, -E2BIG, arena_printf(s->arena, _("%s has more than %d settings"), path, SETTINGS_MAX));
    return 0;
}

int server_ask(struct server *s, const char *const argv[], struct str *ret)
{
    struct child_result result;
    if (!s->host->live)
        return -ENOTSUP;
    int r = child_run(argv, NULL, &result, NULL);
    if (r < 0)
        return r;
    r = result.status == -ETIME ? -ETIME : result.status != 0 ? -EIO : result.out.full ? -EFBIG : 0;
    if (r == 0)
        *ret = str_span(arena_dup(s->arena, buf_str(&result.out)), result.out.n);
    child_result_free(&result);
    return r;
}
