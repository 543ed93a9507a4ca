#include "server/postfix.h"
#include <assert.h>

/* The input's lines are a text and then the values of $a, $b, $c ... */
struct values {
    struct str line[8];
    char *text[8];
};

static const char *lookup(void *ctx, struct str name)
{
    const struct values *n = ctx;
    return name.n == 1 && name.p[0] >= 'a' && name.p[0] < 'h' ? n->text[name.p[0] - 'a' + 1] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct values n = {0};
    struct str rest = str_span((const char *)data, size);
    for (size_t i = 0; i < ARRAY_SIZE(n.line) && str_line(&rest, &n.line[i]); i++)
        n.text[i] = arena_dup(a, n.line[i]);
    for (int keep = 0; keep < 2; keep++) {
        struct postfix_expander x = {.lookup = lookup, .ctx = &n, .keep_unknown = keep, .steps = 2000};
        struct buf out = BUF(POSTFIX_VALUE_MAX);
        postfix_expand(&x, n.line[0], &out);
        assert(x.depth == 0 && x.steps <= 2000 && out.n <= POSTFIX_VALUE_MAX);
        assert(str_find(n.line[0], '$') >= 0 || x.bad || str_eq(buf_str(&out), n.line[0]) || n.line[0].n > POSTFIX_VALUE_MAX);
        buf_free(&out);
    }
    arena_free(a);
    return 0;
}
