/* The service and the waiting client over real sockets: answers, callers, limits, broken peers. */
#include "service.h"
#include "base/buf.h"
#include "base/clock.h"
#include "wire/client.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

static char path[108];
static pid_t service;

static void begin(struct wire_options o) { service = service_start(path, o); assert_true(service > 0); }
static void finish(void) { assert_int_equal(service_stop(service), 0); service = 0; }

static struct wire_client *client(void)
{
    struct wire_client *c = NULL;
    struct err err = {0};
    if (wire_client_new(path, 10000, &c, &err) < 0)
        fail_msg("%s", err.text);
    return c;
}

/* The reply's parameters as text, or the error's name and parameters. Static memory. */
static const char *ask(struct wire_client *c, const char *method, const char *parameters)
{
    static char out[2000];
    struct wire_answer a = {0};
    struct err err = {0};
    int code = wire_ask(c, method, json_loads(parameters, 0, NULL), &a, &err);
    if (code < 0 && code != -EREMOTEIO) {
        snprintf(out, sizeof out, "%d %s", code, err.text);
        return out;
    }
    char *text = json_dumps(a.parameters, JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(out, sizeof out, "%s%s%s", a.error, a.error[0] ? " " : "", text);
    free(text);
    wire_answer_done(&a);
    return out;
}

static int64_t count(struct wire_client *c, const char *name)
{
    struct wire_answer a = {0};
    assert_int_equal(wire_ask(c, "org.example.Test.Counts", NULL, &a, NULL), 0);
    int64_t n = json_integer_value(json_object_get(json_object_get(a.parameters, "counts"), name));
    wire_answer_done(&a);
    return n;
}

static void until_count(struct wire_client *c, const char *name, int64_t want)
{
    int64_t end = clock_monotonic_ms() + 20000;
    while (count(c, name) != want) {
        if (clock_monotonic_ms() > end)
            fail_msg("%s is %d, not %d", name, (int)count(c, name), (int)want);
        poll(NULL, 0, 5);
    }
}

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *method, *parameters, *want;
    } rows[] = {
        {"org.example.Test.Echo", "{\"text\": \"番所\"}", NULL},
        {"org.example.Test.Echo", "{}", "org.varlink.service.InvalidParameter {\"parameter\":\"text\"}"},
        {"org.example.Test.Echo", "{\"text\": 1}", "org.varlink.service.InvalidParameter {\"parameter\":\"text\"}"},
        {"org.example.Test.Echo", "{\"text\": \"\", \"x\": 1}", "org.varlink.service.InvalidParameter {\"parameter\":\"x\"}"},
        {"org.example.Test.None", "{}", "org.varlink.service.MethodNotFound {\"method\":\"org.example.Test.None\"}"},
        {"org.example.Other.Echo", "{}", "org.varlink.service.InterfaceNotFound {\"interface\":\"org.example.Other\"}"},
        {"org.example.Test.Parts", "{\"n\": 1, \"bytes\": 1}", "org.varlink.service.ExpectedMore {}"},
        {"org.example.Test.Refuse", "{\"why\": \"so\"}", "org.example.Test.Refused {\"reason\":\"so\"}"},
        {"org.example.Test.Broken", "{\"text\": \"disk \"}", "org.example.Test.Failed {\"reason\":\"disk ?\"}"},
        {"org.example.Test.Wrong", "{}", "org.example.Test.Failed {\"reason\":\"a reply that is not as declared: number\"}"},
        {"org.example.Test.Late", "{\"ms\": 5}", "{}"},
        {"org.varlink.service.GetInfo", "{}",
         "{\"interfaces\":[\"org.example.Test\",\"org.varlink.service\"],\"product\":\"test\",\"url\":\"\",\"vendor\":\"bansho\",\"version\":\"1\"}"},
        {"org.varlink.service.GetInterfaceDescription", "{\"interface\": \"org.example.None\"}", "org.varlink.service.InterfaceNotFound {\"interface\":\"org.example.None\"}"},
    };
    begin((struct wire_options){0});
    struct wire_client *c = client();
    char mine[100];
    snprintf(mine, sizeof mine, "{\"text\":\"番所\",\"uid\":%u}", getuid());
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_string_equal(ask(c, rows[i].method, rows[i].parameters), rows[i].want ? rows[i].want : mine);
    struct wire_answer a = {0};
    assert_int_equal(wire_ask(c, "org.varlink.service.GetInterfaceDescription", json_pack("{ss}", "interface", "org.example.Test"), &a, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(a.parameters, "description")), service_text_);
    wire_answer_done(&a);
    assert_int_equal(count(c, "mistakes"), 1);
    wire_client_free(c);
    finish();
}

/* The kernel says who it is: a child with another uid. */
static void callers(void **state)
{
    (void)state;
    struct wire_role roles[] = {{4711, 2}};
    if (getuid() != 0)
        skip();
    begin((struct wire_options){.roles = roles, .roles_n = 1});
    static const struct {
        uid_t uid;
        const char *secret, *known;
    } rows[] = {{0, "{}", "{}"}, {4711, "org.varlink.service.PermissionDenied {}", "{}"}, {4712, "org.varlink.service.PermissionDenied {}", "org.varlink.service.PermissionDenied {}"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pid_t pid = fork();
        if (!pid) {
            struct wire_client *c = setuid(rows[i].uid) == 0 ? client() : NULL;
            bool good = c && strcmp(ask(c, "org.example.Test.Secret", "{}"), rows[i].secret) == 0 && strcmp(ask(c, "org.example.Test.Known", "{}"), rows[i].known) == 0;
            wire_client_free(c);
            _exit(good ? 0 : 1);
        }
        int status = 1;
        waitpid(pid, &status, 0);
        assert_int_equal(status, 0);
    }
    struct wire_client *c = client();
    assert_int_equal(count(c, "denied"), 3);
    wire_client_free(c);
    finish();
}

static int raw(void)
{
    struct err err = {0};
    int fd = wire_socket(path, false, &err);
    assert_true(fd >= 0);
    struct timeval t = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    return fd;
}

static void put(int fd, const void *p, size_t n) { assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n); }
#define PUT(fd, text) put(fd, text, sizeof(text)) /* with its NUL */

/* Reads whole messages until there are n of them, or until the end; they are kept one behind the other, each with its NUL. */
static size_t take(int fd, size_t n, struct buf *b)
{
    size_t have = 0;
    char c;
    while (have < n && read(fd, &c, 1) == 1) {
        buf_add(b, &c, 1);
        have += c == 0;
    }
    return have;
}

#define ROW(text) text, sizeof text

static void broken_peers(void **state)
{
    (void)state;
    static char big[70000];
    memset(big, ' ', sizeof big);
    memcpy(big, "{\"method\":", 10);
    static char deep[5000];
    memset(deep, '[', sizeof deep);
    static const struct {
        const char *text;
        size_t n;
        const char *count;
    } rows[] = {
        {ROW(""), "malformed"},
        {ROW("hello"), "malformed"},
        {ROW("{}"), "malformed"},
        {ROW("[]"), "malformed"},
        {ROW("{\"method\":\"x\"}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Note\",\"method\":\"org.example.Test.Note\"}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Note\",\"more\":1}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Note\",\"more\":true,\"oneway\":true}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Note\",\"foreign\":1}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"a\\u0000b\"}}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"a\0b\"}}"), "malformed"},
        {ROW("{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"\xff\"}}"), "malformed"},
        {ROW("GET / HTTP/1.1\r\n\r\n"), "malformed"},
        {deep, sizeof deep, "malformed"},
        {big, sizeof big, "oversize"},
    };
    begin((struct wire_options){0});
    struct wire_client *c = client();
    int64_t malformed = 0, oversize = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct buf got = BUF(1000);
        int fd = raw();
        put(fd, rows[i].text, rows[i].n);
        if (rows[i].text == deep)
            put(fd, "", 1);
        assert_int_equal(take(fd, 1, &got), 0); /* the end, and no answer */
        close(fd);
        buf_free(&got);
        *(strcmp(rows[i].count, "malformed") == 0 ? &malformed : &oversize) += 1;
        until_count(c, "malformed", malformed);
        until_count(c, "oversize", oversize);
    }
    assert_int_equal(count(c, "notes"), 0);
    wire_client_free(c);
    finish();
}

static void extension(void **state)
{
    (void)state;
    begin((struct wire_options){0});
    int fd = raw();
    struct buf got = BUF(10000);
    PUT(fd, "{\"method\":\"org.example.Test.Late\",\"parameters\":{\"ms\":1},\"com.example.trace\":{\"id\":7},\"more\":null}");
    assert_int_equal(take(fd, 1, &got), 1);
    assert_string_equal(got.p, "{\"parameters\":{}}");
    close(fd);
    buf_free(&got);
    finish();
}

/* One byte after the other; several at once; calls behind one that is not answered yet; half closed. */
static void pipelined(void **state)
{
    (void)state;
    begin((struct wire_options){0});
    int fd = raw();
    struct buf got = BUF(1 << 20);
    static const char one[] = "{\"method\":\"org.example.Test.Late\",\"parameters\":{\"ms\":1}}";
    for (size_t i = 0; i < sizeof one; i++)
        put(fd, one + i, 1);
    assert_int_equal(take(fd, 1, &got), 1);
    buf_reset(&got);
    struct buf calls = BUF(1 << 20);
    buf_addz(&calls, "{\"method\":\"org.example.Test.Late\",\"parameters\":{\"ms\":30}}");
    buf_addc(&calls, 0);
    for (int i = 0; i < 1000; i++) {
        buf_printf(&calls, "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"\",\"number\":%d}}", i);
        buf_addc(&calls, 0);
        buf_addz(&calls, "{\"method\":\"org.example.Test.Note\",\"oneway\":true}");
        buf_addc(&calls, 0);
    }
    put(fd, calls.p, calls.n);
    shutdown(fd, SHUT_WR);
    assert_int_equal(take(fd, 2000, &got), 1001); /* and the end */
    struct str rest = buf_str(&got), message;
    assert_true(str_field(&rest, 0, &message) && str_eq(message, STR("{\"parameters\":{}}")));
    for (int i = 0; i < 1000; i++) {
        char want[100];
        snprintf(want, sizeof want, "\"number\":%d,", i);
        assert_true(str_field(&rest, 0, &message) && str_search(message, str_of(want)) >= 0);
    }
    close(fd);
    struct wire_client *c = client();
    assert_int_equal(count(c, "notes"), 1000);
    /* sent, and gone at once: it is done all the same */
    fd = raw();
    PUT(fd, "{\"method\":\"org.example.Test.Note\",\"oneway\":true}");
    close(fd);
    until_count(c, "notes", 1001);
    buf_free(&calls);
    buf_free(&got);
    wire_client_free(c);
    finish();
}

/* Begun together, answered in any order: the peer sees the order of its calls, and other calls wait for their turn. */
static void together_in_order(void **state)
{
    (void)state;
    begin((struct wire_options){0});
    int fd = raw(), gone = raw();
    struct buf got = BUF(1 << 20), calls = BUF(1 << 20);
    for (int i = 0; i < 300; i++) {
        buf_printf(&calls, "{\"method\":\"org.example.Test.Together\",\"parameters\":{\"n\":%d}}", i);
        buf_addc(&calls, 0);
        if (i % 100 == 50) {
            buf_addz(&calls, i == 50 ? "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"between\"}}" : "{\"method\":\"org.example.Test.Together\",\"parameters\":{\"n\":\"bad\"}}");
            buf_addc(&calls, 0);
        }
    }
    put(gone, calls.p, calls.n); /* a peer that does not wait for its answers */
    close(gone);
    put(fd, calls.p, calls.n);
    assert_int_equal(take(fd, 303, &got), 303);
    struct str rest = buf_str(&got), message;
    int most = 0;
    for (int i = 0; i < 300; i++) {
        char want[100];
        assert_true(str_field(&rest, 0, &message));
        snprintf(want, sizeof want, i % 7 == 3 ? "Refused" : "\"n\":%d,", i);
        if (str_search(message, str_of(want)) < 0)
            fail_msg("%d: %.*s", i, (int)message.n, message.p);
        ptrdiff_t at = str_search(message, STR("\"of\":"));
        int of = at < 0 ? 0 : (int)strtol(message.p + at + 5, NULL, 10);
        most = of > most ? of : most;
        if (i % 100 == 50) {
            assert_true(str_field(&rest, 0, &message));
            assert_true(str_search(message, i == 50 ? STR("between") : STR("InvalidParameter")) >= 0);
        }
    }
    assert_true(most > 10);
    close(fd);
    buf_free(&got);
    buf_free(&calls);
    finish();
}

static int parts_seen(void *arg, json_t *parameters)
{
    int64_t *n = arg;
    if (json_integer_value(json_object_get(parameters, "i")) != ++*n)
        return -EINVAL;
    return *n == 300 ? -ECANCELED : 0;
}

static void several_replies(void **state)
{
    (void)state;
    begin((struct wire_options){0});
    struct wire_client *c = client(), *other = client();
    struct wire_answer a = {0};
    int64_t n = 0;
    assert_int_equal(wire_ask_more(c, "org.example.Test.Parts", json_pack("{sisi}", "n", 200, "bytes", 50000), parts_seen, &n, &a, NULL), 0);
    assert_int_equal(n, 199);
    assert_int_equal(json_integer_value(json_object_get(a.parameters, "i")), 200);
    wire_answer_done(&a);
    /* a reader that stops: the service keeps a bounded part of it, others are served, and the stream ends with the connection */
    n = 0;
    assert_int_equal(wire_ask_more(c, "org.example.Test.Parts", json_pack("{sisi}", "n", 100000000, "bytes", 50000), parts_seen, &n, &a, NULL), -ECANCELED);
    char statm[64] = "", name[64];
    snprintf(name, sizeof name, "/proc/%d/statm", service);
    int fd = open(name, O_RDONLY);
    assert_true(read(fd, statm, sizeof statm - 1) > 0);
    close(fd);
#ifndef BANSHO_SANITIZED
    assert_true(strtoul(strchr(statm, ' '), NULL, 10) < 16u << 20 >> 12); /* pages in memory */
#endif
    assert_int_equal(count(other, "streams_done"), 1);
    wire_client_free(c);
    until_count(other, "streams_done", 2);
    wire_client_free(other);
    finish();
}

static void time_limits(void **state)
{
    (void)state;
    begin((struct wire_options){.begun_ms = 150, .idle_ms = 400, .slow_ms = 200});
    struct buf got = BUF(1000);
    int idle = raw(), half = raw(), slow = raw();
    PUT(slow, "{\"method\":\"org.example.Test.Parts\",\"parameters\":{\"n\":1000000,\"bytes\":50000},\"more\":true}");
    int64_t began = clock_monotonic_ms();
    bool open = true;
    while (open && clock_monotonic_ms() - began < 10000) { /* bytes that drip do not help */
        open = send(half, " ", 1, MSG_NOSIGNAL) == 1;
        poll(NULL, 0, 20);
    }
    assert_false(open);
    assert_int_equal(take(idle, 1, &got), 0);
    struct wire_client *c = client();
    until_count(c, "late", 1);
    until_count(c, "slow", 1);
    until_count(c, "streams_done", 1);
    assert_true(count(c, "idle") == 1);
    /* a call that takes longer than all of them is no reason to end */
    assert_string_equal(ask(c, "org.example.Test.Late", "{\"ms\": 700}"), "{}");
    wire_client_free(c);
    close(idle), close(half), close(slow);
    buf_free(&got);
    finish();
}

static void many_connections(void **state)
{
    (void)state;
    enum { N = 1000 };
    static int fd[N + 1];
    struct rlimit files = {4096, 4096};
    struct buf got = BUF(1000);
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        skip();
    begin((struct wire_options){.connections = N});
    for (size_t i = 0; i < N; i++)
        fd[i] = raw();
    for (size_t i = 0; i < N; i += 100) {
        PUT(fd[i], "{\"method\":\"org.example.Test.Late\",\"parameters\":{\"ms\":0}}");
        assert_int_equal(take(fd[i], 1, &got), 1);
    }
    fd[N] = raw(); /* one too many: at its end at once */
    buf_reset(&got);
    assert_int_equal(take(fd[N], 1, &got), 0);
    close(fd[0]);
    int64_t end = clock_monotonic_ms() + 10000;
    size_t n = 0;
    while (!n && clock_monotonic_ms() < end) { /* there is room again */
        close(fd[N]);
        fd[N] = raw();
        static const char call[] = "{\"method\":\"org.example.Test.Late\",\"parameters\":{\"ms\":0}}";
        (void)!send(fd[N], call, sizeof call, MSG_NOSIGNAL);
        n = take(fd[N], 1, &got);
    }
    assert_int_equal(n, 1);
    for (size_t i = 1; i <= N; i++)
        close(fd[i]);
    buf_free(&got);
    finish();
}

static void one_users_connections(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    begin((struct wire_options){.connections_uid = 3});
    pid_t pid = fork();
    if (!pid) {
        struct wire_client *c[4] = {0};
        bool good = setuid(4711) == 0;
        for (size_t i = 0; i < 4; i++)
            good &= wire_client_new(path, 5000, &c[i], NULL) == 0;
        for (size_t i = 0; good && i < 4; i++)
            good = (strcmp(ask(c[i], "org.example.Test.Late", "{\"ms\":0}"), "{}") == 0) == (i < 3);
        _exit(good ? 0 : 1);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    struct wire_client *c[6];
    for (size_t i = 0; i < ARRAY_SIZE(c); i++) /* root is not counted */
        assert_string_equal(ask(c[i] = client(), "org.example.Test.Late", "{\"ms\":0}"), "{}");
    for (size_t i = 0; i < ARRAY_SIZE(c); i++)
        wire_client_free(c[i]);
    finish();
}

/* How many of n connections of that user are served at the same time. */
static int served(uid_t uid, int n)
{
    pid_t pid = fork();
    if (!pid) {
        int good = 0;
        struct wire_client *c[16] = {0};
        if (setuid(uid) < 0)
            _exit(99);
        for (int i = 0; i < n; i++)
            good += wire_client_new(path, 5000, &c[i], NULL) == 0 && strcmp(ask(c[i], "org.example.Test.Late", "{\"ms\":0}"), "{}") == 0;
        _exit(good);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void strangers_leave_room(void **state)
{
    (void)state;
    struct wire_role roles[] = {{4711, 2}};
    if (getuid() != 0)
        skip();
    begin((struct wire_options){.connections = 12, .connections_uid = 100, .roles = roles, .roles_n = 1});
    assert_int_equal(served(4712, 12), 6);
    struct wire_client *c = client();
    until_count(c, "connections", 1);
    assert_int_equal(served(4711, 10), 10);
    wire_client_free(c);
    finish();
}

static void client_errors(void **state)
{
    (void)state;
    struct wire_client *c = NULL;
    struct err err = {0};
    assert_int_equal(wire_client_new("/nonexistent/socket", 100, &c, &err), -ENOENT);
    assert_string_equal(err.text, "/nonexistent/socket: No such file or directory");
    begin((struct wire_options){0});
    assert_int_equal(wire_client_new(path, 150, &c, NULL), 0);
    assert_non_null(strstr(ask(c, "org.example.Test.Late", "{\"ms\": 5000}"), "did not answer within 1 seconds"));
    wire_client_free(c);
    c = client();
    kill(service, SIGKILL);
    waitpid(service, NULL, 0);
    assert_non_null(strstr(ask(c, "org.example.Test.Late", "{\"ms\": 0}"), "ended the connection"));
    wire_client_free(c);
    assert_int_equal(wire_client_new(path, 100, &c, NULL), -ECONNREFUSED);
    begin((struct wire_options){0}); /* what is left of it is replaced */
    err = (struct err){0};
    assert_int_equal(listen_own(path, 0600, (gid_t)-1, &err), -EADDRINUSE);
    c = client();
    assert_string_equal(ask(c, "org.example.Test.Late", "{\"ms\": 0}"), "{}");
    wire_client_free(c);
    finish();
}

static void tables(void **state)
{
    (void)state;
    static const struct wire_method one[] = {{"A", 0, nothing, false}};
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"interface a.b\nerror Failed (reason: string)", "a.b declares no method A"},
        {"interface a.b\nmethod A() -> ()\nmethod B() -> ()\nerror Failed (reason: string)", "method B of a.b has no handler"},
        {"interface a.b\nmethod A() -> ()", "a.b declares no error Failed (reason: string)"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct wire_interface interface = {str_of(rows[i].text), one, 1};
        struct wire_server *s = NULL;
        struct err err = {0};
        uv_loop_t loop;
        uv_loop_init(&loop);
        int fd = listen_own(path, 0600, (gid_t)-1, &err);
        assert_int_equal(wire_server_new(&loop, fd, &(struct wire_options){.interfaces = &interface, .interfaces_n = 1}, &s, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].want);
        uv_loop_close(&loop);
    }
}

static void inherited(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(listen_inherited(&err), -ENOENT);
    int fd = listen_own(path, 0600, (gid_t)-1, &err);
    pid_t pid = fork();
    if (!pid) {
        char text[32];
        snprintf(text, sizeof text, "%d", getpid());
        setenv("LISTEN_PID", "1", 1);
        setenv("LISTEN_FDS", "1", 1);
        bool good = listen_inherited(&err) == -ENOENT && !getenv("LISTEN_FDS"); /* another one's */
        setenv("LISTEN_PID", text, 1);
        setenv("LISTEN_FDS", "1", 1);
        dup2(fd, 3);
        good &= listen_inherited(&err) == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC);
        setenv("LISTEN_PID", text, 1);
        setenv("LISTEN_FDS", "1", 1);
        dup2(STDERR_FILENO, 3);
        good &= listen_inherited(&err) == -EINVAL;
        _exit(good ? 0 : 1);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    static char dir[] = "/tmp/wire-XXXXXX";
    if (!mkdtemp(dir) || chmod(dir, 0755) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/socket", dir);
    return 0;
}

static int cleanup(void **state)
{
    (void)state;
    if (service > 0)
        kill(service, SIGKILL);
    unlink(path);
    *strrchr(path, '/') = 0;
    return rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers), cmocka_unit_test(callers), cmocka_unit_test(broken_peers), cmocka_unit_test(extension), cmocka_unit_test(pipelined), cmocka_unit_test(together_in_order), cmocka_unit_test(several_replies),
        cmocka_unit_test(time_limits), cmocka_unit_test(many_connections), cmocka_unit_test(one_users_connections), cmocka_unit_test(strangers_leave_room), cmocka_unit_test(client_errors), cmocka_unit_test(tables), cmocka_unit_test(inherited),
    };
    return cmocka_run_group_tests(tests, setup, cleanup);
}
