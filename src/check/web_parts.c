/* web_parts.c: marks, labels, tables: what all sections of the page use. */
#include "check/registry.h"
#include "check/web.h"

static const struct { const char *class, *label, *mark; } urgencies[URGENCY_COUNT] = {
    [URGENCY_NOW] = {"now", N_("Now"), "M5 1h6l4 4v6l-4 4H5l-4-4V5zM7 4v5h2V4zM7 10.4v2h2v-2z"},
    [URGENCY_SOON] = {"soon", N_("Soon"), "M8 1 15.6 14.6H.4zM7.1 6v4.4h1.8V6zM7.1 11.4v1.8h1.8v-1.8z"},
    [URGENCY_ACCEPTED] = {"accepted", N_("Accepted"), "M3 1h1.8v14H3zM6 2h8l-2.2 3L14 8H6z"},
    [URGENCY_UNKNOWN] = {"unknown", N_("Not seen"), "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM3.6 7.1v1.8h1.9V7.1zM7.1 7.1v1.8h1.8V7.1zM10.5 7.1v1.8h1.9V7.1z"},
    [URGENCY_OK] = {"ok", N_("In order"), "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 11.6 3.6 8.2 4.9 6.9 7 9l4.2-4.2 1.3 1.3z"},
    [URGENCY_NA] = {"na", N_("n/a"), "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7.1v1.8h8V7.1z"},
};

bool web_is_large(const struct web *w)
{
    return w->h.out->n >= WEB_LARGE;
}

const char *web_class(enum urgency u)
{
    return urgencies[u].class;
}

const char *web_label(enum urgency u)
{
    return _(urgencies[u].label);
}

void web_mark(struct web *w, enum urgency u)
{
    html_begin(&w->h, "svg");
    html_attribute(&w->h, "class", "mark");
    html_attribute(&w->h, "viewBox", "0 0 16 16");
    html_attribute(&w->h, "aria-hidden", "true");
    html_begin(&w->h, "path");
    html_attribute(&w->h, "fill-rule", "evenodd");
    html_attribute(&w->h, "d", urgencies[u].mark);
    html_end(&w->h);
    html_end(&w->h);
}

void web_chip(struct web *w, enum urgency u, const char *text)
{
    html_begin(&w->h, "span");
    html_attribute(&w->h, "class", arena_printf(w->r->arena, "chip %s", web_class(u)));
    web_mark(w, u);
    html_text(&w->h, str_of(text));
    html_end(&w->h);
}

enum urgency web_verdict(const struct report *r)
{
    static const enum urgency worst[] = {URGENCY_NOW, URGENCY_SOON, URGENCY_UNKNOWN, URGENCY_OK, URGENCY_ACCEPTED};
    for (size_t i = 0; i < ARRAY_SIZE(worst); i++)
        if (report_count(r, worst[i]))
            return worst[i];
    return URGENCY_NA;
}

void web_name(struct web *w, unsigned chapter)
{
    html_printf(&w->h, "%u ", chapter);
    html_element(&w->h, "span", "name", chapter_title(chapter));
}

void web_kind(struct web *w, const struct result *r, enum urgency u)
{
    const struct finding *f = r->finding;
    web_chip(w, u, web_label(u));
    html_element(&w->h, "code", NULL, f->check->id);
    if (*f->object && !strcasestr(f->title, f->object))
        html_element(&w->h, "span", NULL, f->object);
    html_element(&w->h, "span", NULL, f->check->requirement);
    const char *age = page_age(&w->page, r);
    if (*age)
        html_element(&w->h, "span", NULL, age);
}

void web_section(struct web *w, const char *id, const char *heading, unsigned chapter)
{
    const char *title = arena_printf(w->r->arena, "%s-title", id);
    html_begin(&w->h, "section");
    html_attribute(&w->h, "id", id);
    html_attribute(&w->h, "aria-labelledby", title);
    html_begin(&w->h, "h2");
    html_attribute(&w->h, "id", title);
    if (chapter)
        web_name(w, chapter);
    else
        html_text(&w->h, str_of(heading));
    html_end(&w->h);
}

void web_end(struct web *w)
{
    html_end(&w->h);
}

void web_table(struct web *w, const char *caption, const char *const heads[], size_t n)
{
    html_begin(&w->h, "table");
    html_element(&w->h, "caption", NULL, caption);
    html_begin(&w->h, "thead");
    html_begin(&w->h, "tr");
    for (size_t i = 0; i < n; i++) {
        html_begin(&w->h, "th");
        html_attribute(&w->h, "scope", "col");
        html_text(&w->h, str_of(_(heads[i])));
        html_end(&w->h);
    }
    html_end(&w->h);
    html_end(&w->h);
    html_begin(&w->h, "tbody");
}

void web_table_end(struct web *w)
{
    html_end(&w->h);
    html_end(&w->h);
}

void web_cell(struct web *w, const char *class, const char *text)
{
    html_element(&w->h, "td", class, text);
}

void web_time(struct web *w, int64_t seconds, const char *format)
{
    html_begin(&w->h, "time");
    html_attribute(&w->h, "datetime", page_time(&w->page, seconds, "%Y-%m-%dT%H:%M%z"));
    html_text(&w->h, str_of(page_time(&w->page, seconds, format)));
    html_end(&w->h);
}

void web_command(struct web *w, const char *command)
{
    html_begin(&w->h, "div");
    html_attribute(&w->h, "class", "command");
    html_element(&w->h, "code", NULL, command);
    html_end(&w->h);
}
