#include "change/journal_parts.h"
#include <assert.h>

/* Whatever a damaged disk gives back, a log has a status, and a reason where it is damaged. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct change c = {.title = "", .check = "", .who = "", .from = "", .reason = ""};
    for (size_t i = 0; i < 4; i++)
        *list_push(a, &c.records) = (struct step_record){0};
    log_parse(str_span((const char *)data, size), a, &c);
    assert(c.status < CHANGE_STATUS_COUNT && c.reason && c.title && c.check && c.who && c.from);
    assert(c.status != CHANGE_DAMAGED || *c.reason);
    arena_free(a);
    return 0;
}
