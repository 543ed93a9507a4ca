#include "base/module.h"
#include "base/str.h"
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool module_from_build(void)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    return n > 0 && (size_t)n < sizeof self && str_starts(str_span(self, (size_t)n), STR(BANSHO_BUILDDIR "/"));
}

/* Programs in the build tree use the modules beside them. */
static const char *directory(void)
{
    return module_from_build() ? BANSHO_BUILDDIR "/modules" : BANSHO_MODULEDIR;
}

const void *module_load(const char *name, const char *symbol, struct err *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s.so", directory(), name);
    void *module = n > 0 && (size_t)n < sizeof path ? dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
    const void *table = module ? dlsym(module, symbol) : NULL;
    const char *why = table ? NULL : dlerror(); /* names the file that is missing */
    if (!table)
        err_set(err, -ENOENT, "%s", why ? why : path);
    return table;
}
