#include "model/check.h"
#include <errno.h>
#include <stdlib.h>

#define MAX_FINDINGS 100000
#define MAX_EVIDENCE 1000

const char *state_name(enum state s)
{
    static const char *const names[] = {"ok", "warn", "fail", "unknown", "n/a"};
    return names[s];
}

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"info", "normal", "serious"};
    return names[s];
}

const char *basis_name(enum basis b)
{
    static const char *const names[] = {"files", "effective", "dialogue"};
    return names[b];
}

#define TEXT(arena, format)                        \
    ({                                             \
        va_list ap;                                \
        va_start(ap, format);                      \
        char *text_ = arena_vprintf(arena, format, ap); \
        va_end(ap);                                \
        text_;                                     \
    })

struct finding *finding_add(struct findings *out, enum state state, const char *object, const char *title, ...)
{
    char *text = TEXT(out->arena, title);
    struct finding *f = list_push(out->arena, &out->list);
    *f = (struct finding){
        .check = out->check,
        .object = arena_dupz(out->arena, object ? object : ""),
        .state = state,
        .severity = out->check ? out->check->severity : SEVERITY_NORMAL,
        .basis = out->check ? out->check->basis : BASIS_FILES,
        .title = text,
    };
    return f;
}

void finding_evidence(struct findings *out, struct finding *f, const char *file, unsigned line, const char *text, ...)
{
    char *seen = TEXT(out->arena, text);
    if (f->evidence.n >= MAX_EVIDENCE)
        return;
    *list_push(out->arena, &f->evidence) = (struct evidence){.text = seen, .file = arena_dupz(out->arena, file), .line = line};
}

void finding_impact(struct findings *out, struct finding *f, const char *text, ...)
{
    f->impact = TEXT(out->arena, text);
}

void finding_next(struct findings *out, struct finding *f, const char *command, ...)
{
    f->next = TEXT(out->arena, command);
}

void finding_next_note(struct findings *out, struct finding *f, const char *text, ...)
{
    f->next_note = TEXT(out->arena, text);
}

void finding_by_hand(struct findings *out, struct finding *f)
{
    (void)out;
    f->by_hand = true;
}

void memo_leave(struct findings *out, const char *key, int64_t value)
{
    if (out->memos.n < MEMOS_MAX)
        *list_push(out->arena, &out->memos) = (struct memo){out->check ? out->check->id : "", arena_dupz(out->arena, key), value};
}

struct memo_name {
    const char *check, *key;
};

static int memo_order(const void *name, const void *row)
{
    const struct memo_name *a = name;
    const struct memo *b = row;
    int c = strcmp(a->check, b->check);
    return c ? c : strcmp(a->key, b->key);
}

bool memo_find(const struct memo *sorted, size_t n, const char *check, const char *key, int64_t *ret)
{
    const struct memo *m = n ? bsearch(&(struct memo_name){check, key}, sorted, n, sizeof *sorted, memo_order) : NULL;
    if (m)
        *ret = m->value;
    return m;
}

static void encode_memos(const struct findings *f, struct buf *out)
{
    buf_put_u32(out, (uint32_t)f->memos.n);
    for (size_t i = 0; i < f->memos.n; i++) {
        buf_put_z(out, f->memos.v[i].key);
        buf_put_u64(out, (uint64_t)f->memos.v[i].value);
    }
}

void findings_encode(const struct findings *f, struct buf *out)
{
    buf_put_u32(out, (uint32_t)f->list.n);
    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.v[i];
        buf_put_u32(out, x->state);
        buf_put_u32(out, x->severity);
        buf_put_u32(out, x->basis);
        buf_put_z(out, x->object);
        buf_put_z(out, x->title);
        buf_put_z(out, x->impact);
        buf_put_z(out, x->next);
        buf_put_z(out, x->next_note);
        buf_put_u32(out, x->by_hand);
        buf_put_u32(out, (uint32_t)x->evidence.n);
        for (size_t k = 0; k < x->evidence.n; k++) {
            buf_put_z(out, x->evidence.v[k].text);
            buf_put_z(out, x->evidence.v[k].file);
            buf_put_u32(out, x->evidence.v[k].line);
        }
    }
    encode_memos(f, out);
}

static char *text(struct cursor *c, struct arena *a)
{
    struct str s = cursor_str(c);
    c->bad |= str_find(s, '\0') >= 0; /* we never write one: it would hide what stands behind it */
    return s.p ? arena_dup(a, s) : NULL;
}

static void decode_one(struct cursor *c, struct findings *into)
{
    struct finding f = {.check = into->check};
    f.state = cursor_below(c, STATE_COUNT);
    f.severity = cursor_below(c, SEVERITY_COUNT);
    f.basis = cursor_below(c, BASIS_COUNT);
    f.object = text(c, into->arena);
    f.title = text(c, into->arena);
    f.impact = text(c, into->arena);
    f.next = text(c, into->arena);
    f.next_note = text(c, into->arena);
    f.by_hand = cursor_below(c, 2);
    c->bad |= !f.object || !f.title;
    uint32_t n = cursor_below(c, MAX_EVIDENCE + 1);
    for (uint32_t i = 0; i < n && !c->bad; i++) {
        struct evidence e = {.text = text(c, into->arena), .file = text(c, into->arena)};
        e.line = cursor_u32(c);
        c->bad |= !e.text;
        if (!c->bad)
            *list_push(into->arena, &f.evidence) = e;
    }
    if (!c->bad)
        *list_push(into->arena, &into->list) = f;
}

static void decode_memos(struct cursor *c, struct findings *into)
{
    uint32_t n = cursor_below(c, MEMOS_MAX + 1);
    for (uint32_t i = 0; i < n && !c->bad; i++) {
        const char *key = text(c, into->arena);
        int64_t value = (int64_t)cursor_u64(c);
        c->bad |= !key;
        if (!c->bad)
            memo_leave(into, key, value);
    }
}

int findings_decode(struct str bytes, struct findings *ret)
{
    struct findings got = {.arena = ret->arena, .check = ret->check};
    struct cursor c = cursor_of(bytes);
    uint32_t n = cursor_below(&c, MAX_FINDINGS + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++)
        decode_one(&c, &got);
    decode_memos(&c, &got);
    if (c.bad || c.rest.n)
        return -EBADMSG;
    ret->list.v = got.list.v;
    ret->list.n = got.list.n;
    ret->list.cap = got.list.cap;
    ret->memos.v = got.memos.v;
    ret->memos.n = got.memos.n;
    ret->memos.cap = got.memos.cap;
    return 0;
}
