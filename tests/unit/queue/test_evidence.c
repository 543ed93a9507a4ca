#include "../arena.h"
#include "queue/evidence.h"
#include "queue/postfix_text.h"
#include <stdio.h>

static void is(const struct buf *b, const char *want)
{
    assert_string_equal(arena_dup(arena, buf_str(b)), want);
}

static void handed_on(const char *text, bool mbox, bool mask, const char *want)
{
    for (size_t piece = 1; piece < 9; piece += 7) {
        struct buf out = BUF(65536);
        struct evidence e = {.mbox = mbox, .mask = mask, .spared = {STR("leak@alpha.example"), {0}}};
        for (struct str rest = str_of(text); rest.n; rest = str_from(rest, piece))
            evidence_take(&e, str_span(rest.p, rest.n < piece ? rest.n : piece), &out);
        evidence_end(&e, &out);
        is(&out, want);
        buf_free(&out);
    }
}

static void separators(void **state)
{
    (void)state;
    handed_on("a: b\n\nFrom x\n>From y\nno From\n", false, false, "a: b\n\nFrom x\n>From y\nno From\n");
    handed_on("a: b\n\nFrom x\n>From y\nno From\n", true, false, "a: b\n\n>From x\n>>From y\nno From\n\n");
    handed_on("end", true, false, "end\n\n");
    handed_on("", true, false, "\n");
}

static void masks(void **state)
{
    (void)state;
    static const struct { const char *text, *want; } table[] = {
        {"To: \"Taro\" <t@x.example>,\n\tHanako <h@y.example>\nSubject: s\n", "To: ***\nSubject: s\n"},
        {"From: spam@evil.example\nMessage-ID: <1@evil.example>\n", "From: spam@evil.example\nMessage-ID: <1@evil.example>\n"},
        {"Received: from pc (x) by lab\n\tfor <t@x.example>; now\n", "Received: from pc (x) by lab\n\tfor <***@x.example>; now\n"},
        {"X-A: leak@ALPHA.example t@x.example\n", "X-A: leak@ALPHA.example ***@x.example\n"},
        {"\nFrom: t@x.example\nDear t@x.example, http://e.example/?m=t%40x.example&a\n", "\nFrom: ***@x.example\nDear ***@x.example, http:***%40x.example&a\n"},
        {"\n\"a b\"@x.example @home 5@ a@[1.2.3.4] 100%40 x\n", "\n***@x.example @home ***@ ***@[1.2.3.4] 100%40 x\n"},
        {"\nTo: T <t@x.example>\n more\nend\n", "\nTo: ***\nend\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        handed_on(table[i].text, false, true, table[i].want);
}

static void record(struct buf *b, char type, const char *text)
{
    size_t n = strlen(text);
    buf_addc(b, type);
    for (; n > 127; n >>= 7)
        buf_addc(b, (char)(n | 0x80));
    buf_addc(b, (char)n);
    buf_addz(b, text);
}

static bool text_of(struct str file, size_t window, struct buf *out)
{
    struct postfix_text t = postfix_text_begin(file.n);
    uint64_t at = 0;
    do
        at = postfix_text_take(&t, str_span(file.p + at, file.n - at < window ? file.n - at : window), at, out);
    while (at);
    return !t.damaged;
}

/* A milter's edit: the line's place leads behind the end, and from there back. */
static void edits_and_long_lines(void **state)
{
    (void)state;
    char there[16], back[16], line[1001];
    memset(line, 'x', 1000);
    line[1000] = '\0';
    for (unsigned round = 0; round < 2; round++) {
        struct str file;
        struct buf b = BUF(65536), out = BUF(65536);
        if (round == 0) { /* a place that no milter used */
            snprintf(there, sizeof there, "%15d", 0);
            snprintf(back, sizeof back, "%15d", 0);
        }
        record(&b, 'S', "a@b");
        record(&b, 'R', "c@d");
        record(&b, 'M', "");
        record(&b, 'p', there);
        size_t behind = b.n;
        record(&b, 'N', "");
        record(&b, 'L', line);
        record(&b, 'N', "end");
        record(&b, 'X', "");
        record(&b, 'R', "e@f");
        record(&b, 'E', "");
        snprintf(there, sizeof there, "%15zu", b.n);
        record(&b, 'N', "New: header");
        record(&b, 'p', back);
        snprintf(back, sizeof back, "%15zu", behind);
        file = buf_str(&b);
        const char *want = arena_printf(arena, "%s\n%send\n", round ? "New: header\n" : "", line);
        assert_true(text_of(file, POSTFIX_TEXT_WINDOW, &out));
        is(&out, want);
        buf_reset(&out);
        assert_true(text_of(file, 64, &out));
        is(&out, want);
        buf_reset(&out);
        assert_false(text_of(str_head(file, behind + 500), POSTFIX_TEXT_WINDOW, &out));
        buf_free(&b);
        buf_free(&out);
    }
}

/* Without an end, in a circle, and no file of Postfix's. */
static void damaged(void **state)
{
    (void)state;
    static const struct str files[] = {STR("M\0N\001aN\002"), STR("M\0p\01700000000000000\x30" "x"), STR("M\0N\001ap\001\x32"), STR(""), STR("nonsense"), STR("E\0")};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct buf out = BUF(1000);
        assert_false(text_of(files[i], POSTFIX_TEXT_WINDOW, &out));
        assert_false(out.full);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(separators, make, drop), cmocka_unit_test_setup_teardown(masks, make, drop),
        cmocka_unit_test_setup_teardown(edits_and_long_lines, make, drop), cmocka_unit_test_setup_teardown(damaged, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
