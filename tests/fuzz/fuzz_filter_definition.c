#include "base/rootfs.h"
#include "filter/definition.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The input is four parts, parted by NUL: f.conf, f.local, common.conf, and the spec's options. What is loaded has texts with places, no empty regex, and
   no NUL; a refusal says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/fuzz-filter-XXXXXX";
static const char *const files[] = {"f.conf", "f.local", "common.conf"};

static void clean(void)
{
    char path[128];
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void write_file(const char *name, struct str s)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0 && fd_write_all(fd, s) == 0);
    close(fd);
}

static void judge(const struct filter_definition *d)
{
    for (size_t i = 0; i < d->failregex.n; i++)
        assert(*d->failregex.v[i].text && d->failregex.v[i].file && !strchr(d->failregex.v[i].text, '\n'));
    for (size_t i = 0; i < d->ignoreregex.n; i++)
        assert(*d->ignoreregex.v[i].text && d->ignoreregex.v[i].file);
    for (size_t i = 0; i < d->extras.n; i++)
        assert(*d->extras.v[i].key && (!d->extras.v[i].value.text || d->extras.v[i].value.file));
    assert(d->maxlines >= 1 && d->maxlines <= MAXLINES_MAX && d->logtype && d->files.n >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    if (size > 16384)
        return 0;
    if (!made) {
        assert(mkdtemp(dir));
        atexit(clean);
        made = true;
    }
    struct str rest = str_span((const char *)data, size), part = {0};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        part = (struct str){0};
        str_field(&rest, 0, &part);
        write_file(files[i], part);
    }
    char spec[512];
    snprintf(spec, sizeof spec, "f[%.*s]", rest.n > 400 ? 400 : (int)rest.n, rest.p ? rest.p : "");
    struct arena *a = arena_new(256u << 20);
    struct filter_definition d;
    struct err err = {0};
    int r = filter_load(a, dir, str_of(spec), &d, &err);
    assert(r == 0 || *err.text);
    if (r == 0)
        judge(&d);
    arena_free(a);
    return 0;
}
