/* idl_check.c: whether a JSON value is what an interface declares. */
#include "wire/idl.h"
#include <errno.h>

/* The way to the value in hand; it is written out only when something is wrong there. */
struct way {
    const struct way *from;
    struct str name;
    size_t index; /* where name.p is NULL */
};

/* What a peer chose may be cut anywhere but within a character: the name goes back to it as JSON. */
static void whole_characters(struct buf *b)
{
    size_t n = b->n;
    while (n && ((unsigned char)b->p[n - 1] & 0xc0) == 0x80)
        n--;
    if (n && (unsigned char)b->p[n - 1] >= 0xc0)
        n--;
    b->n = n;
}

static void write_way(struct buf *b, const struct way *w)
{
    if (!w)
        return;
    write_way(b, w->from);
    if (!w->name.p)
        buf_printf(b, "[%zu]", w->index);
    else {
        if (w->from)
            buf_addc(b, '.');
        buf_adds(b, w->name);
    }
}

static int wrong(struct buf *where, const struct way *w)
{
    if (where && !where->n) {
        write_way(where, w);
        if (where->full)
            whole_characters(where);
    }
    return -EINVAL;
}

static int check(const struct idl_type *t, const json_t *v, const struct way *w, struct buf *where);

static const struct idl_field *declared(const struct idl_type *t, struct str name)
{
    for (size_t i = 0; i < t->fields.n; i++)
        if (str_eq(t->fields.v[i].name, name))
            return &t->fields.v[i];
    return NULL;
}

static int check_struct(const struct idl_type *t, const json_t *v, const struct way *w, struct buf *where)
{
    int code = json_is_object(v) ? 0 : wrong(where, w);
    for (size_t i = 0; !code && i < t->fields.n; i++) {
        struct way at = {w, t->fields.v[i].name, 0};
        char name[128];
        memcpy(name, at.name.p, at.name.n); /* at most 100 bytes: is_name */
        name[at.name.n] = 0;
        code = check(t->fields.v[i].type, json_object_get(v, name), &at, where);
    }
    for (void *i = json_object_iter((json_t *)(uintptr_t)v); !code && i; i = json_object_iter_next((json_t *)(uintptr_t)v, i)) {
        struct way at = {w, str_of(json_object_iter_key(i)), 0};
        if (!declared(t, at.name))
            code = wrong(where, &at);
    }
    return code;
}

static int check_list(const struct idl_type *t, const json_t *v, const struct way *w, struct buf *where)
{
    int code = json_is_array(v) ? 0 : wrong(where, w);
    for (size_t i = 0; !code && i < json_array_size(v); i++) {
        struct way at = {w, {0}, i};
        code = check(t->of, json_array_get(v, i), &at, where);
    }
    return code;
}

static int check_map(const struct idl_type *t, const json_t *v, const struct way *w, struct buf *where)
{
    int code = json_is_object(v) ? 0 : wrong(where, w);
    for (void *i = json_object_iter((json_t *)(uintptr_t)v); !code && i; i = json_object_iter_next((json_t *)(uintptr_t)v, i)) {
        struct way at = {w, str_of(json_object_iter_key(i)), 0};
        code = check(t->of, json_object_iter_value(i), &at, where);
    }
    return code;
}

static bool in_enum(const struct idl_type *t, const json_t *v)
{
    return json_is_string(v) && declared(t, str_span(json_string_value(v), json_string_length(v)));
}

static int check(const struct idl_type *t, const json_t *v, const struct way *w, struct buf *where)
{
    if (t->maybe && (!v || json_is_null(v)))
        return 0;
    switch (v ? t->kind : IDL_BOOL) { /* what is not there is no boolean */
    case IDL_BOOL:
        return json_is_boolean(v) ? 0 : wrong(where, w);
    case IDL_INT:
        return json_is_integer(v) ? 0 : wrong(where, w);
    case IDL_FLOAT:
        return json_is_number(v) ? 0 : wrong(where, w);
    case IDL_STRING:
        return json_is_string(v) ? 0 : wrong(where, w);
    case IDL_OBJECT:
        return json_is_object(v) ? 0 : wrong(where, w);
    case IDL_ENUM:
        return in_enum(t, v) ? 0 : wrong(where, w);
    case IDL_NAMED:
        return check(t->of, v, w, where);
    case IDL_STRUCT:
        return check_struct(t, v, w, where);
    case IDL_LIST:
        return check_list(t, v, w, where);
    case IDL_MAP:
        return check_map(t, v, w, where);
    }
    return wrong(where, w);
}

int idl_check(const struct idl_type *type, const json_t *value, struct buf *ret_where)
{
    return check(type, value, NULL, ret_where);
}
