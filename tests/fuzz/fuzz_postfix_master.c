#include "server/postfix.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(256u << 20);
    struct postfix_master m;
    unsigned lines = 1, last = 0;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    postfix_master_parse(a, str_span((const char *)data, size), &m);
    assert(m.services.n <= POSTFIX_SERVICES_MAX);
    for (size_t i = 0; i < m.services.n; i++) {
        const struct postfix_service *s = &m.services.v[i];
        assert(s->line > last && s->line <= lines && s->overrides.n <= 10 * POSTFIX_SERVICES_MAX);
        last = s->line;
        for (size_t k = 0; k < s->overrides.n; k++) {
            assert(s->overrides.v[k].line >= s->line && s->overrides.v[k].line <= lines);
            assert(*s->overrides.v[k].key && !strchr(s->overrides.v[k].key, '=') && !strchr(s->overrides.v[k].value, '\n'));
        }
    }
    arena_free(a);
    return 0;
}
