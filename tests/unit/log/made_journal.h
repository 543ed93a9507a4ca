/* made_journal.h: real journal files, made by systemd-journal-remote(8) from the export format, below a directory of the test's own. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/rootfs.h"
#include "shell.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOTE "/lib/systemd/systemd-journal-remote"
#define MACHINE "00112233445566778899aabbccddeeff"
#define T0 1795500000ll /* seconds: 2026-11-24 */
#define SECOND 1000000ll

static char dir[] = "/tmp/bansho-journal-XXXXXX";
static struct root root;

/* One entry of the export format; unit: NULL where journald saw none; more: further fields, each with its LF. */
static void entry(struct buf *b, int64_t t, const char *unit, const char *identifier, const char *message, const char *more)
{
    buf_printf(b, "__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%lld\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_MACHINE_ID=%s\n_HOSTNAME=lab\n_PID=77\n", (long long)t,
               (long long)(t - T0 * SECOND + SECOND), MACHINE);
    if (unit)
        buf_printf(b, "_SYSTEMD_UNIT=%s\n", unit);
    buf_printf(b, "SYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n%s\n", identifier, message, more ? more : "");
}

static void journal(const char *place, const char *name, const struct buf *b)
{
    char path[256];
    shell("mkdir -p %s/%s/" MACHINE, dir, place);
    snprintf(path, sizeof path, "%s/export", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(b)), 0);
    close(fd);
    shell("cd %s/%s/" MACHINE " && " REMOTE " -o %s.journal %s/export", dir, place, name, dir);
}

static int clean(void **state)
{
    (void)state;
    shell("rm -rf %s/var %s/run", dir, dir);
    return 0;
}

/* false: the tests cannot run here. */
static bool made_journal_begin(void)
{
    if (access(REMOTE, X_OK) < 0) {
        print_message("skipped: systemd-journal-remote is not installed\n");
        return false;
    }
    assert_non_null(mkdtemp(dir));
    chmod(dir, 0755);
    assert_int_equal(root_open(dir, &root, NULL), 0);
    return true;
}

static void made_journal_end(void)
{
    shell("rm -rf %s", dir);
    root_close(&root);
}
