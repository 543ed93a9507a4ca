#include "change/steps.h"
#include "base/child.h"
#include "base/i18n.h"
#include "change/node.h"
#include "change/unit_times.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define COMMAND_MS 3600000 /* package managers take minutes, and an hour on a slow line */
#define TEST_MS 60000
#define START_MS 15000 /* a service that was restarted has to come up by then */

static void said(void *arg, struct str line)
{
    const struct change_desk *d = arg;
    d->said(d->arg, line);
}

static int run(const char *const argv[], int timeout_ms, const struct change_desk *d, struct err *err)
{
    struct child_result res = {0};
    struct child_options o = {.timeout_ms = timeout_ms, .max_output = 1u << 20, .line = d && d->said ? said : NULL, .arg = (void *)(uintptr_t)d};
    int r = child_run(argv, &o, &res, err);
    if (r == 0 && res.status != 0) {
        /* The last lines say why. */
        struct str text = str_trim(res.err.n ? buf_str(&res.err) : buf_str(&res.out));
        if (text.n > 400)
            text = str_from(text, text.n - 400);
        if (res.status == -ETIME)
            r = err_set(err, -ETIME, _("%s did not end in time"), argv[0]);
        else
            r = err_set(err, -EIO, _("%s ended with status %d: %.*s"), argv[0], res.status, (int)text.n, text.p);
    }
    child_result_free(&res);
    return r;
}

/* --- paths --- */

static void temporary_name(const struct step_place *at, char ret[64])
{
    snprintf(ret, 64, ".bansho-%06u-%zu", at->change, at->at);
}

static int path_do(const struct step *s, const struct step_place *at, struct err *err)
{
    char temporary[64];
    temporary_name(at, temporary);
    return node_put(s->path, &s->after, temporary, err);
}

/* A step that was cut off in the middle may have set the owner but not yet the mode. */
static bool half_done(const struct step *s, const struct node *now, const struct step_record *r)
{
    bool like_before = now->type == s->before.type && str_eq(now->content, s->before.content);
    bool like_after = now->type == s->after.type && str_eq(now->content, s->after.content);
    return r && r->begun && (!r->done || r->returning) && (like_before || like_after);
}

static void remove_temporary(const struct step *s, const struct step_place *at)
{
    char temporary[64];
    const char *slash = strrchr(s->path, '/');
    temporary_name(at, temporary);
    struct buf b = BUF(8192);
    buf_adds(&b, str_span(s->path, (size_t)(slash + 1 - s->path)));
    buf_addz(&b, temporary);
    if (node_put(b.p, &(struct node){.type = NODE_ABSENT}, temporary, NULL) < 0)
        buf_reset(&b); /* it lies there as a hidden file; nothing reads it */
    buf_free(&b);
}

static int path_back(const struct step *s, const struct step_place *at, struct err *err)
{
    char temporary[64];
    struct node now;
    struct arena *a = arena_new(4u * PLAN_FILE_MAX);
    temporary_name(at, temporary);
    int r = node_read(s->path, a, &now);
    if (r < 0) {
        r = err_set(err, r, "%s: %s", s->path, err_name(-r));
        goto out;
    }
    bool back = node_same(&now, &s->before);
    if (at->record && at->record->begun && (!at->record->done || at->record->returning))
        remove_temporary(s, at);
    if (!back && !node_same(&now, &s->after) && !half_done(s, &now, at->record)) {
        r = 1;
        goto out;
    }
    r = back && now.mtime_s == s->before.mtime_s && now.mtime_ns == s->before.mtime_ns ? 0 : node_put(s->path, &s->before, temporary, err);
    if (r == -ENOTEMPTY && s->after.type == NODE_DIRECTORY)
        r = 1; /* what was put into the directory that we made is not ours */
out:
    arena_free(a);
    return r;
}

/* --- commands and units --- */

static int command_do(const struct step *s, const struct step_place *at, struct err *err)
{
    return run(s->argv, COMMAND_MS, at->desk, err);
}

static int command_back(const struct step *s, const struct step_place *at, struct err *err)
{
    return s->inverse ? run(s->inverse, COMMAND_MS, at->desk, err) : err_set(err, -EOPNOTSUPP, _("this step cannot be taken back: %s"), s->what ? s->what : s->argv[0]);
}

static int test_do(const struct step *s, const struct step_place *at, struct err *err)
{
    (void)at;
    return run(s->argv, TEST_MS, NULL, err);
}

int step_ready(const struct step *s, struct err *err)
{
    struct child_result res = {0};
    if (!s->ready)
        return 0;
    int r = child_run(s->ready, &(struct child_options){.timeout_ms = TEST_MS, .max_output = 4096}, &res, err);
    if (r < 0)
        return r;
    struct str why = str_trim(buf_str(&res.err));
    if (res.status != 0)
        r = err_set(err, -ESTALE, "%.*s", (int)why.n, why.p);
    child_result_free(&res);
    return r;
}

static int unit_step_do(const struct step *s, const struct step_place *at, struct err *err)
{
    (void)at;
    return unit_do(s->unit, s->verb, 0, err);
}

/* Back to what it was, whatever it is now. */
static int unit_step_back(const struct step *s, const struct step_place *at, struct err *err)
{
    (void)at;
    bool was_active = strcmp(s->unit_before.active, "active") == 0, was_enabled = strcmp(s->unit_before.file, "enabled") == 0;
    if (s->verb == UNIT_RESTART)
        return 0; /* it runs, as before */
    if (s->verb == UNIT_START || s->verb == UNIT_STOP)
        return unit_do(s->unit, was_active ? UNIT_START : UNIT_STOP, 0, err);
    int r = unit_do(s->unit, was_enabled ? UNIT_ENABLE : UNIT_DISABLE, 0, err);
    if (r == 0)
        unit_times_restore(&s->times);
    return r;
}

static bool runs(const struct unit_state *s)
{
    return strcmp(s->active, "active") == 0 || strcmp(s->active, "reloading") == 0;
}

/* It may be on its way up: its package has just restarted it. */
static int must_run(const struct step *s, const struct step_place *at, struct err *err)
{
    const struct timespec moment = {.tv_nsec = 100000000};
    struct unit_state now;
    for (int ms = 0;; ms += 100) {
        now = (struct unit_state){0};
        int r = unit_state(s->unit, &now, err);
        if (r < 0 || runs(&now))
            return r;
        if (ms >= START_MS || (strcmp(now.active, "activating") != 0 && strcmp(now.active, "deactivating") != 0))
            break;
        nanosleep(&moment, NULL);
    }
    if (at->back)
        return unit_do(s->unit, UNIT_START, 0, err);
    return err_set(err, -EIO, _("%s ran before, and does not run any more (%s)"), s->unit, now.result[0] ? now.result : now.active);
}

/* A service that died of what was changed is started, not reloaded: unit_do of a unit that does not run would do nothing. */
static int settle_do(const struct step *s, const struct step_place *at, struct err *err)
{
    struct unit_state now = {0};
    if (s->verb == UNIT_START)
        return must_run(s, at, err);
    int r = unit_state(s->unit, &now, err);
    if (r < 0)
        return r;
    if (s->lazy && !at->back && runs(&now) && now.since_us > s->unit_before.since_us)
        return 0;
    enum unit_verb verb = runs(&now) ? s->verb : UNIT_RESTART;
    struct unit_watch *w = NULL;
    if (!at->watches)
        return unit_do(s->unit, verb, 0, err);
    r = unit_do_watched(s->unit, verb, 0, &w, err);
    if (r == 0)
        *list_push(at->watches->a, &at->watches->list) = w;
    return r;
}

static int manager_do(const struct step *s, const struct step_place *at, struct err *err)
{
    (void)s;
    (void)at;
    return unit_daemon_reload(err);
}

static const struct {
    int (*go)(const struct step *s, const struct step_place *at, struct err *err);
    int (*back)(const struct step *s, const struct step_place *at, struct err *err);
} rows[STEP_TYPE_COUNT] = {
    [STEP_FILE] = {path_do, path_back},
    [STEP_MODE] = {path_do, path_back},
    [STEP_LINK] = {path_do, path_back},
    [STEP_DIRECTORY] = {path_do, path_back},
    [STEP_COMMAND] = {command_do, command_back},
    [STEP_UNIT] = {unit_step_do, unit_step_back},
    [STEP_TEST] = {test_do, NULL},
    [STEP_SETTLE] = {settle_do, NULL},
    [STEP_MANAGER] = {manager_do, NULL},
};

int step_do(const struct step *s, const struct step_place *at, struct err *err)
{
    return rows[s->type].go(s, at, err);
}

int step_back(const struct step *s, const struct step_place *at, struct err *err)
{
    return rows[s->type].back(s, at, err);
}

bool step_settles(const struct step *s)
{
    return s->type == STEP_TEST || s->type == STEP_MANAGER || (s->type == STEP_SETTLE && strcmp(s->unit_before.active, "active") == 0);
}

const char *step_object(const struct step *s)
{
    return s->type == STEP_MANAGER ? "systemd" : s->path ? s->path : s->unit ? s->unit : s->what ? s->what : s->argv[0];
}
