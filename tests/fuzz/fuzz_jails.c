#include "base/rootfs.h"
#include "filter/jails.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The input is jail.conf, jail.local and filter.d/f.conf, parted by NUL. A jail is sound, or says what is wrong with it; a refusal of all says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/fuzz-jails-XXXXXX";
static const char *const files[] = {"jail.conf", "jail.local", "filter.d/f.conf"};

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void clean(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        unlink(path_of(files[i]));
    rmdir(path_of("filter.d"));
    rmdir(dir);
}

static void judge(const struct jail *j)
{
    assert(j->name && j->file);
    assert(!j->wrong.text || (*j->wrong.text && !j->logs.n && !j->actions.n));
    if (!j->enabled || j->wrong.text)
        return;
    assert(j->filter.maxlines >= 1 && j->backend);
    for (size_t i = 0; i < j->actions.n; i++)
        assert(j->actions.v[i].name);
    for (size_t i = 0; i < j->filter.failregex.n; i++)
        assert(*j->filter.failregex.v[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    if (size > 16384)
        return 0;
    if (!made) {
        assert(mkdtemp(dir) && mkdir(path_of("filter.d"), 0700) == 0);
        atexit(clean);
        made = true;
    }
    struct str rest = str_span((const char *)data, size), part;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        part = (struct str){0};
        str_field(&rest, 0, &part);
        int fd = open(path_of(files[i]), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert(fd >= 0 && fd_write_all(fd, part) == 0);
        close(fd);
    }
    struct arena *a = arena_new(512u << 20);
    struct root root;
    struct jails jails;
    struct err err = {0};
    int r = root_open("/", &root, &err);
    assert(r == 0);
    r = jails_load(a, &root, dir, &jails, &err);
    assert(r == 0 || *err.text);
    for (size_t i = 0; r == 0 && i < jails.list.n; i++)
        judge(&jails.list.v[i]);
    root_close(&root);
    arena_free(a);
    return 0;
}
