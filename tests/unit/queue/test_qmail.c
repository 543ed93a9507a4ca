/* test_qmail.c: qmail's queue. What the files hold was recorded on a real notqmail 1.09; with QMAIL_DIR set, that installation's own qmail-qread is the judge, too. */
#include "../arena.h"
#include "../files.h"
#include "base/child.h"
#include "queue/look.h"
#include "queue/qmail_record.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* A file of an envelope: its strings end with '|' here. */
static struct str strings(const char *text)
{
    char *s = arena_dup(arena, str_of(text));
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        s[i] = s[i] == '|' ? '\0' : s[i];
    return str_span(s, n);
}

static void is(struct str s, const char *want) { assert_string_equal(arena_dup(arena, s), want); }

static void envelopes(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool cut;
        unsigned waiting, done;
        const char *sender;
        bool damaged, more;
    } table[] = {
        {"u33|p606|Fshop@alpha.example|Ta@sink.example|Tb@else.example|", false, 2, 0, "shop@alpha.example", false, false},
        {"F|", false, 0, 0, "", false, false},
        {"F#@[]|Tpostmaster@alpha.example|", false, 1, 0, "#@[]", false, false},
        {"Da@sink.example|Tb@else.example|", false, 1, 1, "", false, false},
        {"Fa@a|Fb@b|", false, 0, 0, "b@b", true, false},
        {"Fa@a|Tb@b", false, 0, 0, "a@a", true, false},
        {"Fa@a|Tb@b", true, 0, 0, "a@a", false, true},
        {"Fa@a|xb@b|", false, 0, 0, "a@a", true, false},
        {"Fa@a||", false, 0, 0, "a@a", true, false},
        {"", false, 0, 0, "", false, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct message m = {0};
        qmail_take_envelope(&m, arena, strings(table[i].file), table[i].cut, 1);
        is(m.sender, table[i].sender);
        if (m.recipients != table[i].waiting || m.done != table[i].done || (m.condition == MESSAGE_DAMAGED) != table[i].damaged || m.more != table[i].more || m.to.n > 1)
            fail_msg("%s", table[i].file);
    }
}

#define OF_USER "Received: (qmail 606 invoked by uid 33); 1 Dec 2026 11:34:50 -0000\n"
#define OF_NETWORK "Received: (qmail 615 invoked from network); 1 Dec 2026 11:34:50 -0000\n"

static void heads(void **state)
{
    (void)state;
    static const struct { const char *text, *client, *name, *account, *script, *subject; } table[] = {
        {OF_USER "To: x\nSubject: from a script\nX-PHP-Originating-Script: 33:form.php\n\nSubject: no\n", "", "", "", "33:form.php", "from a script"},
        {OF_NETWORK "Received: from unknown (HELO evil) (ident@203.0.113.14)\n  by unknown with SMTP; 1 Dec\nSubject: relay\nX-PHP-Originating-Script: 0:fake.php\n\n", "203.0.113.14", "", "", "", "relay"},
        {OF_NETWORK "Received: from pc.example (HELO pc) (leak@alpha.example@2001:db8::14)\n  by unknown with ESMTPSA; 1 Dec\n\n", "2001:db8::14", "pc.example", "leak@alpha.example", "", ""},
        {OF_NETWORK "Received: from unknown (203.0.113.14)\n  by unknown with ESMTPA; 1 Dec\n\n", "203.0.113.14", "", "", "", ""},
        /* whoever has a program write to qmail-queue writes all but the first line as he likes */
        {OF_USER "Received: from unknown (HELO x) (boss@alpha.example@192.0.2.1)\n  by us with ESMTPA; 1 Dec\n\n", "", "", "", "", ""},
        {"Received: from unknown (HELO x) (boss@alpha.example@192.0.2.1)\n  by us with ESMTPA; 1 Dec\n\n", "", "", "", "", ""},
        {OF_NETWORK "Received: from )( (\n", "", "", "", "", ""},
        {OF_NETWORK, "", "", "", "", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct message m = {0};
        qmail_take_head(&m, arena, str_of(table[i].text));
        is(m.client, table[i].client);
        is(m.client_name, table[i].name);
        is(m.account, table[i].account);
        is(m.script, table[i].script);
        is(m.subject, table[i].subject);
    }
}

/* --- a spool */

static unsigned told;
static struct message last;

static int on_message(void *arg, const struct message *m)
{
    (void)arg;
    told++;
    last = *m;
    last.sender = str_span(arena_dup(arena, m->sender), m->sender.n);
    return 0;
}

static struct looked look(const char *path, const char *id)
{
    struct root root;
    struct err err = {0};
    struct looked l;
    struct wanted none = {0};
    assert_int_equal(root_open("/", &root, &err), 0);
    const struct look_options o = {.place = {&root, path, SPOOL_QMAIL}, .wanted = &none, .id = id, .now = (int64_t)time(NULL)};
    told = 0;
    if (spool_look(&o, on_message, NULL, NULL, &l, &err) < 0)
        fail_msg("%s", err.text);
    root_close(&root);
    return l;
}

static void put_strings(const char *name, const char *text)
{
    struct str s = strings(text);
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
    close(fd);
}

/* Its id is its inode, as qmail-queue names it. */
static uint64_t mess(unsigned split)
{
    struct stat st;
    put("new", OF_USER "Subject: one\n\nhello\n");
    assert_int_equal(stat(path_of("new"), &st), 0);
    char to[64], from[256];
    snprintf(from, sizeof from, "%s", path_of("new"));
    snprintf(to, sizeof to, "mess/%llu/%llu", (unsigned long long)(st.st_ino % split), (unsigned long long)st.st_ino);
    assert_int_equal(rename(from, path_of(to)), 0);
    return st.st_ino;
}

static void part(const char *dir_name, uint64_t id, unsigned split, const char *text)
{
    char name[64];
    if (split)
        snprintf(name, sizeof name, "%s/%llu/%llu", dir_name, (unsigned long long)(id % split), (unsigned long long)id);
    else
        snprintf(name, sizeof name, "%s/%llu", dir_name, (unsigned long long)id);
    put_strings(name, text);
}

static void tree(unsigned split, bool big_todo)
{
    static const char *const dirs[] = {"mess", "info", "local", "remote", "todo"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        assert_int_equal(mkdir(path_of(dirs[i]), 0700), 0);
        for (unsigned k = 0; k < split && (i < 4 || big_todo); k++) {
            char name[64];
            snprintf(name, sizeof name, "%s/%u", dirs[i], k);
            assert_int_equal(mkdir(path_of(name), 0700), 0);
        }
    }
}

static void remove_tree(void)
{
    const char *const argv[] = {"rm", "-r", "--", dir, NULL};
    const struct child_options o = {0};
    struct child_result r;
    struct err err = {0};
    assert_int_equal(child_run(argv, &o, &r, &err), 0);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
}

static void one_spool(unsigned split, bool big_todo)
{
    char id[32];
    snprintf(dir, sizeof dir, "/tmp/bansho-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    tree(split, big_todo);
    uint64_t fresh = mess(split), sorted = mess(split);
    (void)mess(split); /* being written: no message yet */
    part("todo", fresh, big_todo ? split : 0, "u33|p606|Fshop@alpha.example|Ta@sink.example|Tb@else.example|");
    part("info", sorted, split, "Fleak@alpha.example|");
    part("remote", sorted, split, "Da@sink.example|Tb@else.example|");
    part("local", sorted, split, "Talpha-info@alpha.example|");
    struct looked l = look(dir, NULL);
    assert_int_equal(l.code, 0);
    assert_int_equal(told, 2);
    snprintf(id, sizeof id, "%llu", (unsigned long long)sorted);
    assert_int_equal(look(dir, id).code, 0);
    assert_true(told == 1 && last.recipients == 2 && last.done == 1 && last.state == 1 && last.condition == MESSAGE_SOUND && last.inode == sorted && last.size == strlen(OF_USER "Subject: one\n\nhello\n"));
    is(last.sender, "leak@alpha.example");
    snprintf(id, sizeof id, "%llu", (unsigned long long)fresh);
    look(dir, id);
    assert_true(told == 1 && last.recipients == 2 && last.state == 0 && last.arrival);
    assert_int_equal(look(dir, "0/../../etc/passwd").code, -ENOENT);
    part("info", fresh + sorted, split, "Flost@alpha.example|"); /* its mess is gone */
    snprintf(id, sizeof id, "%llu", (unsigned long long)(fresh + sorted));
    look(dir, id);
    assert_true(told == 1 && last.condition == MESSAGE_DAMAGED);
    remove_tree();
}

static void spools(void **state)
{
    (void)state;
    one_spool(23, false);
    one_spool(23, true);
    one_spool(1, false);
    one_spool(151, true);
}

/* What cannot be listed is told, never taken for empty. */
static void unseen(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/bansho-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(look(dir, NULL).code, -ENOENT);
    tree(23, false);
    assert_int_equal(look(dir, NULL).code, 0);
    assert_int_equal(rename(path_of("info/3"), path_of("info/x")), 0);
    assert_int_equal(remove(path_of("todo")), 0);
    struct looked l = look(dir, NULL);
    assert_int_equal(l.code, -ENOENT);
    assert_non_null(strstr(l.unseen, "/todo"));
    remove_tree();
}

static void a_real_queue(void **state)
{
    (void)state;
    const char *home = getenv("QMAIL_DIR");
    if (!home)
        skip();
    const char *const argv[] = {arena_printf(arena, "%s/bin/qmail-qread", home), NULL};
    const struct child_options o = {0};
    struct child_result r;
    struct err err = {0};
    unsigned messages = 0;
    assert_int_equal(child_run(argv, &o, &r, &err), 0);
    struct str rest = str_of(r.out.p ? r.out.p : ""), line;
    while (str_line(&rest, &line)) {
        ptrdiff_t number = str_search(line, STR("  #")), sender = str_search(line, STR("  <"));
        if (line.n && (line.p[0] == '\t' || line.p[0] == ' '))
            continue;
        if (number < 0 || sender < 0)
            continue;
        struct str id = str_from(line, (size_t)number + 3);
        id.n = (size_t)str_find(id, ' ');
        look(arena_printf(arena, "%s/queue", home), arena_dup(arena, id));
        assert_int_equal(told, 1);
        struct str from = str_from(line, (size_t)sender + 3);
        from.n = (size_t)str_find(from, '>');
        assert_true(str_eq(from, last.sender) && last.condition == MESSAGE_SOUND);
        messages++;
    }
    child_result_free(&r);
    assert_int_equal(look(arena_printf(arena, "%s/queue", home), NULL).seen, messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(envelopes, make, drop), cmocka_unit_test_setup_teardown(heads, make, drop), cmocka_unit_test_setup_teardown(spools, make, drop),
        cmocka_unit_test_setup_teardown(unseen, make, drop), cmocka_unit_test_setup_teardown(a_real_queue, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
