#include "update/apt_conf.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct str text = str_span((const char *)data, size);
    struct apt_conf c = {0};
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    apt_conf_parse(a, text, "x", &c);
    for (size_t i = 0; i < c.rows.n; i++) {
        assert(c.rows.v[i].key && c.rows.v[i].value && c.rows.v[i].line >= 1 && c.rows.v[i].line <= lines);
        assert(apt_conf_get(&c, c.rows.v[i].key).value);
    }
    struct apt_row row = ini_value(a, text, "x", "commands", "apply_updates");
    assert(!row.value || row.line);
    arena_free(a);
    return 0;
}
