#include "../arena.h"
#include "queue/move.h"
#include "queue/quarantine.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER 65534

static char dir[] = "/tmp/bansho-move-XXXXXX";
static struct root root;
static unsigned results[MOVE_RESULTS];

/* Until the next call. */
static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void record(struct buf *b, char type, const char *text)
{
    buf_addc(b, type);
    buf_addc(b, (char)strlen(text));
    buf_addz(b, text);
}

static void own(const char *name)
{
    if (geteuid() == 0)
        assert_int_equal(lchown(path_of(name), OWNER, OWNER), 0);
}

static struct move_item message_file(const char *name, const char *id, const char *sender)
{
    struct buf b = BUF(1000);
    struct stat st;
    record(&b, 'T', "1796121915 1");
    record(&b, 'S', sender);
    record(&b, 'R', "a@defer.example");
    record(&b, 'M', "");
    record(&b, 'N', "");
    record(&b, 'E', "");
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(&b)), 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    own(name);
    buf_free(&b);
    struct move_item item = {.inode = st.st_ino, .arrival = 1796121915, .sender = str_of(sender)};
    snprintf(item.id, sizeof item.id, "%s", id);
    return item;
}

static void count(void *arg, size_t item, enum move_result result, int code)
{
    (void)arg;
    (void)item;
    assert_true((code == 0) == (result == MOVE_DONE || result == MOVE_PENDING));
    results[result]++;
}

static char batch[QUARANTINE_NAME];

static void move(enum move_kind kind, const struct move_item *items, size_t n)
{
    const struct move_spool s = {.place = {&root, ".", SPOOL_POSTFIX}, .batch = batch[0] ? batch : NULL, .hashed_deferred = true, .hashed_logs = {true, false, false}, .depth = 1};
    memset(results, 0, sizeof results);
    struct err err = {0};
    if (spool_move(&s, kind, items, n, count, NULL, &err) != 0)
        fail_msg("%s", err.text);
}

static bool there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static int setup(void **state)
{
    static const char *const dirs[] = {"incoming", "active", "deferred", "deferred/3", "hold", "defer", "defer/3", "bounce", "trace", "maildrop"};
    assert_non_null(mkdtemp(dir));
    own("");
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        assert_int_equal(mkdir(path_of(dirs[i]), 0700), 0);
        own(dirs[i]);
    }
    assert_int_equal(root_open(dir, &root, NULL), 0);
    return make(state);
}

static void there_and_back(void **state)
{
    (void)state;
    const struct move_item items[] = {
        message_file("deferred/3/3F2A41C0B7", "3F2A41C0B7", "leak@alpha.example"),
        message_file("active/4F2A41C0B8", "4F2A41C0B8", ""),
    };
    move(MOVE_HOLD, items, 2);
    assert_int_equal(results[MOVE_DONE], 2);
    assert_true(there("hold/3F2A41C0B7") && there("hold/4F2A41C0B8") && !there("deferred/3/3F2A41C0B7") && !there("active/4F2A41C0B8"));
    move(MOVE_HOLD, items, 2); /* held already */
    assert_int_equal(results[MOVE_GONE], 2);
    move(MOVE_RELEASE, items, 2);
    assert_int_equal(results[MOVE_DONE], 2);
    assert_true(there("deferred/3/3F2A41C0B7") && there("deferred/4/4F2A41C0B8")); /* as Postfix looks for them */
    assert_int_equal(remove(path_of("deferred/3/3F2A41C0B7")), 0);
    assert_int_equal(remove(path_of("deferred/4/4F2A41C0B8")), 0);
}

static void another_message_is_left_alone(void **state)
{
    (void)state;
    const struct move_item shown = message_file("deferred/3/3F2A41C0B7", "3F2A41C0B7", "leak@alpha.example");
    struct move_item wrong[3] = {shown, shown, shown};
    wrong[0].inode++;
    wrong[1].arrival++;
    wrong[2].sender = STR("info@alpha.example");
    move(MOVE_HOLD, wrong, 3);
    assert_int_equal(results[MOVE_CHANGED], 3);
    assert_true(there("deferred/3/3F2A41C0B7"));
    /* one of that name is held already: nothing is overwritten */
    message_file("hold/3F2A41C0B7", "3F2A41C0B7", "other@alpha.example");
    move(MOVE_HOLD, &shown, 1);
    assert_int_equal(results[MOVE_FAILED], 1);
    assert_true(there("deferred/3/3F2A41C0B7") && there("hold/3F2A41C0B7"));
    assert_int_equal(remove(path_of("hold/3F2A41C0B7")), 0);
}

static void what_is_being_delivered_or_written(void **state)
{
    (void)state;
    struct move_item busy = message_file("active/3F2A41C0B9", "3F2A41C0B9", "a@alpha.example"), written = message_file("incoming/3F2A41C0BA", "3F2A41C0BA", "a@alpha.example");
    int fd = open(path_of("active/3F2A41C0B9"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    assert_int_equal(chmod(path_of("incoming/3F2A41C0BA"), 0600), 0);
    move(MOVE_HOLD, (struct move_item[]){busy, written}, 2);
    assert_int_equal(results[MOVE_PENDING], 1);
    assert_int_equal(results[MOVE_FAILED], 1);
    assert_true(there("hold/3F2A41C0B9") && there("incoming/3F2A41C0BA"));
    close(fd);
}

static const struct spool_place place = {&root, ".", SPOOL_POSTFIX};

static void begin_batch(int64_t now)
{
    struct err err = {0};
    if (quarantine_begin(&place, now, batch, &err) < 0)
        fail_msg("%s", err.text);
}

static void text_file(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    own(name);
}

static size_t batches(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct quarantine q = {0};
    assert_int_equal(quarantine_batches(&place, a, &q, NULL), 0);
    return q.list.n;
}

/* With its reasons, out of Postfix's sight, and back. */
static void deleted_and_restored(void **state)
{
    (void)state;
    struct move_item items[] = {message_file("deferred/3/3F2A41C0B7", "3F2A41C0B7", "leak@alpha.example"), message_file("hold/4F2A41C0B8", "4F2A41C0B8", "")};
    text_file("defer/3/3F2A41C0B7", "why");
    text_file("bounce/3F2A41C0B7", "no");
    begin_batch(1796121915);
    move(MOVE_QUARANTINE, items, 2);
    assert_int_equal(results[MOVE_DONE], 2);
    assert_false(there("deferred/3/3F2A41C0B7") || there("hold/4F2A41C0B8") || there("defer/3/3F2A41C0B7") || there("bounce/3F2A41C0B7"));
    assert_true(there(QUARANTINE "/1796121915/hold/3F2A41C0B7") && there(QUARANTINE "/1796121915/hold/4F2A41C0B8") && there(QUARANTINE "/1796121915/defer/3F2A41C0B7"));
    move(MOVE_QUARANTINE, items, 2);
    assert_int_equal(results[MOVE_GONE], 2);
    quarantine_end(&place, batch); /* what is not empty stays */
    assert_int_equal(batches(), 1);
    /* while another message has the id, it stays where it is */
    message_file("deferred/3/3F2A41C0B7", "3F2A41C0B7", "other@alpha.example");
    move(MOVE_RESTORE, items, 2);
    assert_int_equal(results[MOVE_FAILED], 1);
    assert_int_equal(results[MOVE_DONE], 1);
    assert_true(there(QUARANTINE "/1796121915/hold/3F2A41C0B7") && there(QUARANTINE "/1796121915/defer/3F2A41C0B7") && there("hold/4F2A41C0B8"));
    assert_int_equal(remove(path_of("deferred/3/3F2A41C0B7")), 0);
    move(MOVE_RESTORE, items, 1);
    assert_int_equal(results[MOVE_DONE], 1);
    assert_true(there("hold/3F2A41C0B7") && there("defer/3/3F2A41C0B7") && there("bounce/3F2A41C0B7"));
    quarantine_end(&place, batch);
    assert_int_equal(batches(), 0);
    batch[0] = 0;
    move(MOVE_DELETE, items, 2);
    assert_int_equal(results[MOVE_DONE], 2);
    assert_false(there("hold/3F2A41C0B7") || there("defer/3/3F2A41C0B7") || there("bounce/3F2A41C0B7") || there("hold/4F2A41C0B8"));
}

/* Two of three recipients are crossed out, where that is for good; else it is only held. */
static void some_are_kept(void **state)
{
    (void)state;
    static const struct str keep[] = {STR("B@defer.example"), STR("@kept.example")};
    static const char *const to[] = {"a@defer.example", "b@defer.example", "c@kept.example", "d@defer.example"};
    const struct move_spool s = {.place = {&root, ".", SPOOL_POSTFIX}, .hashed_deferred = true, .depth = 1, .keep = {keep, 2}};
    struct message m = {0};
    struct buf b = BUF(1000);
    struct stat st;
    record(&b, 'C', "             10              0               4               0               0");
    record(&b, 'T', "1796121915 1");
    record(&b, 'S', "leak@alpha.example");
    for (size_t i = 0; i < ARRAY_SIZE(to); i++)
        record(&b, 'R', to[i]);
    record(&b, 'M', "");
    record(&b, 'N', "");
    record(&b, 'E', "");
    text_file("deferred/3/3F2A41C0E1", "");
    int fd = open(path_of("deferred/3/3F2A41C0E1"), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(fd_write_all(fd, buf_str(&b)), 0);
    assert_int_equal(fchmod(fd, 0700), 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    const struct move_item item = {.id = "3F2A41C0E1", .inode = st.st_ino, .arrival = 1796121915, .sender = STR("leak@alpha.example"), .shared = true};
    text_file("defer/3F2A41C0E1", "why");
    for (unsigned turn = 0; turn < 4; turn++) { /* the third: as after a kill; the fourth: an agent has it */
        fd = open(path_of("hold/3F2A41C0E1"), O_RDONLY | O_CLOEXEC);
        assert_true(turn < 3 || flock(fd, LOCK_SH) == 0);
        memset(results, 0, sizeof results);
        assert_int_equal(spool_move(&s, turn ? MOVE_DELETE : MOVE_QUARANTINE, &item, 1, count, NULL, NULL), 0);
        close(fd);
        assert_int_equal(results[turn < 3 ? MOVE_DONE : MOVE_PENDING], 1);
        assert_int_equal(stat(path_of("hold/3F2A41C0E1"), &st), 0);
        assert_true((size_t)st.st_size == b.n && st.st_ino == item.inode);
        int dir_fd = open(path_of("hold"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        m = (struct message){0};
        assert_int_equal(spool_postfix.read(&place, &(struct spool_found){.id = item.id, .dir = dir_fd, .name = item.id}, SPOOL_WHOLE, arena, &m), 0);
        close(dir_fd);
        assert_true(there("defer/3F2A41C0E1") == (turn == 0));
        assert_int_equal(m.recipients, turn ? 2 : 4);
        assert_int_equal(m.done, turn ? 2 : 0);
        assert_true(str_eq(m.to.v[turn ? 0 : 1], STR("b@defer.example")) && str_eq(m.to.v[turn ? 1 : 2], STR("c@kept.example")));
    }
    buf_free(&b);
    assert_int_equal(remove(path_of("hold/3F2A41C0E1")), 0);
}

/* Into maildrop, not from the future; what is being delivered is held. */
static void taken_in_anew(void **state)
{
    (void)state;
    struct move_item items[] = {message_file("deferred/3/3F2A41C0D1", "3F2A41C0D1", "a@alpha.example"), message_file("hold/4F2A41C0D2", "4F2A41C0D2", ""), message_file("active/3F2A41C0D3", "3F2A41C0D3", "")};
    const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
    struct stat st;
    assert_int_equal(utimensat(AT_FDCWD, path_of("deferred/3/3F2A41C0D1"), later, 0), 0);
    int fd = open(path_of("active/3F2A41C0D3"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    text_file("defer/3/3F2A41C0D1", "why");
    move(MOVE_REQUEUE, items, 3);
    close(fd);
    assert_int_equal(results[MOVE_DONE], 2);
    assert_int_equal(results[MOVE_PENDING], 1);
    assert_true(there("maildrop/3F2A41C0D1") && there("maildrop/4F2A41C0D2") && there("hold/3F2A41C0D3") && there("defer/3/3F2A41C0D1"));
    assert_int_equal(stat(path_of("maildrop/3F2A41C0D1"), &st), 0);
    assert_true(st.st_mtime < later[0].tv_sec);
    move(MOVE_REQUEUE, items, 2);
    assert_int_equal(results[MOVE_GONE], 2);
    static const char *const names[] = {"maildrop/3F2A41C0D1", "maildrop/4F2A41C0D2", "hold/3F2A41C0D3", "defer/3/3F2A41C0D1", "maildrop"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(remove(path_of(names[i])), 0);
}

static void being_delivered_it_is_held(void **state)
{
    (void)state;
    struct move_item busy = message_file("active/3F2A41C0C1", "3F2A41C0C1", "a@alpha.example");
    int fd = open(path_of("active/3F2A41C0C1"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    begin_batch(1796121916);
    move(MOVE_QUARANTINE, &busy, 1);
    assert_int_equal(results[MOVE_PENDING], 1);
    assert_true(there("hold/3F2A41C0C1"));
    move(MOVE_QUARANTINE, &busy, 1); /* still */
    assert_int_equal(results[MOVE_PENDING], 1);
    assert_true(there("hold/3F2A41C0C1"));
    close(fd);
    move(MOVE_QUARANTINE, &busy, 1);
    assert_int_equal(results[MOVE_DONE], 1);
    /* what is in a batch goes for good, whatever it is */
    text_file(QUARANTINE "/1796121916/trace/whatever", "");
    move(MOVE_EMPTY, NULL, 0);
    assert_int_equal(results[MOVE_DONE], 1);
    quarantine_end(&place, batch);
    assert_int_equal(batches(), 0);
    batch[0] = 0;
}

static void how_long_it_is_kept(void **state)
{
    (void)state;
    assert_true(quarantine_over(&place, 1796121917, 1796121917 + QUARANTINE_DAYS * 86400));
    begin_batch(1796121917);
    begin_batch(1796121917);
    assert_string_equal(batch, "1796121917-1");
    assert_int_equal(batches(), 2);
    own("");
    assert_int_equal(mkdir(path_of(QUARANTINE "/notes"), 0700), 0); /* not ours */
    assert_int_equal(batches(), 2);
    quarantine_end(&place, "1796121917");
    quarantine_end(&place, batch);
    assert_int_equal(batches(), 0);
    assert_int_equal(rmdir(path_of(QUARANTINE "/notes")), 0);
    batch[0] = 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"bounce", "trace", "defer/3", "defer", QUARANTINE, "deferred/3/3F2A41C0B7", "hold/3F2A41C0B9", "incoming/3F2A41C0BA", "deferred/3", "deferred/4", "deferred", "incoming", "active", "hold", ""};
    root_close(&root);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        (void)!remove(path_of(names[i]));
    return drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(another_message_is_left_alone), cmocka_unit_test(what_is_being_delivered_or_written),
                                       cmocka_unit_test(deleted_and_restored), cmocka_unit_test(taken_in_anew), cmocka_unit_test(some_are_kept), cmocka_unit_test(being_delivered_it_is_held), cmocka_unit_test(how_long_it_is_kept)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
