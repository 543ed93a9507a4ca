#include "../arena.h"
#include "update/automatic.h"
#include "update/end_of_life.h"
#include "update/lifetimes.h"
#include "update/maps.h"
#include "update/pending.h"
#include "update/version.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOW 1795500000 /* 2026-11-24 */

static void reads_apt_conf(void **state)
{
    (void)state;
    static const struct { const char *text, *key, *value; unsigned line; } table[] = {
        {"APT::Periodic::Enable \"0\";", "APT::Periodic::Enable", "0", 1},
        {"\n// APT::Periodic::Enable \"0\";\nAPT::Periodic::Enable 1;", "apt::periodic::enable", "1", 3},
        {"APT { Periodic {\n Enable \"7\"; } };", "APT::Periodic::Enable", "7", 2},
        {"APT { Periodic { Enable \"7\"; } }; APT::Periodic::Enable \"1\";", "APT::Periodic::Enable", "1", 1}, /* the last one counts */
        {"APT::Periodic::Enable \"0\";\n#clear APT::Periodic;", "APT::Periodic::Enable", NULL, 0},
        {"# APT::Periodic::Enable \"0\";", "APT::Periodic::Enable", NULL, 0},
        {"/* x \n */ A \"http://x/ // no comment\";", "A", "http://x/ // no comment", 2},
        {"APT::Periodic::Enable", "APT::Periodic::Enable", NULL, 0},
        {"APT { Periodic { Enable \"7\"", "APT::Periodic::Enable", NULL, 0},
        {"", "APT", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct apt_conf c = {0};
        apt_conf_parse(arena, str_of(table[i].text), "x", &c);
        struct apt_row row = apt_conf_get(&c, table[i].key);
        assert_true((row.value != NULL) == (table[i].value != NULL));
        if (row.value) {
            assert_string_equal(row.value, table[i].value);
            assert_int_equal(row.line, table[i].line);
        }
    }
    struct apt_conf c = {0};
    apt_conf_parse(arena, STR("U::Origins { \"one\";\n \"two\"; };\nU::Origins:: \"three\";"), "x", &c);
    assert_string_equal(apt_conf_entry(&c, "U::Origins", 1).value, "two");
    assert_int_equal(apt_conf_entry(&c, "U::Origins", 1).line, 2);
    assert_string_equal(apt_conf_entry(&c, "U::Origins", 2).value, "three");
    assert_null(apt_conf_entry(&c, "U::Origins", 3).value);
}

static void reads_intervals(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t want; } table[] = {{"0", 0}, {"1", DAY}, {"7", 7 * DAY}, {"always", 1}, {"12h", 12 * 3600}, {"90m", 5400}, {"x", -1}, {"", -1}, {"1w", -1}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(apt_interval(table[i].text), table[i].want);
}

static const struct check check = {.id = "update.test", .severity = SEVERITY_SERIOUS};

static struct automatic_facts sound(void)
{
    return (struct automatic_facts){
        .tool = "unattended-upgrades", .installed = true, .install = "apt install unattended-upgrades", .security = true, .interval = DAY, .now = NOW,
        .settings = {{"APT::Periodic::Update-Package-Lists", "1", "/etc/apt/apt.conf.d/20auto-upgrades", 1}, {"APT::Periodic::Unattended-Upgrade", "1", "/etc/apt/apt.conf.d/20auto-upgrades", 2}},
        .settings_n = 2, .sources = {"x", "label=Debian-Security", "/x", 1}, .starters = {{.name = "apt-daily.timer", .runs = RUNS}, {.name = "apt-daily-upgrade.timer", .runs = RUNS}},
        .starters_n = 2, .last = NOW - DAY, .last_from = "/var/lib/apt/periodic/upgrade-stamp", .since = NOW - 400 * DAY, .booted = NOW - 100 * DAY};
}

static enum state automatic(const struct automatic_facts *x)
{
    struct findings out = {.arena = arena, .check = &check};
    automatic_judge(x, &out);
    assert_int_equal(out.list.n, 1);
    assert_true(out.list.v[0].state == STATE_UNKNOWN || out.list.v[0].evidence.n > 0);
    assert_true(out.list.v[0].state != STATE_FAIL || (out.list.v[0].next && out.list.v[0].impact));
    return out.list.v[0].state;
}

static void judges_automatic_updates(void **state)
{
    (void)state;
    struct automatic_facts x = sound();
    assert_int_equal(automatic(&x), STATE_OK);
    x.installed = false;
    assert_int_equal(automatic(&x), STATE_FAIL);
    x = sound(), x.settings[1].value = "0";
    assert_int_equal(automatic(&x), STATE_FAIL);
    x = sound(), x.settings[0].value = NULL;
    assert_int_equal(automatic(&x), STATE_FAIL);
    x = sound(), x.starters[1] = (struct starter){.name = "t", .runs = RUNS_NOT, .why = "t is masked"};
    assert_int_equal(automatic(&x), STATE_FAIL);
    x = sound(), x.starters[1].runs = RUNS_UNSEEN;
    assert_int_equal(automatic(&x), STATE_UNKNOWN);
    x = sound(), x.security = false;
    assert_int_equal(automatic(&x), STATE_FAIL);
    x = sound(), x.last = NOW - 4 * DAY; /* on, but it does not happen */
    assert_int_equal(automatic(&x), STATE_FAIL);
    x.booted = NOW - 3600; /* was switched off */
    assert_int_equal(automatic(&x), STATE_WARN);
    x = sound(), x.interval = 7 * DAY, x.last = NOW - 8 * DAY;
    assert_int_equal(automatic(&x), STATE_OK);
    x = sound(), x.last = 0;
    assert_int_equal(automatic(&x), STATE_FAIL);
    x.since = NOW - 3600; /* young */
    assert_int_equal(automatic(&x), STATE_OK);
    x.since = 0;
    assert_int_equal(automatic(&x), STATE_FAIL);
}

static void reads_simulations(void **state)
{
    (void)state;
    static const struct { const char *line, *name, *from, *to; bool security; } table[] = {
        {"Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable [amd64])", "bash", "5.2.15-2+b8", "5.2.15-2+b13", false},
        {"Inst libssl3 [3.0.15] (3.0.17 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []", "libssl3", "3.0.15", "3.0.17", true},
        {"Inst linux-image-6.1.0-42-amd64 (6.1.159-1 Debian-Security:12/oldstable-security [amd64])", "linux-image-6.1.0-42-amd64", "", "6.1.159-1", true},
        {"Inst curl [7] (8 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [amd64])", "curl", "7", "8", true},
        {"Conf bash (5.2.15-2+b13 Debian:12.15/oldstable [amd64])", NULL, NULL, NULL, false},
        {"Inst broken", NULL, NULL, NULL, false},
        {"E: Could not get lock", NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct pending_packages p = {0};
        assert_int_equal(apt_simulation_parse(arena, str_of(table[i].line), &p), 0);
        assert_int_equal(p.list.n, table[i].name ? 1 : 0);
        if (!p.list.n)
            continue;
        assert_string_equal(p.list.v[0].name, table[i].name);
        assert_string_equal(p.list.v[0].from, table[i].from);
        assert_string_equal(p.list.v[0].to, table[i].to);
        assert_int_equal(p.list.v[0].security, table[i].security);
    }
    struct pending_packages p = {0};
    assert_int_equal(dnf_updateinfo_parse(arena, STR("ALSA-2024:4312 Important/Sec. less-590-4.el9_4.x86_64\nALBA-2024:1 bugfix tzdata-2024a-1.el9.noarch\nLast metadata check\n"), &p), 0);
    assert_int_equal(p.list.n, 2);
    assert_int_equal(p.security, 1);
}

static void judges_the_age_of_lists(void **state)
{
    (void)state;
    static const struct { struct lists_age l; enum lists_state want; } table[] = {
        {{.any = false}, LISTS_NONE},
        {{.any = true, .security = false, .published = NOW}, LISTS_NO_SECURITY},
        {{.any = true, .security = true, .published = NOW - DAY}, LISTS_FRESH},
        {{.any = true, .security = true, .published = NOW - 5 * DAY, .looked = NOW - 3600}, LISTS_FRESH},                                 /* nothing new was published */
        {{.any = true, .security = true, .published = NOW - 5 * DAY, .valid_until = NOW - DAY, .looked = NOW - 3600}, LISTS_OLD},         /* the attempts fail */
        {{.any = true, .security = true, .published = NOW - 5 * DAY, .looked = NOW - 3 * DAY}, LISTS_OLD},
        {{.any = true, .security = true, .published = NOW - 9 * DAY, .success = NOW - DAY}, LISTS_FRESH},
        {{.any = true, .security = true, .published = NOW - 9 * DAY, .looked = NOW}, LISTS_OLD},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(lists_judge(&table[i].l, NOW), table[i].want);
    struct release_dates d;
    release_parse(STR("Label: Debian-Security\nDate: Sun, 22 Nov 2026 19:58:56 UTC\nValid-Until: Sun, 29 Nov 2026 19:58:56 UTC\nMD5Sum:\nDate: Sat, 01 Jan 2000 00:00:00 UTC\n"), &d);
    assert_int_equal(d.date, 1795377536);
    assert_int_equal(d.valid_until, 1795377536 + 7 * DAY);
    assert_true(d.security);
    release_parse(STR("Label: Debian\nDate: rubbish\n"), &d);
    assert_int_equal(d.date, 0);
    assert_false(d.security);
}

static void finds_replaced_files(void **state)
{
    (void)state;
    static const struct { const char *maps, *want; } table[] = {
        {"7f-8f r-xp 00000000 08:01 77   /usr/lib/libssl.so.3 (deleted)\n", "/usr/lib/libssl.so.3"},
        {"7f-8f r--p 00000000 08:01 77   /usr/lib/libssl.so.3 (deleted)\n", ""},
        {"7f-8f r-xp 00000000 08:01 77   /usr/lib/libssl.so.3\n", ""},
        {"7f-8f rwxp 00000000 08:01 77   /memfd:jit (deleted)\n", ""},
        {"7f-8f r-xp 00000000 08:01 77   /tmp/x (deleted)\n", ""},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_true(str_eq(maps_parse(str_of(table[i].maps)), str_of(table[i].want)));
}

static void orders_versions(void **state)
{
    (void)state;
    static const struct { const char *a, *b; int want; } table[] = {
        {"1.0", "1.0", 0}, {"1.0", "1.1", -1}, {"1.10", "1.9", 1}, {"1.0~rc1", "1.0", -1}, {"1:0.9", "2.0", 1}, {"1.0-1", "1.0-2", -1}, {"1.0", "1.0-1", -1},
        {"1.0+b1", "1.0", 1}, {"1.0a", "1.0", 1}, {"6.1.0-28-amd64", "6.1.0-9-amd64", 1}, {"007", "7", 0}, {"", "0", 0}, {"1.0a", "1.0+", -1},
        {"5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.9.1.el9_4.x86_64", 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        assert_int_equal(version_compare(str_of(table[i].a), str_of(table[i].b)), table[i].want);
        assert_int_equal(version_compare(str_of(table[i].b), str_of(table[i].a)), -table[i].want);
    }
}

static void judges_kernels(void **state)
{
    (void)state;
    struct root root = {0};
    struct err err = {0};
    assert_int_equal(root_open(TEST_DATA, &root, &err), 0);
    static struct package two[] = {{"linux-image-6.1.0-28-amd64", "6.1.119-1", "amd64", "install ok installed"}, {"linux-image-6.1.0-42-amd64", "6.1.159-1", "amd64", "install ok installed"}};
    static const struct { const char *release, *build; size_t packages; int want; } table[] = {
        {"6.1.0-42-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1 (2026-11-01)", 2, STATE_OK},
        {"6.1.0-28-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)", 2, STATE_WARN},
        {"6.1.0-42-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1 (2026-10-01)", 2, STATE_WARN}, /* same name, older build */
        {"6.18.44-fc", "#1 SMP", 2, -1},                                                            /* from elsewhere: a container */
        {"6.1.0-42-amd64", "#1 SMP", 0, -1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct host h = {.arena = arena, .root = &root};
        h.packages.v = two, h.packages.n = table[i].packages;
        struct findings out = {.arena = arena, .check = &check};
        kernel_judge(&h, table[i].release, table[i].build, &out);
        assert_int_equal(out.list.n, table[i].want >= 0);
        if (out.list.n)
            assert_int_equal(out.list.v[0].state, table[i].want);
    }
    root_close(&root);
}

static void table_is_sound(void **state)
{
    (void)state;
    assert_true(lifetime_day(lifetimes_known_as_of) > 1780000000);
    for (size_t i = 0; i < lifetimes_n; i++) {
        const struct lifetime *l = &lifetimes[i];
        assert_true(lifetime_day(l->end) > 1000000000);
        assert_true(!l->extended || lifetime_day(l->extended) > lifetime_day(l->end));
        assert_ptr_equal(lifetime_find(l->product, l->release), l); /* no row twice */
    }
}

static void end_of_life(void **state)
{
    (void)state;
    static const struct { const char *id, *version, *pretty, *package, *package_version; enum state os, product; } table[] = {
        {"debian", "12", "Debian 12", "php8.2-common", "8.2.29-1~deb12u1", STATE_OK, STATE_OK},
        {"debian", "12", "Debian 12", "php7.4-common", "1:7.4.33-18+0~20250711.98+debian12~1.gbp4a5a8d", STATE_OK, STATE_FAIL}, /* from elsewhere, long dead */
        {"debian", "12", "Debian 12", "php7.4-common", "7.4.33-1", STATE_OK, STATE_FAIL},                                         /* Debian 12 never had it */
        {"debian", "12", "Debian 12", "plesk-php83", "8.3.20-1debian.12.250410", STATE_OK, STATE_OK},
        {"debian", "12", "Debian 12", "mariadb-server", "1:10.11.14-0+deb12u2", STATE_OK, STATE_OK},
        {"debian", "12", "Debian 12", "mariadb-server", "1:10.6.22+maria~deb12", STATE_OK, STATE_FAIL},
        {"debian", "12", "Debian 12", "postgresql-14", "14.20-1.pgdg12+1", STATE_OK, STATE_FAIL},
        {"debian", "12", "Debian 12", "postgresql-15", "15.14-0+deb12u1", STATE_OK, STATE_OK},
        {"debian", "12", "Debian 12", "mysql-community-server", "9.99.0-1debian12", STATE_OK, STATE_UNKNOWN},
        {"debian", "10", "Debian 10", "php7.3-common", "7.3.31-1~deb10u7", STATE_FAIL, STATE_FAIL}, /* dead with its system */
        {"ubuntu", "20.04", "Ubuntu 20.04", "mysql-server", "8.0.42-0ubuntu0.20.04.1", STATE_FAIL, STATE_FAIL},
        {"ubuntu", "24.04", "Ubuntu 24.04", "php8.3-common", "8.3.6-0ubuntu0.24.04.5", STATE_OK, STATE_OK},
        {"centos", "7", "CentOS Linux 7", "php-common", "5.4.16-48.el7", STATE_FAIL, STATE_FAIL},
        {"centos", "9", "CentOS Stream 9", "php74-php-common", "7.4.33-1.el9.remi", STATE_OK, STATE_FAIL},
        {"almalinux", "9.4", "AlmaLinux 9.4", "mariadb-server", "3:10.5.27-1.el9", STATE_OK, STATE_OK},
        {"gentoo", "2", "Gentoo", "mariadb-server", "10.11", STATE_UNKNOWN, STATE_UNKNOWN},
    };
    struct root root = {0};
    struct err err = {0};
    assert_int_equal(root_open(TEST_DATA, &root, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct package p = {table[i].package, table[i].package_version, "amd64", "install ok installed"};
        struct host h = {.arena = arena, .root = &root, .os = {table[i].id, table[i].version, table[i].pretty, "", ""}};
        h.packages.v = &p, h.packages.n = 1;
        struct server s = {.host = &h};
        struct probe_ctx ctx = {.server = &s, .now = NOW};
        struct findings out = {.arena = arena, .check = &check};
        assert_int_equal(update_end_of_life(&ctx, &out, &err), 0);
        assert_int_equal(out.list.n, 2);
        assert_string_equal(out.list.v[0].object, "");
        assert_int_equal(out.list.v[0].state, table[i].os);
        assert_int_equal(out.list.v[1].state, table[i].product);
    }
    root_close(&root);
}

static void plesk(void **state)
{
    (void)state;
    static const struct { const char *tree; enum state want; } table[] = {{"plesk11", STATE_FAIL}, {"plesk18", STATE_FAIL}, {"plesk-new", STATE_UNKNOWN}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct root root = {0};
        struct err err = {0};
        assert_int_equal(root_open(arena_printf(arena, "%s/%s", TEST_DATA, table[i].tree), &root, &err), 0);
        struct host h = {.arena = arena, .root = &root, .os = {"centos", "6", "CentOS 6", "", ""}};
        struct server s = {.host = &h};
        struct probe_ctx ctx = {.server = &s, .now = NOW};
        struct findings out = {.arena = arena, .check = &check};
        assert_int_equal(update_end_of_life(&ctx, &out, &err), 0);
        assert_int_equal(out.list.n, 2);
        assert_string_equal(out.list.v[1].object, "plesk");
        assert_int_equal(out.list.v[1].state, table[i].want);
        root_close(&root);
    }
}

/* Whatever way the kernel offers: every file that is mapped for execution, with the mark of one that is no longer there. */
static void reads_what_is_mapped(void **state)
{
    (void)state;
    char name[] = "/tmp/bansho-mapped-XXXXXX";
    int fd = mkstemp(name), text = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    _cleanup_(buf_free) struct buf got = BUF(1u << 20), all = BUF(1u << 20), gone = BUF(200);
    assert_true(fd >= 0 && text >= 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    unlink(name);
    close(fd);
    assert_int_equal(maps_read((unsigned)getpid(), &got), 0);
    assert_int_equal(buf_read_fd(&all, text), 0);
    close(text);
    buf_printf(&gone, "%s (deleted)\n", name);
    assert_true((str_search(buf_str(&got), buf_str(&gone)) >= 0) == (p != MAP_FAILED)); /* not where /tmp is mounted noexec */
    size_t n = 0;
    for (struct str rest = buf_str(&all), line; str_line(&rest, &line);) {
        ptrdiff_t slash = str_find(line, '/');
        if (slash < 0 || str_search(str_span(line.p, (size_t)slash), STR("xp ")) < 0)
            continue;
        n++;
        assert_true(str_search(buf_str(&got), str_from(line, (size_t)slash)) >= 0);
    }
    assert_true(n > 2);
    assert_int_equal(maps_read(UINT32_MAX, &got), -ENOENT);
    if (p != MAP_FAILED)
        munmap(p, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_mapped), cmocka_unit_test(reads_apt_conf), cmocka_unit_test(reads_intervals), cmocka_unit_test(judges_automatic_updates), cmocka_unit_test(reads_simulations),
        cmocka_unit_test(judges_the_age_of_lists), cmocka_unit_test(finds_replaced_files), cmocka_unit_test(orders_versions), cmocka_unit_test(judges_kernels),
        cmocka_unit_test(table_is_sound), cmocka_unit_test(end_of_life), cmocka_unit_test(plesk),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
