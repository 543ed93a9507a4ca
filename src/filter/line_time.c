#include "filter/line_time.h"
#include "base/clock.h"
#include "filter/utf8.h"

#define DATE_WITHIN 512 /* bytes of a line: what stands behind is what clients sent */
#define LINES_BACK 100

int line_time_new(struct arena *a, int64_t now, struct line_time *ret, struct err *err)
{
    *ret = (struct line_time){.changed = now};
    return date_detector_new(a, (struct str){0}, now, &ret->dates, err);
}

void line_time_done(struct line_time *t)
{
    if (t->dates)
        date_detector_done(t->dates);
    t->dates = NULL;
}

void line_time_begin(struct line_time *t, int64_t changed)
{
    t->changed = changed;
    t->known = false;
}

/* As much of its beginning as is valid UTF-8. */
static struct str datable(struct str line, bool *ret_ascii)
{
    struct str head = str_span(line.p, line.n < DATE_WITHIN ? line.n : DATE_WITHIN);
    size_t n = 0;
    uint32_t character;
    *ret_ascii = utf8_ascii(head);
    if (*ret_ascii)
        return head;
    for (size_t next; n < head.n && (next = utf8_next(str_from(head, n), &character)); n += next)
        ;
    return str_span(head.p, n);
}

bool line_time_own(struct line_time *t, struct str line, struct date_found *ret)
{
    bool ascii;
    struct str head = datable(line, &ascii);
    struct date_found found;
    if (!date_detector_find(t->dates, head, ascii, t->changed, &found) || !found.timed || found.us / 1000000 > t->changed + DAY)
        return false;
    t->known = true;
    t->us = found.us;
    *ret = found;
    return true;
}

bool line_time_of(struct line_time *t, struct str block, size_t at, struct date_found *ret)
{
    struct str line, rest = str_from(block, at);
    if (!str_line(&rest, &line))
        return false;
    if (line_time_own(t, line, ret))
        return true;
    for (unsigned i = 0; i < LINES_BACK && at; i++) {
        const char *lf = memrchr(block.p, '\n', at - 1);
        size_t begin = lf ? (size_t)(lf - block.p) + 1 : 0;
        struct date_found found;
        if (line_time_own(t, str_span(block.p + begin, at - 1 - begin), &found))
            break;
        at = begin;
    }
    *ret = (struct date_found){.timed = t->known, .us = t->us, .name = ""};
    return t->known;
}
