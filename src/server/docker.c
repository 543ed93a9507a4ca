/* docker.c: Docker. File: /etc/docker/daemon.json; the command line of the unit may name further -H addresses. Published ports are seen as the
   sockets of docker-proxy: endpoints with the label "docker-proxy". */
#include "server/docker.h"
#include "server/conf_files.h"
#include "server/products.h"
#include "server/sites.h"
#include "base/i18n.h"
#include <errno.h>
#include <jansson.h>

static void add_value(struct server *s, struct instance *i, const char *section, const char *key, const json_t *v, const char *file)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    const json_t *item;
    size_t n;
    if (i->settings.n >= SETTINGS_MAX)
        return;
    if (json_is_array(v)) {
        json_array_foreach(v, n, item)
            if (!json_is_array(item) && !json_is_object(item))
                add_value(s, i, section, key, item, file);
        return;
    }
    if (json_is_string(v))
        buf_adds(&b, str_span(json_string_value(v), json_string_length(v)));
    else if (json_is_integer(v))
        buf_printf(&b, "%lld", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        buf_addz(&b, json_is_true(v) ? "true" : "false");
    else
        return;
    setting_add(s, i, FROM_FILE, section, str_of(key), buf_str(&b), file, 0);
}

int docker_config_parse(struct server *s, struct instance *i, struct str text, const char *file)
{
    json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(all)) {
        json_decref(all);
        return -EINVAL;
    }
    const char *key, *inner;
    json_t *value, *member;
    json_object_foreach(all, key, value)
        if (json_is_object(value)) {
            json_object_foreach(value, inner, member)
                add_value(s, i, key, inner, member, file);
        } else {
            add_value(s, i, "", key, value, file);
        }
    json_decref(all);
    return 0;
}

/* "tcp://0.0.0.0:2375": whoever reaches it is root. */
static void host_address(struct server *s, struct instance *i, struct str word, const char *file, unsigned line)
{
    struct str address;
    uint16_t port;
    if (!str_starts(word, STR("tcp://")) || !listen_split(str_from(word, 6), &address, &port))
        return;
    bool tls = setting_bool(i, "", "tlsverify", false);
    endpoint_add(s, i, "", "dockerd", arena_dup(s->arena, address), port ? port : tls ? 2376 : 2375, tls, file, line);
}

static void endpoints(struct server *s, struct instance *i)
{
    for (size_t k = 0; k < i->settings.n; k++) {
        const struct setting t = i->settings.v[k];
        if (!*t.section && strcmp(t.key, "hosts") == 0)
            host_address(s, i, str_of(t.value), t.file, t.line);
    }
    for (size_t k = 0; k < s->host->listeners.n; k++) {
        const struct listener *l = &s->host->listeners.v[k];
        char text[ADDR_TEXT];
        if (!l->udp && str_ends(str_of(l->program), STR("docker-proxy")))
            endpoint_add(s, i, "", "docker-proxy", addr_text(&l->addr, text), l->port, false, NULL, 0);
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char config[] = "/etc/docker/daemon.json";
    struct instance *i = instance_add(s, self, "");
    bool there = root_exists(s->host->root, config);
    if (!instance_detect(s, i) && !there) {
        instance_drop(s, i);
        return 0;
    }
    i->config = config;
    struct str text;
    if (there && instance_read(s, i, config, &text) == 0 && docker_config_parse(s, i, text, config) < 0)
        instance_unseen(i, -EINVAL, arena_printf(s->arena, _("%s is not valid JSON"), config));
    endpoints(s, i);
    return 0;
}

const struct product product_docker = {
    .id = "docker", .title = "Docker", .kinds = KIND_CONTAINER,
    .packages = (const char *const[]){"docker.io", "docker-ce", "moby-engine", NULL},
    .units = (const char *const[]){"docker", NULL},
    .programs = (const char *const[]){"dockerd", "docker-proxy", NULL},
    .load = load,
};
