#include "server/dovecot.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size);
    struct server s = {.arena = arena_new(256u << 20)};
    struct dovecot_reader r = {.arena = s.arena, .rest = text};
    struct dovecot_item item;
    unsigned last = 0;
    while (dovecot_next(&r, &item)) {
        assert(item.line > last && item.line <= size + 1);
        last = item.line;
        assert(str_find(item.key, 0) < 0 && str_find(item.value, 0) < 0 && item.key.p && item.value.p);
    }
    assert(!r.rest.n);
    static const struct product product = {.id = "dovecot"};
    struct instance i = {.product = &product, .config = "/c", .version = ""};
    dovecot_read(&s, &i, text, size & 1 ? "/etc/dovecot/dovecot.conf" : NULL);
    assert(i.settings.n <= SETTINGS_MAX);
    for (size_t k = 0; k < i.settings.n; k++)
        assert(i.settings.v[k].section && i.settings.v[k].key && i.settings.v[k].value);
    struct dovecot_db db;
    size_t dbs = 0;
    while (dovecot_db(&i, "passdb", dbs, &db))
        dbs++;
    assert(dbs <= 101);
    arena_free(s.arena);
    return 0;
}
