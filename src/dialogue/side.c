#include "dialogue/side.h"
#include "base/clock.h"
#include "base/macros.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define SIDE_STACK (256u << 10) /* reserved; what is not touched costs nothing */
#define GUARD 4096u             /* below it: running over is a crash, not somebody else's data */

/* One stack. It takes the next job when it has done one. */
struct lane {
    ucontext_t context;
    void *stack;
    struct pollfd wait;
    int64_t until;
    side_ready_fn *ready;  /* of side_wait(), or NULL */
    const void *ready_arg;
    int answer;            /* of side_poll() */
    bool ended;
};

struct side {
    side_fn *fn;
    void *arg;
    size_t next, n;
    struct lane *lanes, *now; /* the one that runs */
    size_t lanes_n;
    ucontext_t home;
};

/* What side_poll() belongs to; NULL outside of side_by_side(). */
static struct side *side;

int side_poll(int fd, short events, int64_t timeout_ms)
{
    struct pollfd p = {fd, events, 0};
    int ms = timeout_ms < 0 ? 0 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    if (!side)
        return poll(&p, 1, ms);
    struct lane *l = side->now;
    l->wait = p;
    l->until = clock_monotonic_ms() + ms;
    swapcontext(&l->context, &side->home);
    return l->answer;
}

bool side_wait(side_ready_fn *ready, const void *arg, int64_t timeout_ms)
{
    struct lane *l = side ? side->now : NULL;
    if (!l || ready(arg) || timeout_ms <= 0)
        return ready(arg);
    l->ready = ready;
    l->ready_arg = arg;
    side_poll(-1, 0, timeout_ms);
    l->ready = NULL;
    return ready(arg);
}

static bool is_ready(const struct lane *l)
{
    return l->ready && l->ready(l->ready_arg);
}

/* The bottom of each stack. Its end leads home (uc_link). */
static void jobs(void)
{
    while (side->next < side->n) {
        size_t mine = side->next++;
        side->fn(side->arg, mine);
    }
    side->now->ended = true;
}

static int lane_init(struct lane *l, ucontext_t *home)
{
    l->stack = mmap(NULL, SIDE_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (l->stack == MAP_FAILED)
        return -errno;
    if (mprotect(l->stack, GUARD, PROT_NONE) < 0 || getcontext(&l->context) < 0) {
        int e = errno;
        munmap(l->stack, SIDE_STACK);
        return -e;
    }
    l->context.uc_stack.ss_sp = l->stack;
    l->context.uc_stack.ss_size = SIDE_STACK;
    l->context.uc_link = home;
    makecontext(&l->context, jobs, 0);
    return 0;
}

static void go_on(struct lane *l)
{
    side->now = l;
    swapcontext(&side->home, &l->context);
    side->now = NULL;
}

/* Waits until one of them can go on. false: all have ended, or the time is over. */
static bool wait_for_any(struct pollfd *p, int64_t deadline)
{
    int64_t now = clock_monotonic_ms(), first = deadline;
    bool any = false;
    for (size_t i = 0; i < side->lanes_n; i++) {
        const struct lane *l = &side->lanes[i];
        p[i] = l->wait;
        if (l->ended) {
            p[i].fd = -1;
            continue;
        }
        any = true;
        first = is_ready(l) ? now : l->until < first ? l->until : first;
    }
    if (!any || now >= deadline)
        return false;
    int64_t ms = first > now ? first - now : 0;
    if (poll(p, side->lanes_n, ms > INT_MAX ? INT_MAX : (int)ms) < 0)
        for (size_t i = 0; i < side->lanes_n; i++)
            p[i].revents = 0; /* a signal: look at the times again */
    return true;
}

static void run(int64_t deadline)
{
    struct pollfd p[SIDE_MAX];
    for (size_t i = 0; i < side->lanes_n; i++)
        go_on(&side->lanes[i]);
    while (wait_for_any(p, deadline))
        for (size_t i = 0; i < side->lanes_n; i++) {
            struct lane *l = &side->lanes[i];
            l->answer = p[i].revents ? 1 : 0;
            if (!l->ended && (l->answer || is_ready(l) || clock_monotonic_ms() >= l->until))
                go_on(l);
        }
}

int side_by_side(side_fn *fn, void *arg, size_t n, size_t at_once, int64_t deadline)
{
    size_t wanted = at_once < n ? at_once : n;
    wanted = wanted < SIDE_MAX ? wanted : SIDE_MAX;
    struct side mine = {.fn = fn, .arg = arg, .n = n, .lanes = calloc(wanted + 1, sizeof(struct lane))};
    int r = mine.lanes ? 0 : -ENOMEM;
    while (r == 0 && mine.lanes_n < wanted && (r = lane_init(&mine.lanes[mine.lanes_n], &mine.home)) == 0)
        mine.lanes_n++;
    if (n && !mine.lanes_n) {
        free(mine.lanes);
        return r;
    }
    side = &mine;
    run(deadline);
    side = NULL;
    for (size_t i = 0; i < mine.lanes_n; i++)
        munmap(mine.lanes[i].stack, SIDE_STACK);
    free(mine.lanes);
    return 0;
}
