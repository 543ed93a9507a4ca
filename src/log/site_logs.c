#include "log/site_logs.h"
#include <strings.h>

static bool called(const struct site *site, struct str name)
{
    bool found = str_ieq(str_of(site->name), name);
    for (size_t i = 0; i < site->aliases.n && !found; i++)
        found = str_ieq(str_of(site->aliases.v[i]), name);
    return found;
}

/* Where the next virtual host begins in the same file; UINT_MAX: nowhere. */
static unsigned end_of(const struct server *s, const struct site *site)
{
    unsigned end = (unsigned)-1;
    for (size_t i = 0; i < s->sites.n; i++) {
        const struct site *other = &s->sites.v[i];
        if (other->file && site->file && strcmp(other->file, site->file) == 0 && other->line > site->line && other->line < end)
            end = other->line;
    }
    return end;
}

static void add(struct arena *a, struct site_logs *logs, const char *path)
{
    for (size_t i = 0; i < logs->list.n; i++)
        if (strcmp(logs->list.v[i], path) == 0)
            return;
    *list_push(a, &logs->list) = path;
}

/* The settings between the virtual host's first line and the next one's: both programs tell file and line of each. */
static bool add_settings(const struct server *s, const struct site *site, struct arena *a, struct site_logs *ret)
{
    static const char *const keys[] = {"CustomLog", "TransferLog", "ErrorLog", "access_log", "error_log"};
    unsigned end = end_of(s, site);
    bool access = false;
    for (size_t i = 0; i < site->web->settings.n; i++) {
        const struct setting *v = &site->web->settings.v[i];
        struct str rest = str_of(v->value), path;
        if (!v->file || !site->file || strcmp(v->file, site->file) != 0 || v->line <= site->line || v->line >= end)
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
            if (strcasecmp(v->key, keys[k]) == 0 && str_word(&rest, " \t\"", &path) && path.p[0] == '/') {
                add(a, ret, arena_dup(a, path));
                access |= !str_istarts(str_of(keys[k]), STR("error"));
            }
    }
    return access;
}

void site_logs(const struct server *s, struct str name, struct arena *a, struct site_logs *ret)
{
    *ret = (struct site_logs){0};
    for (size_t i = 0; i < s->sites.n; i++) {
        const struct site *site = &s->sites.v[i];
        if (!called(site, name))
            continue;
        ret->known = true;
        ret->shared |= !add_settings(s, site, a, ret);
    }
}
