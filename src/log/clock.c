#include "log/clock.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "unit/unit.h"
#include <errno.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <unistd.h>
#include <linux/capability.h>

#define WAIT_MS 10000
#define FRESH 900 /* a quarter of an hour: the first answers of time servers have come by then */

/* Units of the programs that keep a server's time; first the one to name where none is installed. */
static const char *const keepers[] = {
    "systemd-timesyncd.service", "chrony.service", "chronyd.service", "ntp.service", "ntpd.service", "ntpsec.service", "openntpd.service", "ntpsec-ntpd.service",
};

enum clock_verdict clock_judge(const struct clock_seen *s)
{
    if (!s->ours)
        return s->kernel == CLOCK_KERNEL_SYNCED ? CLOCK_OUTER_GOOD : CLOCK_OUTER_UNKNOWN;
    if (s->running > 1)
        return CLOCK_SEVERAL;
    if (!s->running)
        return CLOCK_NOBODY; /* the kernel goes on trusting the clock for hours */
    if (s->kernel == CLOCK_KERNEL_SYNCED)
        return s->at_boot ? CLOCK_GOOD : CLOCK_NOT_AT_BOOT;
    if (s->kernel == CLOCK_KERNEL_UNKNOWN)
        return CLOCK_UNKNOWN;
    return s->fresh ? CLOCK_FRESH : CLOCK_NOT_REACHED;
}

/* Alias units (dbus-org...timesync1, chronyd on Debian) are one program: the same process. */
static bool counted(const struct host *h, const struct unit *u, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        const struct unit *other = host_unit(h, keepers[i]);
        if (other && other->main_pid && other->main_pid == u->main_pid)
            return true;
    }
    return false;
}

/* The kernel's own word: it is set when a program disciplines the clock, and falls back when none has for hours (maxerror beyond 16 s). */
static enum clock_kernel ask_kernel(struct timex *ret)
{
    struct timex t = {0};
    if (adjtimex(&t) < 0)
        return CLOCK_KERNEL_UNKNOWN;
    *ret = t;
    return t.status & STA_UNSYNC ? CLOCK_KERNEL_UNSYNCED : CLOCK_KERNEL_SYNCED;
}

const char *clock_keeper(const struct host *h)
{
    const char *found = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(keepers); i++) {
        const struct unit *u = host_unit(h, keepers[i]);
        if (u && u->enabled != UNIT_MASKED && (u->active == UNIT_ACTIVE || !found))
            found = u->name;
    }
    return found;
}

unsigned clock_keepers_run(const struct host *h)
{
    unsigned n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(keepers); i++) {
        const struct unit *u = host_unit(h, keepers[i]);
        n += u && u->active == UNIT_ACTIVE && !counted(h, u, i);
    }
    return n;
}

/* Seconds since the keeper was started; INT64_MAX: not known. */
static int64_t age_of(const char *keeper, int64_t now)
{
    struct unit_state state;
    struct err ignored = {0};
    if (!keeper || unit_state(keeper, &state, &ignored) < 0 || !state.since_us)
        return INT64_MAX;
    return now - (int64_t)(state.since_us / 1000000);
}

static struct clock_seen see(const struct probe_ctx *ctx, struct timex *t, const char *keeper)
{
    const struct host *h = ctx->server->host;
    struct clock_seen s = {.kernel = ask_kernel(t), .ours = prctl(PR_CAPBSET_READ, CAP_SYS_TIME, 0, 0, 0) == 1, .running = clock_keepers_run(h)};
    for (size_t i = 0; i < ARRAY_SIZE(keepers); i++) {
        const struct unit *u = host_unit(h, keepers[i]);
        s.at_boot += u && (u->enabled == UNIT_ENABLED || u->enabled == UNIT_GENERATED);
    }
    if (!s.ours || !s.running || s.kernel != CLOCK_KERNEL_UNSYNCED)
        return s;
    int64_t age = age_of(keeper, ctx->now);
    s.fresh = age < FRESH || (h->booted && ctx->now - h->booted < FRESH);
    /* Started just now (by our own fix): the first answers take a second or two. */
    for (int64_t end = clock_monotonic_ms() + WAIT_MS; age < 60 && s.kernel == CLOCK_KERNEL_UNSYNCED && clock_monotonic_ms() < end; s.kernel = ask_kernel(t))
        usleep(100000);
    return s;
}

static const struct {
    enum state state;
    const char *title;
} verdicts[] = {
    [CLOCK_GOOD] = {STATE_OK, N_("The clock is kept right by %s")},
    [CLOCK_NOT_AT_BOOT] = {STATE_WARN, N_("The clock is right now, but %s does not start at boot")},
    [CLOCK_SEVERAL] = {STATE_WARN, N_("Several programs set the clock, against each other (%s is one of them)")},
    [CLOCK_FRESH] = {STATE_UNKNOWN, N_("%s has not reached its time servers yet: the server was started only minutes ago")},
    [CLOCK_NOT_REACHED] = {STATE_FAIL, N_("%s runs, but the clock is not synchronised")},
    [CLOCK_NOBODY] = {STATE_FAIL, N_("Nothing keeps the clock right")},
    [CLOCK_OUTER_GOOD] = {STATE_OK, N_("The clock is the outer machine's, and it is kept right there")},
    [CLOCK_OUTER_UNKNOWN] = {STATE_UNKNOWN, N_("The clock is the outer machine's; whether it is kept right there cannot be seen from this container")},
    [CLOCK_UNKNOWN] = {STATE_UNKNOWN, N_("%s runs, but the kernel does not say whether the clock is synchronised")},
};

static void add_evidence(struct findings *out, struct finding *f, const struct host *h, const struct clock_seen *s, const struct timex *t)
{
    if (s->kernel == CLOCK_KERNEL_SYNCED)
        finding_evidence(out, f, NULL, 0, _("the kernel counts the clock as synchronised, off by at most %ld ms"), t->maxerror / 1000);
    else if (s->kernel == CLOCK_KERNEL_UNSYNCED)
        finding_evidence(out, f, NULL, 0, "%s", _("the kernel counts the clock as not synchronised (adjtimex: STA_UNSYNC)"));
    for (size_t i = 0; i < ARRAY_SIZE(keepers); i++) {
        const struct unit *u = host_unit(h, keepers[i]);
        if (u)
            finding_evidence(out, f, u->file, 0, "%s: %s", u->name, unit_active_text(u->active));
    }
}

static void add_next(struct findings *out, struct finding *f, enum clock_verdict v, const char *keeper, const struct host *h)
{
    if (v == CLOCK_NOT_REACHED || v == CLOCK_SEVERAL || !keeper)
        finding_by_hand(out, f);
    if (v == CLOCK_NOT_REACHED) {
        finding_next(out, f, "journalctl -u %s -n 30 --no-pager; timedatectl timesync-status || chronyc sources", keeper);
        finding_next_note(out, f, "%s", _("shows which time servers it asks and what they answer; changes nothing"));
    } else if (v == CLOCK_SEVERAL) {
        finding_next(out, f, "systemctl list-units --type=service 'systemd-timesyncd*' 'chrony*' '*ntp*'");
        finding_next_note(out, f, "%s", _("shows them; keep one and disable the others (systemctl disable --now NAME)"));
    } else if (keeper) {
        finding_next(out, f, "bansho fix log.clock --plan");
        finding_next_note(out, f, _("starts %s now and at every boot; --plan only shows"), keeper);
    } else {
        finding_next(out, f, host_package(h, "apt") ? "apt-get install systemd-timesyncd" : "dnf install chrony && systemctl enable --now chronyd");
        finding_next_note(out, f, "%s", _("installs a small program that asks time servers from then on"));
    }
}

int log_clock(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    const char *keeper = clock_keeper(h);
    struct timex t = {0};
    struct clock_seen s = see(ctx, &t, keeper);
    /* Without systemd only the kernel's word is left; in a container's clock it is enough. */
    if (h->active_seen.code < 0 && s.ours && s.kernel != CLOCK_KERNEL_SYNCED)
        return err_set(err, h->active_seen.code, "%s", h->active_seen.why);
    if (h->active_seen.code < 0 && s.ours)
        s.running = s.at_boot = 1;
    enum clock_verdict v = clock_judge(&s);
    struct finding *f = finding_add(out, verdicts[v].state, "", _(verdicts[v].title), keeper ? keeper : _("a program"));
    add_evidence(out, f, h, &s, &t);
    if (f->state == STATE_WARN || f->state == STATE_FAIL)
        add_next(out, f, v, keeper, h);
    return 0;
}
