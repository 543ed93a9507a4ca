#include "log/sources.h"

#define QUIET_JOURNAL DAY /* a journal that is so much older than the file is not written any more */

const char *source_kind_name(enum source_kind k)
{
    static const char *const names[] = {[SOURCE_NONE] = "none", [SOURCE_JOURNAL] = "journal", [SOURCE_FILES] = "files"};
    return names[k];
}

/* A file that the settings name holds everything; the journal then has only what the program says when it starts. */
static enum source_kind elect(const struct seen_log *s)
{
    bool dead = s->newest_file > s->newest_entry + QUIET_JOURNAL;
    bool files = s->named.n || s->usual.n;
    if (s->in_journal && !dead && !s->named.n && !s->service->own)
        return SOURCE_JOURNAL;
    return files ? SOURCE_FILES : s->in_journal ? SOURCE_JOURNAL : SOURCE_NONE;
}

struct texts {
    const char **v;
    size_t n, cap;
};

static void add_once(struct arena *a, void *list, const char *text)
{
    struct texts *l = list;
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->v[i], text) == 0)
            return;
    *list_push(a, l) = text;
}

static void add_files(const struct seen_log *s, struct arena *a, struct log_source *ret)
{
    for (size_t i = 0; i < s->named.n; i++)
        add_once(a, &ret->files, s->named.v[i]);
    for (size_t i = 0; s->service->own && i < ARRAY_SIZE(s->service->files) && s->service->files[i]; i++)
        add_once(a, &ret->files, s->service->files[i]);
    for (size_t i = 0; !s->named.n && !s->service->own && i < s->usual.n; i++)
        add_once(a, &ret->files, s->usual.v[i]);
}

static void add_matches(const struct log_service *s, struct arena *a, struct log_sources *ret)
{
    if (ret->matches.n)
        *list_push(a, &ret->matches) = "+";
    for (size_t i = 0; s->matches[i]; i++)
        *list_push(a, &ret->matches) = s->matches[i];
}

void sources_elect(const struct seen_logs *seen, struct arena *a, struct log_sources *ret)
{
    struct log_sources all = {0};
    for (size_t i = 0; i < seen->list.n; i++) {
        const struct seen_log *s = &seen->list.v[i];
        struct log_source one = {.service = s->service, .kind = elect(s)};
        if (one.kind == SOURCE_FILES)
            add_files(s, a, &one);
        if (one.kind == SOURCE_JOURNAL)
            add_matches(s->service, a, &all);
        for (size_t k = 0; k < one.files.n; k++)
            add_once(a, &all.patterns, one.files.v[k]);
        *list_push(a, &all.list) = one;
    }
    /* What others write there, too, is followed for their sake. */
    for (size_t i = 0; i < seen->list.n; i++)
        for (size_t k = 0; all.list.v[i].kind == SOURCE_JOURNAL && k < seen->list.v[i].usual.n; k++) {
            bool followed = false;
            for (size_t p = 0; p < all.patterns.n; p++)
                followed |= strcmp(all.patterns.v[p], seen->list.v[i].usual.v[k]) == 0;
            if (!followed)
                add_once(a, &all.search_only, seen->list.v[i].usual.v[k]);
        }
    *ret = all;
}

void sources_find(const struct probe_ctx *ctx, struct findings *scratch, struct log_sources *ret)
{
    struct seen_logs seen = {0};
    logs_see(ctx, scratch, &seen);
    sources_elect(&seen, scratch->arena, ret);
}
