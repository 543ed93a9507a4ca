#include "server/docker.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server s = {.arena = arena_new(64u << 20)};
    struct instance i = {.name = ""};
    int r = docker_config_parse(&s, &i, str_span((const char *)data, size > 65536 ? 65536 : size), "daemon.json");
    assert(r == 0 || i.settings.n == 0);
    arena_free(s.arena);
    return 0;
}
