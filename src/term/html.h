/* html.h: writes HTML (and SVG within it) element by element. The only place where text becomes HTML: whatever comes from outside passes html_text or
   html_attribute, which make control and bidirectional characters and invalid UTF-8 visible as on the terminal (term/text.h) and escape what HTML would
   understand. Names of elements and attributes are literals of ours. */
#pragma once
#include "base/buf.h"

#define HTML_DEPTH 32
#define HTML_TEXT_MAX 4096 /* bytes of one text that are shown; "..." stands for the rest */

struct html {
    struct buf *out;
    const char *open[HTML_DEPTH];
    unsigned depth;
    bool tag; /* the innermost start tag still takes attributes */
};

struct html html_to(struct buf *out);
void html_begin(struct html *h, const char *element);
/* Directly after html_begin. */
void html_attribute(struct html *h, const char *name, const char *value);
void html_number(struct html *h, const char *name, int64_t value);
void html_text(struct html *h, struct str text) PARSER(html);
void html_printf(struct html *h, const char *format, ...) _printf_(2, 3);
/* Closes the innermost element. */
void html_end(struct html *h);
/* <element class="class">text</element>; class NULL: none. */
void html_element(struct html *h, const char *element, const char *class, const char *text);
/* Bytes of our own, as they are: a style sheet. */
void html_literal(struct html *h, const char *text);
