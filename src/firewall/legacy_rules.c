#include "firewall/legacy_rules.h"
#include "base/buf.h"

struct reading {
    const struct addr *of;
    struct arena *arena;
    struct legacy_rules *out;
    struct str table;
    LIST(struct chain_count) counts;
};
struct chain_count {
    struct str chain;
    unsigned n;
};

/* The next word; within double quotes blanks belong to it, and a backslash takes the next character as it is. What quotes hold is only passed over. */
static bool word(struct str *rest, struct str *ret)
{
    size_t i = 0;
    bool quoted = false;
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = str_from(*rest, 1);
    for (; i < rest->n && (quoted || (rest->p[i] != ' ' && rest->p[i] != '\t')); i++) {
        if (rest->p[i] == '"')
            quoted = !quoted;
        else if (rest->p[i] == '\\' && quoted)
            i++;
    }
    i = i < rest->n ? i : rest->n;
    *ret = str_span(rest->p, i);
    *rest = str_from(*rest, i);
    return i > 0;
}

static bool in_range(struct str range, const struct addr *of)
{
    struct str from = {0};
    struct addr first, last;
    if (!str_field(&range, '-', &from) || !addr_parse(from, &first) || !addr_parse(range, &last) || first.v6 != of->v6 || last.v6 != of->v6)
        return false;
    size_t n = of->v6 ? 16 : 4;
    return memcmp(of->bytes, first.bytes, n) >= 0 && memcmp(of->bytes, last.bytes, n) <= 0;
}

static unsigned count(struct reading *r, struct str chain)
{
    for (size_t i = 0; i < r->counts.n; i++)
        if (str_eq(r->counts.v[i].chain, chain))
            return ++r->counts.v[i].n;
    *list_push(r->arena, &r->counts) = (struct chain_count){chain, 1};
    return 1;
}

struct asked {
    bool named, others, no;
};

static void condition(struct asked *q, bool holds, bool inverse)
{
    q->no |= holds == inverse;
    q->named = true;
    q->others |= inverse;
}

static void rule(struct reading *r, struct str rest)
{
    struct str w, chain = {0}, value, does = {0}, set = {0};
    struct asked q = {0};
    struct prefix p;
    if (!word(&rest, &chain))
        return;
    unsigned number = count(r, chain);
    for (bool inverse = false; word(&rest, &w); inverse = str_eq(w, STR("!"))) {
        if (str_eq(w, STR("-s")) && word(&rest, &value))
            condition(&q, prefix_parse(value, false, &p) && prefix_has(&p, r->of), inverse);
        else if (str_eq(w, STR("--src-range")) && word(&rest, &value))
            condition(&q, in_range(value, r->of), inverse);
        else if (str_eq(w, STR("--match-set")) && word(&rest, &value) && word(&rest, &w) && str_starts(w, STR("src"))) {
            set = value;
            q.others |= inverse;
        } else if (str_eq(w, STR("-j")) || str_eq(w, STR("-g")))
            (void)word(&rest, &does);
    }
    if (q.no || (!q.named && !set.n) || r->out->list.n >= LEGACY_RULES_MAX)
        return;
    *list_push(r->arena, &r->out->list) = (struct legacy_rule){arena_dup(r->arena, r->table), arena_dup(r->arena, chain), number, arena_dup(r->arena, does), set.n ? arena_dup(r->arena, set) : NULL, q.others};
}

void legacy_rules(struct str text, const struct addr *of, struct arena *a, struct legacy_rules *ret)
{
    struct reading r = {.of = of, .arena = a, .out = ret, .table = STR("")};
    struct str line;
    *ret = (struct legacy_rules){0};
    while (str_line(&text, &line)) {
        if (str_starts(line, STR("*"))) {
            r.table = str_from(line, 1);
            r.counts.n = 0;
        } else if (str_starts(line, STR("-A "))) {
            rule(&r, str_from(line, 3));
        }
    }
}
