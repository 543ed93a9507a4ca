#include "guard/blind.h"
#include "base/clock.h"
#include "base/i18n.h"

#define FILES_MAX 2000

struct reading {
    size_t found;
    int64_t newest;
    const char *first; /* of the patterns */
    bool unknown;      /* something in it could not be resolved */
};

/* The files that a jail reads: patterns parted by blanks or lines, each perhaps with "head" or "tail" behind it. */
static struct reading files_of(const struct root *root, const char *logpath, struct arena *a)
{
    struct reading r = {.unknown = strchr(logpath, '%') != NULL};
    struct str rest = str_of(logpath), word;
    while (str_word(&rest, " \t\n", &word)) {
        struct names names = {0};
        struct stat st;
        const char *pattern = arena_dup(a, word);
        if (pattern[0] != '/')
            continue;
        r.first = r.first ? r.first : pattern;
        r.unknown |= root_glob(root, pattern, FILES_MAX, a, &names) < 0;
        for (size_t i = 0; i < names.list.n; i++) {
            if (root_stat(root, names.list.v[i], &st) < 0)
                continue;
            r.found++;
            r.newest = st.st_mtime > r.newest ? st.st_mtime : r.newest;
        }
    }
    return r;
}

const char *guard_blind(const struct root *root, const struct instance *fail2ban, const char *jail, const struct seen_logs *seen, const char *product, struct arena *a, bool *ret_untold)
{
    const struct seen_log *s = NULL;
    const char *backend = setting_value(fail2ban, jail, "backend", "auto"), *logpath = setting_value(fail2ban, jail, "logpath", "");
    for (size_t i = 0; !s && i < seen->list.n; i++)
        if (strcmp(seen->list.v[i].service->product, product) == 0)
            s = &seen->list.v[i];
    if (strncmp(backend, "systemd", 7) == 0) {
        *ret_untold = !s;
        return s && s->service->files_only && (s->usual.n || s->named.n)
                   ? arena_printf(a, _("fail2ban reads the journal for %s (backend = systemd), but the service writes its logins into files only, for example %s"), jail,
                                  s->named.n ? s->named.v[0] : s->usual.v[0])
                   : NULL;
    }
    struct reading r = files_of(root, logpath, a);
    *ret_untold = r.unknown || !r.first;
    if (*ret_untold)
        return NULL;
    if (!r.found)
        return arena_printf(a, _("fail2ban reads %s for %s, and there is no such file"), r.first, jail);
    if (s && s->newest_unit > r.newest + DAY)
        return arena_printf(a, _("fail2ban reads %s for %s, which was last written on %s; the service goes on writing into the journal (backend = systemd)"), r.first, jail,
                            clock_text(a, r.newest, CLOCK_DAY));
    return NULL;
}
