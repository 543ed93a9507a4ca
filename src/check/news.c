#include "check/news.h"
#include "base/i18n.h"
#include "term/text.h"
#include <stdlib.h>

static int by_name(const void *key, const void *row)
{
    const struct told *a = key, *b = row;
    int c = strcmp(a->id, b->id);
    return c ? c : strcmp(a->object, b->object);
}

static const struct told *find(const told_list *l, const char *id, const char *object)
{
    struct told key = {.id = id, .object = object};
    return l->n ? bsearch(&key, l->v, l->n, sizeof key, by_name) : NULL;
}

static void one(const struct report *r, const told_list *told, const struct result *x, struct news *ret)
{
    const struct finding *f = x->finding;
    const struct told *before = find(told, f->check->id, f->object);
    if (f->state == STATE_UNKNOWN && (before || !f->check->blind_tells)) {
        if (before)
            *list_push(r->arena, &ret->now) = *before;
        return;
    }
    if (f->state != STATE_WARN && f->state != STATE_FAIL && f->state != STATE_UNKNOWN) {
        if (before)
            *list_push(r->arena, &ret->solved) = before;
        return;
    }
    if (x->accepted_why) /* whoever accepted it knows */
        return;
    if (!before)
        *list_push(r->arena, &ret->fresh) = x;
    else if (f->state != before->state && (f->state == STATE_FAIL || before->state == STATE_UNKNOWN))
        *list_push(r->arena, &ret->worse) = x;
    *list_push(r->arena, &ret->now) = (struct told){f->check->id, f->object, f->title, f->state};
}

/* What was told and this run does not mention: the object is gone where its check could see everything. */
static void absent(const struct report *r, const struct told *before, struct news *ret)
{
    bool asked = false, unseen = false;
    for (size_t i = 0; i < r->results.n; i++) {
        const struct finding *f = r->results.v[i].finding;
        if (strcmp(f->check->id, before->id) != 0)
            continue;
        if (strcmp(f->object, before->object) == 0)
            return;
        asked = true;
        unseen |= f->state == STATE_UNKNOWN;
    }
    if (asked && !unseen)
        *list_push(r->arena, &ret->solved) = before;
    else
        *list_push(r->arena, &ret->now) = *before;
}

void news_find(const struct report *r, const told_list *told, struct news *ret)
{
    *ret = (struct news){0};
    for (size_t i = 0; i < r->results.n; i++)
        one(r, told, &r->results.v[i], ret);
    for (size_t i = 0; i < told->n; i++)
        absent(r, &told->v[i], ret);
}

bool news_empty(const struct news *n)
{
    return !n->fresh.n && !n->worse.n && !n->solved.n;
}

const char *news_subject(const struct report *r, const struct news *n)
{
    _cleanup_(buf_free) struct buf b = BUF(1024);
    const struct { const char *text; size_t n; } parts[] = {
        {_("%zu new"), n->fresh.n}, {_("%zu worse"), n->worse.n}, {_("%zu solved"), n->solved.n},
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].n) {
            buf_addz(&b, b.n ? ", " : "");
            buf_printf(&b, parts[i].text, parts[i].n);
        }
    return arena_printf(r->arena, _("bansho %s: %s"), r->host->name, b.p ? b.p : "");
}

static void line(struct buf *out, const char *id, const char *object, const char *title)
{
    buf_printf(out, "- %s", id);
    if (*object) {
        buf_addc(out, ' ');
        text_escape(out, str_of(object));
    }
    buf_addz(out, ": ");
    text_escape(out, str_of(title));
    buf_addc(out, '\n');
}

static void wrong(struct buf *out, const char *head, const struct result *const *list, size_t n)
{
    if (n)
        buf_printf(out, "%s\n", head);
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = list[i]->finding;
        const char *next = f->fix ? f->fix : f->next;
        line(out, f->check->id, f->object, f->title);
        if (!next)
            continue;
        buf_printf(out, "    %s ", _("What to do:"));
        text_escape(out, str_of(next));
        buf_addc(out, '\n');
    }
    buf_addz(out, n ? "\n" : "");
}

void news_text(const struct report *r, const struct news *n, struct buf *out)
{
    buf_printf(out, _("What has changed on %s since the last message:\n\n"), r->host->name);
    wrong(out, _("New:"), n->fresh.v, n->fresh.n);
    wrong(out, _("Worse than before:"), n->worse.v, n->worse.n);
    if (n->solved.n)
        buf_printf(out, "%s\n", _("Solved:"));
    for (size_t i = 0; i < n->solved.n; i++)
        line(out, n->solved.v[i]->id, n->solved.v[i]->object, n->solved.v[i]->title);
    buf_printf(out, "%s%s\n", n->solved.n ? "\n" : "", _("All of it: sudo bansho check"));
}
