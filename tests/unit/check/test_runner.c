#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "base/worker.h"
#include "check/probe_process.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- probes of every kind --- */

static int sound(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    struct finding *f = finding_add(out, STATE_OK, "one", "fine at %lld", (long long)ctx->now);
    finding_evidence(out, f, "/etc/x", 7, "seen");
    finding_add(out, STATE_WARN, "two", "not so fine");
    return 0;
}

static int silent(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    return 0;
}

static int failing(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx;
    finding_add(out, STATE_OK, "half", "half of the answer");
    return err_set(err, -EIO, "the disk said no");
}

static int crashing(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return 0;
}

static int leaving(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    _exit(3);
    return 0;
}

static void sleep_long(void)
{
    for (int i = 0; i < 600; i++)
        usleep(100000);
}

static int hanging(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sleep_long();
    return 0;
}

/* Its children hold the answer's pipe open and would live on. */
static int spawning(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)err;
    if (fork() == 0) {
        sleep_long();
        _exit(0);
    }
    finding_add(out, STATE_OK, "", "spawned");
    return 0;
}

static int reader(void *arg, struct buf *out)
{
    (void)arg, (void)out;
    sleep_long();
    return 0;
}

/* Hangs in a confined worker, which is another user. */
static int working(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out;
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = 60000};
    struct buf b = BUF(10);
    return worker_run(&o, reader, NULL, &b, err);
}

static int greedy(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)err;
    for (int i = 0; i < INT32_MAX; i++)
        finding_add(out, STATE_OK, "x", "%01000d", i);
    return 0;
}

/* Goes round the arena: the process's own limit ends it. */
static int swallowing(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    for (int i = 0; i < 100000; i++) {
        char *p = malloc(1u << 20);
        if (!p)
            abort();
        memset(p, 1, 1u << 20);
    }
    return 0;
}

static int endless(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)err;
    for (int i = 0; i < 3000; i++)
        finding_add(out, STATE_FAIL, arena_printf(out->arena, "object %d", i), "%04000d", i);
    return 0;
}

/* Writes what it likes over every descriptor it can find, as code that was taken over would. */
static int lying(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    static const char junk[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\x7f all is well";
    for (int fd = 0; fd < 64; fd++)
        if (write(fd, junk, sizeof junk) < 0)
            continue;
    _exit(0);
}

static int flooding(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    static char block[65536];
    for (int i = 0; i < 1000; i++)
        for (int fd = 3; fd < 64; fd++)
            if (fcntl(fd, F_GETFL) == O_WRONLY && write(fd, block, sizeof block) < 0)
                continue;
    _exit(0);
}

/* Closes its pipe and stays. */
static int closing(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)out, (void)err;
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    sleep_long();
    return 0;
}

static int talking(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)err;
    printf("\x1b[2Jnobody must see this\n");
    fprintf(stderr, "nor this\n");
    fflush(stdout);
    finding_add(out, STATE_OK, "", "talked");
    return 0;
}

static int doubling(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx, (void)err;
    finding_evidence(out, finding_add(out, STATE_OK, "x", "first"), NULL, 0, "e1");
    finding_add(out, STATE_OK, "y", "other");
    finding_evidence(out, finding_add(out, STATE_FAIL, "x", "second"), NULL, 0, "e2");
    finding_add(out, STATE_UNKNOWN, "x", "third");
    return 0;
}

static int running(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)ctx;
    struct child_result r = {0};
    const char *const argv[] = {"sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; ulimit -v", NULL};
    int e = child_run(argv, NULL, &r, err);
    if (e < 0)
        return e;
    finding_add(out, STATE_OK, "", "%.*s", (int)r.out.n, r.out.p);
    child_result_free(&r);
    return 0;
}

/* --- how they end --- */

#define CHECK(name, ms) {.id = "test." #name, .requirement = "G1.1", .title = "question of " #name, .probe = name, .timeout_ms = ms}
enum { SOUND, SILENT, FAILING, CRASHING, LEAVING, HANGING, SPAWNING, WORKING, GREEDY, SWALLOWING, ENDLESS, LYING, FLOODING, CLOSING, TALKING, DOUBLING, RUNNING, ASKING, KINDS };
static const struct check checks[KINDS] = {
    [SOUND] = CHECK(sound, 1500), [SILENT] = CHECK(silent, 1500), [FAILING] = CHECK(failing, 1500), [CRASHING] = CHECK(crashing, 1500), [LEAVING] = CHECK(leaving, 1500),
    [HANGING] = CHECK(hanging, 1500), [SPAWNING] = CHECK(spawning, 1500), [WORKING] = CHECK(working, 1500), [GREEDY] = CHECK(greedy, 20000),
    [SWALLOWING] = CHECK(swallowing, 20000), [ENDLESS] = CHECK(endless, 20000), [LYING] = CHECK(lying, 1500),
    [FLOODING] = CHECK(flooding, 20000), [CLOSING] = CHECK(closing, 20000), [TALKING] = CHECK(talking, 1500),
    [DOUBLING] = CHECK(doubling, 1500), [RUNNING] = CHECK(running, 20000),
    [ASKING] = {.id = "test.asking", .requirement = "G1.1", .title = "question of asking", .probe = sound, .wants_dialogue = true},
};

static struct run go(const int *kinds, size_t n, bool live)
{
    const struct check *list[KINDS];
    for (size_t i = 0; i < n; i++)
        list[i] = &checks[kinds[i]];
    struct probe_ctx ctx = {.now = 42, .live = live, .run = "00000000", .state_dir = ""};
    struct run_options o = {.ctx = &ctx, .checks = list, .n = n, .max_memory = 256u << 20};
    struct run run;
    struct err err = {0};
    assert_int_equal(checks_run(&o, &run, &err), 0);
    assert_int_equal(run.costs.n, n);
    return run;
}

static const struct finding *only(const struct run *run)
{
    assert_int_equal(run->findings.n, 1);
    return &run->findings.v[0];
}

static void ends_each_kind(void **state)
{
    (void)state;
    static const struct { int kind; enum state want; const char *says; } table[] = {
        {SILENT, STATE_NA, NULL},
        {FAILING, STATE_UNKNOWN, "the disk said no"},
        {CRASHING, STATE_UNKNOWN, "crashed (signal 11)"},
        {LEAVING, STATE_UNKNOWN, "status 3"},
        {HANGING, STATE_UNKNOWN, "no answer within 2 seconds"},
        {SPAWNING, STATE_OK, NULL},
        {WORKING, STATE_UNKNOWN, "no answer within 2 seconds"},
        {GREEDY, STATE_UNKNOWN, "out of memory"},
#ifndef BANSHO_SANITIZED
        {SWALLOWING, STATE_UNKNOWN, "crashed (signal 6)"},
#endif
        {ENDLESS, STATE_UNKNOWN, "more was found"},
        {LYING, STATE_UNKNOWN, "could not be understood"},
        {FLOODING, STATE_UNKNOWN, "larger than what is taken"},
        {CLOSING, STATE_UNKNOWN, "could not be understood"},
        {TALKING, STATE_OK, NULL},
    };
    int kinds[ARRAY_SIZE(table)];
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        kinds[i] = table[i].kind;
    struct run run = go(kinds, ARRAY_SIZE(table), true);
    assert_int_equal(run.findings.n, ARRAY_SIZE(table));
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const struct finding *f = &run.findings.v[i];
        assert_ptr_equal(f->check, &checks[table[i].kind]);
        assert_int_equal(f->state, table[i].want);
        if (!table[i].says)
            continue;
        assert_string_equal(f->title, f->check->title);
        assert_int_equal(f->evidence.n, 1);
        if (!strstr(f->evidence.v[0].text, table[i].says))
            fail_msg("%s: %s", f->check->id, f->evidence.v[0].text);
    }
    arena_free(run.arena);
}

static void passes_findings_on(void **state)
{
    (void)state;
    static const int kinds[] = {DOUBLING, SOUND};
    struct run run = go(kinds, 2, true);
    assert_int_equal(run.findings.n, 4);
    const struct finding *x = &run.findings.v[0];
    assert_string_equal(x->title, "second"); /* the worst of three */
    assert_int_equal(x->evidence.n, 2);
    assert_string_equal(x->evidence.v[0].text, "e2");
    assert_string_equal(x->evidence.v[1].text, "e1");
    assert_string_equal(run.findings.v[1].object, "y");
    assert_string_equal(run.findings.v[2].title, "fine at 42");
    assert_string_equal(run.findings.v[2].evidence.v[0].file, "/etc/x");
    assert_int_equal(run.findings.v[2].evidence.v[0].line, 7);
    arena_free(run.arena);
}

/* All of them at once: each ends as it does alone, in the order of the list, in the time of the slowest. */
static void nobody_disturbs_another(void **state)
{
    (void)state;
    static const int kinds[] = {CRASHING, SOUND, HANGING, LYING, WORKING, SOUND, LEAVING, SPAWNING, SILENT, SOUND};
    static const enum state want[] = {STATE_UNKNOWN, STATE_OK, STATE_WARN, STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN, STATE_OK, STATE_WARN,
                                      STATE_UNKNOWN, STATE_OK, STATE_NA, STATE_OK, STATE_WARN};
    struct run run = go(kinds, ARRAY_SIZE(kinds), true);
    assert_int_equal(run.findings.n, ARRAY_SIZE(want));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++)
        assert_int_equal(run.findings.v[i].state, want[i]);
    arena_free(run.arena);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void asks_nobody_below_a_root(void **state)
{
    (void)state;
    static const int kinds[] = {ASKING, SOUND};
    struct run run = go(kinds, 2, false);
    assert_int_equal(run.findings.v[0].state, STATE_UNKNOWN);
    assert_non_null(strstr(run.findings.v[0].evidence.v[0].text, "--root"));
    assert_int_equal(run.findings.v[1].state, STATE_OK);
    arena_free(run.arena);
}

/* Programs' CPU is told apart from our own, and our memory limit is not theirs. */
static void accounts(void **state)
{
    (void)state;
    static const int kinds[] = {RUNNING};
    struct run run = go(kinds, 1, true);
    const struct check_cost *c = &run.costs.v[0];
    assert_string_equal(only(&run)->title, "unlimited\n");
    assert_true(c->programs_us > 20000);
    assert_true(c->cpu_us < c->programs_us);
    assert_true(c->wall_us >= c->programs_us / 2);
    arena_free(run.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends_each_kind), cmocka_unit_test(passes_findings_on), cmocka_unit_test(nobody_disturbs_another),
                                       cmocka_unit_test(asks_nobody_below_a_root), cmocka_unit_test(accounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
