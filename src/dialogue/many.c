/* many.c: many servers by one worker: TLS one after the other, greetings side by side by the worker's children (confined as it is). */
#include "base/clock.h"
#include "dialogue/ask.h"
#include "dialogue/tls.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUESTIONS 10000

/* --- TLS --- */
struct tls_job {
    const struct endpoint_at *at;
    size_t n;
    int timeout_ms;
};

static int see_tls(void *arg, struct buf *out)
{
    const struct tls_job *job = arg;
    int64_t end = clock_monotonic_ms() + job->timeout_ms;
    struct stream s = {0};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < job->n; i++) {
        struct endpoint_at at = job->at[i];
        struct tls_answer a = {.trouble = TROUBLE_TIMEOUT};
        int64_t left = end - clock_monotonic_ms();
        int own = at.timeout_ms > 0 ? at.timeout_ms : 8000;
        at.tls = true;
        at.timeout_ms = left < own ? (int)left : own;
        if (left > 0) {
            stream_open(&s, &at);
            stream_close(&s);
            a = (struct tls_answer){s.trouble, s.tls};
        }
        fields_put(out, &tls_answer_fields, &a);
    }
    stream_free(&s);
    return out->full ? -ENOMEM : 0;
}

int tls_ask(const struct endpoint_at *at, size_t n, int timeout_ms, struct tls_answer *ret, struct err *err)
{
    struct tls_job job = {at, n, timeout_ms};
    size_t max = n * sizeof *ret + 4096;
    _cleanup_(buf_free) struct buf out = BUF(max);
    enum trouble t = TROUBLE_NONE;
    if (n == 0)
        return 0;
    if (n > QUESTIONS)
        return err_set(err, -EINVAL, "too many questions");
    int r = ask_worker(at, max, timeout_ms, see_tls, &job, &out, &t, err);
    if (r < 0)
        return r;
    memset(ret, 0, n * sizeof *ret);
    struct cursor c = cursor_of(buf_str(&out));
    for (size_t i = 0; i < n && t == TROUBLE_NONE; i++)
        fields_get(&c, &tls_answer_fields, &ret[i]);
    if (t == TROUBLE_NONE && (c.bad || c.rest.n))
        t = TROUBLE_WORKER;
    for (size_t i = 0; i < n && t != TROUBLE_NONE; i++)
        ret[i] = (struct tls_answer){.trouble = t};
    return 0;
}

/* --- greetings --- */
static void hello_smtp(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    static const struct smtp_plan plan;
    struct smtp_seen seen = {0};
    (void)q;
    smtp_talk(s, &plan, &seen);
    ret->right = seen.greeting == 220 && seen.trouble == TROUBLE_NONE;
    if (seen.greeting)
        snprintf(ret->banner, sizeof ret->banner, "%d %s", seen.greeting, seen.banner);
}

static void hello_login(struct stream *s, talk_fn *talk, struct hello_seen *ret)
{
    static const struct login_plan plan;
    struct login_seen seen = {0};
    talk(s, &plan, &seen);
    ret->right = seen.trouble == TROUBLE_NONE;
    text_set(ret->banner, str_of(seen.banner));
}

static void hello_imap(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_login(s, imap_talk, ret);
}

static void hello_pop3(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_login(s, pop3_talk, ret);
}

static void hello_ftp(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_login(s, ftp_talk, ret);
}

static void hello_http(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    static const struct http_request request = {"HEAD", "/"};
    struct http_plan plan = {q->host ? q->host : "localhost", &request, 1};
    struct http_answer answer = {0};
    struct http_seen seen = {.answer = &answer};
    http_talk(s, &plan, &seen);
    ret->right = answer.status > 0;
    if (answer.status)
        snprintf(ret->banner, sizeof ret->banner, "HTTP %d %s", answer.status, answer.server);
}

static void hello_greeting(struct stream *s, talk_fn *talk, struct hello_seen *ret)
{
    struct greeting_seen seen = {0};
    talk(s, NULL, &seen);
    ret->right = seen.right;
    text_set(ret->banner, str_of(seen.banner));
}

static void hello_ssh(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_greeting(s, ssh_talk, ret);
}

static void hello_mysql(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_greeting(s, mysql_talk, ret);
}

static void hello_postgresql(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_greeting(s, postgresql_talk, ret);
}

static void hello_dns(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    (void)q;
    hello_greeting(s, dns_talk, ret);
}

static const struct {
    const char *protocol;
    void (*say)(struct stream *s, const struct hello *q, struct hello_seen *ret);
} protocols[] = {
    {"smtp", hello_smtp}, {"imap", hello_imap}, {"pop3", hello_pop3}, {"ftp", hello_ftp}, {"http", hello_http},
    {"ssh", hello_ssh}, {"mysql", hello_mysql}, {"postgresql", hello_postgresql}, {"dns", hello_dns},
};

static void hello_one(struct stream *s, const struct hello *q, struct hello_seen *ret)
{
    int64_t start = clock_monotonic_ms();
    *ret = (struct hello_seen){.trouble = TROUBLE_WORKER};
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (strcmp(protocols[i].protocol, q->protocol) != 0)
            continue;
        if (stream_open(s, &q->at))
            protocols[i].say(s, q, ret);
        ret->trouble = ret->right ? TROUBLE_NONE : s->trouble;
        stream_close(s);
    }
    ret->ms = (int)(clock_monotonic_ms() - start);
}

struct hello_job {
    const struct hello *q;
    size_t n;
    int timeout_ms; /* until which the children's answers are waited for */
};

/* Every children-th question, in a child; its answers go into the pipe in that order. */
static void hello_share(const struct hello_job *job, struct stream s, size_t first, size_t children, int fd)
{
    struct buf out = BUF(1u << 20);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = first; i < job->n; i += children) {
        struct hello_seen seen;
        hello_one(&s, &job->q[i], &seen);
        fields_put(&out, &hello_fields, &seen);
    }
    for (struct str rest = buf_str(&out); rest.n;) {
        ssize_t n = write(fd, rest.p, rest.n);
        if (n <= 0)
            _exit(1);
        rest = str_from(rest, (size_t)n);
    }
    _exit(0);
}

/* Reads to the end, or until the time is over. */
static void collect(struct buf *b, int fd, int64_t end)
{
    char chunk[4096];
    for (;;) {
        int64_t left = end - clock_monotonic_ms();
        struct pollfd p = {fd, POLLIN, 0};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0)
            return;
        buf_add(b, chunk, (size_t)n);
    }
}

/* In the confined process: forks, collects, and writes all answers in the order of the questions. */
static int hello_all(void *arg, struct buf *out)
{
    const struct hello_job *job = arg;
    size_t children = job->n < HELLO_SIDE_BY_SIDE ? job->n : HELLO_SIDE_BY_SIDE;
    int ends[HELLO_SIDE_BY_SIDE][2];
    struct buf got[HELLO_SIDE_BY_SIDE] = {{0}};
    struct cursor c[HELLO_SIDE_BY_SIDE];
    struct stream s = {.fd = -1};
    pid_t pid[HELLO_SIDE_BY_SIDE];
    int64_t end = clock_monotonic_ms() + job->timeout_ms;
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < job->n; i++)
        if (job->q[i].at.tls)
            tls_prepare(&s);
    for (size_t k = 0; k < children; k++) {
        if (pipe2(ends[k], O_CLOEXEC) < 0)
            return -errno;
        pid[k] = fork();
        if (pid[k] < 0)
            return -errno;
        if (pid[k] == 0)
            hello_share(job, s, k, children, ends[k][1]);
        close(ends[k][1]);
    }
    for (size_t k = 0; k < children; k++) {
        got[k] = BUF(1u << 20);
        collect(&got[k], ends[k][0], end);
        kill(pid[k], SIGKILL);
        c[k] = cursor_of(buf_str(&got[k]));
    }
    for (size_t i = 0; i < job->n; i++) {
        struct hello_seen seen = {0};
        struct cursor *from = &c[i % children];
        fields_get(from, &hello_fields, &seen);
        if (from->bad)
            seen = (struct hello_seen){.trouble = clock_monotonic_ms() >= end ? TROUBLE_TIMEOUT : TROUBLE_WORKER};
        fields_put(out, &hello_fields, &seen);
    }
    for (size_t k = 0; k < children; k++)
        buf_free(&got[k]);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    stream_free(&s);
    return out->full ? -ENOMEM : 0;
}

int hello_ask(const struct hello *q, size_t n, struct hello_seen *ret, struct err *err)
{
    struct hello_job job = {q, n, 0};
    _cleanup_(buf_free) struct buf out = BUF(4u << 20);
    enum trouble t = TROUBLE_NONE;
    int longest = 0;
    if (n == 0)
        return 0;
    if (n > QUESTIONS)
        return err_set(err, -EINVAL, "too many questions");
    for (size_t i = 0; i < n; i++) {
        int own = q[i].at.timeout_ms > 0 ? q[i].at.timeout_ms : 8000;
        longest = own > longest ? own : longest;
        if (!line_safe(q[i].host))
            return err_set(err, -EINVAL, "not fit to be sent to a web server");
    }
    job.timeout_ms = longest * (int)((n + HELLO_SIDE_BY_SIDE - 1) / HELLO_SIDE_BY_SIDE) + 2000;
    int r = ask_worker(&q[0].at, 4u << 20, job.timeout_ms + 1000, hello_all, &job, &out, &t, err);
    if (r < 0)
        return r;
    memset(ret, 0, n * sizeof *ret);
    struct cursor c = cursor_of(buf_str(&out));
    for (size_t i = 0; i < n && t == TROUBLE_NONE; i++)
        fields_get(&c, &hello_fields, &ret[i]);
    if (t == TROUBLE_NONE && (c.bad || c.rest.n))
        t = TROUBLE_WORKER;
    for (size_t i = 0; i < n && t != TROUBLE_NONE; i++)
        ret[i] = (struct hello_seen){.trouble = t};
    return 0;
}
