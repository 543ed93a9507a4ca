/* report_html.c: `bansho check --html`: one page that is complete in itself (no script, nothing loaded), to hand on and to print. Its sections: web_*.c. */
#include "check/registry.h"
#include "check/web.h"
#include <errno.h>

static void meta(struct web *w, const char *attribute, const char *name, const char *content)
{
    html_begin(&w->h, "meta");
    html_attribute(&w->h, attribute, name);
    html_attribute(&w->h, "content", content);
    html_end(&w->h);
}

/* A system that does not run may have no name. */
static const char *name(const struct report *r)
{
    return *r->host->name ? r->host->name : r->root;
}

static void head(struct web *w)
{
    struct html *h = &w->h;
    html_begin(h, "head");
    html_begin(h, "meta");
    html_attribute(h, "charset", "utf-8");
    html_end(h);
    /* Should an escape ever be missing: nothing runs and nothing is loaded. */
    meta(w, "http-equiv", "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'");
    meta(w, "name", "viewport", "width=device-width, initial-scale=1");
    meta(w, "name", "color-scheme", "light dark");
    meta(w, "name", "referrer", "no-referrer");
    meta(w, "name", "robots", "noindex");
    html_begin(h, "title");
    html_text(h, str_of(name(w->r)));
    html_printf(h, " - %s %s", _("Safety check"), page_time(&w->page, w->r->time, "%Y-%m-%d"));
    html_end(h);
    html_begin(h, "link");
    html_attribute(h, "rel", "icon");
    html_attribute(h, "href", "data:,");
    html_end(h);
    html_begin(h, "style");
    html_literal(h, web_style);
    html_end(h);
    html_end(h);
}

static const char *verdict(const struct report *r, enum urgency u)
{
    size_t n = report_count(r, u);
    switch (u) {
    case URGENCY_NOW:
        return arena_printf(r->arena, ngettext("%zu thing needs to be dealt with now", "%zu things need to be dealt with now", n), n);
    case URGENCY_SOON:
        return arena_printf(r->arena, ngettext("Nothing is urgent; %zu thing should be put right soon", "Nothing is urgent; %zu things should be put right soon", n), n);
    case URGENCY_UNKNOWN:
        return arena_printf(r->arena, ngettext("Nothing wrong was found, but %zu thing could not be seen", "Nothing wrong was found, but %zu things could not be seen", n), n);
    case URGENCY_OK:
    case URGENCY_ACCEPTED:
        return _("Everything that was looked at is in order");
    default:
        return _("There was nothing to judge");
    }
}

static void tiles(struct web *w)
{
    static const struct { enum urgency u; bool always; } order[] = {
        {URGENCY_NOW, true}, {URGENCY_SOON, true}, {URGENCY_UNKNOWN, true}, {URGENCY_OK, true}, {URGENCY_ACCEPTED, false}, {URGENCY_NA, false},
    };
    struct html *h = &w->h;
    html_begin(h, "ul");
    html_attribute(h, "class", "tiles");
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        size_t n = report_count(w->r, order[i].u);
        if (!n && !order[i].always)
            continue;
        html_begin(h, "li");
        html_attribute(h, "class", arena_printf(w->r->arena, "%s%s", web_class(order[i].u), n ? "" : " none"));
        html_element(h, "span", "count", arena_printf(w->r->arena, "%zu", n));
        html_begin(h, "span");
        html_attribute(h, "class", "label");
        web_mark(w, order[i].u);
        html_text(h, str_of(web_label(order[i].u)));
        html_end(h);
        html_end(h);
    }
    html_end(h);
}

static size_t count_new(const struct report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results.n; i++)
        n += r->results.v[i].is_new && result_urgency(&r->results.v[i]) <= URGENCY_SOON;
    return n;
}

static void fact(struct web *w, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    html_begin(&w->h, "div");
    html_element(&w->h, "dt", NULL, label);
    html_element(&w->h, "dd", NULL, text);
    html_end(&w->h);
}

static void facts(struct web *w)
{
    const struct report *r = w->r;
    html_begin(&w->h, "dl");
    html_attribute(&w->h, "class", "facts");
    fact(w, _("server"), r->host->name);
    fact(w, _("system"), r->host->os.pretty);
    if (strcmp(r->root, "/") != 0)
        fact(w, _("files below"), r->root);
    html_begin(&w->h, "div");
    html_element(&w->h, "dt", NULL, _("time"));
    html_begin(&w->h, "dd");
    web_time(w, r->time, "%Y-%m-%d %H:%M %Z");
    html_end(&w->h);
    html_end(&w->h);
    fact(w, _("checked by"), r->provider);
    html_end(&w->h);
}

/* What this check was, and what is new in it. */
static void lede(struct web *w)
{
    const struct report *r = w->r;
    struct html *h = &w->h;
    html_begin(h, "p");
    html_attribute(h, "class", "lede");
    if (r->before) {
        html_printf(h, _("since %s: %zu new, %zu solved"), page_time(&w->page, r->before, "%Y-%m-%d %H:%M"), count_new(r), r->solved.n);
        html_begin(h, "br");
        html_end(h);
    }
    html_text(h, str_of(_("This check only looked: it changed nothing on the server.")));
    html_end(h);
    if (!r->whole)
        html_element(h, "p", "notice", _("Only a part of the checks was asked for. What is not on this page was not looked at."));
    if (strcmp(r->root, "/") != 0)
        html_element(h, "p", "notice", _("Judged from files alone: no program was run and no service was talked to."));
    for (size_t i = 0; i < r->notes.n; i++)
        html_element(h, "p", "notice", r->notes.v[i]);
}

static void top(struct web *w)
{
    struct html *h = &w->h;
    enum urgency u = web_verdict(w->r);
    html_begin(h, "header");
    html_attribute(h, "class", arena_printf(w->r->arena, "top %s", web_class(u)));
    html_begin(h, "div");
    html_attribute(h, "class", "wide");
    html_begin(h, "p");
    html_attribute(h, "class", "brand");
    html_element(h, "b", NULL, _("bansho"));
    html_element(h, "span", NULL, _("Safety check"));
    html_end(h);
    html_begin(h, "h1");
    web_mark(w, u);
    html_element(h, "span", NULL, verdict(w->r, u));
    html_end(h);
    facts(w);
    tiles(w);
    lede(w);
    html_end(h);
    html_end(h);
}

/* `chapter` not 0: its name instead of the text. */
static void nav_item(struct web *w, const char *id, const char *text, unsigned chapter, bool shown)
{
    if (!shown)
        return;
    html_begin(&w->h, "li");
    html_begin(&w->h, "a");
    html_attribute(&w->h, "href", arena_printf(w->r->arena, "#%s", id));
    if (chapter)
        web_name(w, chapter);
    else
        html_text(&w->h, str_of(text));
    html_end(&w->h);
    html_end(&w->h);
}

static void contents(struct web *w)
{
    const struct report *r = w->r;
    html_begin(&w->h, "nav");
    html_attribute(&w->h, "aria-label", _("Contents"));
    html_begin(&w->h, "ul");
    nav_item(w, "first", _("First, in this order"), 0, report_count(r, URGENCY_NOW) || report_count(r, URGENCY_SOON));
    nav_item(w, "overview", _("At a glance"), 0, true);
    for (unsigned c = 1; c <= CHAPTERS; c++)
        nav_item(w, arena_printf(r->arena, "chapter-%u", c), NULL, c, web_has_chapter(r, c));
    nav_item(w, "solved", _("Solved"), 0, r->solved.n > 0);
    nav_item(w, "changes", _("Changes"), 0, r->changes.n > 0);
    nav_item(w, "coverage", _("Not looked at"), 0, true);
    html_end(&w->h);
    html_end(&w->h);
}

static void foot(struct web *w)
{
    const struct report *r = w->r;
    struct html *h = &w->h;
    html_begin(h, "footer");
    html_begin(h, "div");
    html_attribute(h, "class", "wide");
    if (r->provider || r->contact) {
        html_element(h, "p", "ask", _("Questions about this page"));
        html_begin(h, "dl");
        html_attribute(h, "class", "facts");
        fact(w, _("provider"), r->provider);
        fact(w, _("contact"), r->contact);
        fact(w, _("contract"), r->contract);
        html_end(h);
    }
    html_element(h, "p", NULL, _("This page tells about the inside of a server. Please hand it only to those who look after it."));
    html_begin(h, "p");
    html_printf(h, "%s %s", _("bansho"), BANSHO_VERSION);
    html_end(h);
    html_end(h);
    html_end(h);
}

int report_html(const struct report *r, struct buf *out)
{
    struct web w = {.r = r, .page = {.r = r}, .h = html_to(out)};
    struct html *h = &w.h;
    html_literal(h, "<!DOCTYPE html>\n");
    html_begin(h, "html");
    html_attribute(h, "lang", r->language);
    head(&w);
    html_begin(h, "body");
    html_begin(h, "a");
    html_attribute(h, "class", "skip");
    html_attribute(h, "href", "#main");
    html_text(h, str_of(_("To the content")));
    html_end(h);
    top(&w);
    html_begin(h, "div");
    html_attribute(h, "class", "wide body");
    contents(&w);
    html_begin(h, "main");
    html_attribute(h, "id", "main");
    html_attribute(h, "tabindex", "-1");
    web_first(&w);
    web_overview(&w);
    web_chapters(&w);
    web_solved(&w);
    web_changes(&w);
    web_coverage(&w);
    html_end(h);
    html_end(h);
    foot(&w);
    html_end(h);
    html_end(h);
    return out->full ? -E2BIG : 0;
}
