#include "model/check.h"
#include <errno.h>

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

int findings_decode(struct str bytes, struct findings *ret)
{
    struct findings got = {.arena = ret->arena, .check = ret->check};
    struct cursor c = cursor_of(bytes);
    uint32_t n = cursor_below(&c, MAX_FINDINGS + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++)
        decode_one(&c, &got);
    if (c.bad || c.rest.n)
        return -EBADMSG;
    ret->list.v = got.list.v;
    ret->list.n = got.list.n;
    ret->list.cap = got.list.cap;
    return 0;
}
