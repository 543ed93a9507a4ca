#include "server/exim.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct product product = {.id = "exim"};
    struct server s = {.arena = arena_new(512u << 20)};
    struct instance i = {.product = &product, .config = "/c", .version = ""};
    struct str text = str_span((const char *)data, size);
    exim_read(&s, &i, text, "/c");
    assert(i.settings.n <= SETTINGS_MAX);
    for (size_t k = 0; k < i.settings.n; k++)
        assert(*i.settings.v[k].key && i.settings.v[k].line > 0);
    const char *line = arena_dup(s.arena, text);
    exim_interfaces(&s, &i, line, "smtp : 587", "465", "/c", 1);
    assert(i.endpoints.n <= 200);
    arena_free(s.arena);
    return 0;
}
