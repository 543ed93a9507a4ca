/* report_all.c: `bansho check --all`: every finding in a table, chapter by chapter, with the details of what is not in order. */
#include "check/page.h"
#include "check/registry.h"

#define MARGIN 4

struct columns {
    size_t state, object;
};

static const char *state_label(const struct result *r)
{
    return r->accepted_why ? _("accepted") : page_state(r->finding->state);
}

static enum colour state_colour(const struct result *r)
{
    static const enum colour colours[URGENCY_COUNT] = {COLOUR_BAD, COLOUR_WARN, COLOUR_DIM, COLOUR_BOLD, COLOUR_GOOD, COLOUR_DIM};
    return colours[result_urgency(r)];
}

static size_t escaped_width(const char *text)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    page_escaped(&b, text);
    return text_width(buf_str(&b));
}

static struct columns measure(const struct report *r, size_t columns)
{
    struct columns c = {0};
    for (size_t i = 0; i < r->results.n; i++) {
        size_t state = text_width(str_of(state_label(&r->results.v[i]))), object = escaped_width(r->results.v[i].finding->object);
        c.state = state > c.state ? state : c.state;
        c.object = object > c.object ? object : c.object;
    }
    size_t most = columns / 3 - 4; /* the rest is for the title */
    if (c.object > most)
        c.object = most;
    return c;
}

static void acceptance(const struct page *p, const struct result *r, size_t margin)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    buf_printf(&b, _("until %s: %s"), page_time(p, r->accepted_until - 1, "%Y-%m-%d"), r->accepted_why);
    page_block(p, margin, _("why"), b.p, true);
}

static void row(const struct page *p, const struct result *r, const struct columns *c)
{
    const struct finding *f = r->finding;
    _cleanup_(buf_free) struct buf object = BUF(16384), title = BUF(16384);
    page_escaped(&object, f->object);
    page_escaped(&title, f->title);
    const char *age = f->state == STATE_WARN || f->state == STATE_FAIL ? page_age(p, r) : "";
    if (*age)
        buf_printf(&title, "  (%s)", age);
    page_blanks(p, MARGIN);
    page_colour(p, state_colour(r));
    text_pad(p->out, str_of(state_label(r)), c->state + 2);
    page_colour(p, COLOUR_NONE);
    size_t indent = MARGIN + c->state + 2;
    if (c->object) {
        indent += c->object + 2;
        if (text_width(buf_str(&object)) <= c->object) {
            text_pad(p->out, buf_str(&object), c->object + 2);
        } else { /* whole, because people type it; the title begins below */
            buf_printf(p->out, "%s\n", object.p);
            page_blanks(p, indent);
        }
    }
    page_wrapped(p, buf_str(&title), indent);
    size_t margin = MARGIN + c->state + 2;
    if (r->accepted_why)
        acceptance(p, r, margin);
    else if (f->state == STATE_WARN || f->state == STATE_FAIL)
        page_details(p, f, margin, SIZE_MAX);
    else if (f->state == STATE_UNKNOWN)
        page_block(p, margin, _("seen"), page_reason(f), true);
}

static void question(const struct page *p, const struct check *check)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    buf_printf(&b, "%s  %s  %s", check->id, check->requirement, in_words(check->title));
    page_blanks(p, 2);
    page_wrapped(p, buf_str(&b), MARGIN);
}

static void chapter(const struct page *p, unsigned number, const struct columns *c)
{
    const struct check *before = NULL;
    for (size_t i = 0; i < p->r->results.n; i++) {
        const struct result *r = &p->r->results.v[i];
        const struct check *check = r->finding->check;
        if (check_chapter(check) != number)
            continue;
        if (!before) {
            page_colour(p, COLOUR_BOLD);
            buf_printf(p->out, "\n%u %s\n", number, chapter_title(number));
            page_colour(p, COLOUR_NONE);
        }
        if (check != before)
            question(p, check);
        before = check;
        row(p, r, c);
    }
}

static void solved(const struct page *p)
{
    if (p->r->solved.n)
        buf_printf(p->out, "\n%s\n", _("solved"));
    for (size_t i = 0; i < p->r->solved.n; i++) {
        const struct solved *s = &p->r->solved.v[i];
        _cleanup_(buf_free) struct buf b = BUF(16384);
        buf_printf(&b, "%s  ", s->id);
        page_escaped(&b, s->title);
        page_blanks(p, MARGIN);
        page_wrapped(p, buf_str(&b), MARGIN);
    }
}

void report_all(const struct report *r, const struct term *t, struct buf *out)
{
    struct page p = {r, t, out};
    struct columns c = measure(r, t->columns);
    report_head(&p);
    for (unsigned n = 1; n <= CHAPTERS; n++)
        chapter(&p, n, &c);
    solved(&p);
}
