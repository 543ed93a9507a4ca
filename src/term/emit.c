#include "term/emit.h"
#include "term/text.h"
#include <assert.h>
#include <time.h>
#include <unistr.h>

#define PENDING_MAX (1u << 20)
#define HAND_ON 32768

struct emit emit_to(FILE *out)
{
    return (struct emit){.out = out, .pending = BUF(PENDING_MAX)};
}

static void hand_on(struct emit *j)
{
    fwrite(j->pending.p, 1, j->pending.n, j->out);
    buf_reset(&j->pending);
}

static void add(struct emit *j, const char *p, size_t n)
{
    if (j->pending.n + n > HAND_ON)
        hand_on(j);
    if (n > HAND_ON)
        fwrite(p, 1, n, j->out);
    else
        buf_add(&j->pending, p, n);
}

static void addz(struct emit *j, const char *s)
{
    add(j, s, strlen(s));
}

static void unit(struct emit *j, unsigned u)
{
    char hex[8];
    struct buf b = {.p = hex, .cap = sizeof hex, .max = sizeof hex - 1};
    buf_printf(&b, "\\u%04x", u);
    add(j, hex, 6);
}

static void character(struct emit *j, ucs4_t c)
{
    if (c == '"' || c == '\\')
        addz(j, c == '"' ? "\\\"" : "\\\\");
    else if (c == '\n')
        addz(j, "\\n");
    else if (c == '\t')
        addz(j, "\\t");
    else if (c > 0xffff) {
        unit(j, 0xd800 + ((c - 0x10000) >> 10));
        unit(j, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else
        unit(j, c);
}

static void quoted(struct emit *j, struct str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    addz(j, "\"");
    for (size_t i = 0; i < s.n;) {
        size_t plain = i;
        while (i < s.n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
            i++;
        add(j, s.p + plain, i - plain);
        if (i == s.n)
            break;
        ucs4_t c;
        int n = u8_mbtoucr(&c, p + i, s.n - i);
        if (n <= 0) {
            static const char hex[] = "0123456789abcdef";
            char bytes[5] = {'\\', '\\', 'x', hex[p[i] >> 4], hex[p[i] & 15]};
            add(j, bytes, sizeof bytes);
        } else if (c == '"' || c == '\\' || text_is_hidden(c)) {
            character(j, c);
        } else {
            add(j, s.p + i, (size_t)n);
        }
        i += n > 0 ? (size_t)n : 1;
    }
    addz(j, "\"");
}

/* What stands before a value: a comma, a new line, its key. */
static void before(struct emit *j, const char *key)
{
    if (j->depth) {
        bool *more = &j->more[j->depth - 1];
        bool line = !j->one_line && (j->depth == 1 || (j->depth == 2 && j->list[1]));
        addz(j, *more ? line ? "," : ", " : "");
        addz(j, line ? "\n" : "");
        *more = true;
    }
    if (key) {
        quoted(j, str_of(key));
        addz(j, ": ");
    }
}

static void enter(struct emit *j, const char *key, bool list)
{
    assert(j->depth < EMIT_DEPTH);
    before(j, key);
    addz(j, list ? "[" : "{");
    j->more[j->depth] = false;
    j->list[j->depth++] = list;
}

void emit_object(struct emit *j, const char *key)
{
    enter(j, key, false);
}

void emit_list(struct emit *j, const char *key)
{
    enter(j, key, true);
}

void emit_end(struct emit *j)
{
    assert(j->depth);
    j->depth--;
    addz(j, j->list[j->depth] ? "]" : "}");
}

void emit_str(struct emit *j, const char *key, struct str value)
{
    before(j, key);
    quoted(j, value);
}

void emit_text(struct emit *j, const char *key, const char *value)
{
    if (value)
        emit_str(j, key, str_of(value));
    else
        emit_null(j, key);
}

static void word(struct emit *j, const char *key, const char *w)
{
    before(j, key);
    addz(j, w);
}

void emit_int(struct emit *j, const char *key, int64_t value)
{
    char digits[24];
    struct buf b = {.p = digits, .cap = sizeof digits, .max = sizeof digits - 1};
    buf_printf(&b, "%lld", (long long)value);
    word(j, key, digits);
}

void emit_us(struct emit *j, const char *key, int64_t us)
{
    char digits[40];
    struct buf b = {.p = digits, .cap = sizeof digits, .max = sizeof digits - 1};
    uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    buf_printf(&b, "%s%llu", us < 0 ? "-" : "", (unsigned long long)(size / 1000000));
    if (size % 1000000)
        buf_printf(&b, ".%06llu", (unsigned long long)(size % 1000000));
    word(j, key, digits);
}

void emit_bool(struct emit *j, const char *key, bool value)
{
    word(j, key, value ? "true" : "false");
}

void emit_null(struct emit *j, const char *key)
{
    word(j, key, "null");
}

void emit_time(struct emit *j, const char *key, int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    char text[32];
    if (!seconds || !gmtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        emit_null(j, key);
    else
        emit_text(j, key, text);
}

void emit_done(struct emit *j)
{
    while (j->depth)
        emit_end(j);
    addz(j, "\n");
    hand_on(j);
    buf_free(&j->pending);
}
