/* fuzz_date_template.c: a datepattern, an empty line, and the lines of a log. */
#include "filter/date.h"
#include "filter/utf8.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2048)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct str all = str_span((const char *)data, size), rest = STR(""), line, pattern = all;
    ptrdiff_t cut = str_search(all, STR("\n\n"));
    if (cut >= 0) {
        pattern.n = (size_t)cut;
        rest = str_from(all, (size_t)cut + 2);
    }
    struct date_detector *d = NULL;
    struct date_template t;
    struct date_found f;
    struct err err = {0};
    if (date_template_new(a, pattern, date_decades(a, 1124013600), &t, NULL) == 0)
        regex_done(&t.re);
    int r = date_detector_new(a, pattern, 1124013600, &d, &err);
    assert(r == 0 || (*err.text && !d));
    while (d && str_line(&rest, &line)) {
        _cleanup_(buf_free) struct buf b = BUF(65536);
        utf8_repair(line, &b);
        if (date_detector_find(d, buf_str(&b), utf8_ascii(buf_str(&b)), 1124013600, &f))
            assert(f.start <= f.end && f.end <= b.n && f.name);
    }
    date_detector_done(d);
    arena_free(a);
    return 0;
}
