#include "guard/replay_journal.h"
#include "base/i18n.h"
#include "log/services.h"

#define LONGEST (2u << 20)

static const char *const *matches_of(const struct filter_definition *d, struct arena *a)
{
    const struct log_service *s = log_service_of_filter(d->name);
    if (s)
        return s->matches;
    const char **words = arena_zalloc(a, (d->journalmatch.n + 1) * sizeof *words);
    for (size_t i = 0; i < d->journalmatch.n; i++)
        words[i] = d->journalmatch.v[i];
    return d->journalmatch.n ? words : NULL;
}

static struct replay_journal *one_of(struct replay_journals *all, struct arena *a, const char *const *matches)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i]->matches == matches)
            return all->v[i];
    struct replay_journal *j = arena_zalloc(a, sizeof *j);
    j->matches = matches;
    j->first = all->n == 0;
    j->line = BUF(LONGEST);
    *list_push(a, all) = j;
    return j;
}

void replay_journals_make(const struct replay_options *o, struct arena *a, struct replay_journals *ret)
{
    for (size_t i = 0; i < o->journal_filters.n; i++) {
        struct replay_journal *j = one_of(ret, a, matches_of(&o->journal_filters.v[i], a));
        j->o = o;
        j->service = log_service_of_filter(o->journal_filters.v[i].name);
        *list_push(a, &j->filters) = i;
    }
}

static void add_lost(struct arena *a, struct replay_losses *lost, const struct journal_entry *e)
{
    for (size_t i = 0; i < lost->n; i++)
        if (str_eq(str_of(lost->v[i].unit), e->unit)) {
            lost->v[i].messages += e->lost;
            return;
        }
    if (lost->n < REPLAY_LOST)
        *list_push(a, lost) = (struct replay_lost){arena_dup(a, e->unit), e->lost};
}

static void take_news(struct replay_journal *j, struct arena *a, struct replay_seen *seen, struct replay_losses *lost)
{
    const struct journal_entry *e = &j->entry;
    if (!j->first)
        return;
    if (e->kind == JOURNAL_SUPPRESSED)
        add_lost(a, lost, e);
    else if (e->kind == JOURNAL_DAMAGED && !seen->fault)
        seen->fault = arena_printf(a, _("%.*s is damaged: what else it held was not seen"), (int)e->message.n, e->message.p);
}

static bool begin(struct replay_journal *j, struct err *err)
{
    struct journal_want w = {.root = j->o->journal, .matches = j->matches, .since_us = j->o->since * 1000000, .fields = JOURNAL_LINE | (j->service ? JOURNAL_UID | JOURNAL_UNIT : 0)};
    j->opened = true;
    return journal_stream_open(&w, &j->stream, err) == 0;
}

bool replay_journal_next(struct replay_journal *j, struct arena *a, struct replay_seen *seen, struct replay_losses *lost, struct str *ret)
{
    struct err err = {0};
    if (!j->opened && !begin(j, &err)) {
        seen->fault = arena_dupz(a, err.text);
        return false;
    }
    int r = 0;
    while (j->stream && (r = journal_stream_next(j->stream, &j->entry, &err)) > 0) {
        if (j->entry.kind != JOURNAL_ENTRY) {
            take_news(j, a, seen, lost);
            continue;
        }
        seen->lines++;
        if (j->service && (j->entry.by_user || !log_service_wrote(j->service, j->entry.unit, j->entry.identifier)))
            continue;
        buf_reset(&j->line);
        journal_line(&j->entry, &j->line);
        *ret = buf_str(&j->line);
        return true;
    }
    if (r < 0)
        seen->fault = arena_dupz(a, err.text);
    journal_stream_close(j->stream);
    j->stream = NULL;
    return false;
}

void replay_journal_free(struct replay_journal *j)
{
    if (!j)
        return;
    journal_stream_close(j->stream);
    buf_free(&j->line);
}
