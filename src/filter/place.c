/* place.c: where filters are (definition.h). */
#include "base/module.h"
#include "filter/definition.h"
#include <unistd.h>

const char *filter_own_dir(void) { return module_from_build() ? BANSHO_SOURCE_FILTERDIR : BANSHO_FILTERDIR; }

const char *filter_usual_dir(void) { return access(FILTER_DIR, R_OK | X_OK) == 0 ? FILTER_DIR : filter_own_dir(); }

int filter_names(struct arena *a, const char *dir, struct names *ret, struct err *err)
{
    struct root root;
    struct names files = {0}, names = {0};
    int r = root_open("/", &root, err);
    if (r < 0)
        return r;
    r = root_list(&root, dir, FILTERS_MAX, a, &files);
    root_close(&root);
    if (r < 0)
        return err_at(err, r, dir, 0, 0, "%s", err_name(r));
    for (size_t i = 0; i < files.list.n; i++) {
        struct str name = str_of(files.list.v[i]);
        if (name.n > 5 && name.p[0] != '.' && str_ends(name, STR(".conf")))
            *list_push(a, &names.list) = arena_dup(a, str_span(name.p, name.n - 5));
    }
    *ret = names;
    return 0;
}
