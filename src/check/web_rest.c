/* web_rest.c: what was solved, what was changed and how it is taken back, and what was not looked at. */
#include "check/registry.h"
#include "check/web.h"

#define SHOWN_SOLVED 100
#define SHOWN_CHANGES 200
#define SHOWN_UNSEEN 300

static void more(struct web *w, size_t n, size_t shown, const char *command)
{
    if (n == shown)
        return;
    html_begin(&w->h, "p");
    html_attribute(&w->h, "class", "note");
    html_printf(&w->h, _("and %zu more: %s"), n - shown, command);
    html_end(&w->h);
}

static void date_cell(struct web *w, int64_t time, const char *format)
{
    html_begin(&w->h, "td");
    html_attribute(&w->h, "class", "date");
    if (time)
        web_time(w, time, format);
    html_end(&w->h);
}

void web_solved(struct web *w)
{
    static const char *const heads[] = {N_("what was wrong"), N_("check"), N_("open since")};
    const struct report *r = w->r;
    size_t told = 0;
    if (!r->solved.n)
        return;
    web_section(w, "solved", _("Solved since the last check"), 0);
    web_table(w, _("Solved since the last check"), heads, ARRAY_SIZE(heads));
    for (; told < r->solved.n && told < SHOWN_SOLVED && !web_is_large(w); told++) {
        html_begin(&w->h, "tr");
        web_cell(w, NULL, r->solved.v[told].title);
        web_cell(w, "id", r->solved.v[told].id);
        date_cell(w, r->solved.v[told].since, "%Y-%m-%d");
        html_end(&w->h);
    }
    web_table_end(w);
    more(w, r->solved.n, told, "bansho check --all");
    web_end(w);
}

void web_changes(struct web *w)
{
    static const char *const heads[] = {N_("when"), N_("change"), N_("state"), N_("how back")};
    const struct report *r = w->r;
    size_t told = 0;
    if (!r->changes.n)
        return;
    web_section(w, "changes", _("What was changed, and how it is taken back"), 0);
    web_table(w, _("What was changed, and how it is taken back"), heads, ARRAY_SIZE(heads));
    for (; told < r->changes.n && told < SHOWN_CHANGES && !web_is_large(w); told++) {
        const struct change_made *c = &r->changes.v[told];
        html_begin(&w->h, "tr");
        date_cell(w, c->when, "%Y-%m-%d %H:%M");
        html_begin(&w->h, "td");
        html_text(&w->h, str_of(c->what));
        html_text(&w->h, STR(" "));
        html_element(&w->h, "code", "place", c->id);
        html_end(&w->h);
        web_cell(w, NULL, c->state);
        html_begin(&w->h, "td");
        if (c->undo)
            html_element(&w->h, "code", NULL, c->undo);
        html_end(&w->h);
        html_end(&w->h);
    }
    web_table_end(w);
    more(w, r->changes.n, told, "bansho changes");
    web_end(w);
}

static void unseen_row(struct web *w, const struct result *r)
{
    const struct finding *f = r->finding;
    struct html *h = &w->h;
    html_begin(h, "tr");
    html_begin(h, "td");
    html_text(h, str_of(in_words(f->check->title)));
    if (*f->object) {
        html_text(h, STR(": "));
        html_text(h, str_of(f->object));
    }
    html_text(h, STR(" "));
    html_element(h, "code", "place", f->check->id);
    html_end(h);
    html_begin(h, "td");
    html_text(h, str_of(page_reason(f)));
    if (f->next && strlen(f->next) < HTML_TEXT_MAX)
        web_command(w, f->next);
    html_end(h);
    html_begin(h, "td");
    if (r->decided)
        html_printf(h, "%s, %s", page_state(r->decided_state), page_time(&w->page, r->decided, "%Y-%m-%d %H:%M"));
    else
        html_text(h, str_of(_("none")));
    html_end(h);
    html_end(h);
}

static void unseen(struct web *w)
{
    static const char *const heads[] = {N_("what"), N_("why not"), N_("last result")};
    size_t n, told = 0;
    const struct result **list = report_sorted(w->r, URGENCY_UNKNOWN, &n);
    if (!n) {
        html_element(&w->h, "p", NULL, _("Every check that was asked got its answer."));
        return;
    }
    html_element(&w->h, "p", NULL, _("These stayed without an answer. They are not counted as in order; what was wrong before stays open."));
    web_table(w, _("What stayed without an answer"), heads, ARRAY_SIZE(heads));
    for (; told < n && told < SHOWN_UNSEEN && !web_is_large(w); told++)
        unseen_row(w, list[told]);
    web_table_end(w);
    more(w, n, told, "bansho check --all");
}

/* Chapters for which there is no check: from here nobody can see them. */
static void blind(struct web *w)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    for (unsigned c = 1; w->r->whole && c <= CHAPTERS; c++) {
        bool any = false;
        for (size_t i = 0; i < w->r->results.n && !any; i++)
            any = check_chapter(w->r->results.v[i].finding->check) == c;
        if (!any)
            buf_printf(&b, "%s%u %s", b.n ? ", " : "", c, chapter_title(c));
    }
    if (!b.n)
        return;
    html_begin(&w->h, "p");
    html_printf(&w->h, _("There is no check for: %s."), b.p);
    html_end(&w->h);
}

static void nothing_to_judge(struct web *w)
{
    static const char *const heads[] = {N_("what"), N_("result")};
    size_t n, told = 0;
    const struct result **list = report_sorted(w->r, URGENCY_NA, &n);
    if (!n)
        return;
    html_begin(&w->h, "details");
    html_begin(&w->h, "summary");
    web_chip(w, URGENCY_NA, arena_printf(w->r->arena, "%s %zu", web_label(URGENCY_NA), n));
    html_end(&w->h);
    web_table(w, web_label(URGENCY_NA), heads, ARRAY_SIZE(heads));
    for (; told < n && told < SHOWN_UNSEEN && !web_is_large(w); told++) {
        html_begin(&w->h, "tr");
        html_begin(&w->h, "td");
        html_text(&w->h, str_of(in_words(list[told]->finding->check->title)));
        html_text(&w->h, STR(" "));
        html_element(&w->h, "code", "place", list[told]->finding->check->id);
        html_end(&w->h);
        web_cell(w, NULL, list[told]->finding->title);
        html_end(&w->h);
    }
    web_table_end(w);
    more(w, n, told, "bansho check --all");
    html_end(&w->h);
}

/* What the answers rest on. */
static void basis(struct web *w)
{
    size_t n[BASIS_COUNT] = {0};
    for (size_t i = 0; i < w->r->results.n; i++) {
        const struct finding *f = w->r->results.v[i].finding;
        n[f->basis] += f->state != STATE_UNKNOWN && f->state != STATE_NA;
    }
    html_begin(&w->h, "p");
    html_printf(&w->h, _("The answers rest on talking to the service itself: %zu; on the settings in force: %zu; on files alone: %zu."), n[BASIS_DIALOGUE],
                n[BASIS_EFFECTIVE], n[BASIS_FILES]);
    html_end(&w->h);
}

void web_coverage(struct web *w)
{
    web_section(w, "coverage", _("What was not looked at, and why"), 0);
    unseen(w);
    blind(w);
    basis(w);
    nothing_to_judge(w);
    web_end(w);
}
