#include "server/qmail.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct qmail_run run;
    if (qmail_run_find(a, str_span((const char *)data, size), &run)) {
        assert(run.program.n && run.line > 0 && str_find(run.command, 0) < 0);
        assert(str_search(run.command, run.program) >= 0);
        assert(!run.port.n || (run.address.n && str_search(run.command, run.port) >= 0));
    }
    arena_free(a);
    return 0;
}
