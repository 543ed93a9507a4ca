/* web_finding.c: the things to do first, and one finding with all that is known about it. */
#include "check/web.h"
#include <stdlib.h>

#define SHOWN_EVIDENCE 40
#define SHOWN_ALSO 12

static void row(struct web *w, const char *label)
{
    html_begin(&w->h, "div");
    html_element(&w->h, "dt", NULL, label);
    html_begin(&w->h, "dd");
}

static void row_end(struct web *w)
{
    html_end(&w->h);
    html_end(&w->h);
}

static void text_row(struct web *w, const char *label, const char *text)
{
    row(w, label);
    html_text(&w->h, str_of(text));
    row_end(w);
}

static void evidence(struct web *w, const struct finding *f)
{
    row(w, _("seen"));
    html_begin(&w->h, "ul");
    html_attribute(&w->h, "class", "evidence");
    for (size_t i = 0; i < f->evidence.n && i < SHOWN_EVIDENCE; i++) {
        const struct evidence *e = &f->evidence.v[i];
        html_begin(&w->h, "li");
        html_text(&w->h, str_of(e->text));
        if (e->file) {
            html_text(&w->h, STR(" "));
            html_element(&w->h, "code", "place", e->line ? arena_printf(w->r->arena, "%s:%u", e->file, e->line) : e->file);
        }
        html_end(&w->h);
    }
    html_end(&w->h);
    if (f->evidence.n > SHOWN_EVIDENCE) {
        html_begin(&w->h, "p");
        html_attribute(&w->h, "class", "note");
        html_printf(&w->h, _("and %zu more: bansho check %s --all"), f->evidence.n - SHOWN_EVIDENCE, f->check->id);
        html_end(&w->h);
    }
    row_end(w);
}

static void others(struct web *w, const struct result **also, size_t n)
{
    row(w, _("also"));
    html_begin(&w->h, "ul");
    for (size_t i = 0; i < n && i < SHOWN_ALSO; i++)
        html_element(&w->h, "li", NULL, also[i]->finding->title);
    if (n > SHOWN_ALSO)
        html_element(&w->h, "li", NULL, "...");
    html_end(&w->h);
    row_end(w);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void what_to_do(struct web *w, const struct finding *f)
{
    const char *advice = in_words(f->check->advice);
    if (*advice)
        text_row(w, _("advice"), advice);
    if (f->next && strlen(f->next) < HTML_TEXT_MAX) { /* a command that had to be cut would be another one */
        row(w, _("next"));
        web_command(w, f->next);
        if (f->next_note)
            html_element(&w->h, "p", "note", f->next_note);
        row_end(w);
    }
}

void web_finding(struct web *w, const struct finding *f, const struct result **also, size_t also_n, const struct finding *before)
{
    html_begin(&w->h, "dl");
    html_attribute(&w->h, "class", "finding-facts");
    if (f->evidence.n)
        evidence(w, f);
    if (also_n)
        others(w, also, also_n);
    if (f->impact && !(before && same(f->impact, before->impact)))
        text_row(w, _("means"), f->impact);
    if (before && same(f->next, before->next) && same(f->next_note, before->next_note))
        text_row(w, _("advice"), _("as above"));
    else
        what_to_do(w, f);
    html_end(&w->h);
}

static bool told_already(const struct web *w, const struct check *c)
{
    for (size_t i = 0; i < w->first_n; i++)
        if (w->first[i]->finding->check == c)
            return true;
    return false;
}

/* At most three checks, most urgent first: what is to be done now, then what soon. */
static void choose(struct web *w)
{
    static const enum urgency order[] = {URGENCY_NOW, URGENCY_SOON};
    for (size_t u = 0; u < ARRAY_SIZE(order); u++) {
        size_t n;
        const struct result **list = report_sorted(w->r, order[u], &n);
        for (size_t i = 0; i < n && w->first_n < WEB_FIRST; i++)
            if (!told_already(w, list[i]->finding->check))
                w->first[w->first_n++] = list[i];
    }
}

static void one(struct web *w, size_t at)
{
    const struct result *r = w->first[at];
    enum urgency u = result_urgency(r);
    size_t n, also_n = 0;
    const struct result **list = report_sorted(w->r, u, &n), **also = arena_zalloc(w->r->arena, (n + 1) * sizeof *also);
    for (size_t i = 0; i < n; i++)
        if (list[i]->finding->check == r->finding->check && list[i] != r)
            also[also_n++] = list[i];
    html_begin(&w->h, "li");
    html_begin(&w->h, "article");
    html_attribute(&w->h, "class", arena_printf(w->r->arena, "finding %s", web_class(u)));
    html_attribute(&w->h, "id", arena_printf(w->r->arena, "first-%zu", at + 1));
    html_begin(&w->h, "h3");
    html_element(&w->h, "span", "number", arena_printf(w->r->arena, "%zu", at + 1));
    html_element(&w->h, "span", "title", r->finding->title);
    html_end(&w->h);
    html_begin(&w->h, "p");
    html_attribute(&w->h, "class", "kind");
    web_kind(w, r, u);
    html_end(&w->h);
    web_finding(w, r->finding, also, also_n, NULL);
    html_end(&w->h);
    html_end(&w->h);
}

void web_first(struct web *w)
{
    choose(w);
    if (!w->first_n)
        return;
    web_section(w, "first", _("First, in this order"), 0);
    html_begin(&w->h, "ol");
    html_attribute(&w->h, "class", "first");
    for (size_t i = 0; i < w->first_n; i++)
        one(w, i);
    html_end(&w->h);
    web_end(w);
}
