#include "check/probe_process.h"
#include "base/child.h"
#include "base/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define ARENA_MAX (64u << 20)
#define MEMORY_MAX (768u << 20)

/* Nothing of the terminal is in a probe's reach, and it ends with the runner. */
static void settle(const struct run_options *o)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd < 3; fd++) {
#ifdef BANSHO_SANITIZED
        if (fd == STDERR_FILENO)
            continue; /* the sanitizers' reports */
#endif
        dup2(null, fd);
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef BANSHO_SANITIZED
    struct rlimit memory;
    /* Only the soft limit: programs that the check runs get their own back (base/child.h). */
    if (getrlimit(RLIMIT_AS, &memory) == 0) {
        rlim_t wanted = o->max_memory ? o->max_memory : MEMORY_MAX;
        if (memory.rlim_max == RLIM_INFINITY || wanted < memory.rlim_max) {
            memory.rlim_cur = wanted;
            setrlimit(RLIMIT_AS, &memory);
        }
    }
#else
    (void)o;
#endif
}

_Noreturn void probe_process(const struct run_options *o, const struct check *check, int fd)
{
    settle(o);
    uint64_t before = child_cpu_us();
    struct err err = {0};
    struct findings found = {.arena = arena_new(ARENA_MAX), .check = check};
    int r = check->probe(o->ctx, &found, &err);
    if (r < 0 && !err.text[0])
        err_set(&err, r, "%s", err_name(-r));
    struct buf body = BUF(o->max_answer ? o->max_answer : PROBE_ANSWER_MAX), head = BUF(PROBE_HEAD_MAX);
    if (r >= 0)
        findings_encode(&found, &body);
    if (body.full) {
        buf_reset(&body);
        r = err_set(&err, -EFBIG, "%s", _("more was found than one check may answer"));
    }
    buf_put_u32(&head, r < 0 ? (uint32_t)-r : 0);
    buf_put_z(&head, r < 0 ? err.text : "");
    buf_put_u64(&head, child_cpu_us() - before);
    _exit(fd_write_both(fd, buf_str(&head), buf_str(&body)) < 0);
}

int probe_answer_parse(struct str bytes, struct findings *into, struct probe_answer *ret)
{
    struct cursor c = cursor_of(bytes);
    struct probe_answer a = {.code = -(int)cursor_below(&c, 4096)};
    a.why = cursor_str(&c);
    a.programs_us = cursor_u64(&c);
    if (c.bad || !a.why.p || (a.code < 0 && c.rest.n))
        return -EBADMSG;
    if (a.code == 0) {
        int r = findings_decode(c.rest, into);
        if (r < 0)
            return r;
    }
    *ret = a;
    return 0;
}
