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
    case SYNTAX_AGAIN: return longest(s->child);
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

static void find_run(const struct syntax *s, struct shape *ret)
{
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
    struct shape made = {.longest = longest(s), .clock = has_clock(s)};
    find_run(s, &made);
    return made;
}
