#include "wire/idl.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is read can be checked against: the first method's parameters, with a value of another form and with an empty one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(IDL_ARENA);
    struct str text = str_span((const char *)data, size);
    struct err err = {0};
    struct idl idl;
    if (idl_parse(text, a, &idl, &err) == 0) {
        assert(idl_is_interface(idl.name));
        struct buf where = BUF(64);
        json_t *values[] = {json_pack("{s[i]s{ss}}", "a", 1, "b", "c", "d"), json_object(), json_array()};
        for (size_t i = 0; i < idl.members.n; i++) {
            const struct idl_member *m = &idl.members.v[i];
            assert(idl_find(&idl, m->what, m->name) == m && m->in && (m->what == IDL_METHOD) == (m->out != NULL));
            for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
                buf_reset(&where);
                (void)!idl_check(m->in, values[j], &where);
            }
        }
        for (size_t j = 0; j < ARRAY_SIZE(values); j++)
            json_decref(values[j]);
        buf_free(&where);
    } else
        assert(err.text[0]);
    arena_free(a);
    return 0;
}
