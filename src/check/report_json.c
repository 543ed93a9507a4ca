/* report_json.c: schema bansho.check/1 (data/schema/check-1.json). Keys may be added within version 1; none changes its meaning. */
#include "check/page.h"
#include "term/emit.h"

static void counts(struct emit *j, const struct report *r)
{
    static const char *const names[URGENCY_COUNT] = {"now", "soon", "accepted", "unknown", "ok", "n/a"};
    emit_object(j, "counts");
    for (enum urgency u = 0; u < URGENCY_COUNT; u++)
        emit_int(j, names[u], (int64_t)report_count(r, u));
    emit_end(j);
}

static void evidence(struct emit *j, const struct finding *f)
{
    emit_list(j, "evidence");
    for (size_t i = 0; i < f->evidence.n; i++) {
        const struct evidence *e = &f->evidence.v[i];
        emit_object(j, NULL);
        emit_text(j, "text", e->text);
        emit_text(j, "file", e->file);
        if (e->line)
            emit_int(j, "line", e->line);
        else
            emit_null(j, "line");
        emit_end(j);
    }
    emit_end(j);
}

static void accepted(struct emit *j, const struct result *r)
{
    if (!r->accepted_why) {
        emit_null(j, "accepted");
        return;
    }
    emit_object(j, "accepted");
    emit_text(j, "why", r->accepted_why);
    emit_time(j, "until", r->accepted_until);
    emit_end(j);
}

static void last_result(struct emit *j, const struct result *r)
{
    if (r->finding->state != STATE_UNKNOWN || !r->decided) {
        emit_null(j, "last");
        return;
    }
    emit_object(j, "last");
    emit_text(j, "state", state_name(r->decided_state));
    emit_time(j, "time", r->decided);
    emit_end(j);
}

static void fix(struct emit *j, const struct finding *f)
{
    if (!f->fix) {
        emit_null(j, "fix");
        return;
    }
    emit_object(j, "fix");
    emit_text(j, "command", f->fix);
    emit_text(j, "manual", f->manual);
    emit_end(j);
}

static void finding(struct emit *j, const struct result *r)
{
    const struct finding *f = r->finding;
    emit_object(j, NULL);
    emit_text(j, "id", f->check->id);
    emit_text(j, "requirement", f->check->requirement);
    emit_text(j, "object", f->object);
    emit_text(j, "state", state_name(f->state));
    emit_text(j, "severity", severity_name(f->severity));
    emit_text(j, "basis", basis_name(f->basis));
    emit_text(j, "title", f->title);
    evidence(j, f);
    emit_text(j, "impact", f->impact);
    emit_text(j, "advice", in_words(f->check->advice));
    emit_text(j, "next", f->next);
    emit_text(j, "next_note", f->next_note);
    fix(j, f);
    accepted(j, r);
    emit_time(j, "since", r->since);
    emit_bool(j, "new", r->is_new);
    last_result(j, r);
    emit_end(j);
}

static void cost(struct emit *j, const struct report *r)
{
    emit_object(j, "cost");
    emit_int(j, "cpu_us", (int64_t)r->cpu_us);
    emit_int(j, "programs_us", (int64_t)r->programs_us);
    emit_end(j);
}

static void costs(struct emit *j, const struct run *run)
{
    emit_list(j, "costs");
    for (size_t i = 0; i < run->costs.n; i++) {
        const struct check_cost *c = &run->costs.v[i];
        emit_object(j, NULL);
        emit_text(j, "id", c->check->id);
        emit_int(j, "wall_us", (int64_t)c->wall_us);
        emit_int(j, "cpu_us", (int64_t)c->cpu_us);
        emit_int(j, "programs_us", (int64_t)c->programs_us);
        emit_end(j);
    }
    emit_end(j);
}

static void solved(struct emit *j, const struct report *r)
{
    emit_list(j, "solved");
    for (size_t i = 0; i < r->solved.n; i++) {
        const struct solved *s = &r->solved.v[i];
        emit_object(j, NULL);
        emit_text(j, "id", s->id);
        emit_text(j, "object", s->object);
        emit_text(j, "title", s->title);
        emit_time(j, "since", s->since);
        emit_end(j);
    }
    emit_end(j);
}

void report_json(const struct report *r, FILE *out)
{
    struct emit j = emit_to(out);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.check/1");
    emit_text(&j, "version", BANSHO_VERSION);
    emit_object(&j, "host");
    emit_text(&j, "name", r->host->name);
    emit_text(&j, "os", r->host->os.pretty);
    emit_text(&j, "root", r->root);
    emit_bool(&j, "privileged", r->host->privileged);
    emit_end(&j);
    emit_time(&j, "time", r->time);
    emit_time(&j, "before", r->before);
    emit_int(&j, "took_ms", (int64_t)(r->run->wall_us / 1000));
    emit_text(&j, "language", r->language);
    counts(&j, r);
    emit_list(&j, "findings");
    for (size_t i = 0; i < r->results.n; i++)
        finding(&j, &r->results.v[i]);
    emit_end(&j);
    solved(&j, r);
    emit_list(&j, "notes");
    for (size_t i = 0; i < r->notes.n; i++)
        emit_text(&j, NULL, r->notes.v[i]);
    emit_end(&j);
    cost(&j, r);
    costs(&j, r->run);
    emit_end(&j);
    emit_done(&j);
}
