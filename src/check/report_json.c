/* report_json.c: schema bansho.check/1 (data/schema/check-1.json). Keys may be added within version 1; none changes its meaning. */
#include "check/page.h"
#include "term/json.h"

static void counts(struct json *j, const struct report *r)
{
    static const char *const names[URGENCY_COUNT] = {"now", "soon", "accepted", "unknown", "ok", "n/a"};
    json_object(j, "counts");
    for (enum urgency u = 0; u < URGENCY_COUNT; u++)
        json_int(j, names[u], (int64_t)report_count(r, u));
    json_end(j);
}

static void evidence(struct json *j, const struct finding *f)
{
    json_list(j, "evidence");
    for (size_t i = 0; i < f->evidence.n; i++) {
        const struct evidence *e = &f->evidence.v[i];
        json_object(j, NULL);
        json_text(j, "text", e->text);
        json_text(j, "file", e->file);
        if (e->line)
            json_int(j, "line", e->line);
        else
            json_null(j, "line");
        json_end(j);
    }
    json_end(j);
}

static void accepted(struct json *j, const struct result *r)
{
    if (!r->accepted_why) {
        json_null(j, "accepted");
        return;
    }
    json_object(j, "accepted");
    json_text(j, "why", r->accepted_why);
    json_time(j, "until", r->accepted_until);
    json_end(j);
}

static void last_result(struct json *j, const struct result *r)
{
    if (r->finding->state != STATE_UNKNOWN || !r->decided) {
        json_null(j, "last");
        return;
    }
    json_object(j, "last");
    json_text(j, "state", state_name(r->decided_state));
    json_time(j, "time", r->decided);
    json_end(j);
}

static void finding(struct json *j, const struct result *r)
{
    const struct finding *f = r->finding;
    json_object(j, NULL);
    json_text(j, "id", f->check->id);
    json_text(j, "requirement", f->check->requirement);
    json_text(j, "object", f->object);
    json_text(j, "state", state_name(f->state));
    json_text(j, "severity", severity_name(f->severity));
    json_text(j, "basis", basis_name(f->basis));
    json_text(j, "title", f->title);
    evidence(j, f);
    json_text(j, "impact", f->impact);
    json_text(j, "advice", in_words(f->check->advice));
    json_text(j, "next", f->next);
    json_text(j, "next_note", f->next_note);
    json_null(j, "fix");
    accepted(j, r);
    json_time(j, "since", r->since);
    json_bool(j, "new", r->is_new);
    last_result(j, r);
    json_end(j);
}

static void costs(struct json *j, const struct run *run)
{
    json_list(j, "costs");
    for (size_t i = 0; i < run->costs.n; i++) {
        const struct check_cost *c = &run->costs.v[i];
        json_object(j, NULL);
        json_text(j, "id", c->check->id);
        json_int(j, "wall_us", (int64_t)c->wall_us);
        json_int(j, "cpu_us", (int64_t)c->cpu_us);
        json_int(j, "programs_us", (int64_t)c->programs_us);
        json_end(j);
    }
    json_end(j);
}

static void solved(struct json *j, const struct report *r)
{
    json_list(j, "solved");
    for (size_t i = 0; i < r->solved.n; i++) {
        const struct solved *s = &r->solved.v[i];
        json_object(j, NULL);
        json_text(j, "id", s->id);
        json_text(j, "object", s->object);
        json_text(j, "title", s->title);
        json_time(j, "since", s->since);
        json_end(j);
    }
    json_end(j);
}

void report_json(const struct report *r, FILE *out)
{
    struct json j = json_to(out);
    json_object(&j, NULL);
    json_text(&j, "schema", "bansho.check/1");
    json_text(&j, "version", BANSHO_VERSION);
    json_object(&j, "host");
    json_text(&j, "name", r->host->name);
    json_text(&j, "os", r->host->os.pretty);
    json_text(&j, "root", r->root);
    json_bool(&j, "privileged", r->host->privileged);
    json_end(&j);
    json_time(&j, "time", r->time);
    json_time(&j, "before", r->before);
    json_int(&j, "took_ms", (int64_t)(r->run->wall_us / 1000));
    json_text(&j, "language", r->language);
    counts(&j, r);
    json_list(&j, "findings");
    for (size_t i = 0; i < r->results.n; i++)
        finding(&j, &r->results.v[i]);
    json_end(&j);
    solved(&j, r);
    json_list(&j, "notes");
    for (size_t i = 0; i < r->notes.n; i++)
        json_text(&j, NULL, r->notes.v[i]);
    json_end(&j);
    costs(&j, r->run);
    json_end(&j);
    json_done(&j);
}
