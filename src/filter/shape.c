#include "filter/shape.h"

#define RUN_SHORTEST 6

/* The sets of first and last characters; true: it may match the empty text, too. */
static bool ends_of(const struct syntax *s, bool last, struct syntax_set *set)
{
    bool empty = true, any = false;
    switch (s->kind) {
    case SYNTAX_NOTHING: case SYNTAX_BEGIN: return true;
    case SYNTAX_CLASS:
        set->ascii[0] |= s->set.ascii[0];
        set->ascii[1] |= s->set.ascii[1];
        return false;
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i; i = i->next)
            any |= ends_of(i, last, set);
        return any;
    case SYNTAX_REPEAT: return ends_of(s->child, last, set) || !s->min;
    case SYNTAX_AGAIN: return ends_of(s->child, last, set);
    case SYNTAX_SEQUENCE:
        for (const struct syntax *i = s->child; i; i = i->next) {
            struct syntax_set own = {0};
            bool nothing = ends_of(i, last, &own);
            if (last && !nothing)
                *set = own;
            else if (last || empty)
                set->ascii[0] |= own.ascii[0], set->ascii[1] |= own.ascii[1];
            empty = empty && nothing;
        }
        return empty;
    }
    return true;
}

static bool may_be_empty(const struct syntax *s)
{
    struct syntax_set unused = {0};
    return ends_of(s, false, &unused);
}

/* All of it are digits, and it is not empty. */
static bool digit_at(const struct syntax *s, bool last)
{
    struct syntax_set set = {0};
    const uint64_t digits = 0x3ffull << '0';
    return s && !ends_of(s, last, &set) && set.ascii[1] == 0 && set.ascii[0] && !(set.ascii[0] & ~digits);
}

static bool is_colon(const struct syntax *s) { return s->kind == SYNTAX_CLASS && s->set.ascii[0] == 1ull << ':' && !s->set.ascii[1]; }

static bool has_clock(const struct syntax *s)
{
    const struct syntax *before = NULL;
    bool all = true;
    switch (s->kind) {
    case SYNTAX_REPEAT: return s->min && has_clock(s->child);
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i; i = i->next)
            all = all && has_clock(i);
        return all;
    case SYNTAX_SEQUENCE:
        for (const struct syntax *i = s->child; i; before = i, i = i->next)
            if (has_clock(i) || (is_colon(i) && before && digit_at(before, true) && i->next && digit_at(i->next, false)))
                return true;
        return false;
    default: return false;
    }
}

static size_t longest(const struct syntax *s)
{
    size_t n = 0, part, product;
    switch (s->kind) {
    case SYNTAX_CLASS: return 1;
    case SYNTAX_AGAIN: return s->child->kind == SYNTAX_CLASS ? 1 : SIZE_MAX; /* shape_trim may have changed its group */
    case SYNTAX_REPEAT:
        part = longest(s->child);
        return !part ? 0 : s->max == SYNTAX_ENDLESS || __builtin_mul_overflow(part, s->max, &product) ? SIZE_MAX : product;
    case SYNTAX_SEQUENCE:
        for (const struct syntax *i = s->child; i; i = i->next)
            if (__builtin_add_overflow(n, longest(i), &n))
                return SIZE_MAX;
        return n;
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i; i = i->next) {
            part = longest(i);
            n = part > n ? part : n;
        }
        return n;
    default: return 0;
    }
}

static bool is_anchored(const struct syntax *s)
{
    bool all = true;
    switch (s->kind) {
    case SYNTAX_BEGIN: return true;
    case SYNTAX_REPEAT: return s->min && is_anchored(s->child);
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i; i = i->next)
            all = all && is_anchored(i);
        return all;
    case SYNTAX_SEQUENCE:
        for (const struct syntax *i = s->child; i; i = i->next)
            if (i->kind != SYNTAX_NOTHING)
                return is_anchored(i);
        return false;
    default: return false;
    }
}

/* It matches digits only: at least how many of them. -1: something else, too. */
static long digits_of(const struct syntax *s)
{
    long n = -1, part;
    switch (s->kind) {
    case SYNTAX_NOTHING: return 0;
    case SYNTAX_CLASS: return digit_at(s, false) ? 1 : -1;
    case SYNTAX_REPEAT:
        part = digits_of(s->child);
        return part < 0 ? -1 : part * (long)s->min;
    case SYNTAX_SEQUENCE:
        n = 0;
        for (const struct syntax *i = s->child; i && n >= 0; i = i->next)
            n = (part = digits_of(i)) < 0 ? -1 : n + part;
        return n;
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i; i = i->next) {
            if ((part = digits_of(i)) < 0)
                return -1;
            n = n < 0 || part < n ? part : n;
        }
        return n;
    default: return -1;
    }
}

/* Digits one behind the other in several parts, as in 20050123. */
static void find_digits(const struct syntax *s, struct shape *ret)
{
    long run = 0, n;
    for (const struct syntax *i = s->child; i; i = i->next) {
        run = (n = digits_of(i)) < 0 ? 0 : run + n;
        if (run < RUN_SHORTEST || run <= (long)ret->run_n || run > 200)
            continue;
        ret->run = (struct syntax_set){.ascii = {0x3ffull << '0', 0}};
        ret->run_n = (unsigned)run;
    }
}

static void find_run(const struct syntax *s, struct shape *ret)
{
    if (s->kind == SYNTAX_SEQUENCE)
        find_digits(s, ret);
    if (s->kind == SYNTAX_REPEAT && s->min) {
        if (s->child->kind == SYNTAX_CLASS && s->min >= RUN_SHORTEST && s->min > ret->run_n) {
            ret->run = s->child->set;
            ret->run_n = s->min;
        }
        find_run(s->child, ret);
    }
    for (const struct syntax *i = s->kind == SYNTAX_SEQUENCE ? s->child : NULL; i; i = i->next)
        find_run(i, ret);
}

void shape_trim(struct syntax *s)
{
    struct syntax *last = NULL;
    for (struct syntax *i = s->kind == SYNTAX_CHOICE ? s->child : NULL; i; i = i->next)
        shape_trim(i);
    for (struct syntax *i = s->kind == SYNTAX_SEQUENCE ? s->child : NULL; i; i = i->next)
        last = may_be_empty(i) ? last : i;
    if (!last)
        return;
    last->next = NULL;
    shape_trim(last);
}

struct shape shape_of(const struct syntax *s)
{
    struct shape made = {.longest = longest(s), .clock = has_clock(s), .anchored = is_anchored(s)};
    if (ends_of(s, false, &made.first) || ends_of(s, true, &made.last)) {
        made.first = made.last = (struct syntax_set){0};
        made.anchored = false;
    }
    find_run(s, &made);
    return made;
}

bool shape_beside(const struct syntax *s, unsigned group, struct syntax_set *ret_before, struct syntax_set *ret_behind)
{
    struct syntax_set before = {0}, behind = {0};
    const struct syntax *i = s->kind == SYNTAX_SEQUENCE ? s->child : NULL;
    bool has_before = false;
    for (; i && i->group != group; i = i->next) {
        struct syntax_set own = {0};
        bool empty = ends_of(i, true, &own);
        has_before = !empty || (has_before && i->kind == SYNTAX_NOTHING);
        before = i->kind == SYNTAX_NOTHING ? before : own;
    }
    const struct syntax *next = i ? i->next : NULL;
    while (next && next->kind == SYNTAX_NOTHING)
        next = next->next;
    if (!has_before || !next || ends_of(next, false, &behind))
        return false;
    *ret_before = before;
    *ret_behind = behind;
    return true;
}
