/* verb_filter.c: `bansho filter test`. */
#include "base/when.h"
#include "base/worker.h"
#include "bin/filter_files.h"
#include "bin/filter_page.h"
#include "log/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int open_log(const char *path, struct lines **ret, struct err *err)
{
    struct stat st;
    int fd = lines_file(path, &st, err);
    return fd < 0 ? fd : lines_open(fd, path, ret, err);
}

static void keep_missed(struct filter_run *run, struct str line)
{
    if (run->missed_n == MISSED_SHOWN || !str_trim(line).n)
        return;
    struct buf *b = &run->missed[run->missed_n].text;
    *b = BUF(8192);
    buf_add(b, line.p, line.n < 2000 ? line.n : 2000);
    run->missed[run->missed_n++].line = run->lines;
}

static void take_line(struct sieve *s, struct str line, int64_t now, bool json, struct filter_run *run)
{
    struct matcher_event e = {0};
    size_t filter;
    enum matcher_result result = sieve_line(s, line, NULL, now, &filter, &e);
    run->lines++;
    run->by_result[result]++;
    run->times_missing += result == MATCHER_FOUND && !e.timed;
    if (json)
        filter_json_line(stdout, run->matcher, run->lines, result, &e);
    else if (result == MATCHER_MISSED)
        keep_missed(run, line);
}

static enum outcome run_filter(const struct call *c, struct sieve *s, struct lines *log, int64_t now, struct filter_run *run)
{
    struct err err = {0};
    struct str block, line;
    bool json = call_option(c, "json") != NULL;
    int r;
    tzset(); /* its file is read while that is simple */
    /* The lines are a stranger's: from here on this process can do nothing but read and tell. */
    if (worker_confine(WORKER_FILES, &err) < 0)
        return complain(&err);
    while ((r = lines_block(log, &block, &err)) > 0) {
        sieve_block(s, block);
        while (str_line(&block, &line))
            take_line(s, line, now, json, run);
    }
    run->fault = r < 0 ? err.text : NULL;
    if (json)
        filter_json_summary(stdout, run);
    else
        filter_page(stdout, run);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complainf("%s", err_name(-errno));
    return run->fault ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

static enum outcome test(const struct call *c, int64_t now, struct arena *a)
{
    struct filter_definition d = {0};
    struct err err = {0};
    const char *dir = call_option(c, "filter-dir");
    struct matcher_options o = {.today = (int64_t)time(NULL)};
    _cleanup_(sieve_freep) struct sieve *s = NULL;
    _cleanup_(lines_closep) struct lines *log = NULL;
    int r = filter_load(a, dir ? dir : filter_usual_dir(), str_of(c->args[1]), &d, &err);
    o.journal = r == 0 && d.logtype && strcmp(d.logtype, "journal") == 0;
    if (r == 0)
        r = sieve_new(&d, 1, &o, SIEVE_USUAL, &s, &err);
    if (r == 0)
        r = open_log(c->args[2], &log, &err);
    if (r < 0)
        return complain(&err);
    struct filter_run *run = arena_zalloc(a, sizeof *run);
    *run = (struct filter_run){.spec = c->args[1], .log = c->args[2], .dir = dir, .filter = &d, .matcher = sieve_matcher(s, 0)};
    enum outcome outcome = run_filter(c, s, log, now, run);
    for (size_t i = 0; i < run->missed_n; i++)
        buf_free(&run->missed[i].text);
    return outcome;
}

static enum outcome filter(const struct call *c)
{
    int64_t now = (int64_t)time(NULL);
    const char *text = call_option(c, "now");
    const char *dir = call_option(c, "filter-dir");
    if (strcmp(c->args[0], "list") == 0 && c->args_n == 1)
        return filter_list(c, dir ? dir : filter_usual_dir());
    if (strcmp(c->args[0], "lint") == 0 && c->args_n <= 2)
        return filter_lint(c, c->args_n == 2 ? c->args[1] : dir ? dir : filter_usual_dir());
    if (c->args_n < 3 || strcmp(c->args[0], "test") != 0)
        return complainf(_("filter test: name a filter and a log. Usage: bansho %s %s"), c->verb->name, c->verb->usage);
    if (text && !when_read(str_of(text), now, WHEN_BEGIN, &now))
        return complainf(_("--now %s: a time is seconds since 1970, or YYYY-MM-DD HH:MM:SS"), text);
    _cleanup_(arena_freep) struct arena *a = arena_new(256u << 20);
    return test(c, now, a);
}

static const struct verb_option filter_options[] = {
    {"filter-dir", 0, ARGUMENT_DIR, "DIR", NULL, N_("where the filters are (a filter.d); otherwise /etc/fail2ban/filter.d, and where that is not there /usr/share/bansho/filters")},
    {"now", 0, ARGUMENT_TEXT, "TIME", NULL, N_("what counts as now: seconds since 1970, or YYYY-MM-DD HH:MM:SS; decides about dates without a year")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print an object for each line, then a summary")},
    {0},
};

const struct verb verb_filter = {
    .name = "filter",
    .usage = "test 'NAME[option=\"value\"]' LOG|- [--filter-dir DIR] [--now TIME] [--json] | list [--filter-dir DIR] | lint [PATH]",
    .summary = N_("what a filter finds in a log: fail2ban's filters, unchanged, and ours"),
    .help = N_("Loads a filter in fail2ban's language (NAME.conf, its .local and what it includes, with the options in brackets) and runs it over the lines of a log: "
               "which rule matched how often, what was missed, which forms of date were found. Nothing is banned and nothing is changed; root is not needed.\n\n"
               "The log may be packed by gzip, xz or zstd; - is the standard input. Where it is damaged or ends too early, that is told behind what was found before (exit status 3).\n\n"
               "With --json there is one object for each line: {\"line\", \"matched\", \"host\", \"time\", \"user\", \"attempts\", \"rule\", \"result\", \"kind\", \"fields\"}; time is in "
               "seconds since 1970, rule the failregex counted from 1 (expressions of events count on behind the last one), and what is absent is null. The last object is {\"summary\": ...}.\n\n"
               "With the option logtype=\"journal\" the lines are messages of the journal, which carry no date: they happen at --now.\n\n"
               "Nobody is asked for the address of a name: where a log tells names, host is the name. A filter that cannot be loaded is an error that names "
               "file, line and what stands there (exit status 2).\n\n"
               "list shows the filters of a directory. lint loads a filter (NAME.conf), or all of a directory, compiles its expressions and tells what cannot be used, "
               "with file and line; a filter of ours also has its examples tried (bansho-filters(7)). It ends with 1 where something is wrong."),
    .options = filter_options,
    .argument = ARGUMENT_WORDS,
    .words = "test|list|lint",
    .min = 1,
    .max = 3,
    .run = filter,
};
