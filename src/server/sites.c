#include "server/sites.h"

struct site *site_add(struct server *s, const struct instance *web, const char *file, unsigned line)
{
    struct site *site = list_push(s->arena, &s->sites);
    *site = (struct site){.web = web, .name = "", .document_root = "", .owner = (unsigned)-1, .certificate = "", .address = "", .file = arena_dupz(s->arena, file), .line = line};
    return site;
}

void site_alias(struct server *s, struct site *site, const char *name)
{
    *list_push(s->arena, &site->aliases) = arena_dupz(s->arena, name);
}

void site_mount(struct server *s, struct site *site, const char *url, const char *dir)
{
    *list_push(s->arena, &site->mounts) = (struct mount){arena_dupz(s->arena, url), arena_dupz(s->arena, dir)};
}

void sites_settle(struct server *s)
{
    for (size_t i = 0; i < s->sites.n; i++) {
        struct site *site = &s->sites.v[i];
        struct stat st;
        if (*site->document_root && root_stat(s->host->root, site->document_root, &st) == 0)
            site->owner = st.st_uid;
    }
}

bool listen_split(struct str s, struct str *ret_address, uint16_t *ret_port)
{
    uint64_t port = 0;
    struct str address = s, rest = STR("");
    if (!s.n)
        return false;
    if (*s.p == '[') {
        ptrdiff_t end = str_find(s, ']');
        if (end < 0)
            return false;
        address = str_span(s.p + 1, (size_t)end - 1);
        rest = str_from(s, (size_t)end + 1);
    } else if (str_u64(s, 65535, &port)) {
        *ret_address = str_span(s.p, 0);
        *ret_port = (uint16_t)port;
        return port > 0;
    } else {
        ptrdiff_t colon = str_find(s, ':');
        /* More than one colon without brackets: an IPv6 address as it is. */
        if (colon >= 0 && str_find(str_from(s, (size_t)colon + 1), ':') < 0) {
            address = str_span(s.p, (size_t)colon);
            rest = str_from(s, (size_t)colon);
        }
    }
    if (rest.n && (*rest.p != ':' || (!str_eq(rest, STR(":*")) && (!str_u64(str_from(rest, 1), 65535, &port) || !port))))
        return false;
    *ret_address = address;
    *ret_port = (uint16_t)port;
    return true;
}

bool listen_is_any(const char *address)
{
    static const char *const any[] = {"", "*", "0.0.0.0", "::", "_default_"};
    for (size_t i = 0; i < ARRAY_SIZE(any); i++)
        if (strcmp(address, any[i]) == 0)
            return true;
    return false;
}
