#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "server/xinetd.h"
#include <stdio.h>

static const char *const packages[] = {"maild", "maild-[0-9]*", NULL};
static const char *const units[] = {"maild", "maild@-", NULL};
static const char *const programs[] = {"maild-main", NULL};
static const struct product maild = {.id = "maild", .title = "Maild", .kinds = KIND_MTA, .packages = packages, .units = units, .programs = programs};

struct world {
    bool live, systemd;
    const char *package;      /* installed */
    struct unit units[3];
    size_t units_n;
    const char *listener, *process, *superserver;
    bool found, running, wanted;
    const char *unit;
};

static void detects(void **state)
{
    (void)state;
    static const struct world table[] = {
        {.live = true, .systemd = true},
        {.live = true, .systemd = true, .package = "maild", .found = true, .unit = ""},
        {.live = true, .systemd = true, .package = "maild-12", .found = true, .unit = ""},
        {.live = true, .systemd = true, .package = "maildx"},
        {.live = true, .systemd = true, .units = {{.name = "maild.service", .enabled = UNIT_ENABLED, .active = UNIT_ACTIVE, .sub = "running"}}, .units_n = 1,
         .found = true, .running = true, .wanted = true, .unit = "maild.service"},
        {.live = true, .systemd = true, .units = {{.name = "maild.service", .enabled = UNIT_ENABLED, .active = UNIT_FAILED, .sub = "failed"}}, .units_n = 1,
         .found = true, .wanted = true, .unit = "maild.service"},
        {.live = true, .systemd = true, .units = {{.name = "maild.service", .enabled = UNIT_MASKED, .active = UNIT_INACTIVE, .sub = "dead"}}, .units_n = 1,
         .found = true, .unit = "maild.service"},
        /* The wrapper is "active (exited)" while the instance behind it has failed. */
        {.live = true, .systemd = true, .units = {{.name = "maild.service", .enabled = UNIT_ENABLED, .active = UNIT_ACTIVE, .sub = "exited"},
         {.name = "maild@-.service", .enabled = UNIT_GENERATED, .active = UNIT_FAILED, .sub = "failed"}, {.name = "maild@.service", .enabled = UNIT_DISABLED, .sub = ""}},
         .units_n = 3, .found = true, .wanted = true, .unit = "maild@-.service"},
        {.live = true, .systemd = true, .units = {{.name = "maild.socket", .enabled = UNIT_ENABLED, .active = UNIT_ACTIVE, .sub = "listening"},
         {.name = "maild.service", .enabled = UNIT_DISABLED, .active = UNIT_INACTIVE, .sub = "dead"}}, .units_n = 2,
         .found = true, .running = true, .wanted = true, .unit = "maild.socket"},
        /* A container: links are there, nothing reads them. */
        {.live = true, .package = "maild", .units = {{.name = "maild.service", .enabled = UNIT_ENABLED, .sub = ""}}, .units_n = 1, .found = true, .unit = "maild.service"},
        {.live = true, .package = "maild", .listener = "/usr/lib/maild-main", .found = true, .running = true, .wanted = true, .unit = ""},
        {.live = true, .process = "/opt/maild-main", .found = true, .running = true, .wanted = true, .unit = ""},
        {.live = true, .listener = "/usr/lib/other"},
        /* A foreign root: only what the disk says. */
        {.package = "maild", .units = {{.name = "maild.service", .enabled = UNIT_ENABLED, .sub = ""}}, .units_n = 1, .found = true, .wanted = true, .unit = "maild.service"},
        {.package = "maild", .units = {{.name = "maild.service", .enabled = UNIT_DISABLED, .sub = ""}}, .units_n = 1, .found = true, .unit = "maild.service"},
        {.superserver = "service smtp\n{\n disable = no\n server = /bin/env\n server_args = -R /opt/bin/maild-main x\n}\n", .found = true, .wanted = true, .unit = ""},
        {.superserver = "service smtp\n{\n disable = yes\n server = /opt/maild-main\n}\n", .found = true, .unit = ""},
    };
    struct root root;
    assert_int_equal(root_open(TEST_DATA "/trees", &root, NULL), 0);
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        const struct world *w = &table[k];
        struct arena *a = arena_new(8u << 20);
        struct package package = {.name = w->package, .version = "1", .arch = "amd64", .status = "install ok installed"};
        struct listener listener = {.program = w->listener, .unit = "", .package = "", .port = 25};
        struct host h = {.arena = a, .root = &root, .live = w->live, .systemd = w->systemd};
        h.packages.v = &package;
        h.packages.n = w->package != NULL;
        h.listeners.v = &listener;
        h.listeners.n = w->listener != NULL;
        h.units.v = (struct unit *)(uintptr_t)w->units;
        h.units.n = w->units_n;
        struct server s = {.arena = a, .host = &h};
        if (w->process)
            *list_push(a, &s.processes) = w->process;
        if (w->superserver)
            xinetd_parse(&s, str_of(w->superserver), "/etc/xinetd.d/smtp");
        struct instance *i = instance_add(&s, &maild, "");
        bool found = instance_detect(&s, i);
        if (found != w->found || (found && (i->running != w->running || i->wanted != w->wanted || strcmp(i->unit, w->unit) != 0)))
            fail_msg("row %zu: found %d running %d wanted %d unit %s", k, found, i->running, i->wanted, i->unit);
        arena_free(a);
    }
    root_close(&root);
}

static void superservers(void **state)
{
    (void)state;
    struct server s = {.arena = arena_new(1u << 20)};
    xinetd_parse(&s, str_of("defaults\n{\n server = /no\n}\nservice smtps\n{\n\tserver\t= /bin/env\n\tserver_args = -R a  b\n bind = 127.0.0.1\n}\nservice x {\n port = 26\n disable=YES\n}\n"), "f");
    inetd_parse(&s, str_of("#c\n127.0.0.1:smtp stream tcp nowait qmaild /usr/sbin/tcpd /q/tcp-env /q/smtpd\nshort stream tcp\n"), "g");
    assert_int_equal(s.superservers.n, 3);
    const struct superserver *x = s.superservers.v;
    assert_int_equal(x[0].port, 465);
    assert_string_equal(x[0].server, "/bin/env");
    assert_string_equal(x[0].args, "-R a  b");
    assert_string_equal(x[0].address, "127.0.0.1");
    assert_true(x[0].enabled && x[0].line == 5);
    assert_true(!x[1].enabled && x[1].port == 26);
    assert_string_equal(x[2].args, "/q/tcp-env /q/smtpd");
    assert_int_equal(x[2].port, 25);
    arena_free(s.arena);
}

/* The last value counts, the same with the index (what server_new leaves behind) and without; case of keys is ignored, of sections not. */
static void settings(void **state)
{
    (void)state;
    struct host h = {0};
    struct server s = {.arena = arena_new(32u << 20), .host = &h};
    struct instance *i = instance_add(&s, &maild, "");
    for (int k = 0; k < 900; k++) {
        char key[32];
        int n = snprintf(key, sizeof key, "key%d", k * 7919 % 450);
        setting_add(&s, i, FROM_FILE, k % 3 ? "" : "a", str_span(key, (size_t)n), str_span(key + 3, (size_t)n - 3), "/f", (unsigned)k + 1);
    }
    setting_add(&s, i, FROM_FILE, "", STR("Key7"), STR("yes"), NULL, 0);
    unsigned lines[2];
    for (int sorted = 0; sorted < 2; sorted++) {
        if (sorted)
            instance_sort(&s, i);
        assert_string_equal(setting_value(i, "", "KEY7", "none"), "yes");
        assert_true(setting_bool(i, "", "key7", false));
        assert_string_equal(setting_value(i, "b", "key7", "none"), "none");
        assert_null(setting_get(i, "", "key"));
        assert_null(setting_get(i, "", "zzz"));
        lines[sorted] = setting_get(i, "a", "key0")->line;
    }
    assert_int_equal(lines[0], lines[1]);
    for (int k = 0; k < SETTINGS_MAX; k++)
        setting_add(&s, i, FROM_FILE, "", STR("k"), STR("v"), "/f", 1);
    assert_int_equal(i->settings.n, SETTINGS_MAX);
    assert_true(i->seen.code < 0);
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(detects), cmocka_unit_test(superservers), cmocka_unit_test(settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
