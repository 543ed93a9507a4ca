#include "filter/substitute.h"
#include "base/i18n.h"
#include "filter/layers.h"
#include <errno.h>

struct count {
    const char *tag;
    unsigned n;
};
struct value {
    const char *name;
    LIST(struct count) counts; /* how often each tag was put in */
    bool done, owned; /* owned: its storage may be reused */
};
struct resolving {
    struct load *l;
    const struct names_of *values;
    LIST(const char *) ignored;
    substitute_find_fn *find;
    void *context;
    struct err *err;
};

/* The next <tag> at or behind `at`. false: none. */
static bool next_tag(struct str s, size_t at, size_t *ret_begin, size_t *ret_end)
{
    while (at < s.n) {
        const char *open = memchr(s.p + at, '<', s.n - at);
        if (!open)
            return false;
        at = (size_t)(open - s.p);
        size_t end = at + 1;
        while (end < s.n && s.p[end] != ' ' && s.p[end] != '<' && s.p[end] != '>')
            end++;
        if (end < s.n && s.p[end] == '>' && end > at + 1) {
            *ret_begin = at;
            *ret_end = end + 1;
            return true;
        }
        at = end < s.n && s.p[end] == '<' ? end : at + 1;
    }
    return false;
}

static bool is_ignored(const struct resolving *r, const char *tag)
{
    for (size_t i = 0; i < r->ignored.n; i++)
        if (strcmp(r->ignored.v[i], tag) == 0)
            return true;
    return false;
}

static unsigned count_of(const struct value *v, const char *tag)
{
    for (size_t i = 0; i < v->counts.n; i++)
        if (strcmp(v->counts.v[i].tag, tag) == 0)
            return v->counts.v[i].n;
    return 0;
}

static void count_one(struct resolving *r, struct value *v, const char *tag)
{
    for (size_t i = 0; i < v->counts.n; i++)
        if (strcmp(v->counts.v[i].tag, tag) == 0) {
            v->counts.v[i].n++;
            return;
        }
    *list_push(r->l->a, &v->counts) = (struct count){tag, 1};
}

static int meaning(struct resolving *r, const char *tag, struct traced *ret)
{
    const struct named *n = named_find(r->values, tag);
    if (n) {
        *ret = n->text;
        return 0;
    }
    return r->find(r->context, tag, ret, r->err);
}

/* Every `tag` (with its brackets) in the text becomes `by`. */
static void replace(struct resolving *r, struct value *v, struct traced *text, struct str tag, const struct traced *by)
{
    struct traced out = r->l->spare;
    struct str all = traced_str(text);
    out.n = 0;
    for (size_t at = 0; at < all.n;) {
        ptrdiff_t next = str_search(str_from(all, at), tag);
        size_t n = next < 0 ? all.n - at : (size_t)next;
        traced_put(r->l, &out, text, at, n, 0);
        at += n;
        if (next >= 0) {
            traced_put(r->l, &out, by, 0, by->n, 1);
            at += tag.n;
        }
    }
    r->l->spent |= out.n > r->l->work;
    r->l->work -= out.n > r->l->work ? r->l->work : out.n;
    r->l->spare = v->owned ? *text : (struct traced){0};
    v->owned = true;
    *text = out;
}

static int self_reference(const struct resolving *r, const struct traced *text, size_t at, const char *name, const char *tag)
{
    return traced_wrong(r->l, text, at, r->err, _("%s refers to itself by <%s>, or has it more than %d times"), name, tag, TAG_COUNT_MAX);
}

/* Puts in what can be, once over the text. *changed: something was put in. */
static int resolve_value(struct resolving *r, struct value *v, struct traced *text, bool *changed)
{
    size_t begin, end, at = 0;
    while (next_tag(traced_str(text), at, &begin, &end)) {
        struct traced by;
        if (end - begin > NAME_LENGTH_MAX) {
            at = end;
            continue;
        }
        const char *tag = arena_dup(r->l->a, str_span(text->p + begin + 1, end - begin - 2));
        if (is_ignored(r, tag)) {
            at = end;
            continue;
        }
        if (strcmp(tag, v->name) == 0 || count_of(v, tag) > TAG_COUNT_MAX)
            return self_reference(r, text, begin, v->name, tag);
        int e = load_step(r->l, text->from[begin], r->err);
        e = e < 0 ? e : meaning(r, tag, &by);
        if (e == -ENOENT) {
            at = end;
            continue;
        }
        if (e < 0)
            return e;
        count_one(r, v, tag);
        replace(r, v, text, str_of(arena_printf(r->l->a, "<%s>", tag)), &by);
        *changed = true;
        at = begin;
        if (text->n > VALUE_MAX)
            return traced_wrong(r->l, text, begin, r->err, _("%s becomes larger than %u bytes"), v->name, VALUE_MAX);
        e = load_spent(r->l, text->n ? traced_place(r->l, text, 0, 1).file : NULL, r->err);
        if (e < 0)
            return e;
    }
    return 0;
}

static void find_ignored(struct resolving *r)
{
    struct str base;
    const char *condition;
    for (size_t i = 0; i < r->values->list.n; i++)
        if (layers_condition(r->values->list.v[i].key, &base, &condition))
            *list_push(r->l->a, &r->ignored) = arena_dup(r->l->a, base);
}

int substitute(struct load *l, struct names_of *values, substitute_find_fn *find, void *context, struct err *err)
{
    struct resolving r = {.l = l, .values = values, .find = find, .context = context, .err = err};
    LIST(struct value) states = {0};
    find_ignored(&r);
    for (size_t i = 0; i < values->list.n; i++)
        *list_push(l->a, &states) = (struct value){.name = values->list.v[i].key, .done = is_ignored(&r, values->list.v[i].key)};
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < values->list.n; i++) {
            struct traced *text = &values->list.v[i].text;
            bool changed = false;
            size_t begin, end;
            if (states.v[i].done)
                continue;
            int e = resolve_value(&r, &states.v[i], text, &changed);
            if (e < 0)
                return e;
            again |= changed && next_tag(traced_str(text), 0, &begin, &end);
            states.v[i].done = !text->n || !memchr(text->p, '<', text->n);
        }
    }
    return 0;
}

int substitute_text(struct load *l, const struct names_of *values, substitute_find_fn *find, void *context, struct traced *text, struct err *err)
{
    struct resolving r = {.l = l, .values = values, .find = find, .context = context, .err = err};
    struct value v = {.name = ""};
    bool changed = true;
    size_t begin, end;
    int e = 0;
    while (e >= 0 && changed && next_tag(traced_str(text), 0, &begin, &end)) {
        changed = false;
        e = resolve_value(&r, &v, text, &changed);
    }
    return e;
}
