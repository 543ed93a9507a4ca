/* test_confine.c: a process that makes no more machine code still runs what it has, and starts programs. Each row in a child. */
#include "base/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define SIZE 4096

static void *map(int protection)
{
    void *p = mmap(NULL, SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool fails(int r) { return r < 0 && (errno == EPERM || errno == EACCES); }

static bool refuses(void)
{
    void *data = map(PROT_READ | PROT_WRITE);
    if (!data || mprotect(data, SIZE, PROT_READ) < 0)
        return false;
    return !map(PROT_READ | PROT_WRITE | PROT_EXEC) && fails(mprotect(data, SIZE, PROT_READ | PROT_EXEC)) && fails(mprotect(data, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC));
}

static int (*code(void))(void)
{
#if defined(__x86_64__)
    static const unsigned char bytes[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 42, 0, 0, 0, 0xc3}; /* endbr64; mov eax, 42; ret */
#elif defined(__aarch64__)
    static const uint32_t bytes[] = {0x52800540, 0xd65f03c0}; /* mov w0, 42; ret */
#else
    static const unsigned char bytes[1];
    return NULL;
#endif
    void *p = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    int (*run)(void) = NULL;
    if (!p)
        return NULL;
    memcpy(p, bytes, sizeof bytes);
    __builtin___clear_cache(p, (char *)p + sizeof bytes);
    memcpy(&run, &p, sizeof run);
    return run;
}

/* read() into it is refused by the kernel, instead of a signal. */
static bool unwritable(int (*run)(void))
{
    char *p = NULL;
    memcpy(&p, &run, sizeof p);
    int fd = open("/dev/zero", O_RDONLY);
    bool refused = read(fd, p + SIZE / 2, 1) < 0 && errno == EFAULT; /* behind the code */
    close(fd);
    return refused;
}

static int starts_program(void)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In the child: 0, or which step was not as it should be. */
static int live(int (*confine)(struct err *err))
{
    struct err err = {0};
    int (*run)(void) = code();
    if (refuses())
        return 1; /* nothing forbids it yet */
    if ((run && unwritable(run)) || confine_code_readonly(&err) < 0)
        return 6;
    if (confine(&err) < 0)
        return 2;
    if (run && !unwritable(run))
        return 8;
    if (!refuses())
        return 3;

    if (run && run() != 42)
        return 4;
    return starts_program() == 7 ? 0 : 5;
}

static void no_more_code(void **state)
{
    static int (*const ways[])(struct err *err) = {confine_code, confine_code_filter};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit(live(ways[i]));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_more_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
