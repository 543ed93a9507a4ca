/* fuzz_date_time.c: parts of a date, one a line: the key and its text. */
#include "filter/date_time.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_span((const char *)data, size), line;
    struct date_part parts[16];
    size_t n = 0;
    int64_t t = -7;
    int minutes = 7777;
    while (n < ARRAY_SIZE(parts) && str_line(&rest, &line))
        if (line.n)
            parts[n++] = (struct date_part){line.p[0], str_from(line, 1)};
    if (!date_time(parts, n, 1124013600, &t))
        assert(t == -7);
    else
        assert(t > -100000000000 && t < 300000000000);
    if (!date_zone(str_span((const char *)data, size), &minutes))
        assert(minutes == 7777);
    return 0;
}
