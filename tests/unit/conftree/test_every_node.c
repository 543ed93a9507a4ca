#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "conftree/conftree.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Every node of one file for each grammar, with LF, CRLF and without the last line end: set and set back, removed, commented, added and removed.
   All lines but the node's own stay, byte for byte. */

#define MAX (1 << 20)
enum shape { LF, CRLF, HANGS, SHAPES };

static struct conftree *load(const char *grammar, enum shape shape)
{
    _cleanup_(buf_free) struct buf file = BUF(MAX), text = BUF(MAX);
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/data/%s", grammar);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(buf_read_fd(&file, fd), 0);
    close(fd);
    for (size_t i = 0; i < file.n; i++) {
        bool last = i + 1 == file.n;
        if (shape == HANGS && last && file.p[i] == '\n')
            break;
        if (shape == CRLF && file.p[i] == '\n')
            buf_addc(&text, '\r');
        buf_addc(&text, file.p[i]);
    }
    struct conftree *t;
    assert_int_equal(conftree_open(conf_grammar(grammar), path, buf_str(&text), &t, NULL), 0);
    assert_true(str_eq(conftree_text(t), buf_str(&text)));
    return t;
}

static const struct conf_node *nth(const struct conftree *t, size_t i)
{
    const struct conf_node *first = conftree_child(t, NULL, NULL), *last = first;
    for (const struct conf_node *c = NULL; (c = conftree_child(t, NULL, c));)
        last = c;
    return first && i <= (size_t)last->last ? first + i : NULL;
}

/* The lines before `first` and behind `last` of the old text stand in the new one too. */
static bool others_stay(struct str old, struct str new, unsigned first, unsigned last)
{
    size_t head = 0, tail = old.n;
    for (unsigned line = 1; line < first && head < old.n; head++)
        line += old.p[head] == '\n';
    tail = head;
    for (unsigned line = first; line <= last && tail < old.n; tail++)
        line += old.p[tail] == '\n';
    if (tail == old.n && head && old.p[old.n - 1] != '\n') { /* the line before may be the last one now, and has no line end either */
        head -= 1 + (head > 1 && old.p[head - 2] == '\r');
        return str_starts(new, str_span(old.p, head));
    }
    return str_starts(new, str_span(old.p, head)) && str_ends(new, str_from(old, tail));
}

static void fail_node(const char *grammar, const struct buf *name, const char *what, struct str text)
{
    fail_msg("%s: %s: %s\n%.*s", grammar, name->p, what, (int)text.n, text.p);
}

static void set_and_back(const char *grammar, enum shape shape, size_t i)
{
    struct conftree *t = load(grammar, shape);
    _cleanup_(buf_free) struct buf old = BUF(MAX), value = BUF(MAX), now = BUF(MAX), name = BUF(MAX);
    const struct conf_node *node = nth(t, i);
    unsigned first = node->line, last = node->last_line;
    buf_adds(&old, conftree_text(t));
    buf_adds(&name, node->name);
    conftree_value(t, node, &value);
    bool exact = str_eq(buf_str(&value), node->value) && value.n;
    struct err err = {0};
    if (conftree_set_node(t, node, STR("\"bansho\""), &err) != 1)
        fail_node(grammar, &name, err.text, conftree_text(t));
    node = nth(t, i);
    conftree_value(t, node, &now);
    if (!str_eq(buf_str(&now), STR("\"bansho\"")) || !others_stay(buf_str(&old), conftree_text(t), first, last))
        fail_node(grammar, &name, "set", conftree_text(t));
    if (exact && (conftree_set_node(t, node, buf_str(&value), &err) != 1 || !str_eq(conftree_text(t), buf_str(&old))))
        fail_node(grammar, &name, "set back", conftree_text(t));
    conftree_free(t);
}

static void take_out(const char *grammar, enum shape shape, size_t i, bool comment)
{
    struct conftree *t = load(grammar, shape);
    _cleanup_(buf_free) struct buf old = BUF(MAX), name = BUF(MAX);
    const struct conf_node *node = nth(t, i);
    unsigned first = node->line, last = node->last_line;
    buf_adds(&old, conftree_text(t));
    buf_adds(&name, node->name);
    struct err err = {0};
    int r = comment ? conftree_comment(t, node, &err) : conftree_remove(t, node, &err);
    bool shared = str_search(str_of(err.text), STR("something else")) >= 0;
    if (r != 1 && !(comment && shared))
        fail_node(grammar, &name, err.text, conftree_text(t));
    if (!others_stay(buf_str(&old), conftree_text(t), first, last))
        fail_node(grammar, &name, comment ? "commented" : "removed", conftree_text(t));
    conftree_free(t);
}

/* In the section of that number, or at the top. */
static void add_and_back(const char *grammar, enum shape shape, bool top, size_t i)
{
    struct conftree *t = load(grammar, shape);
    _cleanup_(buf_free) struct buf old = BUF(MAX), name = BUF(MAX);
    buf_adds(&old, conftree_text(t));
    buf_adds(&name, top ? STR("top") : nth(t, i)->name);
    struct err err = {0};
    if (conftree_add(t, top ? NULL : nth(t, i), "guardpost", STR("\"bansho\""), &err) != 1)
        fail_node(grammar, &name, err.text, conftree_text(t));
    const struct conf_node *added = conftree_entry(t, top ? NULL : nth(t, i), "guardpost", 1);
    if (!added || !str_eq(conf_unquote(added->value), STR("bansho")))
        fail_node(grammar, &name, "not added", conftree_text(t));
    if (conftree_remove(t, added, &err) != 1 || !str_eq(conftree_text(t), buf_str(&old)))
        fail_node(grammar, &name, "added and removed", conftree_text(t));
    conftree_free(t);
}

static void each_node(const char *grammar, enum shape shape)
{
    struct conftree *t = load(grammar, shape);
    unsigned line;
    const char *why;
    assert_false(conftree_damaged(t, &line, &why));
    size_t sections = 0, entries = 0;
    if (strcmp(grammar, "postfix-master") != 0)
        add_and_back(grammar, shape, true, 0);
    for (size_t i = 0; nth(t, i); i++) {
        const struct conf_node *node = nth(t, i);
        entries += node->kind == CONF_ENTRY;
        sections += node->kind == CONF_SECTION;
        if (node->kind == CONF_ENTRY || node->kind == CONF_FIELD)
            set_and_back(grammar, shape, i);
        if (node->kind != CONF_FIELD) {
            take_out(grammar, shape, i, false);
            take_out(grammar, shape, i, true);
        }
        if (node->kind == CONF_SECTION)
            add_and_back(grammar, shape, false, i);
    }
    assert_true(entries >= 4);
    assert_true(sections >= 2 || !strcmp(grammar, "postfix-main") || !strcmp(grammar, "sshd"));
    conftree_free(t);
}

static void test_every_node(void **state)
{
    (void)state;
    for (size_t i = 0; conf_grammar_name(i); i++)
        for (int shape = LF; shape < SHAPES; shape++)
            each_node(conf_grammar_name(i), (enum shape)shape);
}

/* --- any bytes, any edit: done as said, or nothing done --- */

static unsigned below(unsigned n)
{
    return (unsigned)random() % n;
}

/* Bytes that mean something to one of the grammars, more often than others. */
static void random_text(struct buf *b)
{
    static const char *const parts[] = {"a", "b = 1", "Port 22", "\n", "\n", "\n ", "\r\n", "{", "}", ";", "\"", "'", "#", "\\\n", "<A x>", "</A>", "[s]", "Match all", "=", "\t",
                                        "smtp inet n - y - - smtpd", " -o ", "c=d", "${", "//", "/*", "*/", "!include x", "_by_lua_block {", "\xff", " "};
    for (unsigned n = below(30); n; n--) {
        if (below(40) == 0)
            buf_addc(b, (char)below(256));
        else
            buf_addz(b, parts[below(ARRAY_SIZE(parts))]);
    }
}

static void random_edit(struct conftree *t)
{
    static const char *const values[] = {"x", "a b", "", "\"q\"", "{", "}", "; y", "# no", "\\", "x\ny", "<A>", "a=b"};
    struct str value = str_of(values[below(ARRAY_SIZE(values))]);
    _cleanup_(buf_free) struct buf old = BUF(MAX), got = BUF(MAX);
    buf_adds(&old, conftree_text(t));
    size_t n = 0;
    while (nth(t, n))
        n++;
    size_t i = n ? below((unsigned)n) : 0;
    const struct conf_node *node = nth(t, i);
    unsigned what = below(5), first = node ? node->line : 1, last = node ? node->last_line : 1;
    int r = what == 4 || !node ? conftree_add_section(t, NULL, "s", "x", NULL) : what == 0 ? conftree_set_node(t, node, value, NULL)
            : what == 1 ? conftree_remove(t, node, NULL) : what == 2 ? conftree_comment(t, node, NULL)
                                                                      : conftree_set(t, node->kind == CONF_SECTION ? node : NULL, "k", value, NULL);
    if (r <= 0 && !str_eq(conftree_text(t), buf_str(&old)))
        fail_msg("refused, and yet changed:\n%s", old.p);
    if (what == 0 && node && r >= 0) {
        conftree_value(t, nth(t, i), &got);
        if (got.n != value.n && r > 0)
            fail_msg("set to %.*s, says %s in\n%s", (int)value.n, value.p, got.p, old.p);
    }
    if (what < 3 && node && r > 0 && !others_stay(buf_str(&old), conftree_text(t), first, last))
        fail_msg("%u: other lines have changed:\n%s\n---\n%s", what, old.p, conftree_text(t).p);
}

static void test_any_bytes(void **state)
{
    (void)state;
    srandom(4);
    for (int round = 0; round < 4000; round++) {
        _cleanup_(buf_free) struct buf text = BUF(MAX);
        random_text(&text);
        for (size_t g = 0; conf_grammar_name(g); g++) {
            struct conftree *t;
            assert_int_equal(conftree_open(conf_grammar(conf_grammar_name(g)), "f", buf_str(&text), &t, NULL), 0);
            assert_true(str_eq(conftree_text(t), buf_str(&text)));
            for (int e = 0; e < 3; e++)
                random_edit(t);
            conftree_free(t);
        }
    }
}

/* Lists of several lines with comments: whatever the new list is, it is read back, and the comments and the neighbours are still there. */
static void test_lists(void **state)
{
    (void)state;
    srandom(5);
    for (int round = 0; round < 3000; round++) {
        _cleanup_(buf_free) struct buf text = BUF(MAX), want = BUF(MAX), got = BUF(MAX);
        unsigned comments = 0, seen = 0;
        buf_addz(&text, "before = 1\nlist =");
        for (unsigned n = 1 + below(6); n; n--) {
            buf_printf(&text, "%s%c", below(2) ? "\n  " : " ", (int)('a' + below(5)));
            if (below(4) == 0)
                buf_printf(&text, "\n# %u\n  %c", comments++, (int)('a' + below(5)));
        }
        buf_addz(&text, "\nafter = 2\n");
        for (unsigned n = below(7); n; n--)
            buf_printf(&want, "%s%c", want.n ? " " : "", (int)('a' + below(5)));
        _cleanup_(conftree_freep) struct conftree *t = NULL;
        assert_int_equal(conftree_open(conf_grammar("postfix-main"), "f", buf_str(&text), &t, NULL), 0);
        int r = conftree_set(t, NULL, "list", buf_str(&want), NULL);
        assert_true(conftree_get(t, NULL, "list", &got));
        struct str now = conftree_text(t);
        for (ptrdiff_t at; (at = str_search(now, STR("\n# "))) >= 0; now = str_from(now, (size_t)at + 1))
            seen++;
        now = conftree_text(t);
        if (r < 0 || !str_eq(buf_str(&got), buf_str(&want)) || seen != comments || !str_starts(now, STR("before = 1\nlist =")) || !str_ends(now, STR("\nafter = 2\n")))
            fail_msg("%d, %s in\n%s\n--- became\n%.*s", r, want.p, text.p, (int)now.n, now.p);
    }
}

static void test_caps(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf text = BUF(CONFTREE_BYTES_MAX * 2);
    struct conftree *t = NULL;
    struct err err = {0};
    while (text.n <= CONFTREE_BYTES_MAX)
        buf_addz(&text, "# a comment that is long, again and again and again and again and again\n");
    assert_true(conftree_open(conf_grammar("nginx"), "f", buf_str(&text), &t, &err) < 0 && err.text[0]);
    buf_reset(&text);
    for (int i = 0; i < CONFTREE_NODES_MAX / 2; i++) /* one line as long as the file: an edit still walks it a few times only */
        buf_addz(&text, "a { b \"a long value, and again and again\"; } ");
    assert_int_equal(conftree_open(conf_grammar("nginx"), "f", buf_str(&text), &t, NULL), 0);
    assert_int_equal(conftree_set(t, NULL, "c", STR("1"), NULL), -E2BIG);
    assert_int_equal(conftree_set(t, CONF_AT(t, {"a", NULL, 40000}), "b", STR("1"), NULL), 1);
    conftree_free(t);
    buf_reset(&text);
    for (int i = 0; i <= CONFTREE_NODES_MAX; i++)
        buf_addz(&text, "a{");
    for (size_t g = 0; conf_grammar_name(g); g++) {
        int r = conftree_open(conf_grammar(conf_grammar_name(g)), "f", buf_str(&text), &t, NULL);
        assert_true(r == 0 || r == -E2BIG);
        if (r == 0)
            conftree_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_node), cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_lists), cmocka_unit_test(test_caps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
