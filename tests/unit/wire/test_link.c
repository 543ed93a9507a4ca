/* The client on a loop: order, errors, the end of the service, an owner that forgets it in the middle. */
#include "service.h"
#include "base/clock.h"
#include "wire/link.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

static char path[108];

struct seen {
    uv_loop_t loop;
    struct wire_link *link;
    int64_t good, bad, next, gone_code;
    char error[300];
    bool forget;
};

static void on_gone(void *arg, int code)
{
    struct seen *s = arg;
    s->gone_code = code;
    s->link = NULL;
}

static void on_echo(void *arg, int code, const char *error, json_t *parameters)
{
    struct seen *s = arg;
    if (code == 0 && json_integer_value(json_object_get(parameters, "number")) == s->next)
        s->good++;
    else
        s->bad++;
    if (error)
        snprintf(s->error, sizeof s->error, "%s %s", error, json_string_value(json_object_get(parameters, "parameter")));
    s->next++;
    if (s->forget && s->next == 10) {
        wire_link_free(s->link);
        s->link = NULL;
    }
}

static int echo_call(struct seen *s, int64_t i) { return wire_link_call(s->link, "org.example.Test.Echo", json_pack("{sssI}", "text", "x", "number", (json_int_t)i), on_echo, s); }

static void open_link(struct seen *s, unsigned timeout_ms)
{
    struct err err = {0};
    memset(s, 0, sizeof *s);
    uv_loop_init(&s->loop);
    if (wire_link_new(&s->loop, path, timeout_ms, on_gone, s, &s->link, &err) < 0)
        fail_msg("%s", err.text);
}

static void close_link(struct seen *s)
{
    wire_link_free(s->link);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
}

static void run_until(struct seen *s, int64_t answers)
{
    while (s->next < answers && s->link)
        uv_run(&s->loop, UV_RUN_ONCE);
}

static void in_order(void **state)
{
    (void)state;
    pid_t pid = service_start(path, (struct wire_options){0});
    struct seen s;
    open_link(&s, 10000);
    int64_t sent = 0;
    while (echo_call(&s, sent) == 0)
        sent++;
    assert_int_equal(sent, LINK_CALLS); /* the cap: then answers first */
    run_until(&s, sent);
    assert_int_equal(s.good, sent);
    assert_int_equal(wire_link_call(s.link, "org.example.Test.Echo", json_object(), on_echo, &s), 0);
    run_until(&s, sent + 1);
    assert_string_equal(s.error, "org.varlink.service.InvalidParameter text");
    close_link(&s);
    assert_int_equal(s.gone_code, 0); /* who forgets it is not told */
    assert_int_equal(service_stop(pid), 0);
}

static void service_dies(void **state)
{
    (void)state;
    pid_t pid = service_start(path, (struct wire_options){0});
    struct seen s;
    open_link(&s, 10000);
    assert_int_equal(echo_call(&s, 0), 0);
    run_until(&s, 1);
    assert_int_equal(wire_link_call(s.link, "org.example.Test.Late", json_pack("{si}", "ms", 100000), on_echo, &s), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(echo_call(&s, i), 0);
    uv_run(&s.loop, UV_RUN_NOWAIT);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    run_until(&s, 100);
    assert_int_equal(s.good, 1);
    assert_int_equal(s.bad, 4); /* each is told */
    assert_int_equal(s.gone_code, -ECONNRESET);
    close_link(&s);
    uv_loop_init(&s.loop);
    assert_int_equal(wire_link_new(&s.loop, path, 0, on_gone, &s, &s.link, NULL), -ECONNREFUSED);
    uv_loop_close(&s.loop);
}

static void service_stands_still(void **state)
{
    (void)state;
    pid_t pid = service_start(path, (struct wire_options){0});
    struct seen s;
    open_link(&s, 200);
    assert_int_equal(wire_link_call(s.link, "org.example.Test.Late", json_pack("{si}", "ms", 1), on_echo, &s), 0);
    run_until(&s, 1);
    kill(pid, SIGSTOP);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(echo_call(&s, 1), 0);
    run_until(&s, 100);
    assert_int_equal(s.gone_code, -ETIMEDOUT);
    assert_true(clock_monotonic_ms() - began >= 190);
    kill(pid, SIGCONT);
    close_link(&s);
    assert_int_equal(service_stop(pid), 0);
}

static void nonsense(void **state)
{
    (void)state;
    static const char *const rows[] = {"hello", "{\"parameters\":{},\"continues\":true}", "{\"error\":\"x\"}", "{}x", ""};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct seen s;
        struct err err = {0};
        int fd = listen_own(path, 0600, (gid_t)-1, &err);
        open_link(&s, 10000);
        assert_int_equal(echo_call(&s, 0), 0);
        int peer = accept(fd, NULL, NULL);
        assert_true(write(peer, rows[i], strlen(rows[i]) + 1) > 0);
        run_until(&s, 100);
        assert_int_equal(s.gone_code, -EBADMSG);
        assert_int_equal(s.bad, 1);
        close(peer);
        close(fd);
        close_link(&s);
    }
    /* an answer that nobody asked for */
    struct seen s;
    int fd = listen_own(path, 0600, (gid_t)-1, NULL);
    open_link(&s, 0);
    int peer = accept(fd, NULL, NULL);
    assert_true(write(peer, "{}", 3) > 0);
    run_until(&s, 100);
    assert_int_equal(s.gone_code, -EBADMSG);
    close(peer);
    close(fd);
    close_link(&s);
}

static void forgotten(void **state)
{
    (void)state;
    pid_t pid = service_start(path, (struct wire_options){0});
    struct seen s;
    open_link(&s, 10000);
    s.forget = true;
    for (int i = 0; i < 100; i++)
        assert_int_equal(echo_call(&s, i), 0);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    assert_int_equal(s.next, 10);
    close_link(&s);
    assert_int_equal(service_stop(pid), 0);
}

static int setup(void **state)
{
    (void)state;
    static char dir[] = "/tmp/wire-XXXXXX";
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/socket", dir);
    return 0;
}

static int cleanup(void **state)
{
    (void)state;
    unlink(path);
    *strrchr(path, '/') = 0;
    return rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order), cmocka_unit_test(service_dies), cmocka_unit_test(service_stands_still), cmocka_unit_test(nonsense), cmocka_unit_test(forgotten)};
    return cmocka_run_group_tests(tests, setup, cleanup);
}
