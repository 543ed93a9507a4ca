#include "check/page.h"
#include "base/clock.h"
#include <time.h>

#define TEXT_SHOWN 1500

void page_colour(const struct page *p, enum colour c)
{
    term_colour(p->t, p->out, c);
}

void page_blanks(const struct page *p, size_t n)
{
    while (n--)
        buf_addc(p->out, ' ');
}

void page_escaped(struct buf *b, const char *text)
{
    struct str s = str_of(text);
    text_escape(b, str_head(s, TEXT_SHOWN));
    if (s.n > TEXT_SHOWN)
        buf_addz(b, "...");
}

void page_wrapped(const struct page *p, struct str s, size_t indent)
{
    size_t columns = p->t->columns > indent + 20 ? p->t->columns - indent : 20;
    text_wrap(p->out, s, columns, indent);
    buf_addc(p->out, '\n');
}

void page_label(const struct page *p, size_t margin, const char *label)
{
    page_blanks(p, margin);
    page_colour(p, COLOUR_DIM);
    text_pad(p->out, str_of(label), LABEL_WIDTH);
    page_colour(p, COLOUR_NONE);
}

void page_block(const struct page *p, size_t margin, const char *label, const char *text, bool wrap)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    page_escaped(&b, text);
    page_label(p, margin, label);
    if (wrap)
        page_wrapped(p, buf_str(&b), margin + LABEL_WIDTH);
    else
        buf_printf(p->out, "%s\n", b.p ? b.p : "");
}

void page_flow(const struct page *p, struct flow *f, const char *separator, struct str piece)
{
    /* A separator that is more than blanks has its place at each line's end. */
    struct str visible = str_trim(str_of(separator));
    size_t gap = f->begun ? text_width(str_of(separator)) : 0, width = text_width(piece), columns = p->t->columns - (visible.n ? 2 : 0);
    if (f->begun && f->used + gap + width > columns && f->used > f->indent) {
        if (visible.n && f->used + 2 <= p->t->columns) {
            buf_addc(p->out, ' ');
            buf_adds(p->out, visible);
        }
        buf_addc(p->out, '\n');
        page_blanks(p, f->indent);
        f->used = f->indent;
    } else if (f->begun) {
        buf_addz(p->out, separator);
        f->used += gap;
    }
    f->begun = true;
    if (f->used + width <= columns) {
        buf_adds(p->out, piece);
        f->used += width;
        return;
    }
    /* Longer than a line: its last line's width is where we stand then. */
    size_t before = p->out->n;
    text_wrap(p->out, piece, columns > f->indent + 20 ? columns - f->indent : 20, f->indent);
    struct str rest = str_span(p->out->p + before, p->out->n - before), line;
    while (str_line(&rest, &line))
        f->used = text_width(line);
}

void page_flow_end(const struct page *p, struct flow *f)
{
    buf_addc(p->out, '\n');
    f->used = f->begun = 0;
}

static void one_evidence(const struct page *p, size_t margin, const char *label, const struct evidence *e)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    buf_addz(&b, e->text);
    if (e->file) {
        buf_printf(&b, "%s%s", e->text[0] ? "   " : "", e->file);
        if (e->line)
            buf_printf(&b, ":%u", e->line);
    }
    page_block(p, margin, label, b.p ? b.p : "", true);
}

void page_details(const struct page *p, const struct finding *f, size_t margin, size_t shown)
{
    for (size_t i = 0; i < f->evidence.n && i < shown; i++)
        one_evidence(p, margin, i ? "" : _("seen"), &f->evidence.v[i]);
    if (f->evidence.n > shown) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        buf_printf(&b, _("and %zu more: bansho check %s --all"), f->evidence.n - shown, f->check->id);
        page_block(p, margin, "", b.p, true);
    }
    if (f->impact)
        page_block(p, margin, _("means"), f->impact, true);
    if (f->next)
        page_block(p, margin, _("next"), f->next, false);
    else
        page_block(p, margin, _("next"), in_words(f->check->advice), true);
    if (f->next && f->next_note) {
        _cleanup_(buf_free) struct buf b = BUF(16384);
        buf_printf(&b, "(%s)", f->next_note);
        page_block(p, margin, "", b.p, true);
    }
}

const char *page_time(const struct page *p, int64_t seconds, const char *format)
{
    return clock_text(p->r->arena, seconds, format);
}

const char *page_age(const struct page *p, const struct result *r)
{
    if (r->is_new)
        return _("new");
    if (r->since && r->since < p->r->time)
        return arena_printf(p->r->arena, _("since %s"), page_time(p, r->since, "%Y-%m-%d"));
    return "";
}

const char *page_state(enum state s)
{
    static const char *const labels[STATE_COUNT] = {N_("ok"), N_("warn"), N_("fail"), N_("unknown"), N_("n/a")};
    return _(labels[s]);
}

const char *page_reason(const struct finding *f)
{
    return f->evidence.n ? f->evidence.v[0].text : f->title;
}
