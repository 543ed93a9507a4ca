#include "server/lines.h"
#include <assert.h>

static bool printable_view(struct str s)
{
    return str_find(s, 0) < 0 && (!s.n || (s.p[0] != ' ' && s.p[s.n - 1] != ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct line_style *const styles[] = {&lines_postfix, &lines_shell, &lines_ini, &lines_words};
    for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
        struct arena *a = arena_new(64u << 20);
        struct line_reader r = lines_of(a, str_span((const char *)data, size), styles[i]);
        struct line_item item;
        unsigned last = 0;
        size_t total = 0;
        while (lines_next(&r, &item)) {
            assert(item.line > last && item.line <= r.line);
            last = r.line;
            assert(printable_view(item.key) && str_find(item.section, 0) < 0 && str_find(item.value, 0) < 0);
            total += item.key.n + item.value.n;
        }
        assert(total <= size && r.rest.n == 0);
        arena_free(a);
    }
    return 0;
}
