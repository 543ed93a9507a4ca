/* service.answers over a made-up snapshot and servers on the loopback. */
#include "../dialogue/fake.h"
#include "config/config.h"
#include "server/probe.h"
#include "service/service_checks.h"

static const struct act right[] = {{SAY, "220 mail.test ESMTP\r\n"}, {HEAR}, {SAY, "250 x\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}}, refuses[] = {{SAY, "554 go away\r\n"}, {HEAR}, {SAY, "221\r\n"}, {ACT_END}},
    garbage[] = {{SAY, "hello\r\n"}, {ACT_END}};

static struct product mta = {.id = "postfix", .title = "Postfix", .kinds = KIND_MTA, .programs = (const char *const[]){"master", NULL}, .units = (const char *const[]){"postfix", NULL}};

static const struct {
    const char *name;
    const struct act *script;   /* NULL: nothing answers on the port */
    bool listens, running, known, other_program;
    enum state want;
    const char *title;
} table[] = {
    {"answers", right, true, true, true, false, STATE_OK, "Postfix (port PORT) answers"},
    {"refuses to serve", refuses, true, true, true, false, STATE_FAIL, "Postfix (port PORT) answers, but refuses to serve"},
    {"talks garbage", garbage, true, true, true, false, STATE_FAIL, "Postfix (port PORT) does not answer: an answer that is not of this protocol"},
    {"has gone since", NULL, true, true, true, false, STATE_FAIL, "Postfix (port PORT) does not answer: connection refused"},
    {"configured, does not listen", NULL, false, true, true, false, STATE_FAIL, "Postfix (port PORT) does not answer: Postfix is configured for it, but nothing listens there"},
    {"configured, does not run", NULL, false, false, true, false, STATE_FAIL, "Postfix (port PORT) does not answer: Postfix does not run"},
    {"nobody knows it", right, true, true, false, true, STATE_NA, "port PORT was not asked: it is not known which protocol it speaks"},
};

static void ask(struct arena *a, size_t i, uint16_t port, struct findings *out)
{
    struct root root = {.fd = -1, .live = true};
    struct host host = {.arena = a, .root = &root, .live = true, .name = "mail.test"};
    struct server server = {.arena = a, .host = &host};
    struct config config = {.arena = a};
    struct probe_ctx ctx = {.server = &server, .config = &config, .live = true};
    struct err err = {0};
    if (table[i].listens)
        *list_push(a, &host.listeners) = (struct listener){.addr = {.bytes = {127, 0, 0, 1}}, .port = port, .program = table[i].other_program ? "/opt/thing" : "/usr/lib/postfix/master", .unit = "", .package = ""};
    if (table[i].known) {
        struct instance *in = list_push(a, &server.instances);
        *in = (struct instance){.product = &mta, .name = "", .unit = "", .running = table[i].running, .wanted = true};
        *list_push(a, &in->endpoints) = (struct endpoint){.service = "", .label = "smtp/inet", .address = "", .port = port, .file = "/etc/postfix/master.cf", .line = 12};
    }
    out->check = &service_checks.rows[0];
    assert_int_equal(service_checks.rows[0].probe(&ctx, out, &err), 0);
}

static void judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(4u << 20);
        struct findings out = {.arena = a};
        struct fake f = fake_start(table[i].script ? table[i].script : right, NULL);
        uint16_t port = f.port;
        char want[200], *at;
        if (!table[i].script)
            fake_stop(&f);
        print_message("%s\n", table[i].name);
        ask(a, i, port, &out);
        if (table[i].script)
            fake_stop(&f);
        const char *spot = strstr(table[i].title, "PORT");
        snprintf(want, sizeof want, "%.*s%u%s", (int)(spot - table[i].title), table[i].title, port, spot + 4);
        at = arena_printf(a, "%s:%u", table[i].known ? "smtp" : "thing", port);
        assert_int_equal(out.list.n, 1);
        assert_int_equal(out.list.v[0].state, table[i].want);
        assert_string_equal(out.list.v[0].title, want);
        assert_string_equal(out.list.v[0].object, at);
        assert_int_equal(out.list.v[0].next != NULL, table[i].want == STATE_FAIL);
        arena_free(a);
    }
}

/* What could not be seen is not fine. */
static void does_not_guess(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct host host = {.arena = a, .live = true, .listeners_seen = {-EACCES, "only root may look"}};
    struct server server = {.arena = a, .host = &host};
    struct config config = {.arena = a};
    struct probe_ctx ctx = {.server = &server, .config = &config, .live = true};
    struct findings out = {.arena = a, .check = &service_checks.rows[0]};
    struct err err = {0};
    assert_int_equal(service_checks.rows[0].probe(&ctx, &out, &err), 0);
    assert_int_equal(out.list.n, 1);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges), cmocka_unit_test(does_not_guess)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
