/* verb_log.c: `bansho log search`: lines of this machine's logs, or of logs that are named, as one story in the order of time. */
#include "base/when.h"
#include "bin/log_page.h"
#include "bin/verbs.h"
#include "log/files.h"
#include "log/lines.h"
#include "log/rotated.h"
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX (256u << 20)

static int wanted_time(const struct call *c, const char *option, enum when_end end, int64_t now, int64_t *ret, struct err *err)
{
    const char *text = call_option(c, option);
    if (text && !when_read(str_of(text), now, end, ret))
        return err_set(err, -EINVAL, _("--%s %s: a time is for example \"2026-11-24 10:00\", 10:00, yesterday, 2h or 3d"), option, text);
    return 0;
}

static int understand(const struct call *c, int64_t now, struct selection *ret, struct err *err)
{
    const char *address = call_option(c, "address");
    *ret = SELECTION_ALL;
    ret->text = c->args_n > 1 ? str_of(c->args[1]) : (struct str){0};
    ret->addressed = address != NULL;
    if (ret->text.n > NEEDLE_MAX)
        return err_set(err, -EINVAL, _("the text is longer than %d bytes"), NEEDLE_MAX);
    if (str_find(ret->text, '\n') >= 0)
        return err_set(err, -EINVAL, "%s", _("the text is looked for within a line: it cannot hold an end of line"));
    if (address && !prefix_parse(str_of(address), true, &ret->address))
        return err_set(err, -EINVAL, _("--address %s: an address or a network is for example 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"), address);
    int r = wanted_time(c, "since", WHEN_BEGIN, now, &ret->since, err);
    if (r == 0)
        r = wanted_time(c, "until", WHEN_END, now, &ret->until, err);
    if (r == 0 && ret->since > ret->until)
        r = err_set(err, -EINVAL, "%s", _("--since is later than --until"));
    if (r == 0 && !ret->text.n && !ret->addressed && !selection_timed(ret))
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
    *list_push(a, &o->files) = (struct search_file){name, arena_dupz(a, log), S_ISREG(st.st_mode) ? (int64_t)st.st_mtime : now, NULL};
    return 0;
}

static int add_files(const struct call *c, struct arena *a, const struct root *root, struct search_options *o, const char **ret_cut, struct err *err)
{
    struct log_files found = {0};
    bool named = false;
    for (size_t i = 0; i < c->given_n; i++)
        if (strcmp(c->given[i]->name, "log") == 0) {
            int r = add_named(c->values[i], a, o->now, o, err);
            if (r < 0)
                return r;
            named = true;
        }
    if (named)
        return 0;
    log_files_find(root, a, &found);
    *ret_cut = found.cut;
    o->root = root;
    for (size_t i = 0; i < found.list.n; i++) {
        const struct log_file *f = &found.list.v[i];
        *list_push(a, &o->files) = (struct search_file){f->path, f->log, f->changed, f->service};
    }
    return 0;
}

static enum outcome search(const struct call *c, struct arena *a)
{
    struct root root = {.fd = -1};
    struct selection wanted;
    struct search_options o = {.selection = &wanted, .now = (int64_t)time(NULL)};
    struct search_seen *seen = NULL;
    struct log_page page;
    struct err err = {0};
    const char *cut = NULL;
    bool all = false;
    tzset(); /* while our own time zone can still be read */
    int r = understand(c, o.now, &wanted, &err);
    if (r == 0)
        r = root_open("/", &root, &err);
    if (r == 0)
        r = add_files(c, a, &root, &o, &cut, &err);
    if (r == 0) {
        log_page_begin(&page, &o, call_option(c, "json") ? c->language : NULL);
        r = search_run(&o, log_page_line, &page, a, &seen, &err);
        if (r == 0)
            all = log_page_end(&page, seen, cut);
    }
    root_close(&root);
    if (r < 0)
        return complain(&err);
    return all ? OUTCOME_FINE : OUTCOME_UNKNOWN;
}

static enum outcome run(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    return search(c, a);
}

static const struct verb_option log_options[] = {
    {"address", 0, ARGUMENT_TEXT, "X", NULL, N_("lines that name this address, or one of this network (192.0.2.0/24), as a whole word in any spelling")},
    {"since", 0, ARGUMENT_TEXT, "T", NULL, N_("from then on: 2026-11-24, \"2026-11-24 10:00\", 10:00 (the last one), yesterday, 2h, 3d")},
    {"until", 0, ARGUMENT_TEXT, "T", NULL, N_("up to then; a day alone means its end")},
    {"log", 0, ARGUMENT_FILE, "FILE", NULL, N_("search this file instead of the machine's logs; may be given several times; - is the standard input")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the whole result as JSON (schema bansho.log/1)")},
    {0},
};

const struct verb verb_log = {
    .name = "log",
    .usage = "search [--address X] [--since T] [--until T] [--log FILE]... [--json] [TEXT]",
    .summary = N_("searches all logs of this machine, rotated ones too, as one story in the order of time"),
    .help = N_("search shows the lines that hold TEXT (just these bytes, as with grep -F) and fit all options, from every log below /var/log and of the web sites: "
               "plain, or packed by gzip, xz or zstd, in the order of their times. Packed files are unpacked side by side and never held as a whole.\n\n"
               "A line without a date belongs to the time of the line before it; a year that is missing is taken from when the file was last changed. "
               "Lines of which nobody knows the time are left out, and counted, where --since or --until is given.\n\n"
               "A file that is damaged or cannot be read is told at the end, the others are searched all the same (exit status 3). Finding nothing is no error."),
    .options = log_options,
    .argument = ARGUMENT_WORDS,
    .words = "search",
    .min = 1,
    .max = 2,
    .run = run,
};
