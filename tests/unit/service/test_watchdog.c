/* service.watchdog over a made-up snapshot: one unit a row, and what is said of it. */
#include "base/child.h"
#include "base/rootfs.h"
#include "config/config.h"
#include "server/probe.h"
#include "service/watchdog.h"
#include "unit/lease_files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define NOW 1795531266

static struct product mta = {.id = "postfix", .title = "Postfix", .kinds = KIND_MTA};

static const struct {
    const char *name;
    struct unit unit;
    const char *lease, *monit; /* their files' text, or NULL */
    enum state want;           /* STATE_COUNT: nothing is said */
    const char *title;
} table[] = {
    {"brought back", {.active = UNIT_ACTIVE, .sub = "running", .restart = "on-failure", .type = "simple"}, NULL, NULL, STATE_OK, "x.service is brought back by systemd when it dies"},
    {"not brought back", {.active = UNIT_ACTIVE, .sub = "running", .restart = "no", .type = "forking"}, NULL, NULL, STATE_WARN, "nothing brings x.service back when it dies"},
    {"after a crash only", {.active = UNIT_ACTIVE, .sub = "running", .restart = "on-abort", .type = "forking"}, NULL, NULL, STATE_WARN, "x.service is brought back after a crash only, not when the system kills it for lack of memory"},
    {"by its socket", {.active = UNIT_ACTIVE, .sub = "running", .restart = "no", .type = "simple", .triggered = true}, NULL, NULL, STATE_OK, "x.service is started again when somebody asks for it"},
    {"by monit", {.active = UNIT_ACTIVE, .sub = "running", .restart = "no", .type = "forking"}, NULL, "check process x start program \"/usr/sbin/service x start\"", STATE_OK, "x.service is brought back by monit when it dies"},
    {"monit only looks", {.active = UNIT_ACTIVE, .sub = "running", .restart = "no", .type = "forking"}, NULL, "check process x if does not exist then alert", STATE_WARN, "nothing brings x.service back when it dies"},
    {"stopped by hand", {.active = UNIT_INACTIVE, .sub = "dead", .restart = "always", .type = "simple"}, NULL, NULL, STATE_WARN, "x.service was stopped, and nothing brings it back"},
    {"stopped, and forgotten by systemd", {.active = UNIT_INACTIVE, .sub = ""}, NULL, NULL, STATE_WARN, "x.service was stopped, and nothing brings it back"},
    {"waits for its socket", {.active = UNIT_INACTIVE, .sub = "dead", .restart = "no", .type = "simple", .triggered = true}, NULL, NULL, STATE_OK, "x.service is started again when somebody asks for it"},
    {"failed", {.active = UNIT_FAILED, .sub = "failed", .restart = "on-failure", .type = "simple", .result = "exit-code"}, NULL, NULL, STATE_FAIL, "x.service has failed, and nothing brings it back"},
    {"gave up", {.active = UNIT_FAILED, .sub = "failed", .restart = "always", .type = "simple", .result = "start-limit-hit"}, NULL, NULL, STATE_FAIL, "x.service died so often that systemd no longer starts it"},
    {"again and again", {.active = UNIT_CHANGING, .sub = "auto-restart", .restart = "always", .type = "simple"}, NULL, NULL, STATE_FAIL, "x.service dies again and again: systemd is just starting it anew"},
    {"a task", {.active = UNIT_ACTIVE, .sub = "exited", .restart = "no", .type = "oneshot"}, NULL, NULL, STATE_COUNT, NULL},
    {"systemd says nothing", {.active = UNIT_ACTIVE, .sub = "running", .restart = "", .type = ""}, NULL, NULL, STATE_UNKNOWN, "systemd does not say whether it brings x.service back"},
    {"paused", {.active = UNIT_INACTIVE, .sub = "dead", .restart = "no", .type = "simple"}, "unit=x.service\nsince=1795531000\nuntil=1795539000\nwho=taro\nwhy=work\nheld=x.service\n", NULL, STATE_OK, "x.service is paused until 2026-11-24 16:50 and is brought back then"},
    {"its pause is over", {.active = UNIT_INACTIVE, .sub = "dead", .restart = "no", .type = "simple"}, "unit=x.service\nsince=1795500000\nuntil=1795510000\nwho=taro\nwhy=work\nheld=x.service\n", NULL, STATE_FAIL, "x.service was paused until 2026-11-24 08:46 and was not brought back"},
};

static void put(const char *top, const char *path, const char *text)
{
    char full[256];
    if (!text)
        return;
    snprintf(full, sizeof full, "%s%s", top, path);
    assert_int_equal(write_durably(full, str_of(text), 0600, NULL), 0);
}

static void clear(const char *top)
{
    const char *const argv[] = {"rm", "-r", top, NULL};
    struct child_result done;
    assert_int_equal(child_run(argv, NULL, &done, NULL), 0);
    child_result_free(&done);
}

static void look(struct arena *a, const char *top, const struct unit *template, struct findings *out)
{
    struct root root;
    assert_int_equal(root_open(top, &root, NULL), 0);
    struct host host = {.arena = a, .root = &root, .live = true, .systemd = true, .name = "mail.test"};
    struct server server = {.arena = a, .host = &host};
    struct config config = {.arena = a};
    struct probe_ctx ctx = {.server = &server, .config = &config, .live = true, .now = NOW};
    struct err err = {0};
    struct unit *u = list_push(a, &host.units);
    *u = *template;
    u->name = "x.service";
    u->file = "/lib/systemd/system/x.service";
    u->enabled = UNIT_ENABLED;
    *list_push(a, &server.instances) = (struct instance){.product = &mta, .name = "", .unit = "x.service", .running = true, .wanted = true};
    assert_int_equal(service_watchdog(&ctx, out, &err), 0);
    root_close(&root);
}

static const struct finding *of_unit(const struct findings *out)
{
    const struct finding *found = NULL;
    for (size_t i = 0; i < out->list.n; i++)
        if (strcmp(out->list.v[i].object, "x.service") == 0) {
            assert_null(found);
            found = &out->list.v[i];
        }
    return found;
}

static void judges(void **state)
{
    static const struct check check = {.id = "service.watchdog", .severity = SEVERITY_NORMAL};
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char top[] = "/tmp/bansho-watch-XXXXXX";
        struct arena *a = arena_new(4u << 20);
        struct findings out = {.arena = a, .check = &check};
        assert_non_null(mkdtemp(top));
        put(top, LEASE_DIR "/x.service", table[i].lease);
        put(top, "/etc/monit/monitrc", table[i].monit);
        look(a, top, &table[i].unit, &out);
        const struct finding *f = of_unit(&out);
        if (table[i].want == STATE_COUNT ? f != NULL : !f || f->state != table[i].want || strcmp(f->title, table[i].title) != 0)
            fail_msg("%s: %s", table[i].name, f ? f->title : "nothing");
        if (f)
            assert_int_equal(f->next != NULL, f->state == STATE_WARN || f->state == STATE_FAIL);
        clear(top);
        arena_free(a);
    }
}

/* A pause that cannot be read is not passed over. */
static void a_damaged_pause(void **state)
{
    static const struct check check = {.id = "service.watchdog", .severity = SEVERITY_NORMAL};
    struct arena *a = arena_new(4u << 20);
    struct findings out = {.arena = a, .check = &check};
    char top[] = "/tmp/bansho-watch-XXXXXX";
    bool told = false;
    (void)state;
    assert_non_null(mkdtemp(top));
    put(top, LEASE_DIR "/y.service", "unit=y");
    look(a, top, &table[0].unit, &out);
    for (size_t i = 0; i < out.list.n; i++)
        told |= strcmp(out.list.v[i].object, "pauses") == 0 && out.list.v[i].state == STATE_UNKNOWN;
    assert_true(told);
    clear(top);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges), cmocka_unit_test(a_damaged_pause)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
