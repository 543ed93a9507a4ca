#include "account/guess.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct host h = {.arena = a};
    struct credentials c = {.complete = true};
    struct str text = str_span((const char *)data, size);
    shadow_parse(&h, text, "/etc/shadow", &c);
    userfile_parse(&h, text, "/etc/dovecot/users", CREDENTIAL_MAIL, true, &c);
    for (size_t i = 0; i < c.list.n; i++) {
        const struct credential *x = &c.list.v[i];
        assert(x->name[0] && x->line && x->hash.p && x->changed >= -1);
        assert(x->hash.n == 0 || (x->hash.p >= text.p && x->hash.p + x->hash.n <= text.p + text.n));
        assert(!hash_is_cheap(x->hash) || x->hash.n <= 256);
        assert(!hash_is_dear(x->hash) || x->hash.n >= 2);
    }
    credentials_done(&c);
    arena_free(a);
    return 0;
}
