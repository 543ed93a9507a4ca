/* report_text.c: the terminal report. The verdict comes first; then at most three things in the order in which to do them. */
#include "base/i18n.h"
#include "check/registry.h"
#include "check/report.h"
#include <time.h>

#define SHOWN_NOW 3
#define SHOWN_EVIDENCE 4
#define SHOWN_ONE_LINE 8
#define LABEL 10 /* columns of "   seen   " */

struct page {
    const struct report *r;
    const struct term *t;
    struct buf *out;
};

static void colour(const struct page *p, enum colour c)
{
    term_colour(p->t, p->out, c);
}

/* Untrusted text, broken to the page from column `indent` on. */
static void wrapped(const struct page *p, struct str s, size_t indent)
{
    text_wrap(p->out, s, p->t->columns - indent, indent);
    buf_addc(p->out, '\n');
}

static void escaped_wrapped(const struct page *p, const char *text, size_t indent)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    text_escape(&b, str_of(text));
    wrapped(p, buf_str(&b), indent);
}

static const char *date_and_time(const struct page *p, int64_t seconds, const char *format)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    char text[64] = "";
    if (localtime_r(&t, &tm))
        strftime(text, sizeof text, format, &tm);
    return arena_dupz(p->r->arena, text);
}

static void header(const struct page *p)
{
    const struct report *r = p->r;
    _cleanup_(buf_free) struct buf b = BUF(8192);
    buf_printf(&b, "%s %s   ", _("bansho"), BANSHO_VERSION);
    text_escape(&b, str_of(r->host->name));
    if (*r->host->os.pretty) {
        buf_addz(&b, " (");
        text_escape(&b, str_of(r->host->os.pretty));
        buf_addc(&b, ')');
    }
    if (strcmp(r->root, "/") != 0) {
        buf_addz(&b, "   --root ");
        text_escape(&b, str_of(r->root));
    }
    buf_printf(&b, "   %s   ", date_and_time(p, r->time, "%Y-%m-%d %H:%M %Z"));
    buf_printf(&b, _("%zu findings in %llu.%llu s"), r->results.n, (unsigned long long)(r->run->wall_us / 1000000), (unsigned long long)(r->run->wall_us / 100000 % 10));
    buf_printf(&b, "   %s", _("nothing was changed"));
    wrapped(p, buf_str(&b), 0);
}

static void counts(const struct page *p)
{
    static const struct { enum urgency u; const char *label; enum colour c; bool always; } table[] = {
        {URGENCY_NOW, N_("NOW"), COLOUR_BAD, true},   {URGENCY_SOON, N_("SOON"), COLOUR_WARN, true}, {URGENCY_UNKNOWN, N_("NOT SEEN"), COLOUR_BOLD, true},
        {URGENCY_OK, N_("ok"), COLOUR_GOOD, true},    {URGENCY_NA, N_("n/a"), COLOUR_DIM, true},     {URGENCY_ACCEPTED, N_("accepted"), COLOUR_DIM, false},
    };
    bool first = true;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t n = report_count(p->r, table[i].u);
        if (!n && !table[i].always)
            continue;
        buf_addz(p->out, first ? "" : "   ");
        first = false;
        if (n)
            colour(p, table[i].c);
        buf_printf(p->out, "%s %zu", _(table[i].label), n);
        if (n)
            colour(p, COLOUR_NONE);
    }
    buf_addc(p->out, '\n');
}

static void now(const struct page *p)
{
    size_t n;
    const struct result **list = report_sorted(p->r, URGENCY_NOW, &n);
    for (size_t i = 0; i < n; i++) {
        buf_printf(p->out, " %zu %s  ", i + 1, list[i]->finding->check->id);
        escaped_wrapped(p, list[i]->finding->title, LABEL);
        for (size_t k = 0; k < list[i]->finding->evidence.n; k++) {
            buf_addz(p->out, "   ");
            escaped_wrapped(p, list[i]->finding->evidence.v[k].text, 3);
        }
    }
}

void report_text(const struct report *r, const struct term *t, bool all, struct buf *out)
{
    struct page p = {r, t, out};
    (void)all;
    header(&p);
    counts(&p);
    now(&p);
}
