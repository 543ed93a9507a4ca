/* page.h: the pieces of which the two terminal reports are made. Everything that comes from a finding is escaped here, once. */
#pragma once
#include "base/i18n.h"
#include "check/report.h"

#define LABEL_WIDTH 7

struct page {
    const struct report *r;
    const struct term *t;
    struct buf *out;
};

void page_colour(const struct page *p, enum colour c);
void page_blanks(const struct page *p, size_t n);
/* Escaped text, at most about 1,500 bytes of it. */
void page_escaped(struct buf *b, const char *text);
/* Text that is already safe, broken at the page's width; the following lines begin at column `indent`; so does the first one, which the caller has begun. */
void page_wrapped(const struct page *p, struct str s, size_t indent);
/* "   seen   text": the label at `margin`, the text 7 columns further (wrapped when `wrap`; a command is left in one piece). Untrusted text is fine. */
void page_block(const struct page *p, size_t margin, const char *label, const char *text, bool wrap);
/* Pieces set one after another, broken between them where that is possible; following lines begin at column `indent`. Begin with {indent, used}: where
   the line stands already. */
struct flow {
    size_t indent, used;
    bool begun;
};
void page_flow(const struct page *p, struct flow *f, const char *separator, struct str piece);
void page_flow_end(const struct page *p, struct flow *f);
/* The label alone, with its columns. */
void page_label(const struct page *p, size_t margin, const char *label);
/* Evidence (at most `shown`), impact and the next step of one finding. */
void page_details(const struct page *p, const struct finding *f, size_t margin, size_t shown);
/* Local time by strftime(3); in the report's arena. */
const char *page_time(const struct page *p, int64_t seconds, const char *format);
/* "new", "since 2026-11-20", or "". */
const char *page_age(const struct page *p, const struct result *r);
/* "ok", "fail" ... in the reader's language. */
const char *page_state(enum state s);
/* The reason why a finding is unknown, raw. */
const char *page_reason(const struct finding *f);
/* The lines with which both reports begin. */
void report_head(const struct page *p);
