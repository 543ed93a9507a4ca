/* service.h: a service to test with, in a child process: every form of answer. */
#pragma once
#include "wire/listen.h"
#include "wire/server.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char service_text_[] = "interface org.example.Test\n"
                                    "method Echo(text: string, number: ?int) -> (text: string, number: ?int, uid: int)\n"
                                    "method Secret() -> ()\n"
                                    "method Known() -> ()\n"
                                    "method Parts(n: int, bytes: int) -> (i: int, pad: string)\n"
                                    "method Late(ms: int) -> ()\n"
                                    "method Wrong() -> (number: int)\n"
                                    "method Broken(text: string) -> ()\n"
                                    "method Refuse(why: string) -> ()\n"
                                    "method Note() -> ()\n"
                                    "method Together(n: int) -> (n: int, of: int)\n"
                                    "method Counts() -> (counts: [string]int)\n"
                                    "error Refused (reason: string)\n"
                                    "error Failed (reason: string)\n";

struct service {
    struct wire_server *server;
    uv_loop_t loop;
    int64_t notes, streams_done;
    uv_timer_t round;
    struct {
        struct wire_call *call;
        int64_t n;
    } waiting[1000];
    size_t waiting_n;
};

static int echo(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)arg, (void)err;
    json_t *out = json_copy(p);
    json_object_set_new(out, "uid", json_integer(wire_uid(call)));
    wire_reply(call, out);
    return 0;
}

static int nothing(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)p, (void)arg, (void)err;
    wire_reply(call, NULL);
    return 0;
}

struct parts {
    struct service *service;
    int64_t i, n;
    char *pad;
};

static void parts_next(struct wire_call *call, void *arg)
{
    struct parts *p = arg;
    json_t *out = json_pack("{sIss}", "i", (json_int_t)++p->i, "pad", p->pad);
    if (p->i < p->n)
        (void)!wire_more(call, out);
    else
        wire_reply(call, out);
}

static void parts_done(void *arg)
{
    struct parts *p = arg;
    p->service->streams_done++;
    free(p->pad);
    free(p);
}

static int parts(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)err;
    struct parts *x = calloc(1, sizeof *x);
    size_t n = (size_t)json_integer_value(json_object_get(p, "bytes"));
    *x = (struct parts){arg, 0, json_integer_value(json_object_get(p, "n")), calloc(1, n + 1)};
    memset(x->pad, 'x', n);
    wire_stream(call, parts_next, parts_done, x);
    return 0;
}

static void late_now(uv_timer_t *timer)
{
    wire_reply(timer->data, NULL);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

static int late(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)err;
    uv_timer_t *timer = calloc(1, sizeof *timer);
    uv_timer_init(&((struct service *)arg)->loop, timer);
    timer->data = call;
    uv_timer_start(timer, late_now, (uint64_t)json_integer_value(json_object_get(p, "ms")), 0);
    return 0;
}

/* All that wait are answered at once, the last one first. */
static void round_now(uv_timer_t *timer)
{
    struct service *s = timer->data;
    size_t n = s->waiting_n;
    s->waiting_n = 0;
    __typeof__(s->waiting[0]) waiting[1000];
    memcpy(waiting, s->waiting, sizeof waiting);
    for (size_t i = n; i-- > 0;)
        if (waiting[i].n % 7 == 3)
            wire_fail_reason(waiting[i].call, "Refused", "seven");
        else
            wire_reply(waiting[i].call, json_pack("{sIsI}", "n", (json_int_t)waiting[i].n, "of", (json_int_t)n));
}

static int together(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    struct service *s = arg;
    (void)err;
    if (!s->waiting_n++) {
        s->round.data = s;
        uv_timer_start(&s->round, round_now, 20, 0);
    }
    s->waiting[s->waiting_n - 1].call = call;
    s->waiting[s->waiting_n - 1].n = json_integer_value(json_object_get(p, "n"));
    return 0;
}

static int wrong_reply(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)p, (void)arg, (void)err;
    wire_reply(call, json_pack("{ss}", "number", "seven"));
    return 0;
}

static int broken(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)call, (void)arg;
    return err_set(err, -EIO, "%s\xff", json_string_value(json_object_get(p, "text")));
}

static int refuse_it(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)arg, (void)err;
    wire_fail(call, "Refused", json_pack("{ss}", "reason", json_string_value(json_object_get(p, "why"))));
    return 0;
}

static int note(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    ((struct service *)arg)->notes++;
    return nothing(call, p, arg, err);
}

static int counts(struct wire_call *call, json_t *p, void *arg, struct err *err)
{
    (void)p, (void)err;
    const struct service *s = arg;
    struct wire_counts c = wire_server_counts(s->server);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"connections", c.connections}, {"too_many", c.too_many}, {"malformed", c.malformed}, {"oversize", c.oversize}, {"late", c.late}, {"slow", c.slow}, {"idle", c.idle},
                {"denied", c.denied}, {"mistakes", c.mistakes}, {"notes", (uint64_t)s->notes}, {"streams_done", (uint64_t)s->streams_done}};
    json_t *all = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        json_object_set_new(all, rows[i].name, json_integer((json_int_t)rows[i].value));
    wire_reply(call, json_pack("{so}", "counts", all));
    return 0;
}

static const struct wire_method service_methods_[] = {
    {"Echo", WIRE_ANYONE, echo, false}, {"Secret", 0, nothing, false}, {"Known", 2, nothing, false}, {"Parts", WIRE_ANYONE, parts, true}, {"Late", WIRE_ANYONE, late, false},
    {"Wrong", WIRE_ANYONE, wrong_reply, false}, {"Broken", WIRE_ANYONE, broken, false}, {"Refuse", WIRE_ANYONE, refuse_it, false}, {"Note", WIRE_ANYONE, note, false}, {"Counts", WIRE_ANYONE, counts, false},
    {"Together", WIRE_ANYONE, together, .together = true},
};

static struct wire_server *stop_server;
static uv_timer_t *stop_round;
static void stop_service(uv_signal_t *s, int number)
{
    (void)number;
    wire_server_stop(stop_server);
    uv_close((uv_handle_t *)s, NULL);
    uv_close((uv_handle_t *)stop_round, NULL);
}

/* The service's pid; it ends by SIGTERM, with 0 where everything was freed. It listens already. */
static pid_t service_start(const char *path, struct wire_options o)
{
    struct err err = {0};
    int fd = listen_own(path, 0666, (gid_t)-1, &err);
    if (fd < 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    pid_t pid = fork();
    if (pid) {
        close(fd);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static struct service s;
    struct wire_interface interface = {str_of(service_text_), service_methods_, ARRAY_SIZE(service_methods_)};
    uv_signal_t signals;
    o.vendor = "bansho";
    o.product = "test";
    o.version = "1";
    o.interfaces = &interface;
    o.interfaces_n = 1;
    o.arg = &s;
    uv_loop_init(&s.loop);
    uv_timer_init(&s.loop, &s.round);
    uv_unref((uv_handle_t *)&s.round);
    uv_signal_init(&s.loop, &signals);
    uv_signal_start(&signals, stop_service, SIGTERM);
    if (wire_server_new(&s.loop, fd, &o, &s.server, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        _exit(3);
    }
    stop_server = s.server;
    stop_round = &s.round;
    uv_run(&s.loop, UV_RUN_DEFAULT);
    int code = uv_loop_close(&s.loop);
    fflush(NULL);
    exit(code < 0 ? 4 : 0);
}

static int service_stop(pid_t pid)
{
    int status = 0;
    kill(pid, SIGTERM);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
