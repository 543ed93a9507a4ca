#include "site/literal.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(bool found, struct str all, struct str part)
{
    if (found)
        assert(part.n > 0 && part.n <= 200 && part.p >= all.p && part.p + part.n <= all.p + all.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_span((const char *)data, size), v = {0};
    inside(php_literal(s, "wp_version", &v), s, v);
    inside(php_literal(s, "v[version]", &v), s, v);
    inside(php_literal(s, "VERSION", &v), s, v);
    inside(header_field(s, "Version", &v), s, v);
    inside(xml_element(s, "version", &v), s, v);
    inside(json_member(s, "version", &v), s, v);
    return 0;
}
