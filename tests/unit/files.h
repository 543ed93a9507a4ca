/* files.h: small files in a directory of the test's own: `dir`, a template that the test makes (mkdtemp). */
#pragma once
#include "base/buf.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-test-XXXXXX";

/* Until the next call. */
static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, str_of(text)), 0);
    close(fd);
}
