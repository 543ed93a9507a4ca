#include "dialogue/crowd.h"
#include "base/clock.h"
#include "base/worker.h"
#include "dialogue/side.h"
#include "dialogue/tls.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define LAST_WORDS_MS 300 /* past the time limit, for dialogues that end by their own at the same moment: what they have seen until then is kept */
#define SLACK_MS 1000     /* for a process that does not come back */

static bool inside;

bool crowd_inside(void)
{
    return inside;
}

/* Jobs first .. first + n - 1 of a crowd, and their answers in the confined process. */
struct part {
    const struct crowd *c;
    size_t first, n;
    int64_t deadline;
    struct buf *answers;
    bool *done;
};

static void one(void *arg, size_t i)
{
    struct part *p = arg;
    p->answers[i] = BUF(p->c->max_answer);
    p->c->fn(p->c->arg, p->first + i, &p->answers[i]);
    p->done[i] = !p->answers[i].full;
}

static int speak(void *arg, struct buf *out)
{
    struct part *p = arg;
    inside = true;
    signal(SIGPIPE, SIG_IGN);
    p->answers = calloc(p->n, sizeof *p->answers);
    p->done = calloc(p->n, sizeof *p->done);
    if (!p->answers || !p->done)
        return -ENOMEM;
    int r = side_by_side(one, p, p->n, p->c->at_once ? p->c->at_once : SIDE_MAX, p->deadline + LAST_WORDS_MS);
    for (size_t i = 0; r == 0 && i < p->n; i++) {
        if (p->done[i])
            buf_put_str(out, buf_str(&p->answers[i]));
        else
            buf_put_z(out, NULL);
        buf_free(&p->answers[i]);
    }
    return r < 0 ? r : out->full ? -ENOMEM : 0;
}

/* Adds the part's answers to *out. -errno as worker_run() gives it. */
static int run(struct part p, struct buf *out, struct err *err)
{
    size_t max = p.n * (p.c->max_answer + 16);
    int64_t left = p.deadline - clock_monotonic_ms();
    struct worker_options o = {.kind = WORKER_DIALOGUE, .timeout_ms = (int)(left > 0 ? left : 0) + SLACK_MS, .max_output = max, .netns = p.c->netns};
    return worker_run(&o, speak, &p, out, err);
}

static bool crashed(int r)
{
    return r == -ECHILD || r == -EBADMSG || r == -ENOMEM;
}

static void none(enum trouble why, size_t n, struct str *ret_answers, enum trouble *ret_why)
{
    for (size_t i = 0; i < n; i++) {
        ret_answers[i] = (struct str){0};
        ret_why[i] = why;
    }
}

/* The views into the workers' bytes; ret_why stays where there is none. false: nonsense. */
static bool decode(struct str bytes, size_t n, struct str *ret_answers, enum trouble *ret_why)
{
    struct cursor c = cursor_of(bytes);
    for (size_t i = 0; i < n; i++) {
        ret_answers[i] = cursor_str(&c);
        if (ret_answers[i].p)
            ret_why[i] = TROUBLE_NONE;
    }
    return !c.bad && !c.rest.n;
}

/* After a crash: who is it? Each in a process of its own, while there is time. Adds to *out what run() would have. */
static void each(const struct crowd *c, int64_t deadline, struct buf *out, enum trouble *ret_why)
{
    for (size_t i = 0; i < c->n; i++) {
        _cleanup_(buf_free) struct buf bytes = BUF(c->max_answer + 16);
        struct str answer = {0};
        struct err err = {0};
        bool in_time = clock_monotonic_ms() < deadline;
        int r = in_time ? run((struct part){.c = c, .first = i, .n = 1, .deadline = deadline}, &bytes, &err) : -ETIME;
        if (r == 0 && !decode(buf_str(&bytes), 1, &answer, &ret_why[i]))
            r = -EBADMSG;
        if (r < 0)
            ret_why[i] = crashed(r) ? TROUBLE_WORKER : TROUBLE_TIMEOUT;
        if (r == 0 && answer.p)
            buf_put_str(out, answer);
        else
            buf_put_z(out, NULL);
    }
}

int crowd_bytes(const struct crowd *c, struct buf *out, struct str *ret_answers, enum trouble *ret_why, struct err *err)
{
    int64_t deadline = clock_monotonic_ms() + c->timeout_ms;
    if (!c->n)
        return 0;
    int ready = tls_prepare(err); /* the confined process could not */
    if (ready < 0)
        return ready;
    *out = BUF(c->n * (c->max_answer + 16));
    none(TROUBLE_TIMEOUT, c->n, ret_answers, ret_why);
    int r = run((struct part){.c = c, .n = c->n, .deadline = deadline}, out, err);
    if (r == 0 && !decode(buf_str(out), c->n, ret_answers, ret_why))
        r = -EBADMSG;
    if (crashed(r) && c->n == 1) {
        none(TROUBLE_WORKER, 1, ret_answers, ret_why);
        return 0;
    }
    if (crashed(r)) {
        buf_reset(out);
        none(TROUBLE_TIMEOUT, c->n, ret_answers, ret_why);
        each(c, deadline, out, ret_why);
        r = decode(buf_str(out), c->n, ret_answers, ret_why) ? 0 : -EBADMSG;
    }
    return r == -ETIME ? 0 : r;
}

static void see(void *arg, size_t i, struct buf *out)
{
    const struct crowd_seen *c = arg;
    void *seen = calloc(1, c->size);
    if (!seen)
        return; /* an empty answer is not a proper one */
    c->fn(c->arg, i, seen);
    fields_put(out, c->fields, seen);
    free(seen);
}

int crowd_see(const struct crowd_seen *c, void *seen, struct err *err)
{
    struct crowd bytes = {see, (void *)(uintptr_t)c, c->n, c->at_once, 2 * c->size + 4096, c->netns, c->timeout_ms};
    _cleanup_(buf_free) struct buf out = {0};
    struct str *answers = calloc(c->n + 1, sizeof *answers);
    enum trouble *why = calloc(c->n + 1, sizeof *why);
    int r = answers && why ? crowd_bytes(&bytes, &out, answers, why, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    memset(seen, 0, c->n * c->size);
    for (size_t i = 0; r == 0 && i < c->n; i++) {
        char *mine = (char *)seen + i * c->size;
        struct cursor cursor = cursor_of(answers[i]);
        if (answers[i].p)
            fields_get(&cursor, c->fields, mine);
        if (answers[i].p && !cursor.bad && !cursor.rest.n)
            continue;
        memset(mine, 0, c->size);
        *(enum trouble *)(void *)mine = answers[i].p ? TROUBLE_WORKER : why[i];
    }
    free(answers);
    free(why);
    return r;
}
