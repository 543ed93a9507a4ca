#include "notify/mime.h"
#include <stdint.h>
#include <time.h>
#include <unistr.h>

#define COLUMNS 76
#define BOUNDARY "=_bansho_page" /* "=_" stands in no base64 */
#define WORD_BYTES 42            /* of text in one encoded word: 56 of base64 and 12 around it stay below 75 */

/* Length of the valid sequence that begins here; 0: none. */
static size_t sequence(struct str s)
{
    int n = s.n && s.p[0] ? u8_mblen((const uint8_t *)s.p, s.n) : 0;
    return n > 0 ? (size_t)n : 0;
}

void utf8_clean(struct str s, struct buf *out)
{
    while (s.n) {
        size_t n = sequence(s);
        unsigned char c = (unsigned char)s.p[0];
        bool control = n == 1 && (c < 32 || c == 127) && c != '\n' && c != '\t';
        if (!n || control)
            buf_addc(out, '?');
        else
            buf_add(out, s.p, n);
        s = str_from(s, n ? n : 1);
    }
}

static void base64_add(struct buf *out, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_addc(out, i + k > s.n ? '=' : digits[v >> (18 - 6 * k) & 63]);
    }
}

static void base64_lines(struct buf *out, struct str s)
{
    for (size_t line = COLUMNS / 4 * 3; s.n; s = str_from(s, line)) {
        base64_add(out, str_span(s.p, s.n < line ? s.n : line));
        buf_addz(out, "\r\n");
    }
}

/* A subject in one line; as it is where it is ASCII and short, else in encoded words that part no character. */
static void subject(struct buf *out, const char *text)
{
    _cleanup_(buf_free) struct buf clean = BUF(1024);
    utf8_clean(str_of(text), &clean);
    bool plain = clean.n <= COLUMNS - sizeof "Subject: " && str_search(buf_str(&clean), STR("=?")) < 0;
    for (size_t i = 0; i < clean.n; i++) {
        if (clean.p[i] == '\n' || clean.p[i] == '\t')
            clean.p[i] = ' ';
        plain = plain && (unsigned char)clean.p[i] < 0x80;
    }
    buf_addz(out, "Subject: ");
    if (plain)
        buf_adds(out, buf_str(&clean));
    for (struct str rest = buf_str(&clean); !plain && rest.n;) {
        size_t n = 0, next;
        while (n < rest.n && (next = sequence(str_from(rest, n))) && n + next <= WORD_BYTES)
            n += next;
        n = n ? n : 1; /* the last character was cut by the cap */
        buf_addz(out, "=?UTF-8?B?");
        base64_add(out, str_span(rest.p, n));
        rest = str_from(rest, n);
        buf_addz(out, rest.n ? "?=\r\n " : "?=");
    }
    buf_addz(out, "\r\n");
}

static void date(struct buf *out, int64_t now)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)now;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* A text with CRLF lines, in base64. */
static void text_part(struct buf *out, const char *text)
{
    _cleanup_(buf_free) struct buf clean = BUF(out->max), lines = BUF(out->max);
    utf8_clean(str_of(text), &clean);
    for (size_t i = 0; i < clean.n; i++)
        if (clean.p[i] == '\n')
            buf_addz(&lines, "\r\n");
        else
            buf_addc(&lines, clean.p[i]);
    buf_addz(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    base64_lines(out, buf_str(&lines));
}

void mime_build(const struct mime *m, struct buf *out)
{
    buf_printf(out, "From: bansho <%s>\r\nTo: %s\r\n", m->from, m->to);
    subject(out, m->subject);
    date(out, m->now);
    buf_printf(out, "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n", m->id, m->host);
    if (!m->html.n) {
        text_part(out, m->text);
        return;
    }
    buf_addz(out, "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r\n--" BOUNDARY "\r\n");
    text_part(out, m->text);
    buf_addz(out, "--" BOUNDARY "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
                  "Content-Disposition: attachment; filename=\"bansho.html\"\r\n\r\n");
    base64_lines(out, m->html);
    buf_addz(out, "--" BOUNDARY "--\r\n");
}

void mime_dots(struct str mail, struct buf *out)
{
    struct str line;
    while (str_line(&mail, &line)) {
        if (str_starts(line, STR(".")))
            buf_addc(out, '.');
        buf_adds(out, line);
        buf_addz(out, "\r\n");
    }
    buf_addz(out, ".\r\n");
}
