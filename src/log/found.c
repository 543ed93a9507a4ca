/* found.c: the log of each service: found, alive, rotated, long enough, there after a restart (G5.1, G5.2). */
#include "log/found.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "log/journal.h"
#include "log/journal_losses.h"
#include "log/rotation.h"
#include "log/services.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <strings.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#define WANTED_DAYS LOG_WANTED_DAYS
#define MAX_LOG_FILES 2000 /* of one pattern; the rest is told */
#define LOSSES_DAYS 7
#define SHOWN_DAMAGED 3
#define MAX_NAMES 100000   /* in one directory: logs and what rotation left of them */
#define TMPFS_MAGIC 0x01021994

struct look {
    const struct probe_ctx *ctx;
    struct findings *out;
    struct rotations rotations;
    struct journal_extent extent;
    struct journal_unit *units;
    size_t units_n;
    const char *listed;          /* the directory that was listed last, or NULL, and its names */
    struct names names;
    struct seen_logs *seen;      /* where they are collected without judgement, or NULL */
    struct journal_losses losses; /* of the last week */
    const char *losses_trouble;   /* why they are not known; NULL: they are */
    const char *journal_trouble; /* why the journal could not be read, or NULL */
};

static bool on_disk(const struct root *root, const char *path)
{
    struct statfs fs;
    int fd = root_openat(root, path, O_PATH);
    bool disk = fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC;
    if (fd >= 0)
        close(fd);
    return disk;
}

static int64_t born(const struct root *root, const char *path, const struct stat *st)
{
    struct statx x;
    int fd = root_openat(root, path, O_PATH);
    int64_t t = (int64_t)st->st_mtime;
    if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) == 0 && x.stx_mask & STATX_BTIME && x.stx_btime.tv_sec < t)
        t = x.stx_btime.tv_sec;
    if (fd >= 0)
        close(fd);
    return t;
}

/* The names in a file's directory, which is listed once for all the logs in it. */
static const struct names *beside(struct look *l, const char *path, const char **ret_base)
{
    const char *slash = strrchr(path, '/');
    struct str dir = str_span(path, (size_t)(slash - path));
    *ret_base = slash + 1;
    if (l->listed && str_eq(str_of(l->listed), dir))
        return &l->names;
    l->listed = arena_dup(l->out->arena, dir);
    l->names = (struct names){0};
    (void)!root_list(l->ctx->server->host->root, *l->listed ? l->listed : "/", MAX_NAMES, l->out->arena, &l->names);
    return &l->names;
}

/* Where the names >= key begin; they are sorted bytewise. */
static size_t first_from(const struct names *n, const char *key)
{
    size_t low = 0, high = n->list.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(n->list.v[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The oldest of FILE.1, FILE.2.gz, FILE-20261101 ...: its time of last writing, when all of what it holds was older. */
static int64_t oldest_sibling(struct look *l, const char *path)
{
    static const char *const suffixes[] = {".[0-9]*", "-[0-9]*", ".processed*"};
    const char *base;
    const struct names *names = beside(l, path, &base);
    size_t length = strlen(base);
    int64_t oldest = 0;
    for (size_t i = first_from(names, base); i < names->list.n && strncmp(names->list.v[i], base, length) == 0; i++) {
        struct stat st;
        bool old = false;
        for (size_t k = 0; k < ARRAY_SIZE(suffixes); k++)
            old |= fnmatch(suffixes[k], names->list.v[i] + length, 0) == 0;
        if (old && root_stat(l->ctx->server->host->root, arena_printf(l->out->arena, "%s/%s", l->listed, names->list.v[i]), &st) == 0 && S_ISREG(st.st_mode) &&
            (!oldest || st.st_mtime < oldest))
            oldest = st.st_mtime;
    }
    return oldest;
}

static void add_brief(struct arena *a, struct seen_log *s, const struct rotation *r)
{
    for (size_t i = 0; i < s->brief.n; i++)
        if (s->brief.v[i] == r)
            return;
    *list_push(a, &s->brief) = r;
}

/* Pattern and setting may name the same file. */
static void add_unrotated(struct arena *a, struct seen_log *s, const char *path)
{
    for (size_t i = 0; i < s->unrotated.n; i++)
        if (strcmp(s->unrotated.v[i], path) == 0)
            return;
    *list_push(a, &s->unrotated) = arena_dupz(a, path);
}

/* false: it is no file. */
static bool add_file(struct look *l, struct seen_log *s, const char *path)
{
    const struct root *root = l->ctx->server->host->root;
    struct stat st;
    if (root_stat(root, path, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    int64_t start = born(root, path, &st), old = oldest_sibling(l, path);
    start = old && old < start ? old : start;
    s->found = true;
    s->survives |= on_disk(root, path);
    if (!s->start || start < s->start)
        s->start = start;
    if (st.st_mtime > s->newest)
        s->newest = st.st_mtime;
    const struct rotation *r = rotation_of(&l->rotations, path);
    if (!r)
        add_unrotated(l->out->arena, s, path);
    else if (rotation_kept_days(r) < WANTED_DAYS)
        add_brief(l->out->arena, s, r);
    if (r && rotation_kept_days(r) < s->kept_days) {
        s->kept_days = rotation_kept_days(r);
        s->kept_by = r->file;
        s->kept_line = r->line;
    }
    return true;
}

static void add_pattern(struct look *l, struct seen_log *s, const char *pattern)
{
    struct names names = {0};
    if (root_glob(l->ctx->server->host->root, pattern, MAX_LOG_FILES, l->out->arena, &names) == -E2BIG)
        s->cut = pattern;
    for (size_t i = 0; i < names.list.n; i++)
        if (add_file(l, s, names.list.v[i]))
            *list_push(l->out->arena, &s->usual) = names.list.v[i];
}

static void add_named(struct look *l, struct seen_log *s, const char *path)
{
    if (add_file(l, s, path))
        *list_push(l->out->arena, &s->named) = path;
}

/* Files that the product's settings name: "/path format", "|program" is not a file. */
static void add_settings(struct look *l, struct seen_log *s, const struct log_service *p, const struct instance *inst)
{
    for (size_t i = 0; i < inst->settings.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(p->keys) && p->keys[k]; k++) {
            struct str rest = str_of(inst->settings.v[i].value), path;
            if (strcasecmp(inst->settings.v[i].key, p->keys[k]) == 0 && str_word(&rest, " \t\"", &path) && path.p[0] == '/')
                add_named(l, s, arena_dup(l->out->arena, path));
        }
}

static const struct journal_unit *in_journal(const struct look *l, const struct log_service *p)
{
    const struct journal_unit *best = NULL;
    for (size_t i = 0; i < l->units_n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(p->units) && p->units[k]; k++)
            if (strcmp(l->units[i].unit, p->units[k]) == 0 && l->units[i].last && (!best || l->units[i].last > best->last))
                best = &l->units[i];
    return best;
}

static void say_unrotated(struct look *l, struct finding *f, const struct seen_log *s)
{
    finding_evidence(l->out, f, s->unrotated.v[0], 0, "%s", _("no logrotate rule names this file: it grows until the disk is full"));
    finding_next(l->out, f, "ls -l %s; grep -rn log /etc/logrotate.d", s->unrotated.v[0]);
}

static void say_cut(struct findings *out, struct finding *f, const struct seen_log *s)
{
    finding_evidence(out, f, s->cut, 0, _("more than %d files have such names; the first %d were looked at"), MAX_LOG_FILES, MAX_LOG_FILES);
}

/* Since when a log must reach back: 28 days, on a younger machine its first days excepted. */
static int64_t wanted_from(const struct probe_ctx *ctx)
{
    int64_t from = ctx->now - WANTED_DAYS * DAY, installed = ctx->server->host->installed;
    return installed && installed + 2 * DAY > from ? installed + 2 * DAY : from;
}

/* What journald threw away of this service. */
static const struct journal_loss *lost_of(const struct look *l, const struct log_service *p)
{
    for (size_t i = 0; i < l->losses.list.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(p->units) && p->units[k]; k++)
            if (strcmp(l->losses.list.v[i].unit, p->units[k]) == 0)
                return &l->losses.list.v[i];
    return NULL;
}

static void say_losses(struct look *l, struct finding *f, const struct journal_loss *lost)
{
    struct findings *out = l->out;
    if (lost)
        finding_evidence(out, f, NULL, 0, _("journald threw %llu messages of %s away in the last week, the last on %s"), (unsigned long long)lost->messages, lost->unit,
                         clock_text(out->arena, lost->last, CLOCK_MINUTE));
    if (lost)
        finding_next(out, f, "journalctl -u systemd-journald -g Suppressed; man journald.conf # RateLimitBurst=");
    for (size_t i = 0; i < l->losses.damaged.n && i < SHOWN_DAMAGED; i++)
        finding_evidence(out, f, l->losses.damaged.v[i], 0, "%s", _("this file of the journal is damaged: what it holds is not seen"));
}

static void judge(struct look *l, const struct log_service *p, const struct instance *inst, const struct seen_log *s, const struct journal_unit *unit)
{
    struct findings *out = l->out;
    struct arena *a = out->arena;
    struct finding *f;
    if (!s->found) {
        bool blind = s->cut || l->journal_trouble || !l->ctx->server->host->privileged;
        f = finding_add(out, blind ? STATE_UNKNOWN : STATE_FAIL, p->object, blind ? _("Whether %s writes a log could not be seen") : _("No log of %s was found"), inst->product->title);
        if (l->journal_trouble)
            finding_evidence(out, f, NULL, 0, "%s", l->journal_trouble);
        if (s->cut)
            say_cut(out, f, s);
        finding_next(out, f, "journalctl -u %s -n 20", inst->unit[0] ? inst->unit : inst->product->id);
        return;
    }
    bool volatile_only = !s->survives, short_rotation = s->kept_days < WANTED_DAYS && !unit;
    const struct journal_loss *lost = unit ? lost_of(l, p) : NULL;
    bool damaged = unit && l->losses.damaged.n;
    if (s->idle)
        f = finding_add(out, STATE_WARN, p->object, _("Nothing has been written to the log of %s since %s"), inst->product->title, clock_text(a, s->newest, CLOCK_DAY));
    else if (volatile_only)
        f = finding_add(out, STATE_WARN, p->object, _("The log of %s is lost at every restart"), inst->product->title);
    else if (s->gap)
        f = finding_add(out, STATE_WARN, p->object, _("The log of %s reaches back only to %s (28 days are wanted)"), inst->product->title, clock_text(a, s->start, CLOCK_DAY));
    else if (s->unrotated.n)
        f = finding_add(out, STATE_WARN, p->object, _("A log of %s is not rotated"), inst->product->title);
    else if (short_rotation)
        f = finding_add(out, STATE_WARN, p->object, _("The log of %s is kept for %u days only (28 are wanted)"), inst->product->title, s->kept_days);
    else if (lost)
        f = finding_add(out, STATE_WARN, p->object, _("The log of %s has gaps: there was too much at once for journald"), inst->product->title);
    else if (damaged)
        f = finding_add(out, STATE_WARN, p->object, _("A part of the log of %s is damaged"), inst->product->title);
    else if (s->cut)
        f = finding_add(out, STATE_UNKNOWN, p->object, _("Only a part of the logs of %s was looked at, and that part is kept"), inst->product->title);
    else if (unit && l->losses_trouble)
        f = finding_add(out, STATE_UNKNOWN, p->object, _("The log of %s is kept; whether it has gaps could not be seen"), inst->product->title);
    else
        f = finding_add(out, STATE_OK, p->object, _("The log of %s is kept"), inst->product->title);
    f->basis = BASIS_FILES;
    finding_evidence(out, f, NULL, 0, _("from %s, last written %s"), clock_text(a, s->start, CLOCK_DAY), clock_text(a, s->newest, CLOCK_DAY));
    if (unit)
        finding_evidence(out, f, NULL, 0, _("in the journal as %s"), unit->unit);
    if (s->cut)
        say_cut(out, f, s);
    if (s->kept_by)
        finding_evidence(out, f, s->kept_by, s->kept_line, _("old logs are kept for %u days"), s->kept_days);
    if (volatile_only)
        finding_next(out, f, "mkdir -p /var/log/journal; systemctl restart systemd-journald");
    else if (short_rotation || s->gap)
        finding_next(out, f, "logrotate --debug /etc/logrotate.conf 2>&1 | less");
    if (s->unrotated.n)
        say_unrotated(l, f, s);
    if (unit)
        say_losses(l, f, lost);
    if (unit && l->losses_trouble)
        finding_evidence(out, f, NULL, 0, "%s", l->losses_trouble);
    if (f->state == STATE_WARN)
        finding_impact(out, f, "%s", _("After a break-in nobody can tell who came in, when and from where, or what was sent and taken."));
}

static void look_at(struct look *l, const struct log_service *p, const struct instance *inst)
{
    struct seen_log s = {.object = p->object, .kept_days = UINT32_MAX};
    for (size_t k = 0; k < ARRAY_SIZE(p->files) && p->files[k]; k++)
        add_pattern(l, &s, p->files[k]);
    add_settings(l, &s, p, inst);
    const struct journal_unit *unit = in_journal(l, p);
    s.service = p;
    s.newest_file = s.newest;
    s.newest_entry = l->extent.last;
    s.newest_unit = unit ? unit->last : 0;
    if (unit) {
        /* A unit that is younger than the journal has its whole log in it. */
        int64_t start = l->extent.first;
        s.found = true;
        s.survives |= l->extent.persistent;
        s.start = !s.start || start < s.start ? start : s.start;
        s.newest = l->extent.last > s.newest ? l->extent.last : s.newest;
    }
    s.in_journal = unit != NULL;
    s.idle = l->ctx->now - s.newest > DAY && !p->own;
    s.gap = s.start > wanted_from(l->ctx);
    if (l->seen)
        *list_push(l->out->arena, &l->seen->list) = s;
    else
        judge(l, p, inst, &s, unit);
}

static void look_at_all(const struct probe_ctx *ctx, struct findings *out, struct seen_logs *seen)
{
    struct look *l = arena_zalloc(out->arena, sizeof *l);
    struct err why = {0};
    l->ctx = ctx;
    l->out = out;
    l->seen = seen;
    rotations_read(ctx->server->host->root, out->arena, &l->rotations);
    l->units = arena_zalloc(out->arena, log_services_n * ARRAY_SIZE(log_services[0].units) * sizeof *l->units);
    for (size_t i = 0; i < log_services_n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(log_services[i].units) && log_services[i].units[k]; k++)
            l->units[l->units_n++].unit = log_services[i].units[k];
    if (journal_extent(ctx->server->host->root, l->units, l->units_n, &l->extent, &why) < 0)
        l->journal_trouble = arena_printf(out->arena, _("the journal could not be read: %s"), why.text);
    if (l->extent.found && !seen && journal_losses(ctx->server->host->root, ctx->now - LOSSES_DAYS * DAY, out->arena, &l->losses, &why) < 0)
        l->losses_trouble = arena_printf(out->arena, _("the journal could not be read: %s"), why.text);
    for (size_t i = 0; i < log_services_n; i++) {
        const struct instance *inst = server_instance(ctx->server, log_services[i].product, 0);
        if (inst && inst->wanted)
            look_at(l, &log_services[i], inst);
    }
}

int log_found(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    look_at_all(ctx, out, NULL);
    return 0;
}

void logs_see(const struct probe_ctx *ctx, struct findings *scratch, struct seen_logs *ret)
{
    look_at_all(ctx, scratch, ret);
}
