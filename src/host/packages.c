#include "base/child.h"
#include "base/i18n.h"
#include "host/parts.h"
#include <errno.h>
#include <stdlib.h>

#define MAX_STATUS (32u << 20) /* the largest seen in the wild are near 10 MiB */
#define MAX_PACKAGES 50000
#define MAX_STATUS_FILES 10000

static int by_name(const void *a, const void *b)
{
    const struct package *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->arch, y->arch);
}

void host_sort_packages(struct host *h)
{
    if (h->packages.n)
        qsort(h->packages.v, h->packages.n, sizeof h->packages.v[0], by_name);
}

struct stanza {
    struct str name, version, arch, status;
};

/* Removed packages stay in the file for their configuration's sake; distroless images have stanzas without Status. */
static bool has_files(struct str status)
{
    return !str_ends(status, STR(" config-files")) && !str_ends(status, STR(" not-installed"));
}

static int push(struct host *h, const struct stanza *s)
{
    if (!s->name.n || !has_files(s->status))
        return 0;
    if (h->packages.n >= MAX_PACKAGES)
        return -E2BIG;
    *list_push(h->arena, &h->packages) = (struct package){
        .name = arena_dup(h->arena, s->name), .version = arena_dup(h->arena, s->version), .arch = arena_dup(h->arena, s->arch),
        .status = s->status.n ? arena_dup(h->arena, s->status) : "install ok installed",
    };
    return 0;
}

static void field(struct stanza *s, struct str line)
{
    const struct { struct str key; struct str *to; } fields[] = {
        {STR("Package:"), &s->name}, {STR("Version:"), &s->version}, {STR("Architecture:"), &s->arch}, {STR("Status:"), &s->status},
    };
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (str_istarts(line, fields[i].key)) {
            *fields[i].to = str_trim(str_from(line, fields[i].key.n));
            return;
        }
}

int dpkg_parse(struct host *h, struct str text)
{
    struct stanza s = {0};
    struct str line;
    int r = 0;
    while (r == 0 && str_line(&text, &line)) {
        if (!line.n) {
            r = push(h, &s);
            s = (struct stanza){0};
        } else if (strchr("PVASpvas", line.p[0]) && line.p[0]) {
            field(&s, line);
        }
    }
    return r < 0 ? r : push(h, &s);
}

int rpm_parse(struct host *h, struct str text)
{
    struct str line;
    while (str_line(&text, &line)) {
        struct stanza s = {.status = STR("installed")};
        if (!str_field(&line, '\t', &s.name) || !str_field(&line, '\t', &s.version) || !str_field(&line, '\t', &s.arch))
            continue;
        if (str_starts(s.version, STR("0:")))
            s.version = str_from(s.version, 2);
        int r = push(h, &s);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Minimal images keep one file for each package in status.d (their checksums beside them). */
static int see_status_d(struct host *h)
{
    struct names names = {0};
    int r = root_list(h->root, "/var/lib/dpkg/status.d", MAX_STATUS_FILES, h->arena, &names);
    if (r < 0)
        return r == -E2BIG ? r : 0;
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (size_t i = 0; i < names.list.n && r == 0; i++) {
        const char *name = names.list.v[i];
        if (str_ends(str_of(name), STR(".md5sums")))
            continue;
        buf_reset(&b);
        if (root_read(h->root, arena_printf(h->arena, "/var/lib/dpkg/status.d/%s", name), &b) == 0)
            r = dpkg_parse(h, buf_str(&b));
    }
    return r;
}

static const char *rpm_database(const struct host *h)
{
    static const char *const places[] = {"/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/rpmdb.sqlite"};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (root_exists(h->root, places[i]))
            return places[i];
    return NULL;
}

static void ask_rpm(struct host *h)
{
    static const char *const argv[] = {"rpm", "-qa", "--qf", "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\n", NULL};
    struct child_options o = {.timeout_ms = 20000, .max_output = 8u << 20};
    struct child_result out;
    struct err err = {0};
    int r = child_run(argv, &o, &out, &err);
    if (r == 0) {
        r = out.status != 0 || out.out.full ? -EIO : rpm_parse(h, buf_str(&out.out));
        child_result_free(&out);
    }
    if (r < 0)
        h->packages_seen = SEEN(r, host_why(h, r, "rpm -qa"));
}

void host_see_packages(struct host *h)
{
    const char *rpm = rpm_database(h);
    if (root_exists(h->root, "/var/lib/dpkg/status") || root_exists(h->root, "/var/lib/dpkg/status.d")) {
        _cleanup_(buf_free) struct buf b = BUF(MAX_STATUS);
        int r = root_read(h->root, "/var/lib/dpkg/status", &b);
        if (r == 0)
            r = dpkg_parse(h, buf_str(&b));
        else if (r == -ENOENT)
            r = 0;
        if (r == 0)
            r = see_status_d(h);
        if (r < 0)
            h->packages_seen = SEEN(r, host_why(h, r, "/var/lib/dpkg/status"));
    } else if (rpm && h->live) {
        ask_rpm(h);
    } else if (rpm) {
        h->packages_seen = SEEN(-ENOTSUP, arena_printf(h->arena, _("%s is only read by rpm itself, on the running machine"), rpm));
    } else {
        h->packages_seen = SEEN(-ENOENT, _("no package database (dpkg, rpm) was found"));
    }
    host_sort_packages(h);
}
