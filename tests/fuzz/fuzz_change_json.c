#include "change/by_hand.h"
#include "change/journal_parts.h"
#include "change/show.h"
#include <assert.h>

/* Every step that is accepted can be shown, written into the script, and written back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct change c = {0};
    if (steps_parse(str_span((const char *)data, size), a, &c)) {
        struct buf b = BUF(8u << 20);
        assert(c.steps.n == c.records.n);
        for (size_t i = 0; i < c.steps.n; i++) {
            json_t *j = step_json(&c.steps.v[i]);
            struct step again;
            assert(j && step_of_json(j, a, &again) && again.type == c.steps.v[i].type);
            json_decref(j);
            assert(step_text(&c.steps.v[i], false, a) && step_text(&c.steps.v[i], true, a));
        }
        by_hand_script(c.steps.v, c.steps.n, &b);
        buf_free(&b);
    }
    arena_free(a);
    return 0;
}
