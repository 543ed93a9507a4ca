/* confine.c: gives up privileges and installs the seccomp filter of a worker (worker.h). */
#include "base/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#ifdef BANSHO_SANITIZED /* the sanitizers' own run time needs calls outside the list */
#define FILTERED 0
#else
#define FILTERED 1
#endif

/* What any C program needs to compute, allocate, read and end. */
static const int common_calls[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(tgkill),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(futex), SCMP_SYS(restart_syscall),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(openat2), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(prlimit64), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(umask), SCMP_SYS(getcwd),
    /* runs of checks under --root: children of the same confinement */
    SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(kill), SCMP_SYS(pipe2), SCMP_SYS(pipe), SCMP_SYS(prctl), SCMP_SYS(setpgid),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(getppid), SCMP_SYS(seccomp), SCMP_SYS(capget), SCMP_SYS(capset),
};

/* Who reads files may wait for what is added to them. */
static const int waiting_calls[] = {
    SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
};

static const int socket_calls[] = {
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown),
};

static int allow_all(scmp_filter_ctx ctx, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
        if (r < 0 && r != -EDOM) /* -EDOM: the architecture has no such call */
            return r;
    }
    return 0;
}

/* Calls that are allowed with some arguments only. */
static int allow_some(scmp_filter_ctx ctx, enum worker_kind kind)
{
    const unsigned writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0));
    if (r == -EDOM)
        r = 0;
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    static const unsigned controls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(controls); i++)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, controls[i]));
    static const int families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; r == 0 && kind == WORKER_DIALOGUE && i < ARRAY_SIZE(families); i++)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (unsigned)families[i]));
    return r;
}

static int describe(scmp_filter_ctx ctx, enum worker_kind kind)
{
    int r = allow_all(ctx, common_calls, ARRAY_SIZE(common_calls));
    if (r == 0 && kind == WORKER_FILES)
        r = allow_all(ctx, waiting_calls, ARRAY_SIZE(waiting_calls));
    if (r == 0 && kind == WORKER_DIALOGUE)
        r = allow_all(ctx, socket_calls, ARRAY_SIZE(socket_calls));
    if (r == 0)
        r = allow_some(ctx, kind);
    static const int deadly[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(bpf), SCMP_SYS(mount), SCMP_SYS(init_module)};
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(deadly); i++)
        r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    return r;
}

/* The filters as the kernel takes them. Making one costs some milliseconds and loading it some microseconds, and a run starts a hundred workers: so they are
   made once, and children inherit them. */
static struct compiled {
    struct sock_filter rows[BPF_MAXINSNS];
    unsigned short n; /* 0: not made yet */
} compiled[2];

static int compile(enum worker_kind kind)
{
    struct compiled *c = &compiled[kind];
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int fd = memfd_create("bansho-filter", MFD_CLOEXEC), r = ctx && fd >= 0 ? describe(ctx, kind) : -ENOMEM;
    if (r == 0)
        r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: the kernel tries each of its calls when a filter is loaded, which takes longer the longer the way through it */
    if (r == 0)
        r = seccomp_export_bpf(ctx, fd);
    ssize_t n = r == 0 ? pread(fd, c->rows, sizeof c->rows, 0) : -1;
    if (r == 0 && (n <= 0 || (size_t)n % sizeof c->rows[0]))
        r = -EIO;
    if (r == 0)
        c->n = (unsigned short)((size_t)n / sizeof c->rows[0]);
    if (fd >= 0)
        close(fd);
    if (ctx)
        seccomp_release(ctx);
    return r;
}

static int filter(enum worker_kind kind)
{
    int r = compiled[kind].n ? 0 : compile(kind);
    if (r < 0)
        return r;
    struct sock_fprog program = {.len = compiled[kind].n, .filter = compiled[kind].rows};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}

int worker_prepare(struct err *err)
{
    for (enum worker_kind kind = WORKER_FILES; FILTERED && kind <= WORKER_DIALOGUE; kind++) {
        int r = compiled[kind].n ? 0 : compile(kind);
        if (r < 0)
            return err_set(err, r, "seccomp: %s", err_name(r));
    }
    return 0;
}

static int set_caps(uint64_t keep)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)keep, .permitted = (uint32_t)keep},
        {.effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32)},
    };
    return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int drop_to_nobody(enum worker_kind kind)
{
    uint64_t keep = kind == WORKER_FILES ? 1ull << CAP_DAC_READ_SEARCH : 0;
    int cap = 0;
    while (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
        cap++;
    if (errno != EINVAL || cap <= CAP_SETPCAP) /* EINVAL: the kernel knows no further one */
        return errno ? -errno : -EPERM;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
        return -errno;
    return set_caps(keep);
}

int worker_confine(enum worker_kind kind, struct err *err)
{
    int r = geteuid() == 0 ? drop_to_nobody(kind) : 0;
    if (r < 0)
        return err_set(err, r, "cannot give up privileges: %s", err_name(r));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_set(err, -errno, "no_new_privs: %s", err_name(errno));
    r = FILTERED ? filter(kind) : 0;
    if (r < 0)
        return err_set(err, r, "seccomp: %s", err_name(r));
    return 0;
}
