#include "server/nginx.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str dump = str_span((const char *)data, size > 65536 ? 65536 : size);
    struct conf_files f = {.arena = arena_new(16u << 20)};
    nginx_dump_parse(dump, f.arena, &f);
    for (size_t k = 0; k < f.given.n; k++)
        assert(f.given.v[k].text.p >= dump.p && f.given.v[k].text.p + f.given.v[k].text.n <= dump.p + dump.n);
    arena_free(f.arena);
    return 0;
}
