/* units.c: what starts at boot, read from the unit directories as systemd.unit(5) orders them. Every directory leaves traces (a file, a mask, an alias,
   a link in *.wants); sorted by name they are folded into units. Presets are not looked at: they act once, by making such links. */
#include "base/i18n.h"
#include "host/parts.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_TRACES 40000
#define MAX_IN_DIR 10000

/* Highest priority first. */
static const struct unit_dir {
    const char *path;
    bool generated;
} dirs[] = {
    {"/etc/systemd/system.control", false}, {"/run/systemd/system.control", false}, {"/run/systemd/transient", true}, {"/run/systemd/generator.early", true},
    {"/etc/systemd/system", false}, {"/run/systemd/system", false}, {"/run/systemd/generator", true}, {"/usr/local/lib/systemd/system", false},
    {"/usr/lib/systemd/system", false}, {"/lib/systemd/system", false}, {"/run/systemd/generator.late", true},
};

enum trace_kind { TRACE_FILE, TRACE_MASK, TRACE_ALIAS, TRACE_WANTED };

struct trace {
    const char *unit;
    enum trace_kind kind;
    unsigned rank;      /* of its directory */
    const char *path, *target; /* target: of an alias */
};

struct traces {
    LIST(struct trace) list;
    bool full;
};

static bool unit_suffix(const char *name)
{
    struct str s = str_of(name);
    return str_ends(s, STR(".service")) || str_ends(s, STR(".socket")) || str_ends(s, STR(".timer"));
}

static const char *basename_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void leave(struct host *h, struct traces *t, struct trace x)
{
    if (t->list.n >= MAX_TRACES)
        t->full = true;
    else
        *list_push(h->arena, &t->list) = x;
}

static void look_at_entry(struct host *h, struct traces *t, unsigned rank, const char *name, bool file)
{
    char *target = NULL, *path = arena_printf(h->arena, "%s/%s", dirs[rank].path, name);
    struct trace x = {.unit = arena_dupz(h->arena, name), .kind = TRACE_FILE, .rank = rank, .path = path};
    if (!file && root_readlink(h->root, path, h->arena, &target) == 0) {
        if (strcmp(target, "/dev/null") == 0)
            x.kind = TRACE_MASK;
        else if (strcmp(basename_of(target), name) != 0 && unit_suffix(target)) {
            x.kind = TRACE_ALIAS;
            x.target = basename_of(target);
        }
    }
    leave(h, t, x);
}

static void look_at_wants(struct host *h, struct traces *t, unsigned rank, const char *dir)
{
    struct names in = {0};
    char *path = arena_printf(h->arena, "%s/%s", dirs[rank].path, dir);
    if (root_list(h->root, path, MAX_IN_DIR, h->arena, &in) == -E2BIG)
        t->full = true;
    for (size_t i = 0; i < in.list.n; i++)
        if (unit_suffix(in.list.v[i]))
            leave(h, t, (struct trace){.unit = in.list.v[i], .kind = TRACE_WANTED, .rank = rank, .path = arena_printf(h->arena, "%s/%s", path, in.list.v[i])});
}

struct looking {
    struct host *h;
    struct traces *traces;
    unsigned rank;
    size_t n;
    struct names wants; /* directories: looked into when this one is closed */
};

static bool take_entry(void *arg, int fd, const char *name, unsigned char type)
{
    struct looking *l = arg;
    struct str s = str_of(name);
    (void)fd;
    if (++l->n > MAX_IN_DIR) {
        l->traces->full = true;
        return false;
    }
    if (unit_suffix(name))
        look_at_entry(l->h, l->traces, l->rank, name, type == DT_REG);
    else if (str_ends(s, STR(".wants")) || str_ends(s, STR(".requires")) || str_ends(s, STR(".upholds")))
        *list_push(l->h->arena, &l->wants.list) = arena_dupz(l->h->arena, name);
    return true;
}

/* false: the directory is not there. */
static bool look_in(struct host *h, struct traces *t, unsigned rank)
{
    struct looking l = {.h = h, .traces = t, .rank = rank};
    int r = root_each(h->root, dirs[rank].path, take_entry, &l);
    for (size_t i = 0; i < l.wants.list.n; i++)
        look_at_wants(h, t, rank, l.wants.list.v[i]);
    return r == 0;
}

static bool same_dir(const struct root *root, const char *a, const char *b)
{
    struct stat x, y;
    return root_stat(root, a, &x) == 0 && root_stat(root, b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int trace_cmp(const void *a, const void *b)
{
    const struct trace *x = a, *y = b;
    int c = strcmp(x->unit, y->unit);
    return c ? c : x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : (int)x->kind - (int)y->kind;
}

static const struct trace *first_of(const struct traces *t, const char *unit)
{
    size_t low = 0, high = t->list.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(t->list.v[mid].unit, unit) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < t->list.n && strcmp(t->list.v[low].unit, unit) == 0 ? &t->list.v[low] : NULL;
}

/* The trace that says what the unit is: the one of highest priority that is no mere link to it. */
static const struct trace *definition(const struct traces *t, const char *unit)
{
    const struct trace *end = t->list.v + t->list.n;
    for (const struct trace *x = first_of(t, unit); x && x < end && strcmp(x->unit, unit) == 0; x++)
        if (x->kind != TRACE_WANTED)
            return x;
    return NULL;
}

static bool wanted(const struct traces *t, const char *unit)
{
    const struct trace *end = t->list.v + t->list.n;
    for (const struct trace *x = first_of(t, unit); x && x < end && strcmp(x->unit, unit) == 0; x++)
        if (x->kind == TRACE_WANTED)
            return true;
    return false;
}

static char *template_of(struct arena *a, const char *unit)
{
    const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');
    return at && dot && dot > at + 1 ? arena_printf(a, "%.*s%s", (int)(at + 1 - unit), unit, dot) : NULL;
}

/* Follows aliases (at most 8 deep) to the trace of a file or a mask. */
static const struct trace *resolve(struct host *h, const struct traces *t, const char *unit)
{
    for (int depth = 0; depth < 8; depth++) {
        const struct trace *x = definition(t, unit);
        char *template = x ? NULL : template_of(h->arena, unit);
        if (template)
            x = definition(t, template);
        if (!x || x->kind != TRACE_ALIAS)
            return x;
        unit = x->target;
    }
    return NULL;
}

static void fold(struct host *h, const struct traces *t, const char *unit)
{
    const struct trace *what = resolve(h, t, unit), *own = definition(t, unit);
    if (!what)
        return; /* a link to a unit that is gone */
    struct unit u = {.name = unit, .file = what->path, .sub = ""};
    bool linked = wanted(t, unit) || (own && own->kind == TRACE_ALIAS && wanted(t, own->target));
    if (what->kind == TRACE_MASK)
        u.enabled = UNIT_MASKED;
    else if (linked)
        u.enabled = dirs[what->rank].generated ? UNIT_GENERATED : UNIT_ENABLED;
    else
        u.enabled = UNIT_DISABLED;
    *list_push(h->arena, &h->units) = u;
}

/* An alias in /etc is a link that `systemctl enable` made: its target is enabled (systemd counts it so too). */
static void wanted_by_alias(struct host *h, struct traces *t)
{
    for (size_t i = 0, n = t->list.n; i < n; i++) {
        struct trace x = t->list.v[i];
        if (x.kind == TRACE_ALIAS && str_starts(str_of(x.path), STR("/etc/")))
            leave(h, t, (struct trace){.unit = x.target, .kind = TRACE_WANTED, .rank = x.rank, .path = x.path});
    }
}

static bool starts_in_runlevels(const struct host *h, struct arena *a, const char *script)
{
    static const char *const patterns[] = {"/etc/rc[2-5].d/S[0-9][0-9]%s", "/etc/rc.d/rc[2-5].d/S[0-9][0-9]%s"};
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        struct names found = {0};
        if (root_glob(h->root, arena_printf(a, patterns[i], script), 100, a, &found) == 0 && found.list.n)
            return true;
    }
    return false;
}

/* systemd-sysv-generator(8): a script without a unit of its name becomes one. */
static void see_sysv(struct host *h, const struct traces *t)
{
    struct names scripts = {0};
    if (root_list(h->root, "/etc/init.d", 1000, h->arena, &scripts) < 0)
        return;
    for (size_t i = 0; i < scripts.list.n; i++) {
        char *path = arena_printf(h->arena, "/etc/init.d/%s", scripts.list.v[i]), *unit = arena_printf(h->arena, "%s.service", scripts.list.v[i]);
        struct stat st;
        if (first_of(t, unit) || strpbrk(scripts.list.v[i], "*?[") || root_stat(h->root, path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
            continue;
        *list_push(h->arena, &h->units) = (struct unit){
            .name = unit, .file = path, .sub = "", .enabled = starts_in_runlevels(h, h->arena, scripts.list.v[i]) ? UNIT_GENERATED : UNIT_DISABLED};
    }
}

static int unit_cmp(const void *a, const void *b)
{
    return strcmp(((const struct unit *)a)->name, ((const struct unit *)b)->name);
}

void host_sort_units(struct host *h)
{
    if (h->units.n)
        qsort(h->units.v, h->units.n, sizeof h->units.v[0], unit_cmp);
}

void host_see_units(struct host *h)
{
    struct traces t = {0};
    size_t seen = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(dirs); i++)
        if (strcmp(dirs[i].path, "/lib/systemd/system") != 0 || !same_dir(h->root, dirs[i].path, "/usr/lib/systemd/system"))
            seen += look_in(h, &t, i);
    wanted_by_alias(h, &t);
    if (t.list.n)
        qsort(t.list.v, t.list.n, sizeof t.list.v[0], trace_cmp);
    for (size_t i = 0; i < t.list.n; i++)
        if (i == 0 || strcmp(t.list.v[i].unit, t.list.v[i - 1].unit) != 0)
            fold(h, &t, t.list.v[i].unit);
    see_sysv(h, &t);
    host_sort_units(h);
    if (t.full)
        h->units_seen = SEEN(-E2BIG, _("too many unit files: only a part of them was read"));
    else if (!seen && !h->units.n)
        h->units_seen = SEEN(-ENOENT, _("no unit directories and no init scripts were found"));
}
