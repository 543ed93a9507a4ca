/* web.h: the parts of which the page (report_html.c) is made. Each file writes some of its sections; texts go through term/html only. */
#pragma once
#include "check/page.h"
#include "term/html.h"

#define WEB_FIRST 3
#define WEB_LARGE (8u << 20) /* from here on the page only counts what it leaves out: no site can make it too large to be sent */

struct web {
    const struct report *r;
    struct page page; /* for dates and ages only: nothing is printed through it */
    struct html h;
    const struct result *first[WEB_FIRST]; /* what is told before everything else */
    size_t first_n;
};

/* The page has reached WEB_LARGE. */
bool web_is_large(const struct web *w);
/* Labels and marks of an urgency: "NOW"; the class of the style sheet is its name in JSON. */
const char *web_class(enum urgency u);
const char *web_label(enum urgency u);
void web_mark(struct web *w, enum urgency u); /* a small drawing, without meaning of its own */
void web_chip(struct web *w, enum urgency u, const char *text);
/* The urgency of all that was found: the worst one that is there. */
enum urgency web_verdict(const struct report *r);

/* "4 Mail". */
void web_name(struct web *w, unsigned chapter);
/* What stands below a finding's title: how urgent, which object, which check, since when. */
void web_kind(struct web *w, const struct result *r, enum urgency u);
/* A section with its heading (a chapter's name where `chapter` is not 0), and its end. */
void web_section(struct web *w, const char *id, const char *heading, unsigned chapter);
void web_end(struct web *w);
/* A table with a caption (for those who do not see it) and n column headings. */
void web_table(struct web *w, const char *caption, const char *const heads[], size_t n);
void web_table_end(struct web *w);
void web_cell(struct web *w, const char *class, const char *text);
void web_time(struct web *w, int64_t seconds, const char *format);
void web_command(struct web *w, const char *command);

/* web_finding.c */
void web_first(struct web *w);
/* Evidence, meaning, advice, command; `also`: others of the same check, by their titles. What `before` (NULL: none) has told word for word is not repeated. */
void web_finding(struct web *w, const struct finding *f, const struct result **also, size_t also_n, const struct finding *before);
/* web_chapters.c */
bool web_has_chapter(const struct report *r, unsigned chapter); /* something in it was there to be judged */
void web_overview(struct web *w);
void web_chapters(struct web *w);
/* web_rest.c */
void web_solved(struct web *w);
void web_changes(struct web *w);
void web_coverage(struct web *w);

extern const char web_style[];
