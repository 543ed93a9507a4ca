/* many.c: many servers by one worker, side by side: what TLS shows, and greetings. */
#include "base/clock.h"
#include "dialogue/ask.h"
#include "dialogue/crowd.h"
#include <errno.h>
#include <stdio.h>

#define QUESTIONS 10000
#define TLS_SIDE_BY_SIDE 16

/* --- TLS --- */
struct tls_job {
    const struct endpoint_at *at;
    int64_t end;
};

static void see_tls(void *arg, size_t i, void *seen)
{
    const struct tls_job *job = arg;
    struct tls_answer *ret = seen;
    struct endpoint_at at = job->at[i];
    int64_t left = job->end - clock_monotonic_ms();
    struct stream s;
    ret->trouble = TROUBLE_TIMEOUT;
    if (left <= 0)
        return;
    at.tls = true;
    at.timeout_ms = at.timeout_ms > 0 ? at.timeout_ms : 8000;
    at.timeout_ms = left < at.timeout_ms ? (int)left : at.timeout_ms;
    stream_open(&s, &at);
    stream_close(&s);
    *ret = (struct tls_answer){s.trouble, s.tls};
}

int tls_ask(const struct endpoint_at *at, size_t n, int timeout_ms, struct tls_answer *ret, struct err *err)
{
    struct tls_job job = {at, clock_monotonic_ms() + timeout_ms};
    struct crowd_seen c = {see_tls, &job, n, &tls_answer_fields, sizeof *ret, TLS_SIDE_BY_SIDE, n ? at[0].netns : 0, timeout_ms};
    return n > QUESTIONS ? err_set(err, -EINVAL, "too many questions") : crowd_see(&c, ret, err);
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

static void greet(const struct hello *q, const struct endpoint_at *at, struct hello_seen *ret)
{
    struct stream s;
    *ret = (struct hello_seen){.trouble = TROUBLE_WORKER};
    for (size_t k = 0; k < ARRAY_SIZE(protocols); k++) {
        if (strcmp(protocols[k].protocol, q->protocol) != 0)
            continue;
        if (stream_open(&s, at))
            protocols[k].say(&s, q, ret);
        ret->trouble = ret->right ? TROUBLE_NONE : s.trouble;
        stream_close(&s);
    }
}

static void hello_one(void *arg, size_t i, void *seen)
{
    const struct hello *q = (const struct hello *)arg + i;
    struct hello_seen *ret = seen;
    struct endpoint_at at = q->at;
    int64_t start = clock_monotonic_ms();
    if (at.alike && !at.tls_max)
        at.tls_max = TLS_1_2;
    greet(q, &at, ret);
    if (ret->trouble == TROUBLE_TLS && at.tls_max != q->at.tls_max)
        greet(q, &q->at, ret);
    ret->ms = (int)(clock_monotonic_ms() - start);
}

int hello_ask(const struct hello *q, size_t n, struct hello_seen *ret, struct err *err)
{
    int longest = 0;
    if (n > QUESTIONS)
        return err_set(err, -EINVAL, "too many questions");
    for (size_t i = 0; i < n; i++) {
        int own = q[i].at.timeout_ms > 0 ? q[i].at.timeout_ms : 8000;
        longest = own > longest ? own : longest;
        if (!line_safe(q[i].host))
            return err_set(err, -EINVAL, "not fit to be sent to a web server");
    }
    int turns = (int)((n + HELLO_SIDE_BY_SIDE - 1) / HELLO_SIDE_BY_SIDE);
    struct crowd_seen c = {hello_one, (void *)(uintptr_t)q, n, &hello_fields, sizeof *ret, HELLO_SIDE_BY_SIDE, n ? q[0].at.netns : 0, longest * turns + 2000};
    return crowd_see(&c, ret, err);
}
