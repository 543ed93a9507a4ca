#include "base/arena.h"
#include "site/exposed_kinds.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is the name, the rest is content and answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(4u << 20);
    struct str rest = str_span((const char *)data, size > 65536 ? 65536 : size), line;
    if (!str_line(&rest, &line))
        line = STR("");
    const char *name = arena_dup(a, line);
    bool look = false;
    for (unsigned depth = 0; depth < 5; depth++) {
        enum exposed_id id = exposed_name(name, depth, &look);
        assert(id <= EXPOSED_COUNT);
        assert(exposed_content(id, name, depth, rest, rest, size) <= EXPOSED_COUNT);
    }
    struct exposed_answer answer = {200, -1, STR(""), rest}, control = {404, 0, STR(""), STR("")};
    for (int p = PROOF_CONTENT; p <= PROOF_PAGE; p++) {
        exposed_proved((enum exposed_proof)p, line, size, &answer, &control);
        assert(!exposed_proved((enum exposed_proof)p, line, size, &answer, &answer));
    }
    arena_free(a);
    return 0;
}
