#include "update/maps.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* PROCMAP_QUERY of <linux/fs.h>, which older headers lack (Documentation/filesystems/proc.rst). */
struct query {
    uint64_t size, flags, addr;
    uint64_t start, end, vma_flags, page_size, offset, inode;
    uint32_t dev_major, dev_minor, name_size, build_id_size;
    uint64_t name_addr, build_id_addr;
};
#define QUERY _IOWR('f', 17, struct query)
enum { WANT_EXECUTABLE = 0x04, WANT_THIS_OR_NEXT = 0x10, WANT_FILE = 0x20 };

static int ask(int fd, struct buf *b)
{
    char name[PATH_MAX + 16]; /* " (deleted)" stands behind it */
    for (uint64_t addr = 0;;) {
        struct query q = {.size = sizeof q, .flags = WANT_EXECUTABLE | WANT_THIS_OR_NEXT | WANT_FILE, .addr = addr, .name_size = sizeof name, .name_addr = (uintptr_t)name};
        if (ioctl(fd, QUERY, &q) < 0)
            return errno == ENOENT ? 0 : -errno; /* ENOENT: no more */
        if (q.end <= addr || q.name_size > sizeof name)
            return -EBADMSG;
        name[sizeof name - 1] = 0;
        if (q.name_size && !strchr(name, '\n')) { /* in the text a line feed would be \012; no package has such a file */
            buf_addz(b, "0-0 r-xp 0 0:0 0 ");
            buf_addz(b, name);
            buf_addc(b, '\n');
        }
        addr = q.end;
    }
}

int maps_read(unsigned pid, struct buf *b)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/maps", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : ask(fd, b);
    if (fd >= 0 && r < 0) {
        buf_reset(b);
        r = buf_read_fd(b, fd);
    }
    if (fd >= 0)
        close(fd);
    return r;
}
