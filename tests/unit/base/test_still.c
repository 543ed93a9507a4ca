#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/still.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What cannot be done any more, as bits; 0: all as it should be. */
static int wrong(void)
{
    struct err err = {0};
    int fd;
    if (still_begin(&err) < 0)
        return 128;
    int bad = 0;
    bad |= (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EAFNOSUPPORT) << 0;
    bad |= ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0) << 1;
    bad |= (fork() >= 0 || errno != ENOSYS) << 2;
    bad |= (execl("/bin/true", "true", NULL) >= 0 || errno != ENOSYS) << 3;
    bad |= ((fd = open("/tmp", O_TMPFILE | O_RDWR, 0600)) < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) < 0) << 4; /* it keeps what it sees */
    return bad;
}

static void starts_and_reaches_nothing(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(wrong());
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(starts_and_reaches_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
