#include "filter/ini.h"
#include <assert.h>
#include <errno.h>

/* What is accepted has names without capital letters, values without blanks at their ends, and places inside the file; a refusal has its line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct load *l, const struct ini_section *s, size_t size)
{
    for (size_t i = 0; i < s->options.n; i++) {
        const struct ini_option *o = &s->options.v[i];
        struct str v = traced_str(&o->value);
        assert(*o->key && o->line >= 1 && o->line <= size + 1 && ini_option(s, o->key) == o);
        for (const char *p = o->key; *p; p++)
            assert(*p < 'A' || *p > 'Z');
        assert(!v.n || ini_strip(v, NULL).n == v.n || v.p[0] == '\n'); /* it may begin with a line that is empty */
        assert(v.n <= size && (!v.n || traced_place(l, &o->value, 0, v.n).line >= o->line));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct load l;
    struct ini ini;
    struct err err = {0};
    load_begin(&l);
    int r = ini_parse(&l, str_span((const char *)data, size), "fuzz", &ini, &err);
    assert(r == 0 || (r == -EINVAL && *err.text));
    if (r == 0) {
        judge(&l, &ini.defaults, size);
        for (size_t i = 0; i < ini.sections.n; i++) {
            assert(*ini.sections.v[i].name && ini_section(&ini, ini.sections.v[i].name) == &ini.sections.v[i]);
            judge(&l, &ini.sections.v[i], size);
        }
    }
    load_end(&l);
    return 0;
}
