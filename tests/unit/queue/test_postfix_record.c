#include "../arena.h"
#include "../files.h"
#include "queue/look.h"
#include "queue/postfix_record.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct buf file;

static void record(char type, const char *text)
{
    size_t n = strlen(text);
    buf_addc(&file, type);
    for (; n > 127; n >>= 7)
        buf_addc(&file, (char)(n | 0x80));
    buf_addc(&file, (char)n);
    buf_addz(&file, text);
}

/* The sizes, whose offsets are known only when the rest is there. */
static void sizes(uint64_t offset, unsigned recipients, uint64_t length)
{
    char text[100];
    snprintf(text, sizeof text, "%15u %15llu %15u %15u %15llu %15u", 4711, (unsigned long long)offset, recipients, 0, (unsigned long long)length, 0);
    struct buf rest = file;
    file = BUF(1u << 24);
    record('C', text);
    buf_adds(&file, buf_str(&rest));
    buf_free(&rest);
}
#define SIZES_LENGTH 97

static struct message read_it(enum spool_depth depth, unsigned *ret_reads)
{
    struct message m = {0};
    struct postfix_reader r = postfix_reader_begin(arena, file.n, depth == SPOOL_WHOLE ? 100000 : 5, depth == SPOOL_WHOLE ? 2048 : 1, &m);
    uint64_t at = 0;
    *ret_reads = 0;
    do {
        ++*ret_reads;
        at = postfix_reader_take(&r, str_head(str_from(buf_str(&file), (size_t)at), POSTFIX_WINDOW), at);
    } while (at);
    return m;
}

static void is(struct str s, const char *want)
{
    assert_string_equal(arena_dup(arena, s), want);
}

static void begin(void)
{
    buf_free(&file);
    file = BUF(1u << 24);
}

static void envelope(const char *client)
{
    record('T', "1796121915 145170");
    record('A', "sasl_username=leak@alpha.example");
    record('S', "sender@alpha.example");
    record('A', "log_client_address=203.0.113.14");
    record('A', client);
    record('A', "odd");
}

static void one_read_tells_who_sent_it(void **state)
{
    (void)state;
    unsigned reads;
    begin();
    envelope("client_address=127.0.0.1");
    record('R', "a@defer.example");
    record('D', "b@ok.example");
    record('M', "");
    record('N', "X-PHP-Originating-Script: 33:form.php");
    record('N', "SUBJECT:  Buy now, and some more than what is shown of it, which is sixty bytes");
    record('N', "Subject: second");
    record('N', "");
    record('N', "Subject: text");
    record('X', "");
    record('E', "");
    sizes(1, 2, 0);
    struct message m = read_it(SPOOL_ENVELOPE, &reads);
    assert_int_equal(reads, 1);
    assert_int_equal(m.condition, MESSAGE_SOUND);
    assert_int_equal(m.size, 4711);
    assert_int_equal(m.arrival, 1796121915);
    is(m.account, "leak@alpha.example");
    is(m.sender, "sender@alpha.example");
    is(m.client, "203.0.113.14"); /* the first server's, not the filter's */
    is(m.subject, "Buy now, and some more than what is shown of it, which is si");
    is(m.script, ""); /* it came over the network: anybody can write that line */
    assert_int_equal(m.recipients, 1);
    assert_int_equal(m.done, 1);
    assert_false(m.more);
}

static void many_recipients_take_a_second_read(void **state)
{
    (void)state;
    unsigned reads;
    begin();
    envelope("client_address=203.0.113.14");
    for (unsigned i = 0; i < 1000; i++) {
        char to[40];
        snprintf(to, sizeof to, "recipient%u@defer.example", i);
        record(i < 3 ? 'D' : 'R', to);
    }
    record('M', "");
    size_t at = file.n + SIZES_LENGTH;
    record('N', "Subject: many");
    record('N', "");
    record('X', "");
    record('E', "");
    sizes(at, 1000, 0);
    struct message m = read_it(SPOOL_ENVELOPE, &reads);
    assert_int_equal(reads, 2);
    assert_int_equal(m.condition, MESSAGE_SOUND);
    is(m.subject, "many");
    assert_true(m.more);
    assert_int_equal(m.recipients, 997);
    assert_int_equal(m.to.n, 5);
    m = read_it(SPOOL_WHOLE, &reads);
    assert_false(m.more);
    assert_int_equal(m.recipients, 997);
    is(m.to.v[996], "recipient999@defer.example");
}

/* `sendmail -t`: who stood in the header comes behind the text. */
static void recipients_behind_the_text(void **state)
{
    (void)state;
    unsigned reads;
    begin();
    record('T', "1796121915 1");
    record('S', "");
    record('M', "");
    size_t at = file.n + SIZES_LENGTH;
    record('N', "X-PHP-Originating-Script: 33:form.php");
    record('N', "");
    for (unsigned i = 0; i < 200; i++)
        record('N', "a line of text that is long enough");
    size_t length = file.n + SIZES_LENGTH - at;
    record('X', "");
    record('R', "a@defer.example");
    record('E', "");
    sizes(at, 1, length);
    struct message m = read_it(SPOOL_ENVELOPE, &reads);
    assert_int_equal(reads, 2);
    assert_int_equal(m.condition, MESSAGE_SOUND);
    assert_true(m.sender_known && !m.sender.n);
    is(m.to.v[0], "a@defer.example");
    is(m.script, "33:form.php");
}

/* A milter added a recipient: behind the end, and back. */
static void jumps_there_and_back(void **state)
{
    (void)state;
    unsigned reads;
    char to[20];
    begin();
    envelope("client_address=203.0.113.14");
    size_t pointer = file.n + SIZES_LENGTH, back = pointer + 17;
    snprintf(to, sizeof to, "%15zu", back + 2 + 2 + 2 + 2);
    record('p', to);
    record('M', "");
    record('N', "");
    record('X', "");
    record('E', "");
    record('R', "added@defer.example");
    snprintf(to, sizeof to, "%15zu", back);
    record('p', to);
    sizes(back + 2, 1, 0);
    struct message m = read_it(SPOOL_ENVELOPE, &reads);
    assert_int_equal(m.condition, MESSAGE_SOUND);
    is(m.to.v[0], "added@defer.example");
}

static void what_is_damaged_is_told_and_ends(void **state)
{
    (void)state;
    unsigned reads;
    static const struct { const char *name; char type; const char *text; } table[] = {
        {"a jump to itself", 'p', "             97"}, {"a jump out of the file", 'p', "        9999999"}, {"an unknown type", '!', ""}, {"no number", 'p', "backwards"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        begin();
        record(table[i].type, table[i].text);
        envelope("client_address=203.0.113.14");
        record('E', "");
        sizes(97, 1, 0);
        struct message m = read_it(SPOOL_ENVELOPE, &reads);
        if (m.condition != MESSAGE_DAMAGED)
            fail_msg("%s", table[i].name);
    }
    begin();
    envelope("client_address=203.0.113.14");
    record('R', "a@defer.example");
    record('M', "");
    record('E', "");
    sizes(1, 1, 0);
    for (size_t n = 1; n < file.n; n++) { /* cut off anywhere */
        struct message m = {0};
        struct postfix_reader r = postfix_reader_begin(arena, n, 5, 1, &m);
        assert_int_equal(postfix_reader_take(&r, str_head(buf_str(&file), n), 0), 0);
        assert_int_equal(m.condition, MESSAGE_DAMAGED);
    }
}

static void the_last_reason(void **state)
{
    (void)state;
    struct str reason;
    assert_true(postfix_last_reason(STR("<a@x>: one\nreason=one\n\n<b@x>: two\nreason=two\n"), &reason));
    is(reason, "two");
    assert_false(postfix_last_reason(STR("reason=\nreason"), &reason));
}

/* --- a spool --- */

static unsigned told;
static struct message last;

static int tell(void *arg, const struct message *m)
{
    (void)arg;
    told++;
    last = *m;
    return 0;
}

static struct looked look(const char *condition, enum wanted_field field, const char *id, uint64_t skip, uint64_t max)
{
    struct root root;
    struct wanted wanted = {0};
    struct looked ret;
    assert_int_equal(root_open(dir, &root, NULL), 0);
    if (condition)
        assert_int_equal(wanted_add(&wanted, arena, field, condition, NULL), 0);
    struct look_options o = {.place = {&root, ".", SPOOL_POSTFIX}, .wanted = &wanted, .now = 1796121915 + 3600, .skip = skip, .max = max, .errors = true, .id = id};
    told = 0;
    assert_int_equal(spool_look(&o, tell, NULL, NULL, &ret, NULL), 0);
    root_close(&root);
    return ret;
}

static void message_file(const char *name, const char *to)
{
    begin();
    envelope("client_address=203.0.113.14");
    record('R', to);
    record('M', "");
    record('N', "Subject: one of many");
    record('N', "");
    record('X', "");
    record('E', "");
    sizes(1, 1, 0);
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(&file)), 0);
    close(fd);
}

static void finds_in_a_spool(void **state)
{
    (void)state;
    static const char *const dirs[] = {"deferred", "deferred/3", "deferred/3/F", "hold", "active", "defer", "defer/3"};
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdir(path_of(dirs[i]), 0700), 0);
    message_file("deferred/3/F/3F2A41C0B7", "a@defer.example");
    message_file("hold/3F2A41C0B8", "b@reject.example");
    message_file("active/3F2A41C0B9", "c@ok.example");
    put("defer/3/3F2A41C0B7", "reason=try later\n");
    static const struct { enum wanted_field field; const char *condition; unsigned n; } table[] = {
        {0, NULL, 3}, {WANTED_TO, "@defer.example", 1}, {WANTED_TO, "!@defer.example", 2}, {WANTED_ACCOUNT, "LEAK@alpha.example", 3}, {WANTED_ACCOUNT, "", 0}, {WANTED_ACCOUNT, "le*", 3},
        {WANTED_SENDER, "@alpha.example", 3}, {WANTED_CLIENT, "203.0.113.0/24", 3}, {WANTED_CLIENT, "!203.0.113.14", 0}, {WANTED_SUBJECT, "one*", 3}, {WANTED_SUBJECT, "one", 0},
        {WANTED_SIZE, "5K", 0}, {WANTED_SIZE, "!5K", 3}, {WANTED_OLDER, "1h", 3}, {WANTED_OLDER, "2h", 0}, {WANTED_YOUNGER, "2h", 3}, {WANTED_STATE, "hold", 1}, {WANTED_STATE, "!hold", 2}, {WANTED_BOUNCE, "", 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct looked l = look(table[i].condition, table[i].field, NULL, 0, 0);
        if (told != table[i].n || l.code)
            fail_msg("%s: %u", table[i].condition ? table[i].condition : "all", told);
    }
    assert_true(look(NULL, 0, NULL, 1, 1).more);
    assert_int_equal(told, 1);
    assert_false(look(NULL, 0, NULL, 2, 1).more);
    assert_int_equal(look(NULL, 0, "3F2A41C0B7", 0, 0).code, 0);
    assert_int_equal(told, 1);
    assert_int_equal(last.state, 3);
    assert_int_equal(look(NULL, 0, "3F2A41C0BA", 0, 0).code, -ENOENT);
    assert_int_equal(look(NULL, 0, "../etc/passwd", 0, 0).code, -ENOENT);
}

static void what_is_no_message_and_what_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(symlink("/etc/passwd", path_of("hold/3F2A41C0BB")), 0);
    assert_int_equal(mkfifo(path_of("hold/3F2A41C0BC"), 0700), 0);
    put("hold/3F2A41C0BD", "");
    look(NULL, 0, NULL, 0, 0);
    assert_int_equal(told, 4);
    look(NULL, 0, "3F2A41C0BB", 0, 0);
    assert_int_equal(told, 0);
    look(NULL, 0, "3F2A41C0BD", 0, 0);
    assert_int_equal(told, 1);
    assert_int_equal(last.condition, MESSAGE_DAMAGED);
    static const char *const files[] = {"deferred/3/F/3F2A41C0B7", "hold/3F2A41C0B8", "active/3F2A41C0B9", "defer/3/3F2A41C0B7", "hold/3F2A41C0BB", "hold/3F2A41C0BC", "hold/3F2A41C0BD",
                                        "deferred/3/F", "deferred/3", "deferred", "hold", "active", "defer/3", "defer", ""};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        assert_int_equal(remove(path_of(files[i])), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_read_tells_who_sent_it, make, drop), cmocka_unit_test_setup_teardown(many_recipients_take_a_second_read, make, drop),
        cmocka_unit_test_setup_teardown(recipients_behind_the_text, make, drop), cmocka_unit_test_setup_teardown(jumps_there_and_back, make, drop),
        cmocka_unit_test_setup_teardown(what_is_damaged_is_told_and_ends, make, drop), cmocka_unit_test_setup_teardown(the_last_reason, make, drop),
        cmocka_unit_test_setup_teardown(finds_in_a_spool, make, drop), cmocka_unit_test_setup_teardown(what_is_no_message_and_what_cannot_be_read, make, drop),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&file);
    return r;
}
