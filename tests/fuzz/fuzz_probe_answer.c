#include "check/probe_process.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    static const struct check check = {.id = "a.b", .requirement = "G1.1", .title = "t"};
    struct findings f = {.arena = arena_new(16u << 20), .check = &check};
    struct probe_answer a = {.code = 1};
    if (probe_answer_parse(str_span((const char *)data, size), &f, &a) == 0) {
        assert(a.code <= 0 && a.code > -4096);
        assert(a.why.n <= size);
        assert(a.code == 0 || f.list.n == 0);
        for (size_t i = 0; i < f.list.n; i++)
            assert(f.list.v[i].check == &check && f.list.v[i].object && f.list.v[i].title);
    } else {
        assert(a.code == 1 && f.list.n == 0);
    }
    arena_free(f.arena);
    return 0;
}
