/* text.c: escaping of untrusted text, widths, padding, wrapping. */
#include "term/text.h"
#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

bool text_is_hidden(uint32_t c)
{
    uint32_t mask = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co | UC_CATEGORY_MASK_Cn |
                    UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    return uc_is_general_category_withtable(c, mask) || uc_is_property_default_ignorable_code_point(c);
}

static void escape_char(struct buf *b, ucs4_t c)
{
    if (c == '\n')
        buf_addz(b, "\\n");
    else if (c == '\r')
        buf_addz(b, "\\r");
    else if (c == '\t')
        buf_addz(b, "\\t");
    else if (c < 0x80)
        buf_printf(b, "\\x%02x", (unsigned)c);
    else
        buf_printf(b, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
}

void text_escape(struct buf *b, struct str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t plain = i;
        while (i < s.n && p[i] >= 0x20 && p[i] < 0x7f)
            i++;
        buf_add(b, s.p + plain, i - plain);
        if (i == s.n)
            break;
        ucs4_t c;
        int n = u8_mbtoucr(&c, p + i, s.n - i);
        if (n <= 0)
            buf_printf(b, "\\x%02x", p[i]);
        else if (text_is_hidden(c))
            escape_char(b, c);
        else
            buf_add(b, s.p + i, (size_t)n);
        i += n > 0 ? (size_t)n : 1;
    }
}

/* The next character and its columns; invalid bytes count as one column. Returns its bytes. */
static size_t next_char(struct str s, ucs4_t *ret, size_t *ret_width)
{
    int n = u8_mbtouc(ret, (const uint8_t *)s.p, s.n);
    int w = uc_width(*ret, "UTF-8");
    *ret_width = w > 0 ? (size_t)w : 0;
    return n > 0 ? (size_t)n : 1;
}

size_t text_width(struct str s)
{
    size_t columns = 0, w;
    ucs4_t c;
    for (; s.n; columns += w)
        s = str_from(s, next_char(s, &c, &w));
    return columns;
}

/* Bytes of s that fit into the columns; *ret_width: how many columns they take. */
static size_t fitting(struct str s, size_t columns, size_t *ret_width)
{
    size_t used = 0, at = 0, w;
    ucs4_t c;
    while (at < s.n) {
        size_t n = next_char(str_from(s, at), &c, &w);
        if (used + w > columns)
            break;
        used += w;
        at += n;
    }
    *ret_width = used;
    return at;
}

void text_pad(struct buf *b, struct str s, size_t columns)
{
    size_t used, n = fitting(s, columns, &used);
    if (n < s.n) {
        n = fitting(s, columns > 3 ? columns - 3 : 0, &used);
        buf_add(b, s.p, n);
        for (size_t dots = columns < 3 ? columns : 3; dots; dots--, used++)
            buf_addc(b, '.');
    } else {
        buf_adds(b, s);
    }
    for (; used < columns; used++)
        buf_addc(b, ' ');
}

/* May a line begin with c? (JIS X 4051: not with closing brackets, commas, small kana.) */
static bool may_begin(ucs4_t c)
{
    static const uint16_t closing[] = {0x3001, 0x3002, 0x3009, 0x300b, 0x300d, 0x300f, 0x3011, 0x3015, 0x3017, 0x3019, 0xff01, 0xff09, 0xff0c, 0xff0e,
                                       0xff1a, 0xff1b, 0xff1f, 0xff3d, 0xff5d, 0x30fc, 0x3005, 0x30fb, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063,
                                       0x3083, 0x3085, 0x3087, 0x308e, 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, 0x30c3, 0x30e3, 0x30e5, 0x30e7, 0x30ee};
    for (size_t i = 0; i < ARRAY_SIZE(closing); i++)
        if (closing[i] == c)
            return false;
    return true;
}

static bool may_end(ucs4_t c)
{
    static const uint16_t opening[] = {0x3008, 0x300a, 0x300c, 0x300e, 0x3010, 0x3014, 0x3016, 0x3018, 0xff08, 0xff3b, 0xff5b, '(', '['};
    for (size_t i = 0; i < ARRAY_SIZE(opening); i++)
        if (opening[i] == c)
            return false;
    return true;
}

static bool is_wide(ucs4_t c)
{
    return uc_width(c, "UTF-8") == 2;
}

/* Where to break s so that its first line takes at most `columns`: bytes of the line; *ret_next: where the next one begins.
   The last opportunity that fits: after a blank, or beside a wide character; a word that is longer than the line is cut. */
static size_t break_at(struct str s, size_t columns, size_t *ret_next)
{
    size_t used = 0, at = 0, line, next = 0, w;
    ucs4_t before = 0, c;
    while (at < s.n) {
        size_t n = next_char(str_from(s, at), &c, &w);
        bool chance = at > 0 && c != ' ' && (before == ' ' || ((is_wide(before) || is_wide(c)) && may_begin(c) && may_end(before)));
        if (chance)
            next = at;
        if (used + w > columns && c != ' ')
            break;
        used += w;
        at += n;
        before = c;
    }
    if (at == s.n || next == 0)
        next = at;
    if (next == 0) /* not even one character fits */
        next = next_char(s, &c, &w);
    for (line = next; line > 0 && s.p[line - 1] == ' ';)
        line--;
    *ret_next = next;
    return line;
}

void text_wrap(struct buf *b, struct str s, size_t columns, size_t indent)
{
    for (bool first = true; s.n || first; first = false) {
        if (!first) {
            buf_addc(b, '\n');
            for (size_t i = 0; i < indent; i++)
                buf_addc(b, ' ');
        }
        size_t next = 0, n = s.n ? break_at(s, columns, &next) : 0;
        buf_add(b, s.p, n);
        s = str_from(s, next);
    }
}

void text_complain(const char *name, const char *format, va_list ap)
{
    _cleanup_(buf_free) struct buf raw = BUF(16384), b = BUF(65536);
    buf_vprintf(&raw, format, ap);
    text_escape(&b, buf_str(&raw));
    fprintf(stderr, "%s: %s\n", name, b.p ? b.p : "");
}
