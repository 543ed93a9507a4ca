#include "term/html.h"
#include "term/text.h"
#include <assert.h>

struct html html_to(struct buf *out)
{
    return (struct html){.out = out};
}

static bool is_one_of(const char *name, const char *const list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static void close_tag(struct html *h)
{
    if (h->tag)
        buf_addc(h->out, '>');
    h->tag = false;
}

void html_begin(struct html *h, const char *element)
{
    assert(h->depth < HTML_DEPTH);
    close_tag(h);
    buf_printf(h->out, "<%s", element);
    h->open[h->depth++] = element;
    h->tag = true;
}

/* What HTML understands, in text and in quoted values alike. */
static void escape(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t plain = i;
        while (i < s.n && !strchr("&<>\"'", s.p[i]))
            i++;
        buf_add(out, s.p + plain, i - plain);
        if (i < s.n)
            buf_printf(out, "&#%d;", s.p[i++]);
    }
}

static void safely(struct html *h, struct str s)
{
    _cleanup_(buf_free) struct buf b = BUF(HTML_TEXT_MAX * 8);
    text_escape(&b, str_head(s, HTML_TEXT_MAX));
    escape(h->out, buf_str(&b));
    if (s.n > HTML_TEXT_MAX)
        buf_addz(h->out, "...");
}

void html_attribute(struct html *h, const char *name, const char *value)
{
    assert(h->tag);
    buf_printf(h->out, " %s=\"", name);
    safely(h, str_of(value));
    buf_addc(h->out, '"');
}

void html_number(struct html *h, const char *name, int64_t value)
{
    assert(h->tag);
    buf_printf(h->out, " %s=\"%lld\"", name, (long long)value);
}

void html_text(struct html *h, struct str text)
{
    close_tag(h);
    safely(h, text);
}

void html_printf(struct html *h, const char *format, ...)
{
    _cleanup_(buf_free) struct buf b = BUF(HTML_TEXT_MAX * 2);
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&b, format, ap);
    va_end(ap);
    html_text(h, buf_str(&b));
}

void html_end(struct html *h)
{
    static const char *const empty[] = {"meta", "link", "br"};
    static const char *const within_lines[] = {"a", "span", "code", "strong", "time", "b", "svg", "path", "rect", "title"};
    assert(h->depth);
    const char *element = h->open[--h->depth];
    close_tag(h);
    if (!is_one_of(element, empty, ARRAY_SIZE(empty)))
        buf_printf(h->out, "</%s>", element);
    if (!is_one_of(element, within_lines, ARRAY_SIZE(within_lines)))
        buf_addc(h->out, '\n');
}

void html_element(struct html *h, const char *element, const char *class, const char *text)
{
    html_begin(h, element);
    if (class)
        html_attribute(h, "class", class);
    html_text(h, str_of(text));
    html_end(h);
}

void html_literal(struct html *h, const char *text)
{
    close_tag(h);
    buf_addz(h->out, text);
}
