/* What sock_diag tells of listening sockets, against what proc(5) tells of the same ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/parts.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int listens(bool udp, bool v6)
{
    int fd = socket(v6 ? AF_INET6 : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    if (bind(fd, v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four, v6 ? sizeof six : sizeof four) < 0)
        skip(); /* a machine without IPv6 */
    assert_int_equal(udp ? 0 : listen(fd, 1), 0);
    return fd;
}

static uint64_t inode(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static const struct proc_socket *find(const struct proc_sockets *s, uint64_t number)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (s->list.v[i].inode == number)
            return &s->list.v[i];
    return NULL;
}

static void tells_what_proc_tells(void **state)
{
    (void)state;
    static const char *const files[] = {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"};
    struct arena *a = arena_new(64u << 20);
    for (int i = 0; i < 4; i++) {
        bool udp = i >= 2, v6 = i % 2;
        int ours = listens(udp, v6), calls = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
        struct proc_sockets asked = {0}, read = {0};
        struct buf b = BUF(16u << 20);
        int fd = open(files[i], O_RDONLY);
        assert_int_equal(buf_read_fd(&b, fd), 0);
        assert_int_equal(proc_net_parse(a, buf_str(&b), udp, &read), 0);
        int r = sockets_ask(a, udp ? IPPROTO_UDP : IPPROTO_TCP, v6, &asked);
        if (r < 0)
            skip(); /* a kernel without sock_diag: proc is read then */
        const struct proc_socket *x = find(&asked, inode(ours)), *y = find(&read, inode(ours));
        assert_true(x && y);
        assert_true(addr_eq(&x->addr, &y->addr));
        assert_int_equal(x->port, y->port);
        assert_int_equal(x->udp, udp);
        assert_null(find(&asked, inode(calls))); /* it does not listen */
        buf_free(&b);
        close(fd);
        close(ours);
        close(calls);
    }
    arena_free(a);
}

/* A kernel that has no sock_diag for a protocol (a module that cannot be loaded) ends its answer at once: nobody may take that for "nothing listens". */
static void an_empty_answer_is_none(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct proc_sockets asked = {0};
    for (int v6 = 0; v6 < 2; v6++)
        assert_true(sockets_ask(a, 250 /* no protocol has this number */, v6, &asked) < 0);
    assert_int_equal(asked.list.n, 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_what_proc_tells), cmocka_unit_test(an_empty_answer_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
