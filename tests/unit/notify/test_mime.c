/* test_mime.c: the mail as the reader's program takes it apart, whatever the texts hold. Python's email package is the judge. */
#include "base/child.h"
#include "notify/mime.h"
#include "notify/unit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* Prints headers by name, the decoded subject, the text and the attachment's length. */
static const char READER[] =
    "import sys, email, email.policy\n"
    "raw = sys.stdin.buffer.read()\n"
    "assert raw.isascii() and all(len(l) <= 78 for l in raw.split(b'\\r\\n')) and b'\\n' not in raw.replace(b'\\r\\n', b'')\n"
    "m = email.message_from_bytes(raw, policy=email.policy.default)\n"
    "print(sorted(m.keys()) == sorted(['From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'MIME-Version', 'Content-Type'] + ([] if m.is_multipart() else ['Content-Transfer-Encoding'])))\n"
    "print(not m.defects, m['Date'].datetime.timestamp(), m['Auto-Submitted'])\n"
    "print(m['Subject'])\n"
    "body = m.get_body(('plain',)).get_content().replace(chr(13), chr(0) * 0)\n"
    "print(repr(body) if body.isascii() else body.rstrip())\n"
    "print([(p.get_content_type(), p.get_filename(), len(p.get_content())) for p in m.iter_attachments()])\n";

static const struct {
    const char *name, *subject, *text, *html, *want;
} mails[] = {
    {"plain", "bansho host: 1 new", "One line.\nTwo.\n", NULL, "True\nTrue 1700000000.0 auto-generated\nbansho host: 1 new\n'One line.\\nTwo.\\n'\n[]\n"},
    {"a newline in the subject makes no header", "hi\r\nBcc: x@evil.test\nX-Y: z", "t", NULL, "True\nTrue 1700000000.0 auto-generated\nhi? Bcc: x@evil.test X-Y: z\n't'\n[]\n"},
    {"Japanese", "番所 www.example.jp: 新しい問題が三つあります。早めにご確認ください。もう一度。", "ポート465です。\n", NULL,
     "True\nTrue 1700000000.0 auto-generated\n番所 www.example.jp: 新しい問題が三つあります。早めにご確認ください。もう一度。\nポート465です。\n[]\n"},
    {"what looks like an encoded word is none", "=?UTF-8?B?QQ==?=", ".\n.x\n", NULL, "True\nTrue 1700000000.0 auto-generated\n=?UTF-8?B?QQ==?=\n'.\\n.x\\n'\n[]\n"},
    {"no UTF-8", "a\xff\xfe" "b\x1b[31m", "\xed\xa0\x80 \x80\n", NULL, "True\nTrue 1700000000.0 auto-generated\na??b?[31m\n'??? ?\\n'\n[]\n"},
    {"a page with the boundary in it", "page", "see page\n", "<p>\n--=_bansho_page--\n</p>", "True\nTrue 1700000000.0 auto-generated\npage\n'see page\\n'\n[('text/html', 'bansho.html', 26)]\n"},
};

static void reader_gets_what_was_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mails); i++) {
        struct mime m = {.from = "root@host.example", .to = "admin@example.jp", .host = "host.example", .id = "1.2", .now = 1700000000,
                         .subject = mails[i].subject, .text = mails[i].text, .html = str_of(mails[i].html)};
        _cleanup_(buf_free) struct buf mail = BUF(1u << 20);
        mime_build(&m, &mail);
        const char *const argv[] = {"/usr/bin/env", "PYTHONIOENCODING=utf-8", "python3", "-c", READER, NULL};
        struct child_options o = {.input = buf_str(&mail), .timeout_ms = 60000};
        struct child_result c = {0};
        assert_int_equal(child_run(argv, &o, &c, NULL), 0);
        if (c.status || strcmp(c.out.p ? c.out.p : "", mails[i].want) != 0)
            fail_msg("%s: %s\n%s\nwanted:\n%s", mails[i].name, c.out.p ? c.out.p : "", c.err.p ? c.err.p : "", mails[i].want);
        child_result_free(&c);
    }
}

static void dots_are_doubled(void **state)
{
    static const struct { const char *in, *want; } rows[] = {
        {"a\r\n.\r\n..b\r\n", "a\r\n..\r\n...b\r\n.\r\n"}, {"", ".\r\n"}, {"x", "x\r\n.\r\n"}, {".a\n", "..a\r\n.\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(buf_free) struct buf b = BUF(1000);
        mime_dots(str_of(rows[i].in), &b);
        assert_string_equal(b.p, rows[i].want);
    }
}

/* curl reads lines: a text can add none, and the address is quoted. */
static void webhook_has_no_line_of_a_stranger(void **state)
{
    (void)state;
    struct sender from = {"h", 0};
    struct message m = {.subject = "s\"\nurl = \"https://evil.test", .text = "a\\b\n\"c\" \x01"};
    _cleanup_(buf_free) struct buf b = BUF(100000);
    webhook_config(&from, "https://hooks.example/x\"y", &m, &b);
    struct str rest = buf_str(&b), line;
    size_t urls = 0, lines = 0;
    while (str_line(&rest, &line)) {
        urls += str_starts(line, STR("url"));
        lines++;
    }
    assert_int_equal(urls, 1);
    assert_int_equal(lines, 12);
    assert_non_null(strstr(b.p, "url = \"https://hooks.example/x\\\"y\"\n"));
    assert_non_null(strstr(b.p, "\\\"subject\\\":\\\"s\\\\\\\"\\\\nurl"));
}

/* What is too long for a webhook is cut between characters, and says so. */
static void webhook_says_what_is_cut(void **state)
{
    (void)state;
    struct sender from = {"h", 0};
    struct buf text = BUF(100000);
    for (int i = 0; i < 9000; i++)
        buf_addz(&text, "番");
    struct message m = {.subject = "long", .text = text.p};
    _cleanup_(buf_free) struct buf b = BUF(200000);
    webhook_config(&from, "https://hooks.example/x", &m, &b);
    assert_non_null(strstr(b.p, "番\\\\n[...]\\\"}"));
    assert_true(b.n < 9000 * 3);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reader_gets_what_was_meant), cmocka_unit_test(dots_are_doubled), cmocka_unit_test(webhook_has_no_line_of_a_stranger),
                                       cmocka_unit_test(webhook_says_what_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
