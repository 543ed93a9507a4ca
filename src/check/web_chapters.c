/* web_chapters.c: the chapters at a glance, each with its chart over the stored runs, and then one by one. */
#include "check/registry.h"
#include "check/web.h"
#include <stdio.h>

#define CHART_WIDTH 240
#define CHART_HEIGHT 44
#define CHART_STEP (CHART_WIDTH / CHECK_STORE_CHART)
#define SHOWN_WRONG 200
#define SHOWN_FINE 500

/* From the bottom: what is in order carries what is not. */
static const struct part { enum urgency u; size_t at; } parts[] = {
    {URGENCY_OK, offsetof(struct chapter_run, ok)}, {URGENCY_UNKNOWN, offsetof(struct chapter_run, unknown)},
    {URGENCY_SOON, offsetof(struct chapter_run, soon)}, {URGENCY_NOW, offsetof(struct chapter_run, now)},
};

static uint32_t amount(const struct chapter_run *c, const struct part *p)
{
    uint32_t n;
    memcpy(&n, (const char *)c + p->at, sizeof n);
    return n;
}

static uint32_t total(const struct chapter_run *c)
{
    return c->ok + c->unknown + c->soon + c->now;
}

struct series {
    struct chapter_run run[CHECK_STORE_CHART];
    size_t n;
    uint32_t most;
};

/* The chapter's earlier runs and, as the last one, this one. */
static struct series series_of(const struct report *r, const struct chapter_run *now)
{
    struct series s = {.n = 1, .run[0] = *now, .most = total(now)};
    for (size_t i = r->chart.n; i-- > 0 && s.n < CHECK_STORE_CHART;)
        if (r->chart.v[i].chapter == now->chapter)
            s.run[s.n++] = r->chart.v[i];
    for (size_t i = 0; i < s.n / 2; i++) {
        struct chapter_run swap = s.run[i];
        s.run[i] = s.run[s.n - 1 - i];
        s.run[s.n - 1 - i] = swap;
    }
    for (size_t i = 0; i < s.n; i++)
        s.most = total(&s.run[i]) > s.most ? total(&s.run[i]) : s.most;
    return s;
}

static void measure(struct web *w, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f", value);
    html_attribute(&w->h, name, text);
}

static void bar(struct web *w, const char *class, double x, double y, double width, double height)
{
    html_begin(&w->h, "rect");
    html_attribute(&w->h, "class", class);
    measure(w, "x", x);
    measure(w, "y", y);
    measure(w, "width", width);
    measure(w, "height", height);
    html_end(&w->h);
}

/* A column for each run, the newest at the right; between the parts a line of the ground shows. */
static void columns(struct web *w, const struct series *s)
{
    for (size_t i = 0; i < s->n; i++) {
        double y = CHART_HEIGHT, x = (double)((CHECK_STORE_CHART - s->n + i) * CHART_STEP + 1);
        for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
            double height = (double)amount(&s->run[i], &parts[p]) * CHART_HEIGHT / s->most;
            y -= height;
            if (height > 0)
                bar(w, web_class(parts[p].u), x, y, CHART_STEP - 2, height > 2.5 ? height - 1 : height * 0.6);
        }
    }
}

/* Before there is a history: one strip, the worst first. */
static void strip(struct web *w, const struct series *s)
{
    double x = 0;
    for (size_t p = ARRAY_SIZE(parts); p-- > 0;) {
        double width = (double)amount(&s->run[0], &parts[p]) * CHART_WIDTH / s->most;
        if (width > 0)
            bar(w, web_class(parts[p].u), x, CHART_HEIGHT - 10, width > 2.5 ? width - 1 : width * 0.6, 8);
        x += width;
    }
}

/* What the drawing says: "NOW 3 -> 1, SOON 2 -> 2 ...". */
static const char *in_text(struct web *w, const struct series *s)
{
    _cleanup_(buf_free) struct buf b = BUF(1024);
    for (size_t i = ARRAY_SIZE(parts); i-- > 0;) {
        buf_printf(&b, "%s%s ", b.n ? ", " : "", web_label(parts[i].u));
        if (s->n > 1)
            buf_printf(&b, "%u -> ", amount(&s->run[0], &parts[i]));
        buf_printf(&b, "%u", amount(&s->run[s->n - 1], &parts[i]));
    }
    return arena_dup(w->r->arena, buf_str(&b));
}

static void chart(struct web *w, const struct series *s)
{
    struct html *h = &w->h;
    html_begin(h, "svg");
    html_attribute(h, "class", "chart");
    html_attribute(h, "viewBox", "0 0 240 46");
    html_attribute(h, "role", "img");
    html_attribute(h, "aria-label", in_text(w, s));
    if (s->n > 1) {
        columns(w, s);
        html_begin(h, "path");
        html_attribute(h, "class", "ground");
        html_attribute(h, "d", "M0 45.5h240");
        html_end(h);
    } else {
        strip(w, s);
    }
    html_end(h);
    html_begin(h, "p");
    html_attribute(h, "class", "span");
    if (s->n > 1)
        html_printf(h, _("%zu checks since %s"), s->n, page_time(&w->page, s->run[0].time, "%Y-%m-%d"));
    else
        html_text(h, str_of(_("the first check")));
    html_end(h);
}

static size_t findings_of(const struct report *r, unsigned chapter)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results.n; i++)
        n += check_chapter(r->results.v[i].finding->check) == chapter;
    return n;
}

bool web_has_chapter(const struct report *r, unsigned chapter)
{
    for (size_t i = 0; i < r->results.n; i++)
        if (check_chapter(r->results.v[i].finding->check) == chapter && r->results.v[i].finding->state != STATE_NA)
            return true;
    return false;
}

static const char *chapter_id(struct web *w, unsigned chapter)
{
    return arena_printf(w->r->arena, "chapter-%u", chapter);
}

static void card_title(struct web *w, unsigned chapter, bool linked)
{
    struct html *h = &w->h;
    html_begin(h, "h3");
    html_element(h, "span", "number", arena_printf(w->r->arena, "%u", chapter));
    if (linked) {
        html_begin(h, "a");
        html_attribute(h, "href", arena_printf(w->r->arena, "#%s", chapter_id(w, chapter)));
    }
    html_element(h, "span", "name", chapter_title(chapter));
    if (linked)
        html_end(h);
    html_end(h);
}

static void card(struct web *w, unsigned chapter)
{
    struct html *h = &w->h;
    struct chapter_run now = report_chapter(w->r, chapter);
    bool seen = findings_of(w->r, chapter) > 0;
    html_begin(h, "li");
    html_attribute(h, "class", web_has_chapter(w->r, chapter) ? "card" : "card unseen");
    card_title(w, chapter, web_has_chapter(w->r, chapter));
    if (!total(&now)) {
        html_element(h, "p", "span", web_has_chapter(w->r, chapter) ? web_label(URGENCY_ACCEPTED) : seen ? web_label(URGENCY_NA) : _("not looked at"));
        html_end(h);
        return;
    }
    html_begin(h, "p");
    html_attribute(h, "class", "score");
    for (size_t i = ARRAY_SIZE(parts); i-- > 0;)
        if (amount(&now, &parts[i]))
            web_chip(w, parts[i].u, arena_printf(w->r->arena, "%s %u", web_label(parts[i].u), amount(&now, &parts[i])));
    html_end(h);
    if (w->r->whole) {
        struct series s = series_of(w->r, &now);
        chart(w, &s);
    }
    html_end(h);
}

static void legend(struct web *w)
{
    struct html *h = &w->h;
    html_begin(h, "p");
    html_attribute(h, "class", "legend");
    html_element(h, "span", NULL, _("Each column is one check, the newest at the right. From the bottom:"));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        html_begin(h, "span");
        html_attribute(h, "class", "key");
        html_element(h, "span", arena_printf(w->r->arena, "swatch %s", web_class(parts[i].u)), "");
        html_text(h, str_of(web_label(parts[i].u)));
        html_end(h);
    }
    html_end(h);
}

void web_overview(struct web *w)
{
    web_section(w, "overview", _("At a glance"), 0);
    html_begin(&w->h, "ul");
    html_attribute(&w->h, "class", "cards");
    for (unsigned c = 1; c <= CHAPTERS; c++)
        if (findings_of(w->r, c) || w->r->whole)
            card(w, c);
    html_end(&w->h);
    if (w->r->whole && w->r->chart.n)
        legend(w);
    web_end(w);
}

static size_t place_among_first(const struct web *w, const struct result *r)
{
    for (size_t i = 0; i < w->first_n; i++)
        if (w->first[i] == r)
            return i + 1;
    return 0;
}

/* A finding of the same check whose details stand further up: in this chapter, or among the first things. */
static const struct finding *told_before(const struct web *w, const struct finding *f, const struct finding *before)
{
    if (before && before->check == f->check)
        return before;
    for (size_t i = 0; i < w->first_n; i++)
        if (w->first[i]->finding->check == f->check)
            return w->first[i]->finding;
    return NULL;
}

static void wrong(struct web *w, const struct result *r, const struct finding *before)
{
    struct html *h = &w->h;
    const struct finding *f = r->finding;
    enum urgency u = result_urgency(r);
    size_t place = place_among_first(w, r);
    html_begin(h, "article");
    html_attribute(h, "class", arena_printf(w->r->arena, "finding %s", web_class(u)));
    html_begin(h, "h3");
    html_element(h, "span", "title", f->title);
    html_end(h);
    html_begin(h, "p");
    html_attribute(h, "class", "kind");
    web_kind(w, r, u);
    if (place) {
        html_begin(h, "a");
        html_attribute(h, "href", arena_printf(w->r->arena, "#first-%zu", place));
        html_printf(h, _("details above, at %zu"), place);
        html_end(h);
    }
    html_end(h);
    if (!place)
        web_finding(w, f, NULL, 0, told_before(w, f, before));
    html_end(h);
}

static void wrong_ones(struct web *w, unsigned chapter)
{
    static const enum urgency order[] = {URGENCY_NOW, URGENCY_SOON};
    const struct finding *before = NULL;
    size_t told = 0, left = 0, n;
    for (size_t u = 0; u < ARRAY_SIZE(order); u++) {
        const struct result **list = report_sorted(w->r, order[u], &n);
        for (size_t i = 0; i < n; i++) {
            if (check_chapter(list[i]->finding->check) != chapter)
                continue;
            if (told < SHOWN_WRONG && !web_is_large(w) && ++told)
                wrong(w, list[i], before);
            else
                left++;
            before = list[i]->finding;
        }
    }
    if (left)
        html_element(&w->h, "p", "note", arena_printf(w->r->arena, _("and %zu more: bansho check --all"), left));
}

static void not_seen(struct web *w, const struct chapter_run *c)
{
    if (!c->unknown)
        return;
    html_begin(&w->h, "p");
    html_attribute(&w->h, "class", "kind");
    web_chip(w, URGENCY_UNKNOWN, arena_printf(w->r->arena, "%s %u", web_label(URGENCY_UNKNOWN), c->unknown));
    html_begin(&w->h, "a");
    html_attribute(&w->h, "href", "#coverage");
    html_text(&w->h, str_of(_("the reasons")));
    html_end(&w->h);
    html_end(&w->h);
}

static void fine_row(struct web *w, const struct result *r, const struct check *before)
{
    const struct finding *f = r->finding;
    struct html *h = &w->h;
    if (f->check != before) {
        html_begin(h, "tr");
        html_begin(h, "th");
        html_attribute(h, "scope", "rowgroup");
        html_attribute(h, "colspan", "2");
        html_text(h, str_of(in_words(f->check->title)));
        html_text(h, STR(" "));
        html_element(h, "code", NULL, f->check->id);
        html_end(h);
        html_end(h);
    }
    html_begin(h, "tr");
    web_cell(w, "object", *f->object ? f->object : _("this server"));
    html_begin(h, "td");
    html_text(h, str_of(f->title));
    if (r->accepted_why) {
        html_begin(h, "p");
        html_attribute(h, "class", "note");
        html_printf(h, _("until %s: %s"), page_time(&w->page, r->accepted_until - 1, "%Y-%m-%d"), r->accepted_why);
        html_end(h);
    }
    html_end(h);
    html_end(h);
}

/* Folded: what is in order, or accepted. */
static void folded(struct web *w, unsigned chapter, enum urgency u)
{
    static const char *const heads[] = {N_("object"), N_("result")};
    struct html *h = &w->h;
    size_t n = 0, told = 0;
    const struct check *before = NULL;
    for (size_t i = 0; i < w->r->results.n; i++)
        n += check_chapter(w->r->results.v[i].finding->check) == chapter && result_urgency(&w->r->results.v[i]) == u;
    if (!n)
        return;
    html_begin(h, "details");
    html_begin(h, "summary");
    web_chip(w, u, arena_printf(w->r->arena, "%s %zu", web_label(u), n));
    html_end(h);
    web_table(w, arena_printf(w->r->arena, "%s: %s", chapter_title(chapter), web_label(u)), heads, ARRAY_SIZE(heads));
    for (size_t i = 0; i < w->r->results.n && told < SHOWN_FINE && !web_is_large(w); i++) {
        const struct result *r = &w->r->results.v[i];
        if (check_chapter(r->finding->check) != chapter || result_urgency(r) != u)
            continue;
        fine_row(w, r, before);
        before = r->finding->check;
        told++;
    }
    web_table_end(w);
    if (told < n)
        html_element(h, "p", "note", arena_printf(w->r->arena, _("and %zu more: bansho check --all"), n - told));
    html_end(h);
}

void web_chapters(struct web *w)
{
    for (unsigned c = 1; c <= CHAPTERS; c++) {
        struct chapter_run now = report_chapter(w->r, c);
        if (!web_has_chapter(w->r, c))
            continue;
        web_section(w, chapter_id(w, c), NULL, c);
        wrong_ones(w, c);
        not_seen(w, &now);
        folded(w, c, URGENCY_ACCEPTED);
        folded(w, c, URGENCY_OK);
        web_end(w);
    }
}
