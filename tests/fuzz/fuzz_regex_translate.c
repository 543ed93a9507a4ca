/* fuzz_regex_translate.c: an expression, a newline, a subject. What Python's syntax allows must compile or be refused; no search may run without end. */
#include "filter/regex.h"
#include "filter/utf8.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    struct arena *a = arena_new(16u << 20);
    struct str all = str_span((const char *)data, size), python = all;
    ptrdiff_t cut = str_find(all, '\n');
    if (cut >= 0)
        python.n = (size_t)cut;
    struct regex_text t;
    struct regex r;
    struct regex_found f;
    struct err err = {0};
    int code = regex_translate(a, python, &t, &err);
    assert(code == 0 || *err.text);
    if (code == 0 && regex_compile(a, python, false, &r, NULL) == 0) {
        _cleanup_(buf_free) struct buf subject = BUF(65536);
        utf8_repair(cut >= 0 ? str_from(all, (size_t)cut + 1) : STR("a"), &subject);
        if (regex_search(&r, buf_str(&subject), utf8_ascii(buf_str(&subject)), 0, &f))
            for (unsigned i = 1; i <= r.text.groups; i++)
                assert(regex_group(&f, i).n <= subject.n);
        regex_done(&r);
    }
    arena_free(a);
    return 0;
}
