/* pcre_module.c: PCRE2 behind pcre_module.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "filter/pcre_module.h"
#include "base/module.h"
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

/* Machine code needs a stack of its own for what backtracks; 32 KiB at the start, and no more than this. */
#define STACK_MAX (512u << 10)

struct pcre_code {
    pcre2_code *code;
    pcre2_match_data *data;
    bool jit;
};

static pcre2_match_context *context;
static pcre2_compile_context *syntax;
static pcre2_jit_stack *stack;
static bool sealed;

static bool prepare(void)
{
    if (context)
        return true;
    syntax = pcre2_compile_context_create(NULL);
    stack = pcre2_jit_stack_create(32u << 10, STACK_MAX, NULL);
    pcre2_match_context *made = pcre2_match_context_create(NULL);
    if (!syntax || !stack || !made || pcre2_set_newline(syntax, PCRE2_NEWLINE_LF) != 0)
        return false;
    pcre2_jit_stack_assign(made, NULL, stack);
    pcre2_set_heap_limit(made, 8u << 10); /* KiB, for what is interpreted */
    context = made;
    return true;
}

/* Also some that is not used, because the rest could not be made. */
static bool has_machine_code(const struct pcre_code *c)
{
    size_t n = 0;
    return c->code && pcre2_pattern_info(c->code, PCRE2_INFO_JITSIZE, &n) == 0 && n;
}

static void code_free(struct pcre_code *c)
{
    if (!c)
        return;
    pcre2_match_data_free(c->data);
    if (!sealed || !has_machine_code(c))
        pcre2_code_free(c->code);
    free(c);
}

static struct pcre_code *code_compile(struct str pattern, unsigned flags, char *why, size_t why_size, size_t *ret_at, bool *ret_jit)
{
    static const struct { unsigned flag; uint32_t option; } map[] = {
        {PCRE_CASELESS, PCRE2_CASELESS}, {PCRE_MULTILINE, PCRE2_MULTILINE}, {PCRE_DOTALL, PCRE2_DOTALL}, {PCRE_UTF, PCRE2_UTF}, {PCRE_UNICODE, PCRE2_UCP},
    };
    uint32_t options = PCRE2_NEVER_BACKSLASH_C;
    int number = PCRE2_ERROR_NOMEMORY;
    struct pcre_code *c = prepare() ? calloc(1, sizeof *c) : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(map); i++)
        options |= flags & map[i].flag ? map[i].option : 0;
    if (c)
        c->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &number, ret_at, syntax);
    if (c && c->code)
        c->data = pcre2_match_data_create_from_pattern(c->code, NULL);
    if (!c || !c->data) {
        pcre2_get_error_message(number, (PCRE2_UCHAR *)why, why_size);
        code_free(c);
        return NULL;
    }
    c->jit = !sealed && pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE | (flags & PCRE_SURE ? PCRE2_JIT_PARTIAL_HARD : 0)) == 0;
    *ret_jit = c->jit;
    return c;
}

static int code_search(struct pcre_code *c, struct str subject, size_t from, unsigned limit, const size_t **ret_spans)
{
    pcre2_set_match_limit(context, limit);
    int r = c->jit ? pcre2_jit_match(c->code, (PCRE2_SPTR)subject.p, subject.n, from, 0, c->data, context)
                   : pcre2_match(c->code, (PCRE2_SPTR)subject.p, subject.n, from, PCRE2_NO_UTF_CHECK, c->data, context);
    if (r > 0) {
        size_t *spans = pcre2_get_ovector_pointer(c->data);
        for (size_t i = 2 * (size_t)r, n = 2 * (size_t)pcre2_get_ovector_count(c->data); i < n; i++)
            spans[i] = PCRE2_UNSET;
        *ret_spans = spans;
        return 1;
    }
    switch (r) {
    case PCRE2_ERROR_NOMATCH: return 0;
    case PCRE2_ERROR_MATCHLIMIT: case PCRE2_ERROR_DEPTHLIMIT: case PCRE2_ERROR_HEAPLIMIT: case PCRE2_ERROR_JIT_STACKLIMIT: return -EOVERFLOW;
    default: return -EINVAL;
    }
}

static int code_search_sure(struct pcre_code *c, struct str subject, unsigned limit, size_t *ret_start, size_t *ret_end)
{
    pcre2_set_match_limit(context, limit);
    int r = pcre2_match(c->code, (PCRE2_SPTR)subject.p, subject.n, 0, PCRE2_PARTIAL_HARD | PCRE2_NO_UTF_CHECK, c->data, context);
    if (r <= 0)
        return r == PCRE2_ERROR_NOMATCH ? -ENOENT : 0;
    const size_t *spans = pcre2_get_ovector_pointer(c->data);
    *ret_start = spans[0];
    *ret_end = spans[1];
    return 1;
}

static void seal(void) { sealed = true; }

MODULE_EXPORT(struct pcre_module, pcre_module) = {.compile = code_compile, .free = code_free, .search = code_search, .search_sure = code_search_sure, .seal = seal};
