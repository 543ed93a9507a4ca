#include "unit/lease.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "unit/bus.h"
#include "unit/lease_files.h"
#include "unit/monit.h"
#include "unit/names.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define ARENA (8u << 20)
#define LEASES_MAX 1000
#define LEASE_FILE_MAX 65536
#define UNITS_MAX 100
#define JOB_MS 90000

int unit_may_stop(const char *unit, struct err *err)
{
    static const char *const login[] = {"ssh.", "sshd.", "ssh@", "sshd@", "networking.", "NetworkManager.", "wicked", "getty@", "user@"};
    static const char *const vital[] = {"systemd-", "dbus", "init.scope", "user.slice", "polkit."};
    if (!str_ends(str_of(unit), STR(".service")) && !str_ends(str_of(unit), STR(".socket")) && !str_ends(str_of(unit), STR(".timer")))
        return err_set(err, -EPERM, _("%s is no service"), unit);
    for (size_t i = 0; i < ARRAY_SIZE(login); i++)
        if (str_starts(str_of(unit), str_of(login[i])))
            return err_set(err, -EPERM, _("without %s nobody could log in to this server any more; bansho does not stop it"), unit);
    for (size_t i = 0; i < ARRAY_SIZE(vital); i++)
        if (str_starts(str_of(unit), str_of(vital[i])))
            return err_set(err, -EPERM, _("the system itself needs %s; bansho does not stop it"), unit);
    return 0;
}

static int read_lease(const struct root *root, const char *path, struct arena *a, struct lease *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(LEASE_FILE_MAX);
    int r = root_read(root, path, &b);
    return r < 0 ? r : lease_parse(buf_str(&b), a, ret);
}

int unit_leases(const struct root *root, struct arena *a, struct leases *ret, struct err *err)
{
    struct names in = {0};
    struct leases all = {0};
    int r = root_list(root, LEASE_DIR, LEASES_MAX, a, &in), bad = 0;
    if (r < 0 && r != -ENOENT)
        return err_set(err, r, "%s: %s", LEASE_DIR, err_name(r));
    for (size_t i = 0; i < in.list.n; i++) {
        struct lease l;
        if (in.list.v[i][0] == '.' || str_ends(str_of(in.list.v[i]), STR(".bansho-new")))
            continue;
        r = read_lease(root, arena_printf(a, LEASE_DIR "/%s", in.list.v[i]), a, &l);
        if (r == 0)
            *list_push(a, &all.list) = l;
        else if (r != -ENOENT)
            bad = err_set(err, r, _("the pause in %s cannot be read: %s"), arena_printf(a, LEASE_DIR "/%s", in.list.v[i]), err_name(r));
    }
    *ret = all;
    return bad;
}

const struct lease *leases_holding(const struct leases *all, const char *unit)
{
    for (size_t i = 0; i < all->list.n; i++)
        for (size_t k = 0; k < all->list.v[i].held.list.n; k++)
            if (strcmp(all->list.v[i].held.list.v[k], unit) == 0)
                return &all->list.v[i];
    return NULL;
}

/* The machine's own lease of that unit (by its full name). 1: in ret; 0: none. */
static int own_lease(const char *unit, struct arena *a, struct lease *ret, struct err *err)
{
    struct root root;
    int r = root_open("/", &root, err);
    if (r < 0)
        return r;
    r = read_lease(&root, lease_path(a, unit), a, ret);
    root_close(&root);
    if (r == -ENOENT)
        return 0;
    return r < 0 ? err_set(err, r, _("the pause in %s cannot be read: %s"), lease_path(a, unit), err_name(r)) : 1;
}

int unit_paused(const char *unit, struct arena *a, struct lease *ret, struct err *err)
{
    char name[UNIT_NAME_MAX];
    int r = unit_name(unit, name, err);
    return r < 0 ? r : own_lease(name, a, ret, err);
}

/* One pause or resumption at a time. A descriptor, or -errno. */
static int lock(struct err *err)
{
    int fd = -1, r = make_parents(LEASE_DIR "/.lock");
    if (r == 0 && ((fd = open(LEASE_DIR "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0 || flock(fd, LOCK_EX) < 0))
        r = -errno;
    if (r == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return err_set(err, r, "%s: %s", LEASE_DIR "/.lock", err_name(r));
}

static void unlock(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void add_name(struct arena *a, void *list, const char *name)
{
    struct unit_names *names = list;
    for (size_t i = 0; i < names->list.n; i++)
        if (strcmp(names->list.v[i], name) == 0)
            return;
    *list_push(a, &names->list) = arena_dupz(a, name);
}

struct work {
    struct bus *bus;
    struct arena *a;
    struct lease l;
    struct unit_names stop_first; /* what would start the unit again */
    struct monit_services monit;
    size_t seen;
};

static bool is_up(const struct unit_view *v)
{
    return strcmp(v->active, "active") == 0 || strcmp(v->active, "reloading") == 0 || strcmp(v->active, "activating") == 0;
}

/* What stops together with a unit, and what stops with that. Nothing that the system needs may be among it. */
static int follow(struct work *w, const struct unit_names *names, bool hold, unsigned depth, struct err *err)
{
    for (size_t i = 0; i < names->list.n; i++) {
        struct unit_view v;
        const char *name = names->list.v[i];
        if (w->seen++ > UNITS_MAX || depth > 5)
            return err_set(err, -E2BIG, _("too many other services would stop with %s"), w->l.unit);
        int r = bus_view(w->bus, name, w->a, &v, err);
        if (r < 0)
            return r;
        if (hold)
            add_name(w->a, &w->l.held, name);
        if (!is_up(&v))
            continue;
        if (!str_ends(str_of(name), STR(".path")) && (r = unit_may_stop(name, err)) < 0)
            return r;
        add_name(w->a, &w->l.brings, name);
        if ((r = follow(w, &v.required_by, false, depth + 1, err)) < 0 || (r = follow(w, &v.bound_by, false, depth + 1, err)) < 0 ||
            (r = follow(w, &v.consists_of, false, depth + 1, err)) < 0 || (r = follow(w, &v.stops, false, depth + 1, err)) < 0)
            return r;
    }
    return 0;
}

static int collect(struct work *w, const struct unit_view *v, struct err *err)
{
    add_name(w->a, &w->l.held, w->l.unit);
    w->stop_first = v->triggered_by;
    int r = follow(w, &v->triggered_by, true, 0, err);
    if (r == 0)
        r = follow(w, &v->consists_of, true, 0, err);
    if (r == 0)
        r = follow(w, &v->required_by, false, 0, err);
    if (r == 0)
        r = follow(w, &v->bound_by, false, 0, err);
    return r < 0 ? r : follow(w, &v->stops, false, 0, err);
}

static void collect_watchers(struct work *w, uint32_t main_pid)
{
    struct root root;
    struct monit_services all = {0};
    if (root_open("/", &root, NULL) < 0)
        return;
    monit_read(&root, w->a, &all);
    for (size_t i = 0; i < all.list.n; i++) {
        const struct monit_service *s = &all.list.v[i];
        if (!s->start[0] || !monit_watches(s, &root, w->l.unit, main_pid) || str_find(str_of(s->name), '\t') >= 0)
            continue;
        *list_push(w->a, &w->monit.list) = *s;
        add_name(w->a, &w->l.watchers, arena_printf(w->a, "%s\t%s\t%s", s->by->program, s->by->conf, s->name));
    }
    root_close(&root);
}

typedef void text_fn(const struct lease *l, struct arena *a, struct buf *b);

static int write_text(struct work *w, const char *path, text_fn *text, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(LEASE_FILE_MAX);
    text(&w->l, w->a, &b);
    return b.full ? err_set(err, -E2BIG, "%s: %s", path, err_name(E2BIG)) : write_durably(path, buf_str(&b), 0644, err);
}

static const char *timer_of(struct work *w, const char *suffix)
{
    return lease_unit(w->a, w->l.unit, suffix);
}

static int job(struct work *w, const char *method, const char *unit, struct err *err)
{
    char result[24];
    int r = bus_job(w->bus, method, unit, clock_monotonic_ms() + JOB_MS, result, err);
    if (r == 0 && strcmp(result, "done") != 0)
        return err_set(err, -EIO, "%s: %s", unit, unit_result_words(result));
    return r;
}

/* The end of the pause stands before the pause begins: from here on nobody but systemd is needed. */
static int set_the_end(struct work *w, struct err *err)
{
    const char *timer = lease_unit_path(w->a, w->l.unit, "timer"), *link = lease_timer_link(w->a, w->l.unit);
    int r = write_text(w, lease_unit_path(w->a, w->l.unit, "service"), lease_service_text, err);
    if (r == 0)
        r = write_text(w, timer, lease_timer_text, err);
    if (r < 0)
        return r;
    r = make_parents(link);
    if (r == 0 && symlink(timer, link) < 0 && errno != EEXIST)
        r = -errno;
    if (r == 0)
        r = sync_parent(link);
    r = r < 0 ? err_set(err, r, "%s: %s", link, err_name(r)) : bus_reload(w->bus, err);
    return r < 0 ? r : job(w, "RestartUnit", timer_of(w, "timer"), err);
}

static int write_lease(struct work *w, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(LEASE_FILE_MAX);
    lease_text(&w->l, &b);
    return b.full ? err_set(err, -E2BIG, "%s: %s", w->l.unit, err_name(E2BIG)) : write_durably(lease_path(w->a, w->l.unit), buf_str(&b), 0600, err);
}

static int hold_down(struct work *w, struct err *err)
{
    int r = write_lease(w, err);
    for (size_t i = 0; r == 0 && i < w->l.held.list.n; i++)
        r = write_text(w, lease_dropin_path(w->a, w->l.held.list.v[i]), lease_dropin_text, err);
    return r < 0 ? r : bus_reload(w->bus, err);
}

/* monit looks away. One that takes no commands but starts by systemd tries in vain: it is not told to look again either. */
static int look_away(struct work *w, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < w->monit.list.n; i++) {
        const struct monit_service *s = &w->monit.list.v[i];
        struct err ignored = {0};
        bool by_systemd = monit_starts_by_systemd(s);
        int r = monit_command(s, false, by_systemd ? &ignored : err);
        if (r < 0 && !by_systemd)
            return -EBUSY;
        if (r == 0)
            w->l.watchers.list.v[n++] = w->l.watchers.list.v[i];
    }
    if (n == w->monit.list.n)
        return 0;
    w->l.watchers.list.n = n;
    int r = write_text(w, lease_unit_path(w->a, w->l.unit, "service"), lease_service_text, err);
    return r < 0 ? r : write_lease(w, err);
}

static int stop(struct work *w, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < w->stop_first.list.n; i++)
        r = job(w, "StopUnit", w->stop_first.list.v[i], err);
    if (r == 0)
        r = job(w, "StopUnit", w->l.unit, err);
    for (size_t i = 0; r == 0 && i < w->l.brings.list.n; i++) /* systemd is stopping them already: wait for their end */
        r = job(w, "StopUnit", w->l.brings.list.v[i], err);
    return r;
}

static int bring_back(struct work *w, struct err *err);

static int begin(struct work *w, struct err *err)
{
    int r = set_the_end(w, err);
    if (r == 0)
        r = hold_down(w, err);
    if (r == 0)
        r = look_away(w, err);
    if (r == 0)
        r = stop(w, err);
    struct unit_view timer;
    if (r == 0 && bus_view(w->bus, timer_of(w, "timer"), w->a, &timer, NULL) == 0 && strcmp(timer.active, "active") != 0)
        r = err_set(err, -EIO, _("%s: systemd does not keep the timer that would end its pause, so it was not paused"), w->l.unit);
    if (r < 0) {
        struct err ignored = {0};
        if (bring_back(w, &ignored) < 0)
            return r; /* its timer still brings it back; the first cause is told */
    }
    return r;
}

/* Files of a pause that was killed before it began: no lease knows them, and their timer does not run. They do nothing; they only lie there. */
static void sweep(struct work *w)
{
    struct root root;
    struct names in = {0};
    struct leases all = {0};
    struct err ignored = {0};
    if (root_open("/", &root, NULL) < 0)
        return;
    bool known = root_list(&root, SYSTEM_DIR, 20000, w->a, &in) == 0 && unit_leases(&root, w->a, &all, &ignored) == 0;
    root_close(&root);
    for (size_t i = 0; known && i < in.list.n; i++) {
        struct str name = str_of(in.list.v[i]);
        ptrdiff_t end = str_search(name, STR(".bansho-new"));
        struct str stem = end >= 0 ? str_span(name.p, (size_t)end) : name;
        bool ours = str_starts(name, STR("bansho-lease-")) && (str_ends(stem, STR(".timer")) || str_ends(stem, STR(".service")));
        stem.n -= ours ? str_ends(stem, STR(".timer")) ? 6 : 8 : 0;
        const char *timer = arena_printf(w->a, "%.*s.timer", (int)stem.n, stem.p);
        struct unit_view v;
        for (size_t k = 0; ours && k < all.list.n; k++)
            ours = strcmp(lease_unit(w->a, all.list.v[k].unit, "timer"), timer) != 0;
        if (!ours || bus_view(w->bus, timer, w->a, &v, NULL) < 0 || is_up(&v))
            continue;
        unlink(arena_printf(w->a, SYSTEM_DIR "/timers.target.wants/%s", timer));
        unlink(arena_printf(w->a, SYSTEM_DIR "/%s", in.list.v[i]));
    }
}

/* What an earlier pause holds stays: who began it and what must come back. */
static void keep(struct work *w, const struct lease *old)
{
    for (size_t i = 0; i < old->held.list.n; i++)
        add_name(w->a, &w->l.held, old->held.list.v[i]);
    for (size_t i = 0; i < old->brings.list.n; i++)
        add_name(w->a, &w->l.brings, old->brings.list.v[i]);
    for (size_t i = 0; i < old->watchers.list.n; i++)
        add_name(w->a, &w->l.watchers, old->watchers.list.v[i]);
    w->l.since = old->since;
    if (old->until >= w->l.until) {
        w->l.until = old->until;
        w->l.why = old->why;
        w->l.who = old->who;
    }
}

static int prepare(struct work *w, int64_t now, struct err *err)
{
    struct unit_view v, ending;
    struct lease old;
    int r = bus_view(w->bus, w->l.unit, w->a, &v, err);
    if (r == 0 && strcmp(v.load, "not-found") == 0)
        return err_set(err, -ENOENT, _("there is no service %s"), w->l.unit);
    if (r == 0)
        r = bus_view(w->bus, timer_of(w, "service"), w->a, &ending, err);
    if (r == 0 && is_up(&ending))
        return err_set(err, -EAGAIN, _("an earlier pause of %s ends just now; try again in a moment"), w->l.unit);
    int paused = r < 0 ? r : own_lease(w->l.unit, w->a, &old, err);
    if (paused < 0)
        return paused;
    if (!paused && !is_up(&v))
        return err_set(err, -EALREADY, _("%s does not run: there is nothing to pause"), w->l.unit);
    w->l.since = now;
    r = collect(w, &v, err);
    if (r == 0 && !paused)
        collect_watchers(w, v.main_pid);
    if (r == 0 && paused)
        keep(w, &old);
    return r;
}

int unit_pause(const char *unit, int64_t now, int64_t until, const char *why, const char *who, int64_t *ret_until, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA);
    _cleanup_(bus_closep) struct bus *bus = NULL;
    char name[UNIT_NAME_MAX];
    struct work w = {.a = a, .l = {.unit = name, .why = why, .who = who, .until = until}};
    int r = unit_name(unit, name, err);
    if (r == 0)
        r = unit_may_stop(name, err);
    if (r == 0 && (until <= now || until - now > LEASE_LONGEST))
        r = err_set(err, -ERANGE, _("a pause lasts from a second to %d days"), LEASE_LONGEST / DAY);
    if (r == 0)
        r = bus_open(&bus, err);
    if (r < 0)
        return r;
    w.bus = bus;
    _cleanup_(unlock) int fd = lock(err);
    if (fd < 0)
        return fd;
    sweep(&w);
    r = prepare(&w, now, err);
    if (r == 0)
        r = begin(&w, err);
    if (r == 0)
        *ret_until = w.l.until;
    return r;
}

static int remove_file(const char *path, struct err *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (str_ends(str_of(dir), STR(".d")))
        rmdir(dir); /* where it is empty now */
    return 0;
}

/* The timer goes last: whatever stops us before that, it brings the service back. */
static int end_timer(struct work *w, struct err *err)
{
    const char *files[] = {lease_timer_link(w->a, w->l.unit), lease_unit_path(w->a, w->l.unit, "timer"), lease_unit_path(w->a, w->l.unit, "service"),
                           lease_stamp_path(w->a, w->l.unit)};
    int r = job(w, "StopUnit", timer_of(w, "timer"), err);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++)
        r = remove_file(files[i], err);
    return r < 0 ? r : bus_reload(w->bus, err);
}

/* All of a kind are tried; the first failure is told. */
static int start_brought(struct work *w, bool before, struct err *err)
{
    int first = 0;
    for (size_t i = 0; i < w->l.brings.list.n; i++) {
        int r = lease_comes_before(w->l.brings.list.v[i]) == before ? job(w, "StartUnit", w->l.brings.list.v[i], err) : 0;
        first = first < 0 ? first : r;
    }
    return first;
}

static int bring_back(struct work *w, struct err *err)
{
    int r = remove_file(lease_path(w->a, w->l.unit), err), started = 0;
    for (size_t i = 0; r == 0 && i < w->l.held.list.n; i++)
        r = remove_file(lease_dropin_path(w->a, w->l.held.list.v[i]), err);
    if (r == 0)
        r = bus_reload(w->bus, err);
    if (r < 0)
        return r;
    started = start_brought(w, true, err);
    r = unit_do(w->l.unit, UNIT_START, 0, err);
    started = started < 0 ? started : r;
    r = start_brought(w, false, err);
    started = started < 0 ? started : r;
    for (size_t i = 0; i < w->monit.list.n; i++) {
        r = monit_command(&w->monit.list.v[i], true, err);
        started = started < 0 ? started : r;
    }
    r = end_timer(w, err);
    return started < 0 ? started : r;
}

/* From "PROGRAM, CONF, NAME" with tabs between. */
static void take_watchers(struct work *w)
{
    for (size_t i = 0; i < w->l.watchers.list.n; i++) {
        struct str rest = str_of(w->l.watchers.list.v[i]), program, conf;
        if (!str_field(&rest, '\t', &program) || !str_field(&rest, '\t', &conf))
            continue;
        struct monit_install *by = arena_zalloc(w->a, sizeof *by);
        *by = (struct monit_install){"monit", arena_dup(w->a, conf), arena_dup(w->a, program)};
        *list_push(w->a, &w->monit.list) = (struct monit_service){.name = arena_dup(w->a, rest), .pidfile = "", .start = "", .by = by};
    }
}

int unit_resume(const char *unit, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA);
    _cleanup_(bus_closep) struct bus *bus = NULL;
    char name[UNIT_NAME_MAX];
    struct work w = {.a = a};
    int r = unit_name(unit, name, err);
    if (r == 0)
        r = bus_open(&bus, err);
    if (r < 0)
        return r;
    w.bus = bus;
    _cleanup_(unlock) int fd = lock(err);
    if (fd < 0)
        return fd;
    r = own_lease(name, a, &w.l, err);
    if (r == 0)
        return err_set(err, -ENOENT, _("%s is not paused"), name);
    if (r < 0)
        return r;
    sweep(&w);
    w.l.unit = name;
    take_watchers(&w);
    return bring_back(&w, err);
}
