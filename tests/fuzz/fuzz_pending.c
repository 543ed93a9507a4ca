#include "update/upgrade.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct str text = str_span((const char *)data, size);
    struct pending_packages p = {0};
    if (apt_simulation_parse(a, text, &p) == 0 && dnf_updateinfo_parse(a, text, &p) == 0) {
        size_t security = 0;
        for (size_t i = 0; i < p.list.n; i++) {
            assert(p.list.v[i].name[0] && p.list.v[i].from && p.list.v[i].to[0]);
            security += p.list.v[i].security;
        }
        assert(security == p.security);
    }
    struct release_dates d;
    release_parse(text, &d);
    assert(d.date >= 0 && d.valid_until >= 0);
    struct str file = maps_parse(text);
    assert(!file.n || file.p[0] == '/');
    static const char *const names[] = {"bash", "libfoo:i386"};
    struct upgrade u = {.arena = a};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        *list_push(a, &u.list) = (struct upgraded){.name = names[i], .qualified = names[i], .from = "1", .to = "2", .back = i == 0};
    upgrade_join_sources(&u, text);
    assert(u.back <= 1 && !u.list.v[1].back);
    assert(!madison_has(text, "bash", "") || size);
    arena_free(a);
    return 0;
}
