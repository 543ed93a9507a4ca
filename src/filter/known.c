#include "filter/known.h"
#include "base/buf.h"
#include "base/rootfs.h"
#include "filter/sieve.h"
#include <errno.h>
#include <stdlib.h>

#define LINE_MAX_BYTES (128u << 10)

struct known {
    LIST(struct filter_definition) filters;
    struct sieve *sieve;
    struct buf line;
};

static int load(struct arena *a, const char *dir, const struct names *names, struct known *k, struct err *err)
{
    for (size_t i = 0; i < names->list.n; i++) {
        struct filter_definition d;
        struct err why = {0};
        int r = filter_load(a, dir, str_of(names->list.v[i]), &d, &why);
        if (r == -ENODATA) /* a part of others */
            continue;
        if (r < 0)
            return err_at(err, r, why.file, why.line, why.column, "%s", why.text);
        if (d.failregex.n || d.events.n)
            *list_push(a, &k->filters) = d;
    }
    return 0;
}

int known_new(struct arena *a, const char *dir, int64_t today, struct known **ret, struct err *err)
{
    struct known *k = arena_zalloc(a, sizeof *k);
    struct matcher_options o = {.today = today};
    struct names names = {0};
    int r = filter_names(a, dir, &names, err);
    if (r < 0)
        return r;
    r = load(a, dir, &names, k, err);
    if (r == 0)
        r = sieve_new(k->filters.v, k->filters.n, &o, SIEVE_USUAL, &k->sieve, err);
    k->line = BUF(LINE_MAX_BYTES);
    if (r == 0)
        *ret = k;
    return r;
}

void known_free(struct known *k)
{
    if (!k)
        return;
    sieve_free(k->sieve);
    buf_free(&k->line);
}

void known_line(struct known *k, struct str text, size_t date_start, size_t date_end, int64_t time_us, struct known_event *ret)
{
    struct matcher_event e = {0};
    size_t filter = 0;
    *ret = (struct known_event){0};
    buf_reset(&k->line);
    buf_add(&k->line, text.p, date_start);
    buf_adds(&k->line, str_from(text, date_end));
    buf_addc(&k->line, '\n');
    if (k->line.full)
        return;
    struct str line = buf_str(&k->line);
    sieve_block(k->sieve, line);
    line.n--;
    if (sieve_line(k->sieve, line, &time_us, time_us / 1000000, &filter, &e) != MATCHER_FOUND)
        return;
    ret->known = true;
    ret->kind = e.kind;
    ret->host = e.host;
    for (enum event_field f = 0; f < EVENT_FIELDS; f++)
        ret->field[f] = matcher_field(sieve_matcher(k->sieve, filter), f);
    ret->field[EVENT_USER] = e.user;
}
