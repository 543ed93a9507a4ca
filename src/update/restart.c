/* restart.c: what still runs the old version: services whose program or libraries were replaced on disk, and the kernel. */
#include "base/i18n.h"
#include "update/maps.h"
#include "update/pending.h"
#include "update/version.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MAX_MAPS (4u << 20)
#define MAX_PROCESSES 100000
#define SHOWN 12

/* "7f..-7f.. r-xp 00000000 08:01 1234   /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)" */
struct str maps_parse(struct str text)
{
    struct str line, mark = STR(" (deleted)");
    while (str_line(&text, &line)) {
        if (!str_ends(line, mark))
            continue;
        struct str perms, skip, path = str_span(line.p, line.n - mark.n);
        if (!str_word(&path, " ", &skip) || !str_word(&path, " ", &perms) || perms.n < 3 || perms.p[2] != 'x')
            continue;
        ptrdiff_t slash = str_find(path, '/');
        path = slash < 0 ? str_span("", 0) : str_from(path, (size_t)slash);
        if (str_starts(path, STR("/usr/")) || str_starts(path, STR("/lib")) || str_starts(path, STR("/bin/")) || str_starts(path, STR("/sbin/")))
            return path;
    }
    return str_span("", 0);
}

struct stale {
    const char *unit; /* or the command's name */
    const char *file;
    unsigned pid;
    bool service;
};

struct stales {
    LIST(struct stale) list;
    struct str (*find)(const void *arg, struct str maps);
    const void *arg;
};

static struct str replaced(const void *arg, struct str maps)
{
    (void)arg;
    return maps_parse(maps);
}

static ssize_t read_link(unsigned pid, const char *what, char *to, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/%s", pid, what);
    ssize_t n = readlink(path, to, size - 1);
    to[n > 0 ? n : 0] = 0;
    return n;
}

/* /proc is read from the running machine only; not by root_read, since these files belong to no root directory. */
static int read_proc(unsigned pid, const char *what, struct buf *b)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/%s", pid, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : buf_read_fd(b, fd);
    if (fd >= 0)
        close(fd);
    return r;
}

/* The unit "x.service" of a process, else its name. User sessions are people at work, not services. */
static const char *unit_of(struct arena *a, unsigned pid, bool *service)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    struct str text, line, part;
    *service = false;
    if (read_proc(pid, "cgroup", &b) == 0)
        for (text = buf_str(&b); str_line(&text, &line);)
            if ((str_starts(line, STR("0::")) || str_search(line, STR(":name=systemd:")) >= 0) && str_search(line, STR("/system.slice/")) >= 0)
                while (str_word(&line, "/", &part))
                    if (str_ends(part, STR(".service"))) {
                        *service = true;
                        return arena_dup(a, part);
                    }
    buf_reset(&b);
    if (read_proc(pid, "comm", &b) == 0)
        return arena_dup(a, str_trim(buf_str(&b)));
    return arena_printf(a, "%u", pid);
}

static void look_at(struct arena *a, unsigned pid, const char *our_pid_ns, struct buf *maps, struct stales *into)
{
    char ns[64];
    if (read_link(pid, "ns/pid", ns, sizeof ns) < 0)
        return; /* gone, or not ours to see: counted where its maps are asked for */
    if (strcmp(ns, our_pid_ns) != 0)
        return; /* a container's process: its files are the container's */
    buf_reset(maps);
    int r = maps_read(pid, maps);
    struct str file = r == 0 ? into->find(into->arg, buf_str(maps)) : str_span("", 0);
    if (!file.n)
        return;
    bool service;
    const char *unit = unit_of(a, pid, &service);
    for (size_t i = 0; i < into->list.n; i++)
        if (strcmp(into->list.v[i].unit, unit) == 0)
            return;
    *list_push(a, &into->list) = (struct stale){.unit = unit, .file = arena_dup(a, file), .pid = pid, .service = service};
}

static void look_at_all(const struct host *h, struct arena *a, struct stales *into)
{
    char ours[64];
    _cleanup_(buf_free) struct buf maps = BUF(MAX_MAPS);
    struct names names = {0};
    uint64_t pid;
    int r = root_list(h->root, "/proc", MAX_PROCESSES, a, &names);
    if (read_link((unsigned)getpid(), "ns/pid", ours, sizeof ours) < 0)
        return;
    for (size_t i = 0; r == 0 && i < names.list.n && into->list.n < 1000; i++)
        if (str_u64(str_of(names.list.v[i]), UINT32_MAX, &pid))
            look_at(a, (unsigned)pid, ours, &maps, into);
}

void pending_mapped(const struct host *h, struct arena *a, struct str (*find)(const void *arg, struct str maps), const void *arg, struct stale_units *ret)
{
    struct stales s = {.find = find, .arg = arg};
    look_at_all(h, a, &s);
    for (size_t i = 0; i < s.list.n; i++) {
        bool known = false;
        for (size_t k = 0; k < ret->list.n; k++)
            known |= strcmp(ret->list.v[k], s.list.v[i].unit) == 0;
        if (!s.list.v[i].service)
            *list_push(a, &ret->others) = arena_printf(a, "%s (%u)", s.list.v[i].unit, s.list.v[i].pid);
        else if (!known)
            *list_push(a, &ret->list) = s.list.v[i].unit;
    }
}

void pending_stale(const struct host *h, struct arena *a, struct stale_units *ret)
{
    pending_mapped(h, a, replaced, NULL, ret);
}

void pending_services(const struct host *h, struct findings *out)
{
    struct stales s = {.find = replaced};
    if (!h->privileged) {
        finding_add(out, STATE_UNKNOWN, "services", "%s", _("Whether services still run replaced programs: only root sees that"));
        return;
    }
    look_at_all(h, out->arena, &s);
    if (!s.list.n) {
        finding_add(out, STATE_OK, "services", "%s", _("No service runs a program or library that was replaced"))->severity = SEVERITY_NORMAL;
        return;
    }
    struct finding *f = finding_add(out, STATE_WARN, "services", ngettext("%zu program still runs the old version of an updated file", "%zu programs still run the old version of updated files", s.list.n), s.list.n);
    f->severity = SEVERITY_NORMAL;
    struct buf command = BUF(2048);
    for (size_t i = 0; i < s.list.n; i++) {
        if (i < SHOWN)
            finding_evidence(out, f, NULL, 0, _("%s (process %u): %s was replaced"), s.list.v[i].unit, s.list.v[i].pid, s.list.v[i].file);
        if (s.list.v[i].service && command.n < 512)
            buf_printf(&command, " %s", s.list.v[i].unit);
    }
    finding_impact(out, f, "%s", _("the holes that the update closed are still open in them"));
    if (command.n)
        finding_next(out, f, "systemctl restart%.*s", (int)command.n, command.p);
    buf_free(&command);
}

/* "linux-image-6.1.0-28-amd64" -> "6.1.0-28-amd64"; "kernel-core": its version and architecture */
static const char *kernel_of(struct arena *a, const struct package *p)
{
    static const struct str debian = {"linux-image-", 12};
    struct str name = str_of(p->name);
    if (strcmp(p->name, "kernel-core") == 0 || strcmp(p->name, "kernel") == 0)
        return arena_printf(a, "%s.%s", p->version, p->arch);
    if (!str_starts(name, debian) || name.n <= debian.n || str_search(name, STR("-dbg")) >= 0)
        return NULL;
    name = str_from(name, debian.n);
    if (str_starts(name, STR("unsigned-")))
        name = str_from(name, 9);
    return name.p[0] >= '0' && name.p[0] <= '9' ? name.p : NULL;
}

/* What follows the version: "amd64", "cloud-amd64", "generic": kernels of other flavours are no successors. */
static struct str flavour(const char *release)
{
    struct str s = str_of(release);
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '-' && (s.p[i + 1] < '0' || s.p[i + 1] > '9'))
            return str_from(s, i + 1);
    return str_span("", 0);
}

void kernel_judge(const struct host *h, const char *release, const char *build, struct findings *out)
{
    const struct package *running = NULL;
    const char *newest = NULL;
    for (size_t i = 0; i < h->packages.n; i++) {
        const char *k = kernel_of(out->arena, &h->packages.v[i]);
        if (!k)
            continue;
        if (strcmp(k, release) == 0)
            running = &h->packages.v[i];
        if (str_eq(flavour(k), flavour(release)) && (!newest || version_compare(str_of(newest), str_of(k)) < 0))
            newest = k;
    }
    bool asked = root_exists(h->root, "/run/reboot-required") || root_exists(h->root, "/var/run/reboot-required");
    /* The same name in a newer build: Debian puts the package's version into the build string. */
    bool rebuilt = running && strstr(build, "Debian ") && !strstr(build, running->version);
    bool newer = running && newest && version_compare(str_of(release), str_of(newest)) < 0;
    if (!running && !asked)
        return; /* a container, or a kernel from elsewhere: nothing here to compare it with */
    struct finding *f = finding_add(out, asked || rebuilt || newer ? STATE_WARN : STATE_OK, "kernel", "%s",
                                    newer || rebuilt ? _("A newer kernel is installed and waits for a restart of the machine")
                                    : asked          ? _("An update waits for a restart of the machine")
                                                     : _("The newest installed kernel is running"));
    f->severity = SEVERITY_NORMAL;
    finding_evidence(out, f, NULL, 0, _("running: %s (%s)"), release, build);
    if (newer)
        finding_evidence(out, f, NULL, 0, _("installed: %s"), newest);
    else if (rebuilt)
        finding_evidence(out, f, NULL, 0, _("installed: %s %s"), running->name, running->version);
    if (asked)
        finding_evidence(out, f, "/run/reboot-required", 0, "%s", _("a package asked for a restart"));
    if (asked || rebuilt || newer) {
        finding_impact(out, f, "%s", _("the holes that the update closed are still open"));
        finding_by_hand(out, f);
        finding_next(out, f, "%s", "systemctl reboot");
        finding_next_note(out, f, "%s", _("everything on this machine is away for some minutes"));
    }
}

void pending_kernel(const struct host *h, struct findings *out)
{
    struct utsname u;
    if (uname(&u) == 0)
        kernel_judge(h, u.release, u.version, out);
}
