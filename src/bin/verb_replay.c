/* verb_replay.c: `bansho replay [LOG...]`: whom the guard would have shut out, in the logs' own time. */
#include "base/clock.h"
#include "base/when.h"
#include "bin/replay_machine.h"
#include "bin/replay_page.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "guard/filters.h"
#include "guard/never.h"
#include "log/lines.h"
#include "log/rotated.h"
#include "term/progress.h"
#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_LOGS 4000
#define ARENA_MAX (256u << 20)
#define LAST_DAYS (7 * 86400) /* of this machine, where no log is named */

static const struct verb_option replay_options[] = {
    {"filter", 0, ARGUMENT_TEXT, "NAMES", NULL, N_("filters, parted by commas, each with its options: 'sshd[mode=aggressive], postfix' (default: guard.filters of bansho.conf)")},
    {"filter-dir", 0, ARGUMENT_DIR, "DIR", NULL, N_("where the filters are, such as /etc/fail2ban/filter.d (default: bansho's own, which also know successful logins)")},
    {"journal", 0, ARGUMENT_NONE, NULL, NULL, N_("the systemd journal, too: each filter sees what its own service wrote there")},
    {"since", 0, ARGUMENT_TEXT, "TIME", NULL, N_("what happened before counts nowhere: 2026-11-24, '2026-11-24 10:00', yesterday, 3d, 2h")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the whole result as JSON (schema bansho.replay/1)")},
    {0},
};

/* guard.filters names programs whose logins are meant; where fail2ban's filter of that name looks for something else by itself, it is asked for them; some are
   called otherwise there, or cannot be (empty: web servers' logs tell failures of many programs, which fail2ban has no one filter for). */
static struct str for_logins(struct str name)
{
    static const struct { struct str name, spec; } asked[] = {{{"postfix", 7}, {"postfix[mode=auth]", 18}}, {{"courier", 7}, {"courier-auth", 12}}, {{"web-access", 10}, {"", 0}}};
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
        if (str_eq(name, asked[i].name))
            return asked[i].spec;
    return name;
}

static int load_filter(const char *dir, struct str spec, struct arena *a, struct replay_options *o, struct err *err)
{
    struct filter_definition d;
    int r = guard_filter_load(a, dir, spec, false, &d, err);
    if (r < 0)
        return r;
    *list_push(a, &o->filters) = d;
    if (!o->journal)
        return 0;
    r = guard_filter_load(a, dir, spec, true, &d, err);
    if (r == 0)
        *list_push(a, &o->journal_filters) = d;
    return r;
}

static int load_filters(const struct call *c, const struct config *config, struct arena *a, struct replay_options *o, struct err *err)
{
    const char *said = call_option(c, "filter-dir"), *dir = said ? said : filter_own_dir(), *names = call_option(c, "filter");
    struct str rest = str_of(names ? names : config_text(config, "guard", "filters", "")), spec;
    while (guard_filter_next(&rest, &spec)) {
        spec = names || !said ? spec : for_logins(spec);
        int r = spec.n ? load_filter(dir, spec, a, o, err) : 0;
        if (r < 0)
            return r;
    }
    return o->filters.n ? 0 : err_set(err, -EINVAL, "%s", _("no filter is named; for example: --filter sshd"));
}

/* What the command line says besides filters and logs. */
static int understand(const struct call *c, struct replay_options *o, struct err *err)
{
    const char *since = call_option(c, "since");
    o->now = (int64_t)time(NULL);
    if (since && !when_read(str_of(since), o->now, WHEN_BEGIN, &o->since))
        return err_set(err, -EINVAL, _("%s is no time; for example: --since 2026-11-24, --since '2026-11-24 10:00', --since 3d"), since);
    if (!since && !c->args_n && !call_option(c, "journal"))
        o->since = o->now - LAST_DAYS;
    return 0;
}

static int open_log(struct arena *a, const char *name, struct replay_options *o, struct err *err)
{
    char log[PATH_MAX];
    struct stat st;
    int fd = lines_file(name, &st, err);
    if (fd < 0)
        return fd;
    rotated_of(str_of(name), log, sizeof log);
    *list_push(a, &o->files) = (struct replay_file){name, fd, arena_dupz(a, log), st.st_mtime};
    return 0;
}

/* A log may go while others are opened; of the machine's own, one that went is none. */
static int open_own(const char *language, struct arena *a, struct replay_options *o, bool *ret_journal, struct err *err)
{
    struct machine_logs own;
    int r = machine_logs_find(language, o->since, a, &own, err);
    for (size_t i = 0; r == 0 && i < own.files.n; i++) {
        struct err why = {0};
        int e = open_log(a, own.files.v[i], o, &why);
        if (e < 0 && e != -ENOENT)
            *list_push(a, &o->not_read) = (struct replay_seen){.name = own.files.v[i], .fault = arena_dupz(a, why.text)};
    }
    if (r == 0 && own.partly)
        *list_push(a, &o->not_read) = (struct replay_seen){.name = "", .fault = _("there are more log files than are looked at")};
    if (r < 0)
        return r;
    o->own = true;
    *ret_journal = own.journal;
    return own.journal || own.files.n ? 0 : err_set(err, -ENOENT, "%s", _("no log of any service was found here; name a log"));
}

static int open_logs(const struct call *c, struct root *root, struct arena *a, struct replay_options *o, struct err *err)
{
    struct rlimit files;
    bool journal = call_option(c, "journal");
    int r = 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* every log stays open */
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!c->args_n && !journal)
        r = open_own(c->language, a, o, &journal, err);
    for (size_t i = 0; r == 0 && i < c->args_n; i++)
        r = open_log(a, c->args[i], o, err);
    if (r == 0 && journal) {
        r = root_open("/", root, err);
        o->journal = root;
    }
    return r;
}

static int prepare(const struct call *c, const struct config *config, struct root *root, struct arena *a, struct replay_options *o, struct err *err)
{
    o->rules = (struct guard_rules){.find_time = config_number(config, "guard", "find-time"), .ban_time = config_number(config, "guard", "ban-time"),
                                    .ban_time_max = config_number(config, "guard", "ban-time-max"), .max_retry = (unsigned)config_number(config, "guard", "max-retry")};
    never_fill(config, a, &o->rules);
    int r = understand(c, o, err);
    if (r == 0)
        r = open_logs(c, root, a, o, err);
    return r < 0 ? r : load_filters(c, config, a, o, err);
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    progress_show(arg, _("reading, MB"), (size_t)(done >> 20), (size_t)(total >> 20));
}

static enum outcome replay(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct progress progress = progress_begin();
    struct replay_options o = {.progress = show_progress, .progress_arg = &progress};
    struct replay result = {0};
    struct config *config = NULL;
    struct root root = {.fd = -1};
    struct err err = {0};
    tzset(); /* while our own time zone can still be read */
    int r = session_config(&config, &err);
    if (r == 0)
        r = prepare(c, config, &root, a, &o, &err);
    if (r == 0)
        r = replay_run(&o, a, &result, &err);
    progress_end(&progress);
    for (size_t i = 0; i < o.files.n; i++)
        close(o.files.v[i].fd);
    if (r == 0)
        replay_tell(&o, &result, call_option(c, "json") ? c->language : NULL);
    config_free(config);
    root_close(&root);
    if (r < 0)
        return complain(&err);
    for (size_t i = 0; i < result.seen.n; i++)
        if (result.seen.v[i].fault)
            return OUTCOME_UNKNOWN;
    return result.given_up || replay_unparsed(&result) ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

const struct verb verb_replay = {
    .name = "replay",
    .usage = "[LOG...|--journal] [--since TIME] [--filter NAMES] [--filter-dir DIR] [--json]",
    .summary = N_("tells whom the guard would have shut out, when and why, from logs of the past; changes nothing"),
    .help = N_("Without a log it takes this machine's own last seven days (or --since): the journal for services that write there, the log files of the others.\n\n"
               "Reads logs in their own time: plain, or packed by gzip, xz or zstd; a log and its rotated files are one. - is the standard input. "
               "With --journal each filter sees only what its own service wrote there, whatever others write in its name. "
               "Failures are counted as the section guard of bansho.conf says (find-time, max-retry, ban-time); the networks of its sources are never shut out.\n\n"
               "Where lines of a service speak of logins and its filter understands none of them, that is told, and the exit status is 3: nobody is seen there.\n\n"
               "The filters are bansho's own, which know successful logins, too, so that a login after failures, a telephone with an old password and an office behind one "
               "address are told apart; or, with --filter-dir, fail2ban's, unchanged."),
    .options = replay_options,
    .argument = ARGUMENT_FILE,
    .max = MAX_LOGS,
    .run = replay,
};
