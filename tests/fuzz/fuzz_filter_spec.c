#include "filter/spec.h"
#include <assert.h>
#include <errno.h>

/* Specs come out in order and do not overlap; options are named once and have no blanks around; words hold what stood between blanks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct str all = str_span((const char *)data, size), one;
    struct spec spec;
    struct words words;
    struct err err = {0};
    const char *last = all.p;
    for (struct str rest = all; spec_next(&rest, &one);) {
        assert(one.n && one.p >= last && one.p + one.n <= all.p + all.n);
        last = one.p + one.n;
    }
    int r = spec_parse(a, all, &spec, &err);
    assert(r == 0 || (r == -EINVAL && *err.text));
    for (size_t i = 0; r == 0 && i < spec.options.n; i++) {
        assert(*spec.options.v[i].key && strlen(spec.options.v[i].text) <= size);
        for (size_t k = 0; k < i; k++)
            assert(strcmp(spec.options.v[k].key, spec.options.v[i].key) != 0);
    }
    r = spec_words(a, all, &words, NULL);
    assert(r == 0 || r == -EINVAL);
    assert(r < 0 || words.list.n <= size);
    arena_free(a);
    return 0;
}
