/* test_database.c: the database's administrator with an empty password, against servers on the loopback that play MariaDB. */
#include "../dialogue/fake.h"
#include "account/database.h"

#define S(text) {BYTES, text, sizeof text - 1}
#define GREETING S("\x61\0\0\0\x0a" "5.5.5-10.11.6-MariaDB-0+deb12u1\0" "0123456789012345678901234567890123456789012345678901234567890123")
static const struct act let_in[] = {GREETING, {HEAR_BYTES, NULL, 64}, S("\x07\0\0\2\0\0\0\2\0\0\0"), {HEAR_BYTES, NULL, 5}, {ACT_END}},
    kept_out[] = {GREETING, {HEAR_BYTES, NULL, 64}, S("\x0f\0\0\2\xff\x15\x04#28000denied"), {ACT_END}},
    insecure[] = {GREETING, {HEAR_BYTES, NULL, 64}, S("\x0f\0\0\2\xff\x57\x0c#HY000secure"), {ACT_END}}, gone[] = {{ACT_END}};

static const struct product mysql = {.id = "mysql", .title = "MariaDB", .kinds = KIND_DB};
static const struct check check = {.id = "account.empty-or-default", .severity = SEVERITY_SERIOUS};

static const struct {
    const char *name;
    const struct act *script;
    bool skip, live;
    int want; /* -1: nothing is said */
    enum basis basis;
} table[] = {
    {"let in", let_in, false, true, STATE_FAIL, BASIS_DIALOGUE},
    {"kept out", kept_out, false, true, STATE_OK, BASIS_DIALOGUE},
    {"only by TLS", insecure, false, true, STATE_UNKNOWN, BASIS_DIALOGUE},
    {"says nothing", gone, false, true, STATE_UNKNOWN, BASIS_DIALOGUE},
    {"asks nobody, by its file", gone, true, true, STATE_FAIL, BASIS_FILES},
    {"below a root", let_in, false, false, -1, BASIS_FILES},
};

static void asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(1u << 20);
        struct fake f = fake_start(table[i].script, NULL);
        struct host host = {.arena = a, .live = true};
        struct server server = {.arena = a, .host = &host};
        struct instance *in = list_push(a, &server.instances);
        *in = (struct instance){.product = &mysql, .name = "", .wanted = true};
        if (table[i].skip)
            *list_push(a, &in->settings) = (struct setting){.section = "mysqld", .key = "skip-grant-tables", .value = "", .file = "/etc/my.cnf", .line = 3};
        *list_push(a, &host.listeners) = (struct listener){.addr = {.bytes = {127, 0, 0, 1}}, .port = f.port};
        *list_push(a, &in->endpoints) = (struct endpoint){.service = "mysql", .label = "mysqld", .address = "127.0.0.1", .port = f.port};
        struct probe_ctx ctx = {.server = &server, .live = table[i].live};
        struct findings out = {.arena = a, .check = &check};
        database_judge(&ctx, &out);
        fake_stop(&f);
        if ((table[i].want < 0) != !out.list.n || (out.list.n && out.list.v[0].state != (enum state)table[i].want))
            print_message("%s\n", table[i].name);
        assert_int_equal(out.list.n, table[i].want < 0 ? 0 : 1);
        if (out.list.n) {
            assert_int_equal(out.list.v[0].state, table[i].want);
            assert_int_equal(out.list.v[0].basis, table[i].basis);
            assert_string_equal(out.list.v[0].object, "mysql");
        }
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
