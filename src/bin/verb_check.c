/* verb_check.c: `bansho check`. */
#include "base/child.h"
#include "base/worker.h"
#include "bin/check_notify.h"
#include "bin/check_page.h"
#include "bin/desk.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "check/history.h"
#include "check/registry.h"
#include "config/config.h"
#include "dialogue/dialogue.h"
#include "term/progress.h"
#include <errno.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_CHECKS 256

static const struct verb_option check_options[] = {
    {"root", 0, ARGUMENT_DIR, "DIR", NULL, N_("judge the system below DIR (a mounted disk, an unpacked server): files only, no program is run")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the whole result as JSON (schema bansho.check/1)")},
    {"html", 0, ARGUMENT_FILE, "FILE", NULL, N_("writes one page to hand on, with charts, complete in itself; it may be read by its owner only. - is the standard output")},
    {"notify", 0, ARGUMENT_NONE, NULL, NULL, N_("tell the owner, by the ways of bansho.conf, what is new, worse or solved since the last message; with --html the mail has the page attached")},
    {"all", 0, ARGUMENT_NONE, NULL, NULL, N_("every finding, also what is fine or accepted")},
    {0},
};

/* Checks whose id is the word, or begins with the word and a dot, or that belong to the chapter with that number. */
static bool is_meant(const struct check *c, struct str word)
{
    uint64_t chapter;
    if (str_u64(word, 99, &chapter))
        return check_chapter(c) == chapter;
    struct str id = str_of(c->id);
    return str_eq(id, word) || (str_starts(id, word) && id.p[word.n] == '.');
}

struct selection {
    const struct check *list[MAX_CHECKS];
    size_t n;
};

/* The checks that the arguments ask for, in the registry's order; false (and a complaint) where one of them means none. */
static bool select_checks(const struct call *c, struct selection *ret)
{
    bool meant[64] = {0};
    for (size_t t = 0; t < check_tables_n; t++)
        for (size_t i = 0; i < check_tables[t]->n; i++) {
            const struct check *row = &check_tables[t]->rows[i];
            bool wanted = c->args_n == 0;
            for (size_t a = 0; a < c->args_n; a++)
                if (is_meant(row, str_of(c->args[a])))
                    wanted = meant[a] = true;
            if (wanted && ret->n < MAX_CHECKS)
                ret->list[ret->n++] = row;
        }
    for (size_t a = 0; a < c->args_n; a++)
        if (!meant[a]) {
            const char *near = check_nearest(str_of(c->args[a]));
            if (near)
                complainf(_("there is no check \"%s\". Did you mean: bansho check %s"), c->args[a], near);
            else
                complainf(_("there is no check \"%s\""), c->args[a]);
            return false;
        }
    return true;
}

/* Below a foreign root nothing of this machine's memory applies. */
static void remember(struct session *s)
{
    struct memory unused = {0};
    size_t unseen = 0;
    if (s->root.live)
        history_remember(s->state_dir, &s->report);
    else
        history_apply(&(struct past){0}, &s->report, &unused);
    if (s->host->privileged || !s->root.live)
        return;
    for (size_t i = 0; i < s->report.results.n; i++) {
        const struct finding *f = s->report.results.v[i].finding;
        unseen += f->state == STATE_UNKNOWN && (i == 0 || s->report.results.v[i - 1].finding->check != f->check || s->report.results.v[i - 1].finding->state != STATE_UNKNOWN);
    }
    *list_push(s->report.arena, &s->report.notes) = arena_printf(s->report.arena, _("not root: %zu checks could not see everything"), unseen);
}

/* What the kernel has charged to this process and to all it waited for; of that, what programs of others used. */
static void account(struct report *r)
{
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    uint64_t all = 0;
    for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
        struct rusage u;
        if (getrusage(whose[i], &u) == 0)
            all += (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000u + (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    }
    r->programs_us = child_cpu_us();
    for (size_t i = 0; i < r->run->costs.n; i++)
        r->programs_us += r->run->costs.v[i].programs_us;
    r->cpu_us = all > r->programs_us ? all - r->programs_us : 0;
}

static enum outcome outcome_of(const struct report *r)
{
    if (report_count(r, URGENCY_NOW) || report_count(r, URGENCY_SOON))
        return OUTCOME_WRONG;
    return report_count(r, URGENCY_UNKNOWN) ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

static void tell(const struct session *s, const struct call *c, const struct term *t)
{
    if (call_option(c, "json")) {
        report_json(&s->report, stdout);
        return;
    }
    _cleanup_(buf_free) struct buf b = BUF(64u << 20);
    if (call_option(c, "all"))
        report_all(&s->report, t, &b);
    else
        report_text(&s->report, t, &b);
    fwrite(b.p, 1, b.n, stdout);
}

static enum outcome tell_page(struct session *s, const struct page_place *page)
{
    _cleanup_(buf_free) struct buf b = BUF(PAGE_MAX);
    s->report.provider = config_text(s->config, "provider", "name", NULL);
    s->report.contact = config_text(s->config, "provider", "contact", NULL);
    s->report.contract = config_text(s->config, "provider", "contract", NULL);
    if (s->root.live)
        changes_into(&s->report);
    int r = report_html(&s->report, &b);
    return r < 0 ? complainf(_("%s: the page became too large"), page->path) : page_deliver(page, buf_str(&b), outcome_of(&s->report));
}

static enum outcome check_for(const struct call *c, const struct page_place *page)
{
    struct selection chosen = {0};
    struct err err = {0};
    if (!select_checks(c, &chosen))
        return OUTCOME_USAGE;
    const char *root = call_option(c, "root") ? call_option(c, "root") : "/";
    struct term t = term_of(stdout);
    tzset(); /* while our own time zone can still be read */
    _cleanup_(session_done) struct session s = {.root = {.fd = -1}, .unhurried = call_option(c, "notify"), .asked = c->args_n > 0};
    if (session_look(&s, root, c->language, &err) < 0 || session_run(&s, chosen.list, chosen.n, &err) < 0)
        return complain(&err);
    s.report.whole = c->args_n == 0;
    remember(&s);
    account(&s.report);
    if (!page_is_stdout(page))
        tell(&s, c, &t);
    enum outcome o = page->path ? tell_page(&s, page) : outcome_of(&s.report);
    return call_option(c, "notify") && o != OUTCOME_USAGE ? check_notify(&s, page->path != NULL, o) : o;
}

static enum outcome check(const struct call *c)
{
    struct page_place page;
    enum outcome o = page_place(c, &page);
    if (o == OUTCOME_FINE && call_option(c, "notify"))
        o = check_notify_may(c);
    if (o != OUTCOME_FINE)
        return o;
    const char *root = call_option(c, "root");
    bool confined = root && strcmp(root, "/") != 0;
    return confined && page.path && !page_is_stdout(&page) ? page_from_child(c, &page, check_for) : check_for(c, &page);
}

const struct verb verb_check = {
    .name = "check",
    .usage = "[ID|CHAPTER...] [--root DIR] [--all] [--json] [--html FILE] [--notify]",
    .summary = N_("looks at this server point by point and says what to do, most urgent first; changes nothing"),
    .help = N_("Looks at the real configuration and talks to the real services. Nothing is changed."),
    .options = check_options,
    .argument = ARGUMENT_CHECK,
    .max = 64,
    .run = check,
};
