/* report_text.c: the first screen. The verdict comes first; then at most three things in the order in which to do them; what was not seen stands apart. */
#include "check/page.h"
#include "check/registry.h"

#define SHOWN_NOW 3
#define SHOWN_EVIDENCE 4
#define SHOWN_ALSO 4
#define SHOWN_SOON 8
#define SHOWN_REASONS 8
#define SHOWN_IDS 6
#define MARGIN 3

static void header(const struct page *p)
{
    const struct report *r = p->r;
    _cleanup_(buf_free) struct buf b = BUF(16384);
    struct flow f = {0};
    buf_printf(&b, "%s %s", _("bansho"), BANSHO_VERSION);
    page_flow(p, &f, "", buf_str(&b));
    buf_reset(&b);
    page_escaped(&b, r->host->name);
    if (*r->host->os.pretty) {
        buf_addz(&b, " (");
        page_escaped(&b, r->host->os.pretty);
        buf_addc(&b, ')');
    }
    page_flow(p, &f, "   ", buf_str(&b));
    if (strcmp(r->root, "/") != 0) {
        buf_reset(&b);
        buf_addz(&b, "--root ");
        page_escaped(&b, r->root);
        page_flow(p, &f, "   ", buf_str(&b));
    }
    page_flow(p, &f, "   ", str_of(page_time(p, r->time, "%Y-%m-%d %H:%M %Z")));
    buf_reset(&b);
    buf_printf(&b, _("%zu findings in %llu.%llu s"), r->results.n, (unsigned long long)(r->run->wall_us / 1000000), (unsigned long long)(r->run->wall_us / 100000 % 10));
    page_flow(p, &f, "   ", buf_str(&b));
    page_flow(p, &f, "   ", str_of(_("nothing was changed")));
    page_flow_end(p, &f);
}

static size_t count_new(const struct report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results.n; i++)
        n += r->results.v[i].is_new && result_urgency(&r->results.v[i]) <= URGENCY_SOON;
    return n;
}

static void verdict(const struct page *p)
{
    static const struct { enum urgency u; const char *label; enum colour c; bool always; } table[] = {
        {URGENCY_NOW, N_("NOW"), COLOUR_BAD, true},   {URGENCY_SOON, N_("SOON"), COLOUR_WARN, true}, {URGENCY_UNKNOWN, N_("NOT SEEN"), COLOUR_BOLD, true},
        {URGENCY_OK, N_("ok"), COLOUR_GOOD, true},    {URGENCY_NA, N_("n/a"), COLOUR_DIM, true},     {URGENCY_ACCEPTED, N_("accepted"), COLOUR_DIM, false},
    };
    struct flow f = {0};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t n = report_count(p->r, table[i].u);
        if (!n && !table[i].always)
            continue;
        _cleanup_(buf_free) struct buf b = BUF(256);
        if (n)
            page_colour(&(struct page){p->r, p->t, &b}, table[i].c);
        buf_printf(&b, "%s %zu", _(table[i].label), n);
        if (n)
            page_colour(&(struct page){p->r, p->t, &b}, COLOUR_NONE);
        page_flow(p, &f, "   ", buf_str(&b));
    }
    page_flow_end(p, &f);
    if (p->r->before) {
        _cleanup_(buf_free) struct buf b = BUF(256);
        buf_printf(&b, _("since %s: %zu new, %zu solved"), page_time(p, p->r->before, "%Y-%m-%d %H:%M"), count_new(p->r), p->r->solved.n);
        page_wrapped(p, buf_str(&b), 0);
    }
    for (size_t i = 0; i < p->r->notes.n; i++) {
        _cleanup_(buf_free) struct buf b = BUF(16384);
        page_escaped(&b, p->r->notes.v[i]);
        buf_printf(p->out, "%s ", _("note:"));
        page_wrapped(p, buf_str(&b), text_width(str_of(_("note:"))) + 1);
    }
}

/* " 1 [serious] title          mail.relay  G4.4  new": the tail at the right edge, or on a line of its own. */
static void headline(const struct page *p, size_t number, const struct result *r)
{
    const struct finding *f = r->finding;
    _cleanup_(buf_free) struct buf title = BUF(16384), tail = BUF(4096), mark = BUF(256);
    page_escaped(&title, f->title);
    buf_printf(&tail, "%s  %s", f->check->id, f->check->requirement);
    const char *age = page_age(p, r);
    if (*age)
        buf_printf(&tail, "  %s", age);
    buf_printf(&mark, "[%s] ", _("serious"));
    buf_printf(p->out, "%2zu ", number);
    page_colour(p, COLOUR_BAD);
    buf_adds(p->out, buf_str(&mark));
    page_colour(p, COLOUR_NONE);
    page_colour(p, COLOUR_BOLD);
    size_t used = MARGIN + text_width(buf_str(&mark)) + text_width(buf_str(&title)), end = text_width(buf_str(&tail));
    if (used + 3 + end <= p->t->columns) {
        buf_adds(p->out, buf_str(&title));
        page_colour(p, COLOUR_NONE);
        page_blanks(p, p->t->columns - used - end);
    } else {
        page_wrapped(p, buf_str(&title), MARGIN + text_width(buf_str(&mark)));
        page_colour(p, COLOUR_NONE);
        page_blanks(p, MARGIN + 7);
    }
    buf_printf(p->out, "%s\n", tail.p);
}

/* One thing to do: the first finding of a check in full, the others of the same check by their titles. Returns how many findings that were. */
static size_t one_thing(const struct page *p, size_t number, const struct result **list, size_t first, size_t n)
{
    size_t same = 1;
    headline(p, number, list[first]);
    page_details(p, list[first]->finding, MARGIN, SHOWN_EVIDENCE);
    struct flow f = {.indent = MARGIN + LABEL_WIDTH, .used = MARGIN + LABEL_WIDTH};
    for (size_t i = first + 1; i < n; i++) {
        if (list[i]->finding->check != list[first]->finding->check)
            continue;
        if (same++ == 1)
            page_label(p, MARGIN, _("also"));
        _cleanup_(buf_free) struct buf b = BUF(16384);
        if (same <= SHOWN_ALSO + 1)
            page_escaped(&b, list[i]->finding->title);
        else if (same == SHOWN_ALSO + 2)
            buf_addz(&b, "...");
        if (b.n)
            page_flow(p, &f, " / ", buf_str(&b));
    }
    if (same > 1)
        page_flow_end(p, &f);
    return same;
}

static bool first_of_its_check(const struct result **list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (list[k]->finding->check == list[i]->finding->check)
            return false;
    return true;
}

static void now(const struct page *p)
{
    size_t n, things = 0, shown = 0;
    const struct result **list = report_sorted(p->r, URGENCY_NOW, &n);
    if (!n)
        return;
    page_colour(p, COLOUR_BOLD);
    buf_printf(p->out, "\n%s\n", _("NOW (in this order)"));
    page_colour(p, COLOUR_NONE);
    for (size_t i = 0; i < n && things < SHOWN_NOW; i++)
        if (first_of_its_check(list, i))
            shown += one_thing(p, ++things, list, i, n);
    if (shown < n) {
        _cleanup_(buf_free) struct buf b = BUF(256);
        buf_printf(&b, _("and %zu more: bansho check --all"), n - shown);
        page_blanks(p, MARGIN);
        page_wrapped(p, buf_str(&b), MARGIN);
    }
}

/* "LABEL n   ": what follows flows beside it. */
static struct flow label(const struct page *p, const char *name, size_t n)
{
    _cleanup_(buf_free) struct buf b = BUF(256);
    buf_printf(&b, "%s %zu   ", name, n);
    buf_adds(p->out, buf_str(&b));
    size_t width = text_width(buf_str(&b));
    return (struct flow){.indent = width, .used = width};
}

static void soon(const struct page *p)
{
    size_t n;
    const struct result **list = report_sorted(p->r, URGENCY_SOON, &n);
    if (!n)
        return;
    buf_addc(p->out, '\n');
    struct flow f = label(p, _("SOON"), n);
    for (size_t i = 0; i < n && i < SHOWN_SOON; i++) {
        _cleanup_(buf_free) struct buf b = BUF(16384);
        page_escaped(&b, list[i]->finding->title);
        page_flow(p, &f, " / ", buf_str(&b));
    }
    if (n > SHOWN_SOON)
        page_flow(p, &f, " / ", STR("..."));
    page_flow(p, &f, "   ", str_of(_("all: bansho check --all")));
    page_flow_end(p, &f);
}

static bool same_reason(const struct result *a, const struct result *b)
{
    return strcmp(page_reason(a->finding), page_reason(b->finding)) == 0;
}

static void name_of(const struct page *p, struct buf *b, const struct result *r)
{
    buf_addz(b, r->finding->check->id);
    if (*r->finding->object) {
        buf_addc(b, ' ');
        page_escaped(b, r->finding->object);
    }
    if (r->decided) {
        buf_addz(b, " (");
        buf_printf(b, _("last result: %s, %s"), page_state(r->decided_state), page_time(p, r->decided, "%Y-%m-%d %H:%M"));
        buf_addc(b, ')');
    }
}

/* "id object, id object, ...: reason": all that have the reason of list[i], which is the first of them. */
static void one_reason(const struct page *p, struct flow *f, const struct result **list, size_t i, size_t n)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    size_t names = 1;
    name_of(p, &b, list[i]);
    for (size_t k = i + 1; k < n; k++)
        if (same_reason(list[k], list[i]) && ++names <= SHOWN_IDS) {
            buf_addz(&b, ", ");
            name_of(p, &b, list[k]);
        }
    buf_addz(&b, names > SHOWN_IDS ? ", ...: " : ": ");
    page_escaped(&b, page_reason(list[i]->finding));
    page_flow(p, f, " / ", buf_str(&b));
}

/* All with one reason together: below --root most have the same. */
static void not_seen(const struct page *p)
{
    size_t n, reasons = 0;
    const struct result **list = report_sorted(p->r, URGENCY_UNKNOWN, &n);
    if (!n)
        return;
    struct flow f = label(p, _("NOT SEEN"), n);
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (!same_reason(list[first], list[i]))
            first++;
        if (first == i && ++reasons <= SHOWN_REASONS)
            one_reason(p, &f, list, i, n);
    }
    if (reasons > SHOWN_REASONS)
        page_flow(p, &f, " / ", STR("..."));
    page_flow(p, &f, "   ", str_of(_("(not counted as ok)")));
    page_flow_end(p, &f);
}

static void chapters(const struct page *p)
{
    size_t good[CHAPTERS + 1] = {0}, total[CHAPTERS + 1] = {0}, seen[CHAPTERS + 1] = {0};
    for (size_t i = 0; i < p->r->results.n; i++) {
        const struct finding *f = p->r->results.v[i].finding;
        unsigned c = check_chapter(f->check);
        seen[c]++;
        total[c] += f->state != STATE_NA;
        good[c] += f->state == STATE_OK;
    }
    size_t width = text_width(str_of(_("chapters"))) + 2;
    struct flow f = {.indent = width, .used = width};
    buf_printf(p->out, "%s  ", _("chapters"));
    for (unsigned c = 1; c <= CHAPTERS; c++) {
        if (!seen[c] && !p->r->whole)
            continue;
        _cleanup_(buf_free) struct buf b = BUF(256);
        buf_printf(&b, "%u %s ", c, chapter_title(c));
        if (total[c])
            buf_printf(&b, "%zu/%zu", good[c], total[c]);
        else
            buf_addz(&b, seen[c] ? _("n/a") : _("not looked at"));
        page_flow(p, &f, "  ", buf_str(&b));
    }
    page_flow_end(p, &f);
}

/* The first thing that somebody would ask about. */
static void hint(const struct page *p)
{
    static const enum urgency order[] = {URGENCY_NOW, URGENCY_SOON, URGENCY_UNKNOWN};
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        size_t n;
        const struct result **list = report_sorted(p->r, order[i], &n);
        if (n) {
            _cleanup_(buf_free) struct buf b = BUF(256);
            buf_printf(&b, _("explanation: bansho explain %s"), list[0]->finding->check->id);
            page_wrapped(p, buf_str(&b), 0);
            return;
        }
    }
}

void report_text(const struct report *r, const struct term *t, struct buf *out)
{
    struct page p = {r, t, out};
    header(&p);
    verdict(&p);
    now(&p);
    soon(&p);
    not_seen(&p);
    chapters(&p);
    hint(&p);
}

void report_head(const struct page *p)
{
    header(p);
    verdict(p);
}
