#include "../arena.h"
#include "queue/abuse.h"
#include <errno.h>
#include <stdio.h>

static const struct check check = {.id = "queue.abuse"};

/* n messages of that account, script, client, subject and sender, with a number where it says %u. */
static void take(struct abuse_sample *s, unsigned n, const char *account, const char *script, const char *client, const char *subject, const char *sender)
{
    for (unsigned i = 0; i < n; i++) {
        char texts[5][64];
        const char *const from[] = {account, script, client, subject, sender};
        for (size_t k = 0; k < 5; k++) {
            const char *number = strstr(from[k], "%u");
            snprintf(texts[k], sizeof texts[k], "%.*s", number ? (int)(number - from[k]) : 63, from[k]);
            if (number)
                snprintf(texts[k] + (number - from[k]), 16, "%u", i);
        }
        const struct message m = {.account = str_of(texts[0]), .script = str_of(texts[1]), .client = str_of(texts[2]), .subject = str_of(texts[3]), .sender = str_of(texts[4]), .sender_known = true, .recipients = 1};
        abuse_take(s, &m, strcmp(client, "127.0.0.1") == 0);
    }
    s->total += n;
}

static void want(struct abuse_sample *s, enum state state, const char *object)
{
    struct findings out = {.arena = arena, .check = &check};
    abuse_judge(s, &out);
    assert_int_equal(out.list.n, 1);
    if (out.list.v[0].state != state || strcmp(out.list.v[0].object, object) != 0)
        fail_msg("got %d \"%s\": %s", out.list.v[0].state, out.list.v[0].object, out.list.v[0].evidence.n ? out.list.v[0].evidence.v[0].text : "");
}

#define SAMPLE(of) (struct abuse_sample){.object = of, .path = "/q", .arena = arena, .many = 500}

static void one_place_fills_it(void **state)
{
    (void)state;
    struct abuse_sample account = SAMPLE(""), webmail = SAMPLE(""), script = SAMPLE(""), client = SAMPLE(""), subject = SAMPLE(""), bounces = SAMPLE(""), much = SAMPLE("out");
    take(&account, 90, "leak@a.example", "", "203.0.113.7", "Buy %u", "leak@a.example");
    take(&account, 80, "u%u@a.example", "", "198.51.100.%u", "Hello %u", "x%u@a.example");
    want(&account, STATE_WARN, "account leak@a.example");
    take(&webmail, 200, "u%u@a.example", "", "127.0.0.1", "Hello %u", "x%u@a.example"); /* webmail's own address is nobody's */
    want(&webmail, STATE_OK, "");
    take(&script, 200, "", "10001:form.php", "", "Offer %u", "shop@a.example");
    want(&script, STATE_WARN, "script 10001:form.php");
    take(&client, 120, "", "", "203.0.113.9", "Offer %u", "x%u@b.example");
    want(&client, STATE_WARN, "client 203.0.113.9");
    take(&subject, 150, "u%u@a.example", "", "203.0.113.%u", "Buy now", "x%u@b.example");
    want(&subject, STATE_WARN, "subject Buy now");
    take(&bounces, 150, "", "", "", "", "");
    want(&bounces, STATE_WARN, "bounces");
    take(&much, 501, "leak@a.example", "", "203.0.113.7", "Buy", "leak@a.example");
    want(&much, STATE_FAIL, "out account leak@a.example");
}

static void few_or_many_senders_are_none(void **state)
{
    (void)state;
    struct abuse_sample few = SAMPLE(""), mixed = SAMPLE(""), empty = SAMPLE("");
    want(&empty, STATE_OK, "");
    take(&few, ABUSE_LEAST - 1, "info@a.example", "", "203.0.113.7", "Offer", "info@a.example");
    want(&few, STATE_OK, "");
    take(&mixed, 99, "info@a.example", "", "203.0.113.7", "Offer", "info@a.example");
    take(&mixed, 101, "u%u@a.example", "", "198.51.100.%u", "Hello %u", "x%u@a.example");
    want(&mixed, STATE_OK, "");
}

/* What was seen is misuse whatever was not; without that, what was not seen is not in order. */
static void what_was_not_seen(void **state)
{
    (void)state;
    struct abuse_sample part = SAMPLE(""), closed = SAMPLE(""), few = SAMPLE(""), much = SAMPLE("");
    take(&part, 120, "u%u@a.example", "", "198.51.100.%u", "Hello %u", "x%u@a.example");
    part.code = -EACCES;
    part.unseen = "/q/active";
    want(&part, STATE_UNKNOWN, "");
    closed.total = 200;
    closed.unread = 200;
    want(&closed, STATE_UNKNOWN, "");
    few.code = -EIO;
    want(&few, STATE_UNKNOWN, "");
    take(&much, 120, "leak@a.example", "", "", "Buy", "leak@a.example");
    much.code = -EACCES;
    want(&much, STATE_WARN, "account leak@a.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(one_place_fills_it, make, drop), cmocka_unit_test_setup_teardown(few_or_many_senders_are_none, make, drop),
                                       cmocka_unit_test_setup_teardown(what_was_not_seen, make, drop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
