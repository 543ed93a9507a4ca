/* http.c: RFC 9112, the client's half. A body is read as far as http_answer has room; what is left of a small one is skipped, a large one ends the connection. */
#include "base/clock.h"
#include "dialogue/ask.h"
#include "dialogue/crowd.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SKIP_MAX 16384   /* so much of a body is read to keep a connection */
#define TROUBLES_MAX 3   /* so many in a row end the questions */
#define INTERIM_MAX 8    /* 1xx answers */
#define REQUESTS_MAX 4096

struct body {
    bool chunked, close, none;
    int64_t length; /* -1: to the end of the connection */
};

static bool status_line(struct stream *s, struct http_answer *a, bool *ret_close)
{
    struct str line, word;
    uint64_t code;
    if (!stream_line(s, &line))
        return false;
    *ret_close = str_starts(line, STR("HTTP/1.0"));
    if (!str_starts(line, STR("HTTP/1.")) || !str_word(&line, " ", &word) || !str_word(&line, " ", &word) || !str_u64(word, 599, &code) || code < 100)
        return stream_fail(s, TROUBLE_GARBAGE);
    a->status = (int)code;
    return true;
}

static void header(struct str name, struct str value, struct http_answer *a, struct body *b)
{
    uint64_t n;
    if (str_ieq(name, STR("Content-Length")) && a->length < 0 && str_u64(value, INT64_MAX, &n))
        a->length = b->length = (int64_t)n;
    else if (str_ieq(name, STR("Transfer-Encoding")))
        b->chunked = true;
    else if (str_ieq(name, STR("Connection")))
        b->close |= str_ieq(value, STR("close"));
    else if (str_ieq(name, STR("Content-Type")))
        text_set(a->type, value);
    else if (str_ieq(name, STR("Location")))
        text_set(a->location, value);
    else if (str_ieq(name, STR("Server")))
        text_set(a->server, value);
}

static bool headers(struct stream *s, struct http_answer *a, struct body *b)
{
    struct str line;
    while (stream_line(s, &line)) {
        if (!line.n)
            return true;
        ptrdiff_t colon = str_find(line, ':');
        if (colon > 0)
            header(str_span(line.p, (size_t)colon), str_trim(str_from(line, (size_t)colon + 1)), a, b);
    }
    return false;
}

/* Takes n bytes of the body off the stream, keeping what there is room for. false: that is not worth it, or trouble. */
static bool take(struct stream *s, int64_t n, struct http_answer *a)
{
    struct str some;
    size_t room;
    while (n > 0) {
        room = sizeof a->body - a->body_n;
        if (!room && n > SKIP_MAX)
            return false;
        size_t max = room && (int64_t)room < n ? room : (size_t)(n < SKIP_MAX ? n : SKIP_MAX);
        if (!stream_some(s, max, &some))
            return false;
        size_t keep = some.n < room ? some.n : room;
        memcpy(a->body + a->body_n, some.p, keep);
        a->body_n += (unsigned)keep;
        n -= (int64_t)some.n;
    }
    return true;
}

/* false: the connection cannot be used again. */
static bool chunks(struct stream *s, struct http_answer *a)
{
    struct str line;
    for (int64_t total = 0; total < SKIP_MAX;) {
        int64_t n = 0;
        size_t i = 0;
        if (!stream_line(s, &line))
            return false;
        for (; i < line.n && i < 8; i++) {
            char c = line.p[i] | 0x20;
            int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0 || line.p[i] < '0')
                break;
            n = n * 16 + digit;
        }
        if (i == 0)
            return stream_fail(s, TROUBLE_GARBAGE);
        if (n == 0) { /* trailers, then an empty line */
            while (stream_line(s, &line))
                if (!line.n)
                    return true;
            return false;
        }
        if (!take(s, n, a) || !stream_line(s, &line))
            return false;
        total += n;
    }
    return false;
}

/* One answer. *ret_open: the connection may carry another request. */
static void read_answer(struct stream *s, bool head, struct http_answer *a, bool *ret_open)
{
    struct body b;
    int interim = 0;
    *ret_open = false;
    do {
        *a = (struct http_answer){.length = -1};
        b = (struct body){.length = -1};
        if (!status_line(s, a, &b.close) || !headers(s, a, &b))
            return;
    } while (a->status < 200 && ++interim < INTERIM_MAX);
    if (a->status < 200) {
        stream_fail(s, TROUBLE_GARBAGE);
        return;
    }
    if (head || a->status == 204 || a->status == 304)
        *ret_open = !b.close;
    else if (b.chunked)
        *ret_open = chunks(s, a) && !b.close;
    else
        *ret_open = take(s, b.length < 0 ? INT64_MAX : b.length, a) && !b.close;
    /* The status and the headers are there; a body that broke off is told only where nothing of it came. */
    if (s->trouble == TROUBLE_CLOSED && (b.length < 0 || a->body_n))
        s->trouble = TROUBLE_NONE;
}

static bool request(struct stream *s, const char *host, const struct http_request *r)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    buf_printf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bansho-probe\r\nAccept: */*\r\n%s\r\n", r->method, r->path, host, strcmp(r->method, "POST") == 0 ? "Content-Length: 0\r\n" : "");
    return b.full ? stream_fail(s, TROUBLE_WORKER) : stream_send(s, buf_str(&b));
}

/* A connection that was used before may have been closed by the server in the meantime, or hold a body that HEAD should not have: then once more on a fresh one. */
static bool one(struct stream *s, const struct http_plan *plan, size_t i, bool used, struct http_answer *a)
{
    bool head = strcmp(plan->request[i].method, "HEAD") == 0, open = false;
    s->received = 0;
    if (request(s, plan->host, &plan->request[i]))
        read_answer(s, head, a, &open);
    if (used && (s->trouble == TROUBLE_CLOSED || s->trouble == TROUBLE_GARBAGE) && !a->status) {
        s->trouble = TROUBLE_NONE;
        if (stream_renew(s) && request(s, plan->host, &plan->request[i]))
            read_answer(s, head, a, &open);
    }
    a->trouble = s->trouble;
    return open;
}

void http_talk(struct stream *s, const void *plan_, void *seen)
{
    const struct http_plan *plan = plan_;
    struct http_seen *ret = seen;
    int troubles = 0;
    bool used = false;
    for (size_t i = 0; i < plan->n && s->trouble == TROUBLE_NONE; i++) {
        ret->answers++;
        bool open = one(s, plan, i, used, &ret->answer[i]);
        troubles = s->trouble == TROUBLE_NONE ? 0 : troubles + 1;
        if (s->trouble == TROUBLE_TIMEOUT || s->trouble == TROUBLE_WORKER || troubles == TROUBLES_MAX || i + 1 == plan->n)
            break;
        s->trouble = TROUBLE_NONE;
        used = open;
        if (!open && !stream_renew(s))
            break;
    }
    ret->trouble = plan->n && ret->answers == plan->n ? TROUBLE_NONE : s->trouble;
    ret->tls = s->tls;
}

struct http_job {
    const struct http_question *q;
    int64_t end;
};

/* In the confined process. */
static void dialogue(void *arg, size_t i, struct buf *out)
{
    const struct http_job *job = arg;
    const struct http_question *q = &job->q[i];
    int64_t left = job->end - clock_monotonic_ms();
    const struct http_plan plan = {q->host, q->request, q->n};
    struct http_seen seen = {.answer = left > 0 ? calloc(q->n ? q->n : 1, sizeof *seen.answer) : NULL};
    struct endpoint_at at = q->at;
    struct stream s;
    if (!seen.answer)
        return;
    at.timeout_ms = at.timeout_ms > 0 ? at.timeout_ms : 8000;
    at.timeout_ms = left < at.timeout_ms ? (int)left : at.timeout_ms;
    stream_open(&s, &at);
    http_talk(&s, &plan, &seen);
    stream_close(&s);
    fields_put(out, &http_fields, &seen);
    buf_put_u32(out, (uint32_t)seen.answers);
    for (size_t k = 0; k < seen.answers; k++)
        fields_put(out, &http_answer_fields, &seen.answer[k]);
    free(seen.answer);
}

static bool fit(const char *host, const struct http_request *r, size_t n)
{
    bool ok = n <= REQUESTS_MAX && line_safe(host);
    for (size_t i = 0; ok && i < n; i++)
        ok = r[i].path[0] == '/' && !r[i].path[strcspn(r[i].path, "\r\n\t ")] && strlen(r[i].path) < 8192 && (strcmp(r[i].method, "GET") == 0 || strcmp(r[i].method, "HEAD") == 0 || strcmp(r[i].method, "POST") == 0);
    return ok;
}

static bool decode(struct str bytes, size_t n, struct arena *a, struct http_seen *ret)
{
    struct cursor c = cursor_of(bytes);
    fields_get(&c, &http_fields, ret);
    ret->answers = cursor_below(&c, (uint32_t)n + 1);
    ret->answer = arena_zalloc(a, (n ? n : 1) * sizeof *ret->answer);
    for (size_t i = 0; i < ret->answers; i++)
        fields_get(&c, &http_answer_fields, &ret->answer[i]);
    return !c.bad && !c.rest.n;
}

int http_ask_many(const struct http_question *q, size_t n, int timeout_ms, struct arena *a, struct http_seen *ret, struct err *err)
{
    struct http_job job = {q, clock_monotonic_ms() + timeout_ms};
    struct crowd c = {.fn = dialogue, .arg = &job, .n = n, .at_once = HTTP_SIDE_BY_SIDE, .max_answer = 4096, .netns = n ? q[0].at.netns : 0, .timeout_ms = timeout_ms};
    for (size_t i = 0; i < n; i++) {
        if (!fit(q[i].host, q[i].request, q[i].n))
            return err_set(err, -EINVAL, "not fit to be sent to a web server");
        size_t max = q[i].n * sizeof(struct http_answer) * 2 + 4096;
        c.max_answer = max > c.max_answer ? max : c.max_answer;
    }
    _cleanup_(buf_free) struct buf out = {0};
    struct str *answers = arena_zalloc(a, (n + 1) * sizeof *answers);
    enum trouble *why = arena_zalloc(a, (n + 1) * sizeof *why);
    int r = crowd_bytes(&c, &out, answers, why, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        struct http_seen seen = {0};
        if (!answers[i].p || !decode(answers[i], q[i].n, a, &seen))
            seen = (struct http_seen){.trouble = answers[i].n ? TROUBLE_WORKER : why[i] ? why[i] : TROUBLE_TIMEOUT, .answer = arena_zalloc(a, (q[i].n ? q[i].n : 1) * sizeof *seen.answer)};
        ret[i] = seen;
    }
    return 0;
}

int http_ask(const struct endpoint_at *at, const char *host_header, const struct http_request *requests, size_t n, struct arena *a, struct http_seen *ret, struct err *err)
{
    const struct http_question q = {*at, host_header, requests, n};
    return http_ask_many(&q, 1, at->timeout_ms > 0 ? at->timeout_ms : 8000, a, ret, err);
}

char *http_path(struct arena *a, struct str path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/";
    _cleanup_(buf_free) struct buf b = BUF(path.n * 3);
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] && strchr(plain, path.p[i]))
            buf_addc(&b, path.p[i]);
        else
            buf_printf(&b, "%%%02X", (unsigned char)path.p[i]);
    }
    return arena_dup(a, buf_str(&b));
}
