#include "filter/expression.h"
#include "base/i18n.h"
#include "filter/tags.h"
#include <errno.h>
#include <stdlib.h>

static int field_of(struct arena *a, struct group_names *names, struct str name, unsigned *ret)
{
    if (!names->n) {
        memcpy(names->v, field_names, sizeof field_names);
        names->n = FIELDS_KNOWN;
    }
    for (unsigned i = 0; i < names->n; i++) {
        if (!str_eq(str_of(names->v[i]), name))
            continue;
        *ret = i;
        return 0;
    }
    if (names->n == FIELDS_MAX)
        return -E2BIG;
    names->v[names->n] = arena_dup(a, name);
    *ret = names->n++;
    return 0;
}

/* "alt_user_1" with prefix "alt_": "user". false: the prefix is not there. */
static bool combined(struct str name, struct str prefix, struct str *ret)
{
    if (!str_starts(name, prefix))
        return false;
    name = str_from(name, prefix.n);
    size_t n = name.n;
    while (n && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
        n--;
    if (n < name.n && n && name.p[n - 1] == '_')
        name.n = n - 1;
    *ret = str_eq(name, STR("id")) ? STR("fid") : str_eq(name, STR("port")) ? STR("fport") : name;
    return true;
}

static int by_name(const void *x, const void *y)
{
    const struct regex_name *a = *(const struct regex_name *const *)x, *b = *(const struct regex_name *const *)y;
    return strcmp(a->name, b->name);
}

static int combine(struct arena *a, struct expression *e, struct group_names *names)
{
    size_t n = e->re.text.names.n;
    const struct regex_name **sorted = arena_zalloc(a, (n + 1) * sizeof *sorted);
    struct str target;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &e->re.text.names.v[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; i < n; i++) {
        struct expression_also also = {.group = sorted[i]->number};
        bool alternative = combined(str_of(sorted[i]->name), STR("alt_"), &target);
        if (!alternative && !combined(str_of(sorted[i]->name), STR("tuple_"), &target))
            continue;
        if (field_of(a, names, target, &also.field) < 0)
            return -E2BIG;
        if (alternative)
            *list_push(a, &e->alternatives) = also;
        else
            *list_push(a, &e->tuples) = also;
    }
    return 0;
}

static int assign(struct arena *a, struct expression *e, struct group_names *names)
{
    size_t n = e->re.text.names.n;
    unsigned *field = arena_zalloc(a, (n + 1) * sizeof *field);
    for (size_t i = 0; i < n; i++) {
        if (field_of(a, names, str_of(e->re.text.names.v[i].name), &field[i]) < 0)
            return -E2BIG;
        e->identifies |= field[i] <= FIELD_DNS || field[i] == FIELD_MLFID;
    }
    e->field = field;
    return combine(a, e, names);
}

/* fail2ban turns ((?i)x) and (?:(?i)x) into (?i:x): Python no longer takes a flag in the middle. */
static struct str local_flags(struct arena *a, struct str s)
{
    _cleanup_(buf_free) struct buf b = BUF(REGEX_TEXT_MAX + 1);
    for (size_t i = 0; i < s.n;) {
        struct str at = str_from(s, i);
        size_t open = str_starts(at, STR("(?:(?")) ? 5 : str_starts(at, STR("((?")) ? 3 : 0, n = open;
        while (open && n < at.n && at.p[n] >= 'a' && at.p[n] <= 'z')
            n++;
        bool found = open && n > open && n < at.n && at.p[n] == ')' && (i == 0 || s.p[i - 1] != '\\');
        if (found) {
            buf_addz(&b, "(?");
            buf_add(&b, at.p + open, n - open);
            buf_addc(&b, ':');
            i += n + 1;
        } else {
            buf_addc(&b, s.p[i++]);
        }
    }
    return str_span(arena_dup(a, buf_str(&b)), b.n);
}

int expression_new(struct arena *a, const struct filter_text *text, bool addresses_only, bool multiline, struct group_names *names, struct expression *ret, struct err *err)
{
    struct expression e = {.text = text};
    struct err why = {0};
    struct str python = local_flags(a, tags_expand(a, str_of(text->text), addresses_only));
    if (!str_trim(python).n)
        return err_at(err, -EINVAL, text->file, text->line, 0, "%s", _("an empty expression"));
    int r = regex_compile(a, python, multiline, &e.re, &why);
    if (r == -ENOENT)
        return err_set(err, r, "%s", why.text);
    if (r == 0 && assign(a, &e, names) < 0) {
        regex_done(&e.re);
        r = err_set(&why, -E2BIG, _("more than %d different names of groups"), FIELDS_MAX);
    }
    if (r < 0)
        return err_at(err, -EINVAL, text->file, text->line, 0, "%s: %.300s", why.text, text->text);
    *ret = e;
    return 0;
}

static void join(struct arena *a, struct str *to, struct str more)
{
    struct str parts[] = {*to, more};
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (size_t i = 0; i < 2; i++) {
        buf_addz(&b, i ? "," : "");
        buf_adds(&b, parts[i]);
    }
    *to = str_span(arena_dup(a, buf_str(&b)), b.n);
}

void expression_fields(const struct expression *e, const struct regex_found *found, struct arena *a, struct fields *f)
{
    struct fields own;
    own.said = 0;
    for (size_t i = 0; i < e->re.text.names.n; i++) {
        own.v[e->field[i]] = regex_group(found, e->re.text.names.v[i].number);
        own.said |= 1ull << e->field[i];
    }
    for (size_t i = 0; i < e->alternatives.n; i++) {
        const struct expression_also *also = &e->alternatives.v[i];
        struct str value = regex_group(found, also->group);
        bool has = own.said >> also->field & 1;
        if (!value.n || (has && own.v[also->field].n))
            continue;
        own.v[also->field] = value;
        own.said |= 1ull << also->field;
    }
    for (size_t i = 0; i < e->tuples.n; i++) {
        const struct expression_also *also = &e->tuples.v[i];
        if (!(own.said >> also->field & 1))
            own.v[also->field] = (struct str){0};
        join(a, &own.v[also->field], regex_group(found, also->group));
        own.said |= 1ull << also->field;
    }
    for (uint64_t bits = own.said; bits; bits &= bits - 1) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        if (own.v[i].p) /* a group that took no part takes nothing from prefregex (since fail2ban 1.1) */
            f->v[i] = own.v[i];
    }
    f->said |= own.said;
}
