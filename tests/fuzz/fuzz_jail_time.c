#include "filter/jail_time.h"
#include <assert.h>
#include <errno.h>

/* A time is a number within bounds; a refusal says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double v = 0;
    struct err err = {0};
    int r = jail_seconds(str_span((const char *)data, size), &v, &err);
    assert(r == 0 || (r == -EINVAL && *err.text));
    assert(r < 0 || (v >= -1e12 && v <= 1e12));
    return 0;
}
