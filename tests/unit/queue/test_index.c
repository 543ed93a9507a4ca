#include "../arena.h"
#include "../files.h"
#include "queue/index.h"
#include "queue/look.h"
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

static void record(struct buf *b, char type, const char *text)
{
    buf_addc(b, type);
    buf_addc(b, (char)strlen(text));
    buf_addz(b, text);
}

/* A message as Postfix leaves it in its queue. */
static void message_file(const char *name, const char *sender, const char *const *to)
{
    struct buf b = BUF(1u << 16), sizes = BUF(1u << 16);
    char text[100];
    unsigned n = 0;
    record(&b, 'T', "1796121915 145170");
    record(&b, 'A', "sasl_username=leak@alpha.example");
    record(&b, 'S', sender);
    for (; to[n]; n++)
        record(&b, 'R', to[n]);
    record(&b, 'M', "");
    record(&b, 'N', "Subject: one");
    record(&b, 'N', "");
    record(&b, 'X', "");
    record(&b, 'E', "");
    snprintf(text, sizeof text, "%15u %15u %15u %15u %15u %15u", 4711, 97, n, 0, 10, 0);
    record(&sizes, 'C', text);
    buf_adds(&sizes, buf_str(&b));
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(&sizes)), 0);
    close(fd);
    buf_free(&b);
    buf_free(&sizes);
}

static void one(const char *name, const char *sender)
{
    message_file(name, sender, (const char *const[]){"a@defer.example", NULL});
}

static char seen[1u << 17];

static int tell(void *arg, const struct message *m)
{
    (void)arg;
    size_t n = strlen(seen);
    snprintf(seen + n, sizeof seen - n, "%s/%s/%.*s ", spool_postfix.states[m->state], m->id, (int)m->sender.n, m->sender.p);
    return 0;
}

static struct looked look_for(enum wanted_field field, const char *condition, bool errors)
{
    struct root root;
    struct wanted wanted = {0};
    struct looked ret;
    assert_int_equal(root_open(dir, &root, NULL), 0);
    if (condition)
        assert_int_equal(wanted_add(&wanted, arena, field, condition, NULL), 0);
    char index[256];
    snprintf(index, sizeof index, "%s", path_of("index"));
    struct look_options o = {.place = {&root, ".", SPOOL_POSTFIX}, .wanted = &wanted, .now = 1796121915, .errors = errors, .index = index};
    *seen = '\0';
    assert_int_equal(spool_look(&o, tell, NULL, NULL, &ret, NULL), 0);
    assert_int_equal(ret.code, 0);
    root_close(&root);
    return ret;
}

static uint64_t remembered(void)
{
    return look_for(0, NULL, false).remembered;
}

static void has(const char *text)
{
    if (!strstr(seen, text))
        fail_msg("%s: not in %s", text, seen);
}

static const char *index_file(void)
{
    static char path[300];
    struct stat st;
    assert_int_equal(stat(dir, &st), 0);
    snprintf(path, sizeof path, "index/queue-%llx-%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return path;
}

static void a_spool(void)
{
    static const char *const dirs[] = {"deferred", "deferred/3", "hold", "active", "incoming", "index"};
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdir(path_of(dirs[i]), 0700), 0);
    one("deferred/3/3F2A41C0B7", "a@alpha.example");
    one("hold/3F2A41C0B8", "b@alpha.example");
    one("active/3F2A41C0B9", "c@alpha.example");
    one("incoming/3F2A41C0BA", "d@alpha.example");
}

static void move(const char *from, const char *to)
{
    char old[256];
    snprintf(old, sizeof old, "%s", path_of(from));
    assert_int_equal(rename(old, path_of(to)), 0);
}

static void what_changes_in_the_directories_is_seen(void **state)
{
    (void)state;
    a_spool();
    assert_int_equal(remembered(), 0);
    assert_int_equal(remembered(), 3); /* what comes in is not settled */
    has("deferred/3F2A41C0B7/a@alpha.example");
    has("incoming/3F2A41C0BA/d@alpha.example");
    one("deferred/3/3F2A41C0BB", "new@alpha.example");
    assert_int_equal(remembered(), 3);
    has("deferred/3F2A41C0BB/new@alpha.example");
    assert_int_equal(unlink(path_of("hold/3F2A41C0B8")), 0);
    assert_int_equal(remembered(), 2);
    assert_null(strstr(seen, "3F2A41C0B8"));
    move("deferred/3/3F2A41C0B7", "hold/3F2A41C0B7");
    assert_int_equal(remembered(), 2);
    has("hold/3F2A41C0B7/a@alpha.example");
    one("deferred/other", "other@alpha.example"); /* its id belongs to another file now */
    move("deferred/other", "active/3F2A41C0B9");
    assert_int_equal(remembered(), 1);
    has("active/3F2A41C0B9/other@alpha.example");
}

static void many_new_ones_are_taken_in(void **state)
{
    (void)state;
    char name[64];
    a_spool();
    remembered();
    for (unsigned i = 0; i <= 1001; i++) {
        snprintf(name, sizeof name, "deferred/3/3F2A4%05X", i);
        one(name, "many@alpha.example");
    }
    assert_int_equal(remembered(), 3);
    assert_int_equal(remembered(), 1005);
}

static void what_is_shown_is_read_anew(void **state)
{
    (void)state;
    a_spool();
    remembered();
    one("hold/3F2A41C0B8", "e@alpha.example"); /* the same file */
    assert_int_equal(look_for(WANTED_SENDER, "b@alpha.example", false).wanted, 1);
    assert_int_equal(look_for(WANTED_SENDER, "b@alpha.example", true).wanted, 0);
    assert_int_equal(look_for(0, NULL, true).remembered, 3);
    has("hold/3F2A41C0B8/e@alpha.example");
}

static void who_still_waits_is_read_in_the_file(void **state)
{
    (void)state;
    a_spool();
    message_file("hold/3F2A41C0B8", "b@alpha.example", (const char *const[]){"a@defer.example", "b@defer.example", NULL});
    remembered();
    message_file("hold/3F2A41C0B8", "b@alpha.example", (const char *const[]){"b@defer.example", NULL});
    assert_int_equal(look_for(WANTED_TO, "a@defer.example", false).wanted, 3);
    assert_null(strstr(seen, "3F2A41C0B8"));
}

/* An index that is not whole, not ours or no index: as if there were none; and then there is one. */
static void a_wrong_index_is_made_again(void **state)
{
    (void)state;
    struct buf whole = BUF(1u << 20), b = BUF(1u << 20);
    a_spool();
    remembered();
    int fd = open(path_of(index_file()), O_RDONLY | O_CLOEXEC);
    assert_int_equal(buf_read_fd(&whole, fd), 0);
    close(fd);
    for (size_t n = 0; n < whole.n; n += 7) { /* cut off */
        buf_reset(&b);
        buf_add(&b, whole.p, n);
        fd = open(path_of(index_file()), O_WRONLY | O_TRUNC | O_CLOEXEC);
        assert_int_equal(fd_write_all(fd, buf_str(&b)), 0);
        close(fd);
        if (remembered() != 0)
            fail_msg("cut at %zu", n);
        assert_int_equal(remembered(), 3);
    }
    for (size_t at = 0; at < whole.n; at++) { /* another byte in one place: never anything but what is in the queue */
        struct index x;
        struct index_owner owner = {0};
        struct message m;
        whole.p[at] ^= 0x55;
        memcpy(&owner.device, whole.p + 8, 8);
        memcpy(&owner.inode, whole.p + 16, 8);
        memcpy(&owner.boot, whole.p + 24, 8);
        if (index_of(buf_str(&whole), &owner, &x) && index_row(&x, STR("3F2A41C0B8"), 1, arena, &m))
            assert_string_equal(m.id, "3F2A41C0B8");
        whole.p[at] ^= 0x55;
    }
    put(index_file(), "what somebody else left here, of some length, so that it would be long enough for a header of ours");
    assert_int_equal(remembered(), 0);
    assert_int_equal(remembered(), 3);
    assert_int_equal(chmod(path_of(index_file()), 0666), 0);
    assert_int_equal(remembered(), 0); /* anybody could have written it */
    assert_int_equal(remembered(), 3);
    assert_int_equal(chmod(path_of("index"), 0777), 0);
    assert_int_equal(remembered(), 0);
    assert_int_equal(chmod(path_of("index"), 0700), 0);
    assert_int_equal(remembered(), 3);
    buf_free(&whole);
    buf_free(&b);
}

static int drop_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int clean(void **state)
{
    nftw(dir, drop_one, 8, FTW_DEPTH | FTW_PHYS);
    return drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_changes_in_the_directories_is_seen, make, clean),
        cmocka_unit_test_setup_teardown(many_new_ones_are_taken_in, make, clean),
        cmocka_unit_test_setup_teardown(what_is_shown_is_read_anew, make, clean),
        cmocka_unit_test_setup_teardown(who_still_waits_is_read_in_the_file, make, clean),
        cmocka_unit_test_setup_teardown(a_wrong_index_is_made_again, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
