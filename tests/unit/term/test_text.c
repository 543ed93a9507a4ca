#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "term/text.h"
#include <stdlib.h>
#include <unistr.h>

static void escapes(void **state)
{
    (void)state;
    static const struct { const char *name; struct str input; const char *want; } table[] = {
        {"plain", STR("mail.example.jp"), "mail.example.jp"},
        {"Japanese", STR("鈴木の\"サイト\""), "鈴木の\"サイト\""},
        {"escape sequence", STR("\x1b[31mred\x1b]0;title\a"), "\\x1b[31mred\\x1b]0;title\\x07"},
        {"lines", STR("a\nb\r\n\tc"), "a\\nb\\r\\n\\tc"},
        {"NUL", STR("a\0b"), "a\\x00b"},
        {"DEL", STR("a\x7f"), "a\\x7f"},
        {"CSI as one C1 byte", STR("a\x9b""31m"), "a\\x9b31m"},
        {"CSI as U+009B", STR("a\xc2\x9b""31m"), "a\\u009b31m"},
        {"right-to-left override", STR("exe.\xe2\x80\xaegpj"), "exe.\\u202egpj"},
        {"isolate", STR("\xe2\x81\xa7x"), "\\u2067x"},
        {"zero width", STR("a\xe2\x80\x8b""b"), "a\\u200bb"},
        {"byte order mark", STR("\xef\xbb\xbfx"), "\\ufeffx"},
        {"line separator", STR("a\xe2\x80\xa8""b"), "a\\u2028b"},
        {"tag characters", STR("a\xf3\xa0\x81\x81"), "a\\U000e0041"},
        {"Hangul filler", STR("\xe3\x85\xa4"), "\\u3164"},
        {"invalid", STR("\xff\xfe"), "\\xff\\xfe"},
        {"cut off", STR("ab\xe3\x81"), "ab\\xe3\\x81"},
        {"overlong", STR("\xc0\xaf"), "\\xc0\\xaf"},
        {"surrogate", STR("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
        {"empty", STR(""), ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(1000);
        buf_addz(&b, "");
        text_escape(&b, table[i].input);
        assert_string_equal(b.p ? b.p : "", table[i].want);
    }
}

/* Whatever goes in: what comes out is valid UTF-8 without anything that moves, hides or reorders, and it has a width. */
static void never_lets_control_out(void **state)
{
    (void)state;
    static const char *const nasty[] = {"\x1b", "\x9b", "\xc2\x9b", "\xe2\x80\xae", "\n", "\x7f", "\xf0\x9f", "\xf3\xa0\x81\x81", "あ", "\xed\xa0\x80"};
    srandom(20261124);
    for (int round = 0; round < 20000; round++) {
        char in[64];
        size_t n = 0;
        while (n < 40) {
            if (random() % 3) {
                in[n++] = (char)random();
                continue;
            }
            const char *piece = nasty[(size_t)random() % ARRAY_SIZE(nasty)];
            memcpy(in + n, piece, strlen(piece));
            n += strlen(piece);
        }
        _cleanup_(buf_free) struct buf b = BUF(4096);
        text_escape(&b, str_span(in, n));
        assert_false(b.full);
        assert_null(u8_check((const uint8_t *)b.p, b.n));
        const uint8_t *rest = (const uint8_t *)b.p;
        ucs4_t c;
        while ((rest = u8_next(&c, rest))) {
            assert_true(c >= 0x20);
            assert_false(text_is_hidden(c));
        }
        assert_true(text_width(buf_str(&b)) <= b.n);
    }
}

static void measures(void **state)
{
    (void)state;
    static const struct { const char *text; size_t want; } table[] = {
        {"", 0}, {"abc", 3}, {"番所", 4}, {"ｶﾅ", 2}, {"が", 2}, {"か\u3099", 2}, {"é", 1}, {"○", 1}, {"【重大】", 8}, {"465番", 5},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(text_width(str_of(table[i].text)), table[i].want);
}

static void pads(void **state)
{
    (void)state;
    static const struct { const char *text; size_t columns; const char *want; } table[] = {
        {"ab", 4, "ab  "}, {"番所", 6, "番所  "}, {"番所", 4, "番所"}, {"番所番所", 6, "番... "}, {"番所番所", 7, "番所..."},
        {"abcdefgh", 6, "abc..."}, {"abc", 2, ".."}, {"", 3, "   "}, {"abc", 0, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(100);
        text_pad(&b, str_of(table[i].text), table[i].columns);
        assert_string_equal(b.p ? b.p : "", table[i].want);
        assert_int_equal(text_width(buf_str(&b)), table[i].columns);
    }
}

static void wraps(void **state)
{
    (void)state;
    static const struct { const char *text; size_t columns, indent; const char *want; } table[] = {
        {"", 10, 2, ""},
        {"short", 10, 2, "short"},
        {"one two three", 7, 0, "one two\nthree"},
        {"one two three", 8, 2, "one two\n  three"},
        {"exactly ten", 11, 0, "exactly ten"},
        {"averyveryverylongword x", 8, 0, "averyver\nyverylon\ngword x"},
        {"パスワードを変える。", 10, 0, "パスワード\nを変える。"},
        {"変更を確かめます。次", 16, 0, "変更を確かめま\nす。次"},       /* 。 does not begin a line */
        {"これは「番所」です", 8, 0, "これは\n「番所」\nです"},            /* 「 does not end one */
        {"465番からabc defへ", 8, 0, "465番か\nらabc\ndefへ"},
        {"a  b", 1, 0, "a\nb"},
        {"番", 1, 0, "番"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(1000);
        buf_addz(&b, "");
        text_wrap(&b, str_of(table[i].text), table[i].columns, table[i].indent);
        assert_string_equal(b.p ? b.p : "", table[i].want);
    }
}

/* No line is wider than asked, nothing but blanks is lost. */
static void wraps_anything(void **state)
{
    (void)state;
    static const char *const pieces[] = {"番", "所", "。", "「", "a", "b", " ", "  ", "long", "、", "ー", "(", "é"};
    srandom(7);
    for (int round = 0; round < 5000; round++) {
        _cleanup_(buf_free) struct buf in = BUF(1000), out = BUF(10000);
        for (int k = 0; k < 30; k++)
            buf_addz(&in, pieces[(size_t)random() % ARRAY_SIZE(pieces)]);
        size_t columns = 4 + (size_t)random() % 20, before = 0, after = 0;
        text_wrap(&out, buf_str(&in), columns, 0);
        struct str rest = buf_str(&out), line;
        while (str_line(&rest, &line))
            assert_true(text_width(line) <= columns);
        for (size_t k = 0; k < in.n; k++)
            before += in.p[k] != ' ';
        for (size_t k = 0; k < out.n; k++)
            after += out.p[k] != ' ' && out.p[k] != '\n';
        assert_int_equal(before, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(never_lets_control_out), cmocka_unit_test(measures),
                                       cmocka_unit_test(pads), cmocka_unit_test(wraps), cmocka_unit_test(wraps_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
