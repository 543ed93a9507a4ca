#include "base/flush.h"
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

struct flush {
    int fd, event;
    aio_context_t context; /* 0: the kernel does not do it aside */
    bool busy;
    bool ended; /* it was done at once, with this result */
    int result;
};

int flush_open(int fd, struct flush **ret, struct err *err)
{
    struct flush *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    f->fd = fd;
    f->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f->event < 0) {
        int r = -errno;
        free(f);
        return err_set(err, r, "eventfd: %s", err_name(r));
    }
    if (syscall(SYS_io_setup, 1, &f->context) < 0)
        f->context = 0;
    *ret = f;
    return 0;
}

void flush_close(struct flush *f)
{
    if (!f)
        return;
    if (f->context)
        syscall(SYS_io_destroy, f->context); /* waits */
    close(f->event);
    free(f);
}

int flush_fd(const struct flush *f) { return f->event; }
bool flush_busy(const struct flush *f) { return f->busy; }

void flush_start(struct flush *f)
{
    struct iocb job = {.aio_lio_opcode = IOCB_CMD_FDSYNC, .aio_fildes = (uint32_t)f->fd, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (uint32_t)f->event};
    struct iocb *jobs[] = {&job};
    f->busy = true;
    f->ended = !f->context || syscall(SYS_io_submit, f->context, 1, jobs) != 1;
    if (!f->ended)
        return;
    f->result = fdatasync(f->fd) < 0 ? -errno : 0;
    (void)!eventfd_write(f->event, 1);
}

static int take_result(struct flush *f, bool wait)
{
    struct io_event e = {0};
    struct timespec at_once = {0};
    for (;;) {
        long n = syscall(SYS_io_getevents, f->context, wait ? 1 : 0, 1, &e, wait ? NULL : &at_once);
        if (n == 1)
            return e.res < 0 ? (int)e.res : 1;
        if (n == 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

int flush_end(struct flush *f, bool wait)
{
    eventfd_t n;
    if (!f->busy)
        return 0;
    int r = !f->ended ? take_result(f, wait) : f->result < 0 ? f->result : 1;
    if (r == 0)
        return 0;
    (void)!eventfd_read(f->event, &n);
    f->busy = false;
    return r;
}
