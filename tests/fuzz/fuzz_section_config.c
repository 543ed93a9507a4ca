#include "server/section_config.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct str text;
    unsigned line;
    struct arena *arena;
};

static int look(void *arg, const struct section_line *l)
{
    struct seen *s = arg;
    assert(l->name.n && l->line > s->line);
    s->line = l->line;
    struct str rest = l->args;
    size_t before = rest.n + 1;
    for (char *w; (w = section_word(&rest, s->arena)); before = rest.n) {
        assert(rest.n < before);
        assert(strlen(w) <= l->args.n);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    struct seen s = {.text = str_span((const char *)data, size), .arena = arena_new(64u << 20)};
    int r = section_config_parse(s.text, look, &s);
    assert(r == 0);
    arena_free(s.arena);
    return 0;
}
