/* found_fix.c: the plan of log.found: logs that nobody rotates get a rule, rules that keep too little keep 28 days, the journal goes to the disk. */
#include "base/clock.h"
#include "base/i18n.h"
#include "log/found.h"
#include "log/rotation_edit.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#define MAX_RULES (1u << 20)
#define JOURNAL "/var/log/journal"
#define JOURNAL_DROP_IN "/etc/systemd/journald.conf.d/zz-bansho.conf" /* read after all others */
#define LOGROTATE "/usr/sbin/logrotate"

struct making {
    struct plan *plan;
    struct buf journal;    /* the drop-in */
    bool rotates;
};

static void test_rotation(struct making *m)
{
    static const char *const argv[] = {LOGROTATE, "--debug", "/etc/logrotate.conf", NULL};
    if (!m->rotates)
        plan_test(m->plan, argv);
    m->rotates = true;
}

/* --- a rule for what nobody rotates --- */

/* logrotate refuses directories into which others than root may write, unless it is told as whom to work there. */
static void su_line(struct making *m, const char *path, struct buf *b)
{
    struct stat st;
    struct arena *a = m->plan->arena;
    const char *slash = strrchr(path, '/');
    const char *dir = slash == path ? "/" : arena_dup(a, str_span(path, (size_t)(slash - path)));
    if (root_stat(m->plan->root, dir, &st) < 0 || (st.st_uid == 0 && !(st.st_mode & S_IWGRP) && !(st.st_mode & S_IWOTH)))
        return;
    const struct passwd *u = getpwuid(st.st_uid);
    const struct group *g = getgrgid(st.st_gid);
    if (u && g)
        buf_printf(b, "\tsu %s %s\n", u->pw_name, g->gr_name);
}

static bool fit_for_a_rule(const char *path)
{
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p <= 0x20 || strchr("\"'{}*?[]\\#", *p) || *p == 0x7f)
            return false;
    return true;
}

static int add_rules(struct making *m, const struct seen_log *s, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_RULES);
    struct plan *p = m->plan;
    char name[32];
    size_t n = 0;
    for (const char *c = s->object; *c && n + 1 < sizeof name; c++)
        name[n++] = (char)(*c == ' ' ? '-' : *c);
    name[n] = 0;
    /* Rules of an earlier change stay: their logs are rotated by them alone. */
    const char *file = arena_printf(p->arena, "/etc/logrotate.d/bansho-%s", name);
    struct str old = STR("# bansho: logs that no other rule rotates (bansho explain log.found)\n");
    int r = root_exists(p->root, file) ? plan_read(p, file, &old, err) : 0;
    if (r < 0)
        return r;
    buf_adds(&b, old);
    for (size_t i = 0; i < s->unrotated.n; i++) {
        const char *path = s->unrotated.v[i];
        if (!fit_for_a_rule(path)) {
            plan_cannot(p, s->object, _("%s: its name cannot be written in a logrotate rule"), path);
            return 0;
        }
        /* The service goes on writing into the file that it has open. */
        buf_printf(&b, "%s {\n\tweekly\n\trotate 5\n\tcompress\n\tdelaycompress\n\tmissingok\n\tnotifempty\n\tcopytruncate\n", path);
        su_line(m, path, &b);
        buf_addz(&b, "}\n");
    }
    test_rotation(m);
    plan_note(p, "%s", _("copytruncate: what is written in the very moment of rotation, once a week, may be lost"));
    return plan_write(p, file, buf_str(&b), 0644, err);
}

/* --- a rule that keeps longer --- */

static int keep_longer(struct making *m, const struct seen_log *s, const struct rotation *rule, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_RULES);
    struct str text;
    int r = plan_read(m->plan, rule->file, &text, err);
    if (r < 0)
        return r;
    int e = rotation_edit(text, rule, LOG_WANTED_DAYS, &b);
    if (e == -EOPNOTSUPP) {
        plan_cannot(m->plan, s->object, _("%s rotates by size: for how many days that is enough cannot be told"), rule->file);
        return 0;
    }
    if (e < 0) {
        plan_cannot(m->plan, s->object, _("%s, line %u: the rule was not understood"), rule->file, rule->line);
        return 0;
    }
    test_rotation(m);
    return plan_write(m->plan, rule->file, buf_str(&b), 0, err);
}

/* --- the journal --- */

/* Limits that make it shorter than wanted. */
static bool limited_in_time(const struct root *root)
{
    static const char *const patterns[] = {"/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/*.conf", "/run/systemd/journald.conf.d/*.conf", "/usr/lib/systemd/journald.conf.d/*.conf"};
    _cleanup_(arena_freep) struct arena *a = arena_new(8u << 20);
    bool limited = false;
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        struct names files = {0};
        (void)!root_glob(root, patterns[i], 200, a, &files);
        for (size_t k = 0; k < files.list.n; k++) {
            _cleanup_(buf_free) struct buf b = BUF(MAX_RULES);
            struct str text, line;
            if (root_read(root, files.list.v[k], &b) < 0)
                continue;
            for (text = buf_str(&b); str_line(&text, &line);)
                limited |= str_starts(str_trim(line), STR("MaxRetentionSec=")) && !str_eq(str_trim(line), STR("MaxRetentionSec=0"));
        }
    }
    return limited;
}

static int journal_on_disk(struct making *m, struct err *err)
{
    const struct group *g = getgrnam("systemd-journal");
    if (m->journal.n)
        return 0;
    buf_addz(&m->journal, "# bansho: the journal survives a restart (bansho explain log.found)\n[Journal]\nStorage=persistent\n");
    if (limited_in_time(m->plan->root))
        buf_addz(&m->journal, "MaxRetentionSec=5week\n");
    plan_note(m->plan, "%s", _("the journal takes at most a tenth of the file system, and leaves a seventh of it free (SystemMaxUse, SystemKeepFree in journald.conf)"));
    plan_note(m->plan, "%s", _("on the way back the entries that were written to the disk meanwhile stay there: logs are never deleted"));
    return plan_directory(m->plan, JOURNAL, 02755, 0, g ? g->gr_gid : 0, err);
}

static int journal_longer(struct making *m)
{
    if (m->journal.n || !limited_in_time(m->plan->root))
        return 0;
    buf_addz(&m->journal, "# bansho: the journal is kept for 28 days (bansho explain log.found)\n[Journal]\nMaxRetentionSec=5week\n");
    return 0;
}

static int write_journal(struct making *m, struct err *err)
{
    if (!m->journal.n)
        return 0;
    int r = plan_directory(m->plan, "/etc/systemd/journald.conf.d", 0755, 0, 0, err);
    if (r == 0)
        r = plan_write(m->plan, JOURNAL_DROP_IN, buf_str(&m->journal), 0644, err);
    plan_settle(m->plan, "systemd-journald.service", UNIT_RESTART);
    plan_settle(m->plan, "systemd-journal-flush.service", UNIT_RESTART);
    return r;
}

/* What is gone comes back by itself only, with the days. */
static void gap(struct making *m, const struct seen_log *s)
{
    plan_cannot(m->plan, s->object, _("what was deleted does not come back: this log reaches back far enough on %s"), clock_text(m->plan->arena, s->start + LOG_WANTED_DAYS * DAY, CLOCK_DAY));
}

static int one(struct making *m, const struct seen_log *s, struct err *err)
{
    int r = 0;
    if (!s->found || s->idle) {
        plan_cannot(m->plan, s->object, "%s", _("nothing writes this log: why, only the service can tell (its log settings, journalctl -u)"));
        return 0;
    }
    if (!s->survives)
        r = journal_on_disk(m, err);
    if (r == 0 && s->gap && s->in_journal)
        r = journal_longer(m);
    for (size_t i = 0; r == 0 && !s->in_journal && i < s->brief.n; i++)
        r = keep_longer(m, s, s->brief.v[i], err);
    if (r == 0 && s->unrotated.n)
        r = add_rules(m, s, err);
    if (s->gap)
        gap(m, s);
    else if (s->survives && !s->unrotated.n && (s->in_journal || !s->brief.n))
        plan_cannot(m->plan, s->object, "%s", _("what the journal did not take, or lost, does not come back; whether it is to take more at once (RateLimitBurst= in journald.conf) depends on the disk"));
    return r;
}

int log_found_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct making m = {.plan = out, .journal = BUF(4096)};
    struct findings scratch = {.arena = out->arena, .check = wrong->check};
    struct seen_logs logs = {0};
    int r = 0;
    logs_see(ctx, &scratch, &logs);
    plan_title(out, N_("Every service's log is to be rotated, kept for 28 days and survive a restart"));
    for (size_t i = 0; r == 0 && i < wrong->list.n; i++)
        for (size_t k = 0; r == 0 && k < logs.list.n; k++)
            if (strcmp(wrong->list.v[i].object, logs.list.v[k].object) == 0)
                r = one(&m, &logs.list.v[k], err);
    if (r == 0)
        r = write_journal(&m, err);
    buf_free(&m.journal);
    plan_unchanged(out, "%s", _("the services that write: none is restarted; what they wrote stays where it is"));
    if (m.rotates)
        plan_untested(out, "%s", _("a real rotation: it comes by itself; the rules are only tried (logrotate --debug)"));
    return r;
}
