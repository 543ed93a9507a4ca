/* verb_log_follow.c: `bansho log follow`: new lines of all logs as they are written, as one timeline. Reads in a process that has confined itself. */
#include "base/i18n.h"
#include "base/worker.h"
#include "bin/log_follow.h"
#include "bin/log_page.h"
#include "bin/session.h"
#include "filter/belongs.h"
#include "filter/line_head.h"
#include "filter/line_time.h"
#include "log/follow.h"
#include "log/journal.h"
#include "log/journal_stream.h"
#include "log/lines.h"
#include "log/news.h"
#include "log/site_logs.h"
#include "log/sources.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE (4u << 20)   /* bytes that are put into order together */
#define ENTRIES_AT_ONCE 5000
#define SHORT_MS 20          /* journald says only every 250 ms that there is more: after something came it is asked more often, */
#define SHORT_FOR_MS 3000    /* for so long */
#define FILES_KEPT 100000    /* names of logs */

/* A line that waits for its turn. */
struct waiting {
    int64_t key;
    size_t seq, file, at, n;
    bool timed, cut;
    size_t date_start, date_end;
};

struct following {
    struct arena *a;
    struct selection wanted;
    struct known *known;              /* what lines say; NULL: nobody asks */
    struct log_sources sources;
    struct site_logs site;
    LIST(const char *) named;
    bool standard_input;
    unsigned from_journal;            /* services whose lines in files are copies of the journal's */
    struct search_options o;          /* the logs that were seen */
    struct log_page page;
    struct line_time time;
    struct belongs belongs;
    struct root root;
    struct follow *files;
    struct journal_stream *journal;
    struct buf text, line;
    struct waiting *waiting;
    size_t n, cap;
};

/* --- what is followed */

static unsigned services_of(const struct log_service *s)
{
    struct str rest = str_of(s->object), first;
    unsigned set = 0;
    if (!str_field(&rest, ' ', &first) || !service_set(first, &set))
        return 0;
    return set & SERVICE_IMAP ? set | SERVICE_POP3 : set;
}

static int find_sources(struct following *w, struct session *s, struct err *err)
{
    struct findings scratch = {.arena = w->a};
    struct probe_ctx ctx = session_ctx(s);
    if (w->wanted.site.n) {
        site_logs(s->server, w->wanted.site, w->a, &w->site);
        if (!w->site.list.n)
            return err_set(err, -ENOENT, w->site.known ? _("%.*s: no web server writes a log of its own for this site") : _("%.*s: no web server here has such a site"),
                           (int)w->wanted.site.n, w->wanted.site.p);
        return 0;
    }
    sources_find(&ctx, &scratch, &w->sources);
    for (size_t i = 0; i < w->sources.list.n; i++)
        if (w->sources.list.v[i].kind == SOURCE_JOURNAL)
            w->from_journal |= services_of(w->sources.list.v[i].service);
    return w->sources.patterns.n || w->sources.matches.n ? 0 : err_set(err, -ENOENT, "%s", _("no log of any service was found here; a file can be named: --log FILE"));
}

/* Names and patterns on the command line: as absolute paths. What a pattern fits may come later. */
static int take_named(struct following *w, const struct call *c, struct err *err)
{
    char here[PATH_MAX];
    for (size_t i = 0; i < c->given_n; i++) {
        const char *name = c->values[i];
        struct stat st;
        if (strcmp(c->given[i]->name, "log") != 0)
            continue;
        int fd = strpbrk(name, "*?[") && access(name, F_OK) < 0 ? -1 : lines_file(name, &st, err);
        if (fd < -1)
            return fd;
        if (fd >= 0)
            close(fd);
        w->standard_input |= strcmp(name, "-") == 0;
        if (name[0] != '/' && getcwd(here, sizeof here))
            name = arena_printf(w->a, "%s/%s", here, name);
        *list_push(w->a, &w->named) = name;
    }
    return w->standard_input && w->named.n > 1 ? err_set(err, -EINVAL, "%s", _("--log -: the standard input can only be followed alone")) : 0;
}

static int look(struct following *w, const struct call *c, struct err *err)
{
    struct session s = {.root = {.fd = -1}};
    int r = take_named(w, c, err);
    if (r == 0 && !w->named.n)
        r = session_look(&s, "/", c->language, err);
    if (r == 0 && !w->named.n)
        r = find_sources(w, &s, err);
    session_done(&s);
    return r == 0 ? root_open("/", &w->root, err) : r;
}

/* --- lines */

static size_t file_of(struct following *w, const char *log, const char *service)
{
    for (size_t i = w->o.files.n; i-- > 0;)
        if (strcmp(w->o.files.v[i].log, log) == 0)
            return i;
    if (w->o.files.n >= FILES_KEPT)
        return 0;
    const char *name = arena_dupz(w->a, log);
    *list_push(w->a, &w->o.files) = (struct search_file){.name = name, .log = name, .service = service};
    return w->o.files.n - 1;
}

static bool wait_with(struct following *w, struct waiting x, struct str line)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 256;
        struct waiting *v = realloc(w->waiting, cap * sizeof *v);
        if (!v)
            return false;
        w->waiting = v;
        w->cap = cap;
    }
    x.seq = w->n;
    x.at = w->text.n;
    x.cut = line.n > SEARCH_LINE;
    x.n = x.cut ? SEARCH_LINE : line.n;
    buf_add(&w->text, line.p, x.n);
    w->waiting[w->n++] = x;
    return true;
}

static bool fits(struct following *w, const struct selection_log *log, struct str line, int64_t us)
{
    return selection_line(&w->wanted, log, line) && (!selection_timed(&w->wanted) || selection_time(&w->wanted, us)) &&
           (!w->wanted.account.n || belongs_line(&w->belongs, line, w->wanted.account, us));
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Which log it is, for the selection: who alone writes there. */
static struct selection_log log_of(const struct following *w, size_t pattern)
{
    struct selection_log log = {.of_site = w->site.list.n > 0};
    const char *text = pattern < w->sources.patterns.n ? w->sources.patterns.v[pattern] : "";
    for (size_t i = 0; i < w->sources.list.n; i++)
        for (size_t k = 0; k < w->sources.list.v[i].files.n; k++)
            if (strcmp(w->sources.list.v[i].files.v[k], text) == 0 && w->sources.list.v[i].service->own)
                log.services |= services_of(w->sources.list.v[i].service);
    return log;
}

static void take_block(struct following *w, const char *name, const struct selection_log *log, struct str block)
{
    struct str line;
    size_t file = file_of(w, name, NULL);
    line_time_begin(&w->time, now_us() / 1000000);
    while (str_line(&block, &line)) {
        struct date_found date = {0};
        unsigned whose = log->services ? 0 : line_services(line);
        if (whose && !(whose & ~w->from_journal))
            continue; /* the journal has it */
        struct waiting x = {.file = file, .timed = line_time_own(&w->time, line, &date)};
        x.key = x.timed ? date.us : now_us();
        if (x.timed) {
            x.date_start = date.start;
            x.date_end = date.end;
        }
        if (fits(w, log, line, x.key))
            wait_with(w, x, line);
    }
}

/* Each once: what the arena takes for it is little. */
static void note(const char *text)
{
    struct err e = {0};
    if (!text)
        return;
    (void)err_set(&e, -EIO, "%s", text);
    complain(&e);
}

static bool take_files(struct following *w)
{
    struct follow_item item;
    bool any = false;
    while (w->files && w->text.n < AT_ONCE && follow_next(w->files, &item) > 0) {
        any = true;
        if (item.kind != FOLLOW_LINES) {
            note(follow_news(&item, w->a));
            continue;
        }
        struct selection_log log = log_of(w, item.pattern);
        take_block(w, item.log, &log, item.text);
    }
    if (w->files)
        follow_done(w->files);
    return any;
}

static int take_journal(struct following *w, bool *any, struct err *err)
{
    struct journal_entry e;
    struct selection_log log = {0};
    int r = 0;
    for (unsigned n = 0; w->journal && n < ENTRIES_AT_ONCE && w->text.n < AT_ONCE && (r = journal_stream_next(w->journal, &e, err)) > 0; n++) {
        *any = true;
        if (e.kind != JOURNAL_ENTRY) {
            note(journal_news(&e, w->a));
            continue;
        }
        buf_reset(&w->line);
        journal_line(&e, &w->line);
        if (fits(w, &log, buf_str(&w->line), e.time_us))
            wait_with(w, (struct waiting){.key = e.time_us, .timed = true, .file = file_of(w, "journal", NULL)}, buf_str(&w->line));
    }
    return r < 0 ? r : 0;
}

static int by_key(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->seq < y->seq ? -1 : 1;
}

/* Tells what came together in the order of its times. false: nobody listens any more. */
static bool tell(struct following *w)
{
    bool more = true;
    if (w->n)
        qsort(w->waiting, w->n, sizeof *w->waiting, by_key);
    for (size_t i = 0; more && i < w->n; i++) {
        const struct waiting *x = &w->waiting[i];
        struct search_line l = {.file = x->file, .timed = x->timed, .time_us = x->key, .text = str_span(w->text.p + x->at, x->n), .cut = x->cut};
        if (x->date_end <= x->n) {
            l.date_start = x->date_start;
            l.date_end = x->date_end;
        }
        if (w->known)
            known_line(w->known, l.text, l.date_start, l.date_end, l.time_us, &l.event);
        more = log_page_line(&w->page, &l);
    }
    w->n = 0;
    buf_reset(&w->text);
    return log_page_flush(&w->page) && more;
}

/* --- the loop */

static int begin(struct following *w, struct err *err)
{
    struct follow_options fo = {.root = &w->root, .back = w->wanted.since ? UINT64_MAX : 0};
    struct journal_want jw = {.root = &w->root, .fields = JOURNAL_LINE, .since_us = (w->wanted.since ? w->wanted.since : (int64_t)time(NULL)) * 1000000};
    int r = 0;
    fo.patterns = w->named.n ? w->named.v : w->site.list.n ? w->site.list.v : w->sources.patterns.v;
    fo.n = w->named.n ? w->named.n : w->site.list.n ? w->site.list.n : w->sources.patterns.n;
    if (fo.n && !w->standard_input)
        r = follow_new(&fo, &w->files, err);
    if (w->sources.matches.n) {
        *list_push(w->a, &w->sources.matches) = NULL;
        jw.matches = w->sources.matches.v;
        r = r == 0 ? journal_stream_open(&jw, &w->journal, err) : r;
    }
    return r;
}

static int wait_for_more(struct following *w, int timeout)
{
    struct pollfd fds[3];
    int journal[2], n = 0, jn = w->journal ? journal_stream_wait_fds(w->journal, journal) : 0;
    int own = w->files ? follow_timeout(w->files) : -1;
    if (jn < 0)
        return jn;
    for (; n < jn; n++)
        fds[n] = (struct pollfd){journal[n], POLLIN, 0};
    if (w->files)
        fds[n++] = (struct pollfd){follow_fd(w->files), POLLIN, 0};
    if (own >= 0 && (timeout < 0 || own < timeout))
        timeout = own;
    (void)!poll(fds, (nfds_t)n, timeout);
    for (int i = 0; i < jn; i++)
        if (fds[i].revents) {
            journal_stream_woken(w->journal);
            break;
        }
    return 0;
}

static int run(struct following *w, struct err *err)
{
    int64_t short_until = 0;
    int r = begin(w, err);
    while (r == 0) {
        bool any = take_files(w);
        r = take_journal(w, &any, err);
        if (r < 0 || !tell(w))
            break;
        int64_t now = clock_monotonic_ms();
        if (any)
            short_until = now + SHORT_FOR_MS;
        else
            r = wait_for_more(w, w->journal && now < short_until ? SHORT_MS : -1);
    }
    return r;
}

static int run_standard_input(struct following *w, struct err *err)
{
    struct lines *l = NULL;
    struct stat st;
    struct str block;
    struct selection_log log = {0};
    int fd = lines_file("-", &st, err), r = fd < 0 ? fd : lines_open(fd, "-", &l, err);
    while (r == 0 && (r = lines_block(l, &block, err)) > 0) {
        take_block(w, "-", &log, block);
        r = 0;
        if (!tell(w))
            break;
    }
    lines_close(l);
    return r;
}

enum outcome log_follow(const struct call *c, struct arena *a)
{
    struct following *w = arena_zalloc(a, sizeof *w);
    struct err err = {0};
    *w = (struct following){.a = a, .root = {.fd = -1}, .text = BUF(AT_ONCE + (8u << 20)), .line = BUF(2u << 20)};
    tzset();
    const char *const none[] = {"root", "until"};
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(none); i++)
        if (call_option(c, none[i]))
            r = err_set(&err, -EINVAL, _("log follow has no --%s"), none[i]);
    if (r == 0)
        r = log_understand(c, (int64_t)time(NULL), a, &w->wanted, &err);
    if (r == 0)
        r = look(w, c, &err);
    if (r == 0)
        r = line_time_new(a, (int64_t)time(NULL), &w->time, &err);
    if (r == 0) {
        bool json = call_option(c, "json"), lines = call_option(c, "lines");
        w->o.selection = &w->wanted;
        log_page_follow(&w->page, &w->o, a, json, lines);
        journal_prepare();
        r = json || (w->wanted.account.n && !lines) ? known_new(a, filter_own_dir(), (int64_t)time(NULL), &w->known, &err) : 0;
    }
    if (r == 0)
        r = lines_prepare(&err);
    if (r == 0)
        r = worker_confine(WORKER_FILES, &err);
    if (r == 0)
        r = w->standard_input ? run_standard_input(w, &err) : run(w, &err);
    journal_stream_close(w->journal);
    follow_free(w->files);
    root_close(&w->root);
    line_time_done(&w->time);
    known_free(w->known);
    free(w->waiting);
    buf_free(&w->page.text);
    buf_free(&w->text);
    buf_free(&w->line);
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}
