#include "check/history.h"
#include "base/i18n.h"
#include "check/registry.h"
#include <errno.h>

static bool is_wrong(enum state s)
{
    return s == STATE_WARN || s == STATE_FAIL;
}

struct applying {
    const struct past *past;
    struct report *report;
    struct memory *memory;
};

static void put(struct applying *a, const struct finding *f, const struct past_finding *before)
{
    int64_t now = a->report->time;
    bool same = before && is_wrong(before->state) == is_wrong(f->state);
    *list_push(a->report->arena, &a->memory->put) = (struct past_finding){
        .id = f->check->id, .object = f->object, .title = f->title, .state = f->state,
        .since = same ? before->since : now, .first_seen = before ? before->first_seen : now, .last_seen = now};
}

static void solve(struct applying *a, const struct past_finding *before)
{
    *list_push(a->report->arena, &a->report->solved) = (struct solved){before->id, before->object, before->title, before->since};
}

static void one(struct applying *a, const struct finding *f)
{
    const char *id = f->check->id;
    const struct past_finding *before = past_finding(a->past, id, f->object);
    const struct acceptance *accepted = is_wrong(f->state) ? past_acceptance(a->past, id, f->object, a->report->time) : NULL;
    bool was_wrong = before && is_wrong(before->state);
    struct result r = {.finding = f};
    if (is_wrong(f->state)) {
        r.since = was_wrong ? before->since : a->report->time;
        r.is_new = !was_wrong && past_looked(a->past, id);
    }
    if (accepted) {
        r.accepted_why = accepted->why;
        r.accepted_until = accepted->until;
    }
    if (f->state == STATE_UNKNOWN && before) {
        r.decided = before->last_seen;
        r.decided_state = before->state;
        r.since = was_wrong ? before->since : 0;
    }
    *list_push(a->report->arena, &a->report->results) = r;
    if (f->state == STATE_UNKNOWN)
        return;
    if (was_wrong && !is_wrong(f->state))
        solve(a, before);
    put(a, f, before);
}

/* Something was wrong with an object that this run says nothing about, and the check could not see everything: it goes on, as unknown. */
static void still_open(struct applying *a, const struct check *check, const struct past_finding *before, const char *why)
{
    struct findings f = {.arena = a->report->arena, .check = check};
    finding_add(&f, STATE_UNKNOWN, before->object, "%s", before->title);
    finding_evidence(&f, &f.list.v[0], NULL, 0, "%s", why);
    *list_push(a->report->arena, &a->report->results) = (struct result){
        .finding = &f.list.v[0], .since = before->since, .decided = before->last_seen, .decided_state = before->state};
}

/* The past findings of a check whose objects this run did not mention. */
static void the_absent(struct applying *a, const struct check *check, const struct finding *list, size_t n, const char *unknown)
{
    for (size_t i = 0; i < a->past->findings.n; i++) {
        const struct past_finding *before = &a->past->findings.v[i];
        if (strcmp(before->id, check->id) != 0)
            continue;
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++)
            seen = strcmp(list[k].object, before->object) == 0;
        if (seen)
            continue;
        if (unknown && is_wrong(before->state))
            still_open(a, check, before, unknown);
        if (unknown)
            continue;
        if (is_wrong(before->state))
            solve(a, before);
        *list_push(a->report->arena, &a->memory->forget) = before;
    }
}

/* All findings of one check: list[0..n). */
static void one_check(struct applying *a, const struct finding *list, size_t n)
{
    const char *unknown = NULL;
    bool answered = false;
    for (size_t i = 0; i < n; i++) {
        one(a, &list[i]);
        if (list[i].state == STATE_UNKNOWN)
            unknown = list[i].evidence.n ? list[i].evidence.v[0].text : list[i].title;
        else
            answered = true;
    }
    the_absent(a, list[0].check, list, n, unknown);
    if (answered)
        *list_push(a->report->arena, &a->memory->looked) = list[0].check->id;
}

void history_apply(const struct past *past, struct report *report, struct memory *ret)
{
    struct applying a = {past, report, ret};
    const struct run *run = report->run;
    report->before = past->last_run;
    for (size_t i = 0; i < past->chapters.n; i++)
        *list_push(report->arena, &report->chart) = past->chapters.v[i];
    for (size_t i = 0, n; i < run->findings.n; i += n) {
        const struct finding *first = &run->findings.v[i];
        for (n = 1; i + n < run->findings.n && run->findings.v[i + n].check == first->check; n++)
            ;
        one_check(&a, first, n);
    }
}

/* Check by check. */
static int write_memos(struct store *s, const struct run *run, struct err *err)
{
    int r = 0;
    for (size_t i = 0, n; r == 0 && i < run->memos.n; i += n) {
        const struct memo *first = &run->memos.v[i];
        for (n = 1; i + n < run->memos.n && run->memos.v[i + n].check == first->check; n++)
            ;
        r = check_store_put_memos(s, first, n, err);
    }
    return r;
}

static int write_down(struct store *s, const struct report *r, const struct memory *m, struct err *err)
{
    size_t wrong = report_count(r, URGENCY_NOW) + report_count(r, URGENCY_SOON);
    int e = check_store_put(s, m->put.v, m->put.n, err);
    for (size_t i = 0; e == 0 && i < m->forget.n; i++)
        e = check_store_forget(s, m->forget.v[i]->id, m->forget.v[i]->object, err);
    for (size_t i = 0; e == 0 && i < m->looked.n; i++)
        e = check_store_looked(s, m->looked.v[i], r->time, err);
    if (e == 0)
        e = write_memos(s, r->run, err);
    if (e == 0)
        e = check_store_ran(s, r->time, (int64_t)(r->run->wall_us / 1000), wrong, report_count(r, URGENCY_UNKNOWN), err);
    if (e < 0 || !r->whole) /* a part of the checks says nothing about a chapter */
        return e;
    struct chapter_run chapters[CHAPTERS];
    for (unsigned c = 0; c < CHAPTERS; c++)
        chapters[c] = report_chapter(r, c + 1);
    return check_store_chapters(s, chapters, CHAPTERS, err);
}

static void note(struct report *r, const char *what, const struct err *err)
{
    *list_push(r->arena, &r->notes) = arena_printf(r->arena, "%s: %s", what, err->text);
}

void history_remember(const char *dir, struct report *report)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct past past = {0};
    struct memory memory = {0};
    struct err err = {0}, reading = {0};
    int r = dir ? check_store_open(dir, &s, &err) : err_set(&err, -ENOENT, _("there is no home directory for it"));
    if (r == 0)
        r = store_begin(s, &err);
    if (s && check_store_load(s, report->arena, &past, &reading) < 0) {
        note(report, _("earlier results are not taken into account"), &reading);
        past = (struct past){0};
        r = -EIO; /* what was not understood is not written over */
    } else if (!s) {
        note(report, _("earlier results are not taken into account"), &err);
    }
    history_apply(&past, report, &memory);
    if (r == 0)
        r = write_down(s, report, &memory, &err);
    if (r == 0)
        r = store_commit(s, &err);
    if (r < 0 && s && err.text[0]) {
        store_rollback(s);
        note(report, _("this result was not stored"), &err);
    }
}
