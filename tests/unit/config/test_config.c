#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* All errors as "line:column: text", warnings marked, one a line. */
static void errors_text(const struct config *c, struct buf *out)
{
    for (size_t i = 0; i < c->errors.n; i++) {
        const struct config_error *e = &c->errors.v[i];
        buf_printf(out, "%u:%u: %s%s\n", e->line, e->column, e->warning ? "warning: " : "", e->text);
    }
}

#define WHOLE "source office { prefixes = 203.0.113.0/28, 2001:db8:1::/48 }\n"

static const struct { struct str input; const char *want; } wrong[] = {
    /* names */
    {STR("mode = obsrve"), "1:8: obsrve is not a value of mode; possible: observe|act (did you mean observe?)\n"},
    {STR("mail { relais = closed }"), "1:8: there is no option relais (did you mean relay?)\n"},
    {STR("mail { ful-names = yes; Relay = closed }"),
     "1:8: there is no option ful-names (did you mean full-names?)\n1:25: there is no option Relay (did you mean relay?)\n"},
    {STR("mail { max-retry = 5 }\nrelay = closed\nmail { mode = act }"),
     "1:8: max-retry belongs into guard { }\n2:1: relay belongs into mail { }\n"
     "3:1: mail stands already in line 1; write both into one section\n"},
    {STR("mail { mode = act }"), "1:8: mode belongs outside of every { }\n"},
    {STR("mial { relay = closed }"), "1:1: there is no section mial (did you mean mail?)\n"},
    {STR("mail = yes"), "1:1: mail is a section: mail { ... }\n"},
    {STR("zzzzzz = 1"), "1:1: there is no option zzzzzz\n"},
    {STR("source { host = a.example }"), "1:1: source needs a name: source NAME { ... }\n"},
    {STR("mail x { relay = closed }"), "1:6: mail has no name of its own: mail { ... }\n"},
    {STR("source a/b { host = a.example }"), "1:8: a/b is not a name\n"},
    {STR("source any { host = a.example }"), "1:8: any has a meaning of its own and cannot be the name of a source\n"},
    {STR("service subnission { allow = any }"), "1:9: there is no service subnission (did you mean submission?)\n"},
    /* shape */
    {STR("mode"), "1:1: after mode comes = VALUE or { ... }\n"},
    {STR("mode =\nmail { relay }"), "1:6: mode has no value\n2:8: relay has no = VALUE\n"},
    {STR("mode = observe act"), "1:16: act does not belong here: values of a list are parted by commas, text with blanks stands in \"quotes\"\n"},
    {STR("mode = observe, act"), "1:17: mode takes one value\n"},
    {STR("guard { filters = sshd,, x }"), "1:24: a value is missing before ,\n"},
    {STR("guard { filters = sshd, }"), "1:25: a value is missing before }\n"},
    {STR("guard { filters = sshd,\n"), "1:1: the { of this section is not closed\n2:1: a value is missing before the end of the file\n"},
    {STR("mail {\n relay = closed\n"), "1:1: the { of this section is not closed\n"},
    {STR("}\nmode = act"), "1:1: this } closes nothing\n"},
    {STR("mail { guard { max-retry = 5 } relay = clsed }"),
     "1:8: guard: inside a section there are only lines NAME = VALUE\n"
     "1:40: clsed is not a value of relay; possible: authenticated|closed (did you mean closed?)\n"},
    {STR("= 5\nmode = act"), "1:1: = does not belong here\n"},
    {STR("mode = act\nmode = observe"), "2:1: mode stands already in line 1\n"},
    {STR("mail { pop-before-smtp = and; pop-lock = 5m; pop-lock = 6m }"), "1:46: pop-lock stands already in line 1\n"},
    {STR("source a { host = a.example }\nsource a { host = b.example }"),
     "2:8: source a stands already in line 1; write both into one section\n"},
    /* bytes */
    {STR("provider { name = \"open\n}"), "1:19: the quote that begins here is not closed on its line\n"},
    {STR("provider { name = \"a\\n\" }"), "1:21: in quotes, \\ stands only before \" or \\\n"},
    {STR("provider { name = a\x01 }"), "1:20: this control character (0x01) may not stand here\n"},
    {STR("provider { name = \"\xe6\x97\xa5\xe6\x9c\xac\xff\" }"), "1:22: this byte (0xff) is not UTF-8 text\n"},
    {STR("provider { name = \xed\xa0\x80 }"), "1:19: this byte (0xed) is not UTF-8 text\n1:20: this byte (0xa0) is not UTF-8 text\n"
                                           "1:21: this byte (0x80) is not UTF-8 text\n"},
    {STR("mode = act\n# \xe6\x97\xa5\0\n"), "2:4: a NUL byte: this is not a text file\n"},
    {STR("\xff\xfem\0o\0"), "1:1: the file is in UTF-16; save it as UTF-8\n"},
    /* values */
    {STR("mail { full-names = true }"), "1:21: true is not a value of full-names; possible: no|yes\n"},
    {STR("mail { recipients-per-hour = 0 }"), "1:30: recipients-per-hour must be between 1 and 1000000\n"},
    {STR("mail { recipients-per-hour = 20x }"), "1:30: recipients-per-hour needs a whole number, not 20x\n"},
    {STR("mail { recipients-per-hour = 99999999999999999999 }"), "1:30: recipients-per-hour needs a whole number, not 99999999999999999999\n"},
    {STR("account { password-age = 180 }"), "1:26: password-age needs a unit: 180s, 180m, 180h, 180d or 180w\n"},
    {STR("account { password-age = 1y }"), "1:26: password-age needs a time such as 30s, 10m, 1h, 180d or 4w, not 1y\n"},
    {STR("account { password-age = 3h }"), "1:26: password-age must be between 1d and 3650d\n"},
    {STR("account { password-age = 9223372036854775807w }"), "1:26: password-age must be between 1d and 3650d\n"},
    {STR("probe { account = probe; password-file = probe }"),
     "1:19: account needs a mail address such as admin@example.jp, not probe\n1:42: password-file needs a path that begins with /\n"},
    {STR("probe { account = a@b.example; password-file = /etc/../probe }"), "1:48: password-file needs a path without ..\n"},
    {STR("notify { webhook = http://example.net/ }"), "1:20: webhook needs an address that begins with https://\n"},
    {STR("notify { webhook = https:///x }"), "1:20: webhook has no host name: https:///x\n"},
    {STR("provider { name = \"\" }"), "1:19: name is empty; leave the line out instead\n"},
    {STR("source a { prefixes = 203.0.113.5/28, x, 0.0.0.0/0 }"),
     "1:23: 203.0.113.5/28 is an address inside a network; the network is 203.0.113.0/28\n"
     "1:39: x is not a network such as 203.0.113.0/28 or 2001:db8:1::/48\n"
     "1:42: 0.0.0.0/0 is the whole Internet; write allow = any at the service instead\n"},
    {STR("source a { host = 203.0.113.5 }"), "1:19: 203.0.113.5 is an address; write prefixes = 203.0.113.5\n"},
    {STR("source a { host = -x }"), "1:19: host needs a host name such as home.example.net, not -x\n"},
    {STR("guard { filters = sshd, sshd }"), "1:25: sshd stands twice in this list\n"},
    /* contradictions and what is missing */
    {STR("mail { relay = closed\n pop-before-smtp = or }"),
     "2:2: pop-before-smtp = or lets people send on port 25, but relay = closed (line 1) says that nobody does\n"},
    {STR("mail { pop-lock = 5m }"), "1:8: warning: pop-lock has no effect while pop-before-smtp is no\n"},
    {STR(WHOLE "source home { prefixes = 203.0.113.0/28 }"), "2:26: 203.0.113.0/28 is already in source office (line 1)\n"},
    {STR(WHOLE "source home { prefixes = 203.0.113.4/30, 203.0.113.5 }"),
     "2:26: warning: 203.0.113.4/30 overlaps 203.0.113.0/28 of source office (line 1)\n"
     "2:42: warning: 203.0.113.5 overlaps 203.0.113.0/28 of source office (line 1)\n"
     "2:42: warning: 203.0.113.5 is already in this source (203.0.113.4/30, line 2)\n"},
    {STR("source a { }"), "1:8: source a has neither prefixes nor host\n"},
    {STR("source a { prefixes = 203.0.113.1; host = a.example }"), "1:36: source a has prefixes (line 1) and host; make two sources of it\n"},
    {STR("source a { prefix = 203.0.113.1 }"), "1:12: there is no option prefix (did you mean prefixes?)\n"},
    {STR("service ssh { }"), "1:9: service ssh does not say whom it allows; nobody is written allow = nobody\n"},
    {STR("service ssh { allow = }"), "1:21: allow has no value\n"},
    {STR(WHOLE "service ssh { allow = ofice, any }"),
     "2:23: source ofice is not declared (did you mean office?)\n2:30: any stands alone, not together with others\n"},
    {STR("probe { account = a@b.example }"), "1:9: account needs password-file beside it\n"},
    {STR("probe { password-file = /p }"), "1:9: password-file needs account beside it\n"},
    {STR("guard { ban-time = 5w }"), "1:9: ban-time is longer than ban-time-max\n"},
};

static void tells_every_error(void **state)
{
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct config *c = config_new();
        _cleanup_(buf_free) struct buf got = BUF(65536);
        int r = config_parse(wrong[i].input, "f", c);
        errors_text(c, &got);
        if (!str_eq(buf_str(&got), str_of(wrong[i].want))) {
            print_error("input: %s\ngot:   %swanted: %s", wrong[i].input.p, got.p, wrong[i].want);
            bad++;
        }
        /* No row mixes errors and warnings. */
        assert_int_equal(r, strstr(wrong[i].want, ": warning: ") ? 0 : -EINVAL);
        config_free(c);
    }
    assert_int_equal(bad, 0);
}

/* The same text in every permitted shape gives the same values. */
static void reads_every_shape(void **state)
{
    (void)state;
    static const struct str same[] = {
        STR("mode=act;mail{relay=closed;pop-lock=1h;pop-before-smtp=and};guard{filters=a,b}"),
        STR("mode = act\nmail {\n relay = closed # why\n pop-lock = 1h\n pop-before-smtp = and\n}\nguard\n\n# here\n{ filters = a,\n # and\n b }\n"),
        STR("\xef\xbb\xbfmode = act\r\nmail {\r\n relay = closed\r\n pop-lock = 1h; pop-before-smtp = \"and\"\r\n}\r\nguard { filters = \"a\", b; ; }\r\n"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        struct config *c = config_new();
        assert_int_equal(config_parse(same[i], "f", c), 0);
        assert_int_equal(c->errors.n, 0);
        assert_string_equal(config_text(c, "", "mode", ""), "act");
        assert_string_equal(config_text(c, "mail", "relay", ""), "closed");
        assert_int_equal(config_number(c, "mail", "pop-lock"), 3600);
        assert_string_equal(config_text(c, "guard", "filters", ""), "a, b");
        assert_string_equal(config_text(c, "guard", "ban-time", ""), "1h");
        config_free(c);
    }
}

static void keeps_text_and_place(void **state)
{
    (void)state;
    static const char text[] = "provider { name = \"Example \\\"Hosting\\\" # ; }\"\n  contact = support@example.net }\n"
                               "notify { webhook = https://hooks.example.net/x?a=b#c }\n";
    struct config *c = config_new();
    assert_int_equal(config_parse(str_of(text), "f", c), 0);
    assert_string_equal(config_text(c, "provider", "name", ""), "Example \"Hosting\" # ; }");
    assert_string_equal(config_text(c, "notify", "webhook", ""), "https://hooks.example.net/x?a=b#c");
    const struct value *v = config_value(c, "provider", "", "contact");
    assert_int_equal(v->line, 2);
    assert_int_equal(v->column, 3);
    assert_string_equal(v->file, "f");
    assert_null(config_value(c, "provider", "", "contract"));
    assert_string_equal(config_text(c, "provider", "contract", "none"), "none");
    config_free(c);
}

static void knows_sources(void **state)
{
    (void)state;
    struct config *c = config_new();
    assert_int_equal(config_parse(STR(WHOLE "source home { host = h.example }\nservice ssh { allow = office, home }"), "f", c), 0);
    static const struct { const char *source, *addr; bool want; } has[] = {
        {"office", "203.0.113.15", true}, {"office", "203.0.113.16", false}, {"office", "2001:db8:1:9::1", true}, {"office", "::ffff:203.0.113.1", true},
        {"home", "203.0.113.15", false}, {"any", "192.0.2.1", true}, {"nobody", "192.0.2.1", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(has); i++) {
        struct addr a;
        assert_true(addr_parse(str_of(has[i].addr), &a));
        assert_int_equal(config_source_has(c, has[i].source, &a), has[i].want);
    }
    static const struct { const char *prefix; bool want; } covered[] = {
        {"203.0.113.8/29", true}, {"203.0.113.0/27", false}, {"2001:db8:1::/48", true}, {"2001:db8::/32", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(covered); i++) {
        struct prefix p;
        assert_true(prefix_parse(str_of(covered[i].prefix), true, &p));
        assert_int_equal(config_sources_cover(c, &p), covered[i].want);
    }
    assert_int_equal(c->sources.n, 2);
    assert_int_equal(c->services.n, 1);
    assert_int_equal(config_value(c, "service", "ssh", "allow")->words.n, 2);
    config_free(c);
}

/* Whatever the rows promise as default is a value that the file may hold, in a section that fits its name. */
static void defaults_hold(void **state)
{
    (void)state;
    struct config *c = config_new();
    size_t n = 0;
    for (size_t i = 0; i < options_n; i++) {
        const struct option *o = &options[i];
        n += o->fallback != NULL;
        assert_non_null(o->help);
        assert_false(o->named && o->fallback);
        assert_int_equal(o->type == OPTION_CHOICE, o->choices != NULL);
        assert_int_equal(o->type == OPTION_NUMBER || o->type == OPTION_DURATION, o->max > 0);
    }
    assert_int_equal(c->defaults.n, n);
    assert_int_equal(c->errors.n, 0);
    assert_string_equal(config_text(c, "mail", "relay", ""), "authenticated");
    assert_string_equal(config_text(c, "mail", "pop-before-smtp", ""), "no");
    assert_int_equal(config_number(c, "account", "password-age"), 180 * 86400);
    assert_int_equal(config_number(c, "mail", "full-names"), 1);
    config_free(c);
}

/* What `bansho config defaults` prints sets every default again, word for word; the file to begin with sets nothing and is the one that is shipped. */
static void writes_defaults(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf all = BUF(65536), begin = BUF(65536), shipped = BUF(65536);
    config_write_defaults(&all, false);
    struct config *c = config_new(), *d = config_new(), *e = config_new();
    assert_int_equal(config_parse(buf_str(&all), "f", c), 0);
    assert_int_equal(c->errors.n, 0);
    assert_int_equal(c->values.n, c->defaults.n);
    for (size_t i = 0; i < options_n; i++) {
        const struct value *v = config_value(c, options[i].section, "", options[i].name);
        assert_int_equal(v != NULL, options[i].fallback != NULL);
        if (v) {
            assert_string_equal(v->file, "f");
            assert_string_equal(v->text, options[i].fallback);
        }
    }
    config_write_defaults(&begin, true);
    assert_int_equal(config_parse(buf_str(&begin), "f", d), 0);
    assert_int_equal(d->errors.n + d->values.n, 0);
    int fd = open(TEST_DATA "/../../../conf/bansho.conf", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(buf_read_fd(&shipped, fd), 0);
    close(fd);
    assert_string_equal(shipped.p, begin.p);
    /* Each example, its comment marks taken away, is a valid file too. */
    _cleanup_(buf_free) struct buf bare = BUF(65536);
    struct str rest = buf_str(&begin), line;
    while (str_line(&rest, &line)) {
        ptrdiff_t mark = str_find(line, '#');
        if (mark >= 0 && !str_starts(str_from(line, (size_t)mark), STR("# ")))
            line = str_from(line, (size_t)mark + 1);
        /* An example of a source has both kinds; one of them is enough. */
        if (!str_starts(line, STR("host =")))
            buf_adds(&bare, line);
        buf_addc(&bare, '\n');
    }
    assert_int_equal(config_parse(buf_str(&bare), "f", e), 0);
    config_free(c);
    config_free(d);
    config_free(e);
}

static void ends_at_the_caps(void **state)
{
    (void)state;
    static const struct { const char *piece; size_t times; const char *last; } table[] = {
        {"x = 1\n", 5000, "and more errors; they are not listed"},
        {"{", 100000, NULL},
        {"\x01", 100000, "and more errors; they are not listed"},
        {"mail { ", 50000, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf text = BUF(CONFIG_MAX);
        for (size_t k = 0; k < table[i].times; k++)
            buf_addz(&text, table[i].piece);
        struct config *c = config_new();
        assert_int_equal(config_parse(buf_str(&text), "f", c), -EINVAL);
        assert_in_range(c->errors.n, 1, 101);
        if (table[i].last)
            assert_string_equal(c->errors.v[c->errors.n - 1].text, table[i].last);
        config_free(c);
    }
    _cleanup_(buf_free) struct buf many = BUF(CONFIG_MAX);
    buf_addz(&many, "source a { prefixes = ");
    for (unsigned k = 0; k < 5000; k++)
        buf_printf(&many, "%s10.%u.%u.0/24", k ? "," : "", k / 250, k % 250);
    buf_addz(&many, " }");
    struct config *c = config_new();
    assert_int_equal(config_parse(buf_str(&many), "f", c), -EINVAL);
    assert_string_equal(c->errors.v[0].text, "more than 4096 values in this file");
    config_free(c);
}

static void put(const char *dir, const char *name, const char *text, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    for (size_t done = 0; done < n; done += strlen(text))
        assert_true(write(fd, text, strlen(text)) > 0);
    close(fd);
}

static void loads_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/bansho-test-XXXXXX", fifo[64];
    assert_non_null(mkdtemp(dir));
    put(dir, "good", "mode = act\n", 1);
    put(dir, "bad", "mode = att\n", 1);
    put(dir, "large", "# a comment that goes on\n", CONFIG_MAX + 1);
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    static const struct { const char *path; int want; const char *mode; } table[] = {
        {"/good", 0, "act"}, {"/absent", 0, "observe"}, {"/bad", -EINVAL, NULL}, {"/large", -EFBIG, NULL}, {"/fifo", -ENXIO, NULL}, {"/", -ENXIO, NULL},
    };
    struct root root;
    struct err err = {0};
    assert_int_equal(root_open(dir, &root, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct config *c = NULL;
        err = (struct err){0};
        int r = config_load(&root, table[i].path, &c, &err);
        assert_int_equal(r, table[i].want);
        assert_int_equal(c != NULL, r == 0 || r == -EINVAL);
        assert_int_equal(*err.text != 0, r != 0);
        if (table[i].mode)
            assert_string_equal(config_text(c, "", "mode", ""), table[i].mode);
        config_free(c);
    }
    root_close(&root);
    static const char *const names[] = {"good", "bad", "large", "fifo"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_error), cmocka_unit_test(reads_every_shape), cmocka_unit_test(keeps_text_and_place), cmocka_unit_test(knows_sources),
        cmocka_unit_test(defaults_hold), cmocka_unit_test(writes_defaults),
        cmocka_unit_test(ends_at_the_caps), cmocka_unit_test(loads_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
