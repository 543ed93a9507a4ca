#include "filter/glimpse.h"
#include "base/hash.h"
#include "filter/shape.h"
#include "filter/syntax.h"
#include <stdlib.h>

#define STEPS_MAX 16000     /* of all expressions */
#define STATES_MAX 1500     /* then all are forgotten, and made anew */
#define CREDIT_MAX 6000     /* each line gives 1, each new state takes STATE_PRICE: who writes lines that are made to need new ones is not followed for long, and every */
#define STATE_PRICE 4       /* expression is named instead */
#define UNKNOWN UINT32_MAX
#define NAMES 0x80000000u   /* in `next`: the state names some expression */

/* A step: takes a character of its set and goes on, or goes on at once: here, there, or both. */
enum step_kind { STEP_CHAR, STEP_FORK, STEP_BEGIN, STEP_FOUND };
struct step {
    enum step_kind kind;
    unsigned char set;      /* index of its set */
    uint16_t out, other;    /* other: of STEP_FORK; 0: nowhere. STEP_FOUND: out is the expression */
};

/* A state: the steps at which a line may be. */
struct state {
    uint64_t named;
    uint32_t first, n;      /* in `members` */
};

struct glimpse {
    struct arena *a;
    struct step *steps;
    size_t steps_n;
    LIST(struct syntax_set) sets;
    unsigned char class_of[128];
    unsigned char sample[128];    /* a character of each class */
    unsigned classes;
    uint64_t always, all;
    struct shape shapes[GLIMPSE_MAX];
    uint64_t runs, clocks;        /* bits: named where a run of theirs is found; looked for around times by the automaton */
    bool in_run[GLIMPSE_MAX][128]; /* by character */
    uint64_t same_run[GLIMPSE_MAX]; /* of the first expression with a run: all with the same one */
    uint64_t longer_run[GLIMPSE_MAX]; /* those whose run would have it in it */
    size_t around;                /* how far from a time a match of theirs can reach */
    size_t reach;                 /* no match ends behind so many bytes of a line: all are bound to its beginning */
    uint16_t *starts;             /* of each expression */
    size_t n;
    bool failed, odd;
    /* made while lines are read */
    struct state *states;
    uint32_t *next;               /* of each state and class: the place of the next state's own first */
    size_t states_n, credit;
    uint32_t inside;              /* the state in which a line is entered behind its beginning */
    uint16_t *members;
    size_t members_n, members_cap;
    uint32_t *table;              /* states by their members; +1 */
    uint16_t *work, *stack;
    uint32_t *seen, round;
    size_t work_n;
};

#define TABLE (STATES_MAX * 4)
#define MEMBERS_MAX (4u << 20)

static uint16_t add(struct glimpse *g, struct step s)
{
    if (g->steps_n >= STEPS_MAX) {
        g->failed = true;
        return 0;
    }
    g->steps[g->steps_n] = s;
    return (uint16_t)g->steps_n++;
}

static unsigned char set_index(struct glimpse *g, const struct syntax_set *s)
{
    for (size_t i = 0; i < g->sets.n; i++)
        if (memcmp(g->sets.v[i].ascii, s->ascii, sizeof s->ascii) == 0)
            return (unsigned char)i;
    if (g->sets.n == 255) {
        g->failed = true;
        return 0;
    }
    *list_push(g->a, &g->sets) = *s;
    return (unsigned char)(g->sets.n - 1);
}

/* Steps for s, behind which it goes on at `out`: built from the end. Returns where it begins. */
static uint16_t build(struct glimpse *g, const struct syntax *s, uint16_t out);

static uint16_t build_sequence(struct glimpse *g, const struct syntax *child, uint16_t out)
{
    if (!child || g->failed)
        return out;
    return build(g, child, build_sequence(g, child->next, out));
}

static uint16_t build_repeat(struct glimpse *g, const struct syntax *s, uint16_t out)
{
    uint16_t at = out;
    if (s->max == SYNTAX_ENDLESS) {
        at = add(g, (struct step){.kind = STEP_FORK, .out = out});
        g->steps[at].other = build(g, s->child, at);
    }
    for (unsigned i = s->max == SYNTAX_ENDLESS ? s->min : s->max; i > s->min && !g->failed; i--)
        at = add(g, (struct step){.kind = STEP_FORK, .out = out, .other = build(g, s->child, at)});
    for (unsigned i = 0; i < s->min && !g->failed; i++)
        at = build(g, s->child, at);
    return at;
}

static uint16_t build(struct glimpse *g, const struct syntax *s, uint16_t out)
{
    uint16_t at = 0;
    if (g->failed)
        return 0;
    switch (s->kind) {
    case SYNTAX_NOTHING: return out;
    case SYNTAX_BEGIN: return add(g, (struct step){.kind = STEP_BEGIN, .out = out});
    case SYNTAX_CLASS: return add(g, (struct step){.kind = STEP_CHAR, .set = set_index(g, &s->set), .out = out});
    case SYNTAX_SEQUENCE: return build_sequence(g, s->child, out);
    case SYNTAX_REPEAT: return build_repeat(g, s, out);
    case SYNTAX_AGAIN:
        if (s->child->kind == SYNTAX_CLASS)
            return build(g, s->child, out);
        g->odd = true; /* shape_trim may have changed its group */
        return out;
    case SYNTAX_CHOICE:
        for (const struct syntax *i = s->child; i && !g->failed; i = i->next)
            at = add(g, (struct step){.kind = STEP_FORK, .out = build(g, i, out), .other = at});
        return at;
    }
    return 0;
}

/* Characters that no set tells apart are one class. */
static void find_classes(struct glimpse *g)
{
    for (unsigned c = 0; c < 128; c++) {
        unsigned k = 0;
        for (bool same = false; k < g->classes; k++) {
            same = true;
            for (size_t i = 0; i < g->sets.n && same; i++)
                same = syntax_has(&g->sets.v[i], (unsigned char)c) == syntax_has(&g->sets.v[i], g->sample[k]);
            if (same)
                break;
        }
        if (k == g->classes)
            g->sample[g->classes++] = (unsigned char)c;
        g->class_of[c] = (unsigned char)k;
    }
}

static bool prepare(struct glimpse *g)
{
    g->states = calloc(STATES_MAX, sizeof *g->states);
    g->next = calloc((size_t)STATES_MAX * g->classes, sizeof *g->next);
    g->table = calloc(TABLE, sizeof *g->table);
    g->work = calloc(g->steps_n + 1, sizeof *g->work);
    g->stack = calloc(g->steps_n + 1, sizeof *g->stack);
    g->seen = calloc(g->steps_n + 1, sizeof *g->seen);
    return g->states && g->next && g->table && g->work && g->stack && g->seen;
}

#define AROUND_MAX 100

static void add_run(struct glimpse *g, unsigned i)
{
    const struct shape *own = &g->shapes[i];
    unsigned first = 0;
    while (first < i && !(g->runs >> first & 1 && g->shapes[first].run_n == own->run_n && memcmp(g->shapes[first].run.ascii, own->run.ascii, sizeof own->run.ascii) == 0))
        first++;
    if (first == i)
        g->runs |= 1ull << i;
    for (unsigned c = 0; c < 128; c++)
        g->in_run[i][c] = syntax_has(&own->run, (unsigned char)c);
    g->same_run[first] |= 1ull << i;
}

static void compare_runs(struct glimpse *g)
{
    for (unsigned i = 0; i < g->n; i++)
        for (unsigned k = 0; g->runs >> i & 1 && k < g->n; k++) {
            const struct shape *x = &g->shapes[i], *y = &g->shapes[k];
            if (k != i && g->runs >> k & 1 && y->run_n >= x->run_n && !(y->run.ascii[0] & ~x->run.ascii[0]) && !(y->run.ascii[1] & ~x->run.ascii[1]))
                g->longer_run[i] |= 1ull << k;
        }
}

static void add_expression(struct glimpse *g, unsigned i, struct syntax *s)
{
    uint64_t bit = 1ull << i;
    if (s) {
        shape_trim(s);
        g->shapes[i] = shape_of(s);
    }
    size_t reach = s && g->shapes[i].anchored ? g->shapes[i].longest : SIZE_MAX;
    g->reach = reach > g->reach ? reach : g->reach;
    if (s && g->shapes[i].clock && g->shapes[i].longest <= AROUND_MAX) {
        g->odd = false;
        g->starts[i] = build(g, s, add(g, (struct step){.kind = STEP_FOUND, .out = (uint16_t)i}));
        if (!g->odd) {
            g->clocks |= bit;
            g->around = g->shapes[i].longest > g->around ? g->shapes[i].longest : g->around;
            return;
        }
        g->starts[i] = 0;
    }
    if (s && g->shapes[i].run_n)
        add_run(g, i);
    else
        g->always |= bit;
}

struct glimpse *glimpse_new(struct arena *a, const struct regex_text *const *v, size_t n)
{
    struct glimpse *g = arena_zalloc(a, sizeof *g);
    struct arena *trees = arena_new(64u << 20);
    g->a = a;
    g->n = n;
    g->all = n < 64 ? (1ull << n) - 1 : ~0ull;
    g->steps = calloc(STEPS_MAX + 1, sizeof *g->steps);
    g->starts = arena_zalloc(a, (n + 1) * sizeof *g->starts);
    if (g->steps)
        add(g, (struct step){.kind = STEP_FORK}); /* nowhere */
    for (size_t i = 0; i < n && g->steps && !g->failed; i++) {
        add_expression(g, (unsigned)i, syntax_of(trees, v[i]));
    }
    arena_free(trees);
    g->inside = UNKNOWN;
    g->credit = CREDIT_MAX;
    compare_runs(g);
    g->failed |= !g->steps;
    if (!g->failed) {
        find_classes(g);
        g->failed = !prepare(g);
    }
    return g;
}

void glimpse_done(struct glimpse *g)
{
    if (!g)
        return;
    free(g->steps);
    free(g->states);
    free(g->next);
    free(g->table);
    free(g->work);
    free(g->stack);
    free(g->seen);
    free(g->members);
}

static size_t push(struct glimpse *g, size_t n, uint16_t step)
{
    if (!step || g->seen[step] == g->round)
        return n;
    g->seen[step] = g->round;
    g->stack[n] = step;
    return n + 1;
}

/* Adds a step and what is reached from it without a character. Only steps that take one are kept. */
static void reach(struct glimpse *g, uint16_t step, bool at_begin, uint64_t *named)
{
    size_t n = push(g, 0, step);
    while (n) {
        uint16_t i = g->stack[--n];
        const struct step *s = &g->steps[i];
        if (s->kind == STEP_CHAR)
            g->work[g->work_n++] = i;
        else if (s->kind == STEP_FOUND)
            *named |= 1ull << s->out;
        else if (s->kind == STEP_FORK || at_begin) {
            n = push(g, n, s->other);
            n = push(g, n, s->out);
        }
    }
}

static int by_number(const void *a, const void *b) { return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b; }

static void forget(struct glimpse *g)
{
    memset(g->table, 0, TABLE * sizeof *g->table);
    g->states_n = g->members_n = 0;
    g->inside = UNKNOWN;
}

/* The state whose members are in work, made where it is not there. UNKNOWN: there is no room. */
static uint32_t state_of(struct glimpse *g, uint64_t named)
{
    uint64_t hash = HASH_BEGIN ^ named;
    qsort(g->work, g->work_n, sizeof *g->work, by_number);
    for (size_t i = 0; i < g->work_n; i++)
        hash = hash_step(hash, g->work[i]);
    size_t at = (size_t)(hash ^ hash >> 29) % TABLE;
    for (; g->table[at]; at = (at + 1) % TABLE) {
        const struct state *s = &g->states[g->table[at] - 1];
        if (s->named == named && s->n == g->work_n && memcmp(g->members + s->first, g->work, g->work_n * sizeof *g->work) == 0)
            return g->table[at] - 1;
    }
    if (g->states_n == STATES_MAX || g->credit < STATE_PRICE || g->members_n + g->work_n > MEMBERS_MAX)
        return UNKNOWN;
    if (g->members_n + g->work_n > g->members_cap) {
        size_t cap = (g->members_n + g->work_n) * 2 + 4096;
        uint16_t *grown = realloc(g->members, cap * sizeof *grown);
        if (!grown)
            return UNKNOWN;
        g->members = grown;
        g->members_cap = cap;
    }
    if (g->work_n)
        memcpy(g->members + g->members_n, g->work, g->work_n * sizeof *g->work);
    g->states[g->states_n] = (struct state){named, (uint32_t)g->members_n, (uint32_t)g->work_n};
    g->members_n += g->work_n;
    for (unsigned c = 0; c < g->classes; c++)
        g->next[g->states_n * g->classes + c] = UNKNOWN;
    g->table[at] = (uint32_t)g->states_n + 1;
    g->credit -= STATE_PRICE;
    return (uint32_t)g->states_n++;
}

static void begin_round(struct glimpse *g)
{
    g->work_n = 0;
    if (++g->round == 0) {
        memset(g->seen, 0, (g->steps_n + 1) * sizeof *g->seen);
        g->round = 1;
    }
}

static uint32_t entry_state(struct glimpse *g, bool at_begin)
{
    uint64_t named = 0;
    begin_round(g);
    for (size_t i = 0; i < g->n; i++)
        reach(g, g->starts[i], at_begin, &named);
    return state_of(g, named);
}

static uint32_t step_on(struct glimpse *g, uint32_t from, unsigned class)
{
    const struct state s = g->states[from];
    uint64_t named = 0;
    begin_round(g);
    for (uint32_t i = 0; i < s.n; i++) {
        const struct step *t = &g->steps[g->members[s.first + i]];
        if (syntax_has(&g->sets.v[t->set], g->sample[class]))
            reach(g, t->out, false, &named);
    }
    for (size_t i = 0; i < g->n; i++) /* a match may begin at every character */
        reach(g, g->starts[i], false, &named);
    return state_of(g, named);
}

/* Through a part of the line. */
static uint64_t run(struct glimpse *g, struct str line, size_t from, size_t to)
{
    uint64_t named = 0;
    uint32_t first = 0;
    if (!g->states_n && entry_state(g, true) == UNKNOWN)
        return g->clocks;
    if (from && g->inside == UNKNOWN)
        g->inside = entry_state(g, false);
    first = from ? g->inside : 0;
    if (first == UNKNOWN)
        return g->clocks;
    for (size_t i = from, at = (size_t)first * g->classes; i < to; i++) {
        unsigned class = g->class_of[(unsigned char)line.p[i] & 127];
        uint32_t *next = &g->next[at + class];
        if (*next == UNKNOWN) {
            uint32_t state = step_on(g, (uint32_t)(at / g->classes), class);
            if (state == UNKNOWN)
                return g->clocks;
            *next = state * g->classes | (g->states[state].named || !g->states[state].n ? NAMES : 0);
        }
        at = *next & ~NAMES;
        if (!(*next & NAMES))
            continue;
        named |= g->states[at / g->classes].named;
        if (!g->states[at / g->classes].n) /* all are bound to the beginning, and none goes on */
            break;
    }
    return named;
}

/* The first and last place of a digit, a colon and a digit. */
static bool find_clocks(struct str s, size_t *ret_first, size_t *ret_last)
{
    bool found = false;
    for (const char *p = s.p, *end = s.p + s.n; p < end && (p = memchr(p, ':', (size_t)(end - p))); p++) {
        if (p == s.p || p + 1 == end || p[-1] < '0' || p[-1] > '9' || p[1] < '0' || p[1] > '9')
            continue;
        *ret_last = (size_t)(p - s.p);
        *ret_first = found ? *ret_first : *ret_last;
        found = true;
    }
    return found;
}

static bool has_run(struct str s, const bool *in, size_t need)
{
    for (size_t end = need; end <= s.n;) {
        size_t n = 0;
        while (n < need && in[(unsigned char)s.p[end - 1 - n] & 127])
            n++;
        if (n == need)
            return true;
        end += need - n;
    }
    return false;
}

uint64_t glimpse_line(struct glimpse *g, struct str line)
{
    uint64_t named = g->always;
    size_t first, last;
    if (g->failed)
        return g->all;
    line.n = line.n < g->reach ? line.n : g->reach;
    for (uint64_t bits = g->runs; bits; bits &= bits - 1) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        if (has_run(line, g->in_run[i], g->shapes[i].run_n))
            named |= g->same_run[i];
        else
            bits &= ~g->longer_run[i] | 1ull << i;
    }
    if (!g->clocks || !find_clocks(line, &first, &last))
        return named;
    g->credit += g->credit < CREDIT_MAX;
    if (g->states_n == STATES_MAX || g->members_n > MEMBERS_MAX / 2)
        forget(g);
    size_t from = first < g->around ? 0 : first - g->around, to = last + g->around < line.n ? last + g->around : line.n;
    return named | run(g, line, from, to);
}
