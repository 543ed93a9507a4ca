#include "base/confine.h"
#include "base/buf.h"
#include "base/macros.h"
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

/* linux/prctl.h of Linux 6.6; Debian 12 has that of 6.1. */
#define SET_MDWE 65
#define MDWE_REFUSE_EXEC_GAIN 1ul
#define MDWE_NO_INHERIT 2ul

static int describe(scmp_filter_ctx ctx)
{
    static const struct { int call; unsigned argument; uint64_t bits; } refused[] = {
        {SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC}, {SCMP_SYS(mprotect), 2, PROT_EXEC}, {SCMP_SYS(pkey_mprotect), 2, PROT_EXEC}, {SCMP_SYS(shmat), 2, SHM_EXEC},
    };
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct scmp_arg_cmp has = {.arg = refused[i].argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = refused[i].bits, .datum_b = refused[i].bits};
        int r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), refused[i].call, 1, &has);
        if (r < 0 && r != -EDOM) /* -EDOM: the architecture has no such call */
            return r;
    }
    return 0;
}

int confine_code_filter(struct err *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int r = ctx ? describe(ctx) : -ENOMEM;
    if (r == 0)
        r = seccomp_load(ctx); /* sets no_new_privs */
    if (ctx)
        seccomp_release(ctx);
    return r < 0 ? err_set(err, r, "seccomp: %s", err_name(r)) : 1;
}

int confine_code(struct err *err)
{
    return prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN | MDWE_NO_INHERIT, 0, 0, 0) == 0 ? 0 : confine_code_filter(err);
}

#define MAPS_MAX (4u << 20)

static bool hex(struct str s, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (v >> 60 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = v;
    return s.n > 0;
}

/* A line of /proc/self/maps (proc(5)): 7f00-7f08 rwxp ... */
static int make_readonly(struct str line)
{
    struct str from, to, rights;
    uint64_t begin, end;
    if (!str_field(&line, '-', &from) || !str_field(&line, ' ', &to) || !str_field(&line, ' ', &rights) || !hex(from, &begin) || !hex(to, &end) || begin >= end)
        return -EBADMSG;
    if (!str_starts(rights, STR("rwx")))
        return 0;
    return mprotect((void *)(uintptr_t)begin, (size_t)(end - begin), PROT_READ | PROT_EXEC) < 0 ? -errno : 0;
}

int confine_code_readonly(struct err *err)
{
    _cleanup_(buf_free) struct buf maps = BUF(MAPS_MAX);
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : buf_read_fd(&maps, fd);
    struct str rest = buf_str(&maps), line;
    if (fd >= 0)
        close(fd);
    r = r == 0 && maps.full ? -E2BIG : r;
    while (r == 0 && str_line(&rest, &line))
        r = make_readonly(line);
    return r < 0 ? err_set(err, r, "/proc/self/maps: %s", err_name(r)) : 0;
}
