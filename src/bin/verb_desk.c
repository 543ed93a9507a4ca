#include "bin/desk.h"
#include "bin/session.h"
#include "change/show.h"
#include "update/upgrade.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void progress(void *arg, const struct step *s, bool back, size_t at, size_t n)
{
    struct arena *a = arena_new(1u << 20);
    _cleanup_(buf_free) struct buf b = BUF(65536);
    (void)arg;
    (void)at;
    (void)n;
    if (s->type == STEP_SETTLE && s->verb == UNIT_START) { /* a look at each of twenty services */
        arena_free(a);
        return;
    }
    buf_addz(&b, back ? "  < " : "  > ");
    text_escape(&b, str_of(step_text(s, back, a)));
    fprintf(stderr, "%s\n", b.p);
    arena_free(a);
}

/* Without what a terminal would have overwritten ("Reading database ... 5%"). */
static void said(void *arg, struct str line)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    (void)arg;
    for (ptrdiff_t at; (at = str_find(line, '\r')) >= 0;)
        line = str_from(line, (size_t)at + 1);
    if (!str_trim(line).n)
        return;
    text_escape(&b, line);
    fprintf(stderr, "      %s\n", b.p);
}

static void tell(void *arg, const char *text)
{
    (void)arg;
    complainf("%s", text);
}

/* A change that has begun is brought to its end or back, also when the connection through which it was ordered is lost, or somebody loses patience: half of it
   would wait for the next run. Programs that it starts have the usual ones again (base/child.c). */
void desk_hold(bool hold)
{
    static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGPIPE};
    static struct sigaction before[ARRAY_SIZE(held)]; /* nohup's SIGHUP stays ignored afterwards */
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < ARRAY_SIZE(held); i++)
        sigaction(held[i], hold ? &ignore : &before[i], hold ? &before[i] : NULL);
}

enum outcome desk_outcome(int r)
{
    switch (r) {
    case 0:
    case 1:
    case -EALREADY: return OUTCOME_FINE;
    case -ENOTRECOVERABLE:
    case -ECANCELED: return OUTCOME_WRONG;
    case -ESTALE:
    case -EPERM:
    case -EDQUOT:
    case -EBUSY:
    case -EWOULDBLOCK: return OUTCOME_REFUSED;
    default: return OUTCOME_USAGE;
    }
}

void desk_json_end(struct emit *j, const struct plan *p, const char *result, unsigned change, const struct err *err)
{
    if (p)
        plan_json(p, j, "plan");
    else
        emit_null(j, "plan");
    emit_text(j, "result", result);
    if (change)
        emit_int(j, "change", change);
    else
        emit_null(j, "change");
    emit_text(j, "reason", err && err->text[0] ? err->text : NULL);
    emit_end(j);
    emit_done(j);
}

int desk_open(struct desk *d, const struct config *c, struct arena *a, struct err *err)
{
    const char *who = session_who(a);
    struct clock clock = clock_system();
    int r = journal_open(JOURNAL_DIR, true, &d->journal, err);
    if (r < 0)
        return r;
    d->open = true;
    r = executor_open(STATE_DIR, c && executor_observes(c, CALLER_ADMIN), CALLER_ADMIN, who, clock_now(&clock), &d->executor, err);
    if (r < 0)
        return r;
    d->change = (struct change_desk){.acts = executor_desk(&d->executor), .progress = d->quiet ? NULL : progress, .said = d->quiet ? NULL : said, .tell = tell, .who = who, .from = session_from(a)};
    desk_hold(true);
    r = change_recover(&d->journal, &d->change, err);
    desk_hold(false);
    if (r >= 0)
        r = executor_sweep(&d->executor, err);
    if (r >= 0)
        r = journal_expire(&d->journal, clock_now(&clock) - (int64_t)JOURNAL_KEEP_DAYS * DAY, err);
    int kept = r < 0 ? 0 : kept_expire(KEPT_DIR, clock_now(&clock) - (int64_t)JOURNAL_KEEP_DAYS * DAY);
    if (kept < 0) /* what is too old and stays is no reason to refuse an undo */
        tell(NULL, arena_printf(a, "%s/%s*: %s", KEPT_DIR, KEPT_PREFIX, err_name(-kept)));
    return r < 0 ? r : 0;
}

void desk_close(struct desk *d)
{
    executor_close(&d->executor);
    if (d->open)
        journal_close(&d->journal);
    d->open = false;
}

/* Is there a change that an earlier run had to leave? Looked at without the lock: the usual answer is no. */
static bool left_over(struct arena *a)
{
    struct journal j;
    struct changes all = {0};
    bool found = false;
    if (journal_open(JOURNAL_DIR, false, &j, NULL) < 0)
        return false;
    if (journal_list(&j, a, &all, NULL) == 0)
        for (size_t i = 0; i < all.list.n; i++)
            found = found || all.list.v[i].status == CHANGE_BEGUN || all.list.v[i].status == CHANGE_UNDOING;
    journal_close(&j);
    return found;
}

enum outcome desk_recover(const struct term *t, bool quiet)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(256u << 20);
    struct err err = {0};
    struct desk d = {.term = t, .quiet = quiet};
    if (geteuid() != 0 || !left_over(a))
        return OUTCOME_FINE;
    int r = desk_open(&d, NULL, a, &err);
    desk_close(&d);
    if (r < 0)
        complain(&err);
    return desk_outcome(r);
}

bool desk_confirm(bool json)
{
    char answer[16] = "";
    if (json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return false;
    printf("%s ", _("Do it? [y/N]"));
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}
