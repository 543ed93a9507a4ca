/* expect.h: settings and endpoints as short texts, compared row by row. */
#pragma once
#include "tree.h"

/* "value file:line", "value" where no file is known, "-" where it is not set. */
static inline const char *shown(const struct setting *s)
{
    static char text[4096];
    if (!s)
        return "-";
    const char *slash = s->file ? strrchr(s->file, '/') : NULL;
    snprintf(text, sizeof text, slash ? "%s %s:%u" : "%s", s->value, slash ? slash + 1 : "", s->line);
    return text;
}

struct shown_row {
    const char *section, *key, *want;
};

static inline void settings_are(const struct instance *i, const struct shown_row *rows, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const char *got = shown(setting_get(i, rows[k].section, rows[k].key));
        if (strcmp(got, rows[k].want) != 0)
            fail_msg("[%s] %s: got '%s', not '%s'", rows[k].section, rows[k].key, got, rows[k].want);
    }
}

/* Endpoints as "service label address:port[ tls] file:line", one a row. */
static inline void endpoints_are(const struct instance *i, const char *const *rows, size_t n)
{
    char text[512];
    for (size_t k = 0; k < i->endpoints.n; k++) {
        const struct endpoint *e = &i->endpoints.v[k];
        const char *slash = e->file ? strrchr(e->file, '/') : NULL;
        snprintf(text, sizeof text, "%s %s %s:%u%s %s:%u", e->service, e->label, e->address, e->port, e->tls ? " tls" : "", slash ? slash + 1 : "", e->line);
        if (k >= n || strcmp(text, rows[k]) != 0)
            fail_msg("endpoint %zu: got '%s', not '%s'", k, text, k < n ? rows[k] : "(none)");
    }
    assert_int_equal(i->endpoints.n, n);
}
