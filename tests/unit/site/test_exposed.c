/* site.exposed against a small real web server: it serves a directory, refuses some names, and in another mood answers 200 to everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/rootfs.h"
#include "dialogue/dialogue.h"
#include "site/exposed.h"
#include "site/exposed_search.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-exposed-XXXXXX";
static struct root root;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void put(const char *path, const char *text)
{
    char part[512];
    for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        mkdirat(root.fd, part, 0755);
    }
    int fd = openat(root.fd, path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int make(void **state)
{
    (void)state;
    if (!mkdtemp(dir) || root_open("/", &root, NULL) < 0)
        return -1;
    root_close(&root);
    if (root_open(dir, &root, NULL) < 0)
        return -1;
    put("www/index.html", "<html>hello");
    put("www/.git/HEAD", "ref: refs/heads/main\n");
    put("www/.git/objects/x.sql", "-- MySQL dump inside the history is not looked at");
    put("www/backup.sql", "-- MariaDB dump 10.19\nINSERT INTO `users`;\n");
    put("www/wp-config.php.bak", "<?php define('DB_PASSWORD', 'x');\n");
    put("www/uploads/a.txt", "x");
    put("www/info.php", "<?php phpinfo();");
    put("www/blog/wp-admin/setup-config.php", "<?php");
    put("www/new\nline\033[2J/debug.log", "[notice] x happened here\n");
    put("refused/index.html", "x");
    put("refused/.git/HEAD", "ref: refs/heads/main\n");
    put("hostile/index.html", "x");
    put("hostile/real.sql", "-- MySQL dump");
    mkfifoat(root.fd, "hostile/pipe.sql", 0644);
    assert_int_equal(symlinkat("loop.sql", root.fd, "hostile/loop.sql"), 0);
    assert_int_equal(symlinkat("..", root.fd, "hostile/up"), 0);
    put("elsewhere/linked.sql", "-- MySQL dump");
    put("elsewhere/below/deep.sql", "-- MySQL dump");
    assert_int_equal(symlinkat("/elsewhere", root.fd, "hostile/link"), 0);
    assert_int_equal(symlinkat("/etc/shadow", root.fd, "hostile/outside.sql"), 0);
    put("hostile/huge.sql", "-- MySQL dump");
    int fd = openat(root.fd, "hostile/huge.sql", O_WRONLY);
    int r = ftruncate(fd, 1ll << 30);
    close(fd);
    return r;
}

static int drop(void **state)
{
    (void)state;
    root_close(&root);
    return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- the server --- */

enum mood { SERVES, REFUSES_HIDDEN, ALWAYS_200, SILENT };

static void reply(int fd, int status, const char *body, size_t n)
{
    char head[200];
    int h = snprintf(head, sizeof head, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\nContent-Type: text/html\r\n\r\n", status, n);
    if (write(fd, head, (size_t)h) != h || write(fd, body, n) != (ssize_t)n)
        _exit(1);
}

static void decode_path(const char *from, char *to, size_t size)
{
    size_t n = 0;
    for (; *from && *from != ' ' && n + 1 < size; n++) {
        char hex[3] = {from[0] == '%' ? from[1] : 0, from[0] == '%' ? from[2] : 0, 0};
        to[n] = hex[0] ? (char)strtol(hex, NULL, 16) : *from;
        from += hex[0] ? 3 : 1;
    }
    to[n] = 0;
}

static void one(int fd, enum mood mood, char *line, const char *www)
{
    char url[512], path[1024], body[4096] = "<html><head><title>Index of /x</title>";
    decode_path(line + 4, url, sizeof url);
    struct stat st;
    snprintf(path, sizeof path, "%s/%s%s", dir, www, url);
    if (mood == ALWAYS_200)
        reply(fd, 200, "<!DOCTYPE html>app", 18);
    else if ((mood == REFUSES_HIDDEN && strstr(url, "/.")) || stat(path, &st) < 0)
        reply(fd, strstr(url, "/.") ? 403 : 404, "no", 2);
    else if (S_ISDIR(st.st_mode))
        reply(fd, 200, body, strlen(body));
    else if (strstr(url, "info.php"))
        reply(fd, 200, "<html><style>a:link {color: #009;}", 34);
    else if (strstr(url, ".php") && url[strlen(url) - 1] == 'p')
        reply(fd, 200, "<!DOCTYPE html>setup", 20);
    else {
        int f = open(path, O_RDONLY);
        ssize_t n = read(f, body, sizeof body);
        close(f);
        reply(fd, 200, body, n > 0 ? (size_t)n : 0);
    }
}

static void serve(int listener, enum mood mood, const char *www)
{
    signal(SIGPIPE, SIG_DFL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char buf[4096];
        size_t have = 0;
        if (fork() != 0) {
            close(fd);
            continue;
        }
        for (ssize_t n; mood != SILENT && (n = read(fd, buf + have, sizeof buf - have - 1)) > 0;) {
            have += (size_t)n;
            buf[have] = 0;
            for (char *end; (end = strstr(buf, "\r\n\r\n"));) {
                one(fd, mood, buf, www);
                have -= (size_t)(end + 4 - buf);
                memmove(buf, end + 4, have + 1);
            }
        }
        if (mood == SILENT)
            close(fd);
        _exit(0);
    }
}

/* Runs the probe on one site; findings as "state severity object", one a line, sorted by the probe. */
static void run(enum mood mood, const char *www, const char *name, struct buf *b)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 50), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        serve(listener, mood, www);
    }
    close(listener);
    char document_root[64];
    snprintf(document_root, sizeof document_root, "/%s", www);
    struct arena *a = arena_new(64u << 20);
    struct host host = {.arena = a, .root = &root, .live = true};
    struct server server = {.arena = a, .host = &host};
    *list_push(a, &server.sites) = (struct site){.name = name, .document_root = document_root, .address = "127.0.0.1", .port = ntohs(at.sin_port), .certificate = "", .file = "x"};
    struct probe_ctx ctx = {.server = &server, .live = true, .run = "0123abcd"};
    struct check check = {.severity = SEVERITY_SERIOUS, .basis = BASIS_DIALOGUE};
    struct findings found = {.arena = a, .check = &check};
    struct err err = {0};
    int r = site_exposed(&ctx, &found, &err);
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(r, 0);
    for (size_t i = 0; i < found.list.n; i++)
        buf_printf(b, "%s %s %s\n", state_name(found.list.v[i].state), severity_name(found.list.v[i].severity), found.list.v[i].object);
    arena_free(a);
}

static void asked(void **state)
{
    (void)state;
    static const struct { enum mood mood; const char *www, *want, *name; } table[] = {
        {SERVES, "www",
         "fail serious shop.example/.git\nfail serious shop.example/wp-config.php.bak\nfail serious shop.example/backup.sql\nfail serious shop.example/blog/wp-admin/setup-config.php\n"
         "fail normal shop.example/info.php\nfail normal shop.example/new\nline\033[2J/debug.log\nfail normal shop.example/blog/\nfail normal shop.example/new\nline\033[2J/\nfail normal shop.example/uploads/\n", NULL},
        {REFUSES_HIDDEN, "refused", "ok serious shop.example\n", NULL},
        {ALWAYS_200, "www", "ok serious shop.example\n", NULL},
        {SILENT, "www", "unknown serious shop.example\n", NULL},
        {REFUSES_HIDDEN, "refused", "ok serious a\nHost: b\n", "a\nHost: b"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(8192);
        run(table[i].mood, table[i].www, table[i].name ? table[i].name : "shop.example", &b);
        assert_string_equal(b.p ? b.p : "", table[i].want);
    }
}

/* Pipes, link loops, links out of the root and a file of a gigabyte: only what is really there is a candidate. */
static void hostile(void **state)
{
    (void)state;
    struct arena *a = arena_new(64u << 20);
    struct exposed_found found = {0};
    const char *dirs[] = {"/hostile", "/nothing"};
    assert_int_equal(exposed_search(&root, dirs, 2, a, &found, NULL), 0);
    assert_int_equal(found.list.n, 3);
    assert_string_equal(found.list.v[0].path, "huge.sql");
    assert_int_equal(found.list.v[0].size, 1u << 30);
    assert_string_equal(found.list.v[1].path, "link/linked.sql");
    assert_string_equal(found.list.v[2].path, "real.sql");
    assert_int_equal(found.unreadable.n, 1);
    assert_int_equal(found.cut.n, 0);
    arena_free(a);
}

static void commands(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    assert_string_equal(exposed_move(a, "/srv/a b.sql"), "mkdir -p -m 700 /root/not-for-the-web && mv -n -- '/srv/a b.sql' /root/not-for-the-web/");
    assert_null(exposed_move(a, "/srv/a'; rm -rf /"));
    assert_null(exposed_move(a, "/srv/a\nb"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asked), cmocka_unit_test(hostile), cmocka_unit_test(commands)};
    return cmocka_run_group_tests(tests, make, drop);
}
