/* verb_log.c: `bansho log search`: lines of this machine's logs, or of logs that are named, as one story in the order of time. */
#include "base/clock.h"
#include "base/cursor.h"
#include "base/shell.h"
#include "base/when.h"
#include "base/worker.h"
#include "bin/log_follow.h"
#include "bin/log_page.h"
#include "bin/log_sources.h"
#include "bin/verbs.h"
#include "log/files.h"
#include "log/journal.h"
#include "log/lines.h"
#include "log/rotated.h"
#include "log/site_logs.h"
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX (256u << 20)

/* What was looked at to know which files are searched. */
struct machine {
    const struct root *root;
    struct host *host;
    struct server *server;
    struct site_logs site;
};

static int wanted_time(const struct call *c, const char *option, enum when_end end, int64_t now, int64_t *ret, struct err *err)
{
    const char *text = call_option(c, option);
    if (text && !when_read(str_of(text), now, end, ret))
        return err_set(err, -EINVAL, _("--%s %s: a time is for example \"2026-11-24 10:00\", 10:00, yesterday, 2h or 3d"), option, text);
    return 0;
}

/* In small letters, as they are compared. */
static struct str lowered(struct arena *a, const char *text)
{
    char *copy = arena_dupz(a, text);
    for (char *p = copy; p && *p; p++)
        *p = str_lower(*p);
    return str_of(copy);
}

int log_understand(const struct call *c, int64_t now, struct arena *a, struct selection *ret, struct err *err)
{
    const char *address = call_option(c, "address"), *service = call_option(c, "service");
    *ret = SELECTION_ALL;
    ret->account = lowered(a, call_option(c, "account"));
    ret->site = lowered(a, call_option(c, "site"));
    if (service && !service_set(str_of(service), &ret->services))
        return err_set(err, -EINVAL, _("--service %s: the services are ssh, smtp, submission, imap, pop3, mail, ftp, web, panel, dns, mysql, postgresql"), service);
    if (ret->account.n > SEEK_TEXT_MAX || str_find(ret->account, ' ') >= 0)
        return err_set(err, -EINVAL, _("--account %s: this is no account"), call_option(c, "account"));
    ret->text = c->args_n > 1 ? str_of(c->args[1]) : (struct str){0};
    ret->addressed = address != NULL;
    if (ret->text.n > SEEK_TEXT_MAX)
        return err_set(err, -EINVAL, _("the text is longer than %d bytes"), SEEK_TEXT_MAX);
    if (str_find(ret->text, '\n') >= 0)
        return err_set(err, -EINVAL, "%s", _("the text is looked for within a line: it cannot hold an end of line"));
    if (address && !prefix_parse(str_of(address), true, &ret->address))
        return err_set(err, -EINVAL, _("--address %s: an address or a network is for example 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"), address);
    int r = wanted_time(c, "since", WHEN_BEGIN, now, &ret->since, err);
    if (r == 0)
        r = wanted_time(c, "until", WHEN_END, now, &ret->until, err);
    if (r == 0 && ret->since > ret->until)
        r = err_set(err, -EINVAL, "%s", _("--since is later than --until"));
    if (r == 0 && strcmp(c->args[0], "search") == 0 && !ret->text.n && !ret->addressed && !ret->account.n && !ret->site.n && !selection_timed(ret))
        r = err_set(err, -EINVAL, "%s", _("log search: say what you look for. For example: bansho log search --address 192.0.2.1, or: bansho log search --since 2h"));
    return r;
}

/* A log that was named: it must be there, and the others are its own matter. */
static int add_named(const char *name, struct arena *a, int64_t now, struct search_options *o, struct err *err)
{
    char log[PATH_MAX];
    struct stat st;
    int fd = lines_file(name, &st, err);
    if (fd < 0)
        return fd;
    close(fd);
    rotated_of(str_of(name), log, sizeof log);
    *list_push(a, &o->files) = (struct search_file){.name = name, .log = arena_dupz(a, log), .changed = S_ISREG(st.st_mode) ? (int64_t)st.st_mtime : now};
    return 0;
}

static int add_all_named(const struct call *c, struct arena *a, struct search_options *o, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < c->given_n; i++)
        if (strcmp(c->given[i]->name, "log") == 0)
            r = add_named(c->values[i], a, o->now, o, err);
    return r;
}

/* A site's own logs are those that the web servers' settings name, and what lies in a directory of its name (Plesk). */
static bool of_site(const struct site_logs *logs, const struct log_file *f, struct arena *a, struct str site)
{
    for (size_t i = 0; i < logs->list.n; i++)
        if (strcmp(logs->list.v[i], f->log) == 0)
            return true;
    struct str within = STR("/"), path = lowered(a, f->path);
    struct buf part = BUF(4096);
    buf_adds(&part, within);
    buf_adds(&part, site);
    buf_adds(&part, within);
    bool found = str_search(path, buf_str(&part)) >= 0;
    buf_free(&part);
    return found;
}

static bool known_path(const struct log_files *found, const char *path)
{
    for (size_t i = 0; i < found->list.n; i++)
        if (strcmp(found->list.v[i].log, path) == 0)
            return true;
    return false;
}

static int add_machine(const struct call *c, const struct machine *m, struct arena *a, struct search_options *o, struct log_files *found, struct err *err)
{
    bool any = m->site.known;
    log_files_find(m->root, a, found);
    for (size_t i = 0; i < m->site.list.n; i++)
        if (!known_path(found, m->site.list.v[i]))
            log_files_add(m->root, m->site.list.v[i], "http", a, found);
    o->root = m->root;
    for (size_t i = 0; i < found->list.n; i++) {
        const struct log_file *f = &found->list.v[i];
        bool own = o->selection->site.n && of_site(&m->site, f, a, o->selection->site);
        any |= own;
        if (!o->selection->site.n || own || (f->service && strcmp(f->service, "http") == 0))
            *list_push(a, &o->files) = (struct search_file){.name = f->path, .log = f->log, .changed = f->changed, .service = f->service, .of_site = own};
    }
    if (o->selection->site.n)
        return any ? 0 : err_set(err, -ENOENT, _("--site %s: the web servers here have no such site, and no log lies in a directory of its name"), call_option(c, "site"));
    *list_push(a, &o->files) = (struct search_file){.name = "journal", .log = "journal", .changed = o->now, .journal = true};
    return 0;
}

/* Which logs a site writes is in the web servers' settings: the only question for which they are read. */
static int look_at_sites(struct machine *m, struct str site, struct arena *a, struct err *err)
{
    struct clock clock = clock_system();
    int r = host_new(m->root, &clock, &m->host, err);
    if (r == 0)
        r = server_new(m->host, &m->server, err);
    if (r == 0)
        site_logs(m->server, site, a, &m->site);
    return r;
}

struct sites_job {
    struct machine *machine;
    struct str site;
    struct arena *a;
};

static int sites_below(void *arg, struct buf *out)
{
    struct sites_job *j = arg;
    struct machine *m = j->machine;
    int r = look_at_sites(m, j->site, j->a, NULL);
    buf_put_u32(out, (m->site.known ? 1 : 0) | (m->site.shared ? 2 : 0));
    for (size_t i = 0; r == 0 && i < m->site.list.n; i++)
        buf_put_z(out, m->site.list.v[i]);
    return r;
}

/* Below a foreign root the settings are a stranger's, too: a confined process reads them. */
static int look_below(struct machine *m, struct str site, struct arena *a, struct err *err)
{
    struct sites_job job = {m, site, a};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = 60000};
    _cleanup_(buf_free) struct buf out = BUF(1u << 20);
    int r = worker_run(&o, sites_below, &job, &out, err);
    struct cursor c = cursor_of(buf_str(&out));
    uint32_t flags = cursor_below(&c, 4);
    m->site.known = flags & 1;
    m->site.shared = flags & 2;
    while (r == 0 && c.rest.n && !c.bad) {
        struct str path = cursor_str(&c);
        if (path.p)
            *list_push(a, &m->site.list) = arena_dup(a, path);
    }
    return r;
}

/* Nothing was found before that: nobody knows whether there was anything. */
static const char *journal_note(const struct machine *m, int64_t since, struct arena *a)
{
    struct journal_extent extent = {0};
    if (!since || journal_extent(m->root, NULL, 0, &extent, NULL) < 0 || !extent.found || extent.first <= since)
        return NULL;
    return arena_printf(a, _("The journal reaches back to %s only."), clock_text(a, extent.first, CLOCK_MINUTE));
}

/* The command as it was given, but for the lines themselves. */
static struct str again(const struct call *c, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    buf_addz(&b, "bansho log search");
    for (size_t i = 0; i < c->given_n; i++)
        if (c->values[i] && strcmp(c->given[i]->name, "lang") != 0) {
            buf_printf(&b, " --%s ", c->given[i]->name);
            shell_argument(&b, str_of(c->values[i]));
        }
    buf_addz(&b, " --lines");
    for (size_t i = 1; i < c->args_n; i++) {
        buf_addz(&b, c->args[i][0] == '-' ? " -- " : " ");
        shell_argument(&b, str_of(c->args[i]));
    }
    return str_of(arena_dup(a, buf_str(&b)));
}

static enum outcome tell(const struct call *c, struct arena *a, struct search_options *o, const char *cut, const char *note, struct err *err)
{
    struct search_seen *seen = NULL;
    struct log_page page;
    log_page_begin(&page, o, a, call_option(c, "json") ? c->language : NULL, call_option(c, "lines"), again(c, a));
    o->progress = log_page_progress;
    o->progress_arg = &page;
    int r = search_run(o, log_page_line, &page, a, &seen, err);
    bool all = log_page_end(&page, seen, cut, r < 0 ? err->text : note);
    return r < 0 ? complain(err) : all ? OUTCOME_FINE : OUTCOME_UNKNOWN;
}

static enum outcome search(const struct call *c, struct arena *a)
{
    struct root root = {.fd = -1};
    struct machine machine = {.root = &root};
    struct selection wanted;
    struct search_options o = {.selection = &wanted, .now = (int64_t)time(NULL), .filters = filter_own_dir()};
    struct log_files found = {0};
    struct err err = {0};
    enum outcome outcome = OUTCOME_USAGE;
    tzset(); /* while our own time zone can still be read */
    int r = log_understand(c, o.now, a, &wanted, &err);
    if (r == 0)
        r = root_open(call_option(c, "root") ? call_option(c, "root") : "/", &root, &err);
    if (r == 0 && wanted.site.n)
        r = root.live ? look_at_sites(&machine, wanted.site, a, &err) : look_below(&machine, wanted.site, a, &err);
    if (r == 0 && call_option(c, "root") && call_option(c, "log"))
        r = err_set(&err, -EINVAL, "%s", _("--log names a file of this machine: it cannot stand beside --root"));
    if (r == 0)
        r = add_all_named(c, a, &o, &err);
    if (r == 0 && !o.files.n)
        r = add_machine(c, &machine, a, &o, &found, &err);
    const char *note = machine.site.shared ? _("This site has no log of its own for some of its addresses: what shared logs hold of it cannot be told apart.") : o.root && !wanted.site.n ? journal_note(&machine, wanted.since, a) : NULL;
    outcome = r < 0 ? complain(&err) : tell(c, a, &o, found.cut, note, &err);
    server_free(machine.server);
    host_free(machine.host);
    root_close(&root);
    return outcome;
}

static enum outcome run(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    return strcmp(c->args[0], "follow") == 0 ? log_follow(c, a) : strcmp(c->args[0], "sources") == 0 ? log_sources(c, a) : search(c, a);
}

static const struct verb_option log_options[] = {
    {"address", 0, ARGUMENT_TEXT, "X", NULL, N_("lines that name this address, or one of this network (192.0.2.0/24), as a whole word in any spelling")},
    {"account", 0, ARGUMENT_TEXT, "A", NULL, N_("what an account did: lines that name it as one that logs in, and all of its connections and messages; taro and taro@example.jp are two")},
    {"service", 0, ARGUMENT_TEXT, "S", NULL, N_("lines of this service: ssh, smtp, submission, imap, pop3, mail, ftp, web, panel, dns, mysql, postgresql")},
    {"site", 0, ARGUMENT_TEXT, "S", NULL, N_("the logs of this web site, by the settings of Apache and nginx")},
    {"since", 0, ARGUMENT_TEXT, "T", NULL, N_("from then on: 2026-11-24, \"2026-11-24 10:00\", 10:00 (the last one), yesterday, 2h, 3d")},
    {"until", 0, ARGUMENT_TEXT, "T", NULL, N_("up to then; a day alone means its end")},
    {"log", 0, ARGUMENT_FILE, "FILE", NULL, N_("search this file instead of the machine's logs; may be given several times; - is the standard input")},
    {"root", 0, ARGUMENT_DIR, "DIR", NULL, N_("the logs of the system below this directory (a mounted disk); no program of it is run")},
    {"lines", 0, ARGUMENT_NONE, NULL, NULL, N_("with --account: the lines themselves instead of what they say")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the whole result as JSON (schema bansho.log/1, bansho.log-follow/1, bansho.log-sources/1)")},
    {0},
};

const struct verb verb_log = {
    .name = "log",
    .usage = "search|follow|sources [--account A] [--address X] [--site S] [--service S] [--since T] [--until T] [--log FILE]... [--root DIR] [--lines] [--json] [TEXT]",
    .summary = N_("searches all logs of this machine, or shows them while they are written, as one story in the order of time"),
    .help = N_("search shows the lines that hold TEXT (just these bytes, as with grep -F) and fit all options, from the journal and from every log below /var/log and of the web sites: "
               "plain, or packed by gzip, xz or zstd, in the order of their times. Packed files are unpacked side by side and never held as a whole. "
               "A line that stands in two logs, as rsyslog writes what is in the journal into a file, is told once.\n\n"
               "--account follows an account: its logins, and everything that belongs to its connections and messages (a session, a process, a queue id) once one line named it. "
               "An address in from=<...> or to=<...> is no login: anybody can write mail in somebody's name. taro and taro@example.jp are two accounts. "
               "What is told are events: logins, messages and what became of each recipient in the receiver's words, files; sums and the next command stand at the end. "
               "--lines shows the lines themselves.\n\n"
               "A line without a date belongs to the time of the line before it; a year that is missing is taken from when the file was last changed. "
               "Lines of which nobody knows the time are left out, and counted, where --since or --until is given.\n\n"
               "A file that is damaged or cannot be read is told at the end, the others are searched all the same (exit status 3). Where no login of an account is known, but lines of it speak of one that no filter "
               "understands, that is told, too (exit status 3). Finding nothing is no error.\n\n"
               "follow shows new lines while they are written, from each service's live source: the journal, where the service writes there, else its files, through every rotation. "
               "--since begins with what is already in the journal and in live files. With --account it tells what the account does, as search, and lines that speak of a login as they stand while no filter understands any; with --json each line is an object of its own "
               "(schema bansho.log-follow/1), with what it says where a filter knows it. It ends with Ctrl-C, and has no --until and no --root.\n\n"
               "sources tells from where the log of each service is read, and how it is, from what was written in the last seven days (or since --since): live; quiet, where nothing came; "
               "unparsed, where lines came of which no filter knows any (exit status 1, with examples). Of very large logs only the end is looked at, which is said."),
    .options = log_options,
    .argument = ARGUMENT_WORDS,
    .words = "search|follow|sources",
    .min = 1,
    .max = 2,
    .run = run,
};
