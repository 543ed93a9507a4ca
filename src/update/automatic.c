#include "update/automatic.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define LATE (3 * DAY)

int64_t apt_interval(const char *value)
{
    static const struct { const char *unit; int64_t seconds; } units[] = {{"", DAY}, {"d", DAY}, {"h", 3600}, {"m", 60}, {"s", 1}};
    if (strcmp(value, "always") == 0)
        return 1;
    size_t digits = strspn(value, "0123456789");
    uint64_t n;
    if (!str_u64(str_span(value, digits), 36500, &n))
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (strcmp(value + digits, units[i].unit) == 0)
            return (int64_t)n * units[i].seconds;
    return -1;
}

struct starter starter_of_unit(const struct host *h, struct arena *a, const char *unit)
{
    const struct unit *u = host_unit(h, unit);
    struct starter s = {.name = unit, .file = u ? u->file : NULL, .runs = RUNS_NOT};
    if (!u && h->units_seen.code < 0)
        s.runs = RUNS_UNSEEN;
    else if (!u)
        s.why = _("is not installed");
    else if (u->enabled == UNIT_MASKED)
        s.why = _("is masked: it cannot start");
    else if (u->enabled != UNIT_ENABLED && u->enabled != UNIT_GENERATED)
        s.why = _("is not enabled: it does not start at boot");
    else if (u->active == UNIT_INACTIVE || u->active == UNIT_FAILED)
        s.why = u->active == UNIT_FAILED ? _("has failed") : _("is enabled but was stopped");
    else
        s.runs = RUNS;
    if (s.why)
        s.why = arena_printf(a, "%s %s", unit, s.why);
    return s;
}

bool automatic_is_on(const struct apt_row *row)
{
    static const char *const yes[] = {"yes", "true", "on", "always"};
    for (size_t i = 0; row->value && i < ARRAY_SIZE(yes); i++)
        if (strcasecmp(row->value, yes[i]) == 0)
            return true;
    return row->value && apt_interval(row->value) > 0;
}

/* What stops it; 0: nothing. Evidence goes to f. */
static unsigned obstacles(const struct automatic_facts *x, struct findings *out, struct finding *f)
{
    unsigned n = 0;
    for (size_t i = 0; i < x->settings_n; i++) {
        const struct apt_row *row = &x->settings[i];
        if (automatic_is_on(row))
            continue;
        n++;
        if (row->value)
            finding_evidence(out, f, row->file, row->line, "%s \"%s\"", row->key, row->value);
        else
            finding_evidence(out, f, row->file, 0, _("%s is not set: off"), row->key);
    }
    for (size_t i = 0; i < x->starters_n; i++)
        if (x->starters[i].runs == RUNS_NOT) {
            n++;
            finding_evidence(out, f, x->starters[i].file, 0, "%s", x->starters[i].why);
        }
    return n;
}

static void show_settings(const struct automatic_facts *x, struct findings *out, struct finding *f)
{
    for (size_t i = 0; i < x->settings_n; i++)
        if (x->settings[i].value)
            finding_evidence(out, f, x->settings[i].file, x->settings[i].line, "%s \"%s\"", x->settings[i].key, x->settings[i].value);
    if (x->sources.value)
        finding_evidence(out, f, x->sources.file, x->sources.line, "%s", x->sources.value);
}

static void off(const struct automatic_facts *x, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_FAIL, "", "%s", _("Automatic security updates are off"));
    if (!x->installed)
        finding_evidence(out, f, NULL, 0, _("%s is not installed"), x->tool);
    obstacles(x, out, f);
    finding_impact(out, f, "%s", _("holes that become known stay open until somebody updates by hand"));
    finding_next(out, f, "%s", x->install);
}

static void not_run(const struct automatic_facts *x, struct findings *out)
{
    bool just_booted = x->booted && x->now - x->booted < DAY;
    struct finding *f = x->last ? finding_add(out, just_booted ? STATE_WARN : STATE_FAIL, "", _("Automatic updates are on, but last ran on %s"), clock_text(out->arena, x->last, CLOCK_DAY))
                                : finding_add(out, STATE_FAIL, "", "%s", _("Automatic updates are on, but have never run"));
    if (x->last)
        finding_evidence(out, f, x->last_from, 0, _("written on %s"), clock_text(out->arena, x->last, CLOCK_DAY));
    else if (x->since)
        finding_evidence(out, f, NULL, 0, _("no trace of a run, although it could run since %s"), clock_text(out->arena, x->since, CLOCK_DAY));
    if (just_booted)
        finding_evidence(out, f, NULL, 0, _("this machine was started on %s: a run may still be due"), clock_text(out->arena, x->booted, CLOCK_DAY));
    show_settings(x, out, f);
    finding_impact(out, f, "%s", _("holes that become known stay open although updates look switched on"));
    finding_next(out, f, "%s", strcmp(x->tool, "unattended-upgrades") == 0 ? "unattended-upgrade --dry-run --debug" : "systemctl list-timers --all");
}

static void on(const struct automatic_facts *x, struct findings *out)
{
    struct finding *f = x->last ? finding_add(out, STATE_OK, "", _("Automatic security updates are on and last ran on %s"), clock_text(out->arena, x->last, CLOCK_DAY))
                                : finding_add(out, STATE_OK, "", "%s", _("Automatic security updates are on; this machine is too young for a run"));
    show_settings(x, out, f);
    for (size_t i = 0; i < x->starters_n; i++)
        finding_evidence(out, f, x->starters[i].file, 0, _("%s is switched on"), x->starters[i].name);
    if (x->last)
        finding_evidence(out, f, x->last_from, 0, _("written on %s"), clock_text(out->arena, x->last, CLOCK_DAY));
    else
        finding_evidence(out, f, NULL, 0, _("in place since %s, no run yet"), clock_text(out->arena, x->since, CLOCK_DAY));
}

void automatic_judge(const struct automatic_facts *x, struct findings *out)
{
    int64_t limit = x->interval > DAY ? x->interval + 2 * DAY : LATE;
    struct arena *scratch = arena_new(1u << 20);
    struct findings dry = {.arena = scratch};
    struct finding nothing = {0};
    bool stopped = obstacles(x, &dry, &nothing) > 0;
    bool unseen = false;
    for (size_t i = 0; i < x->starters_n; i++)
        unseen |= x->starters[i].runs == RUNS_UNSEEN;
    arena_free(scratch);
    if (!x->installed || stopped) {
        off(x, out);
    } else if (!x->security) {
        struct finding *f = finding_add(out, STATE_FAIL, "", "%s", _("Automatic updates are on, but without the security updates"));
        finding_evidence(out, f, x->sources.file, x->sources.line, "%s", x->sources.value ? x->sources.value : _("no security source is allowed"));
        finding_impact(out, f, "%s", _("holes that become known stay open although updates look switched on"));
        finding_next(out, f, "%s", x->install);
    } else if (unseen) {
        finding_add(out, STATE_UNKNOWN, "", "%s", _("It could not be seen whether automatic updates are started"));
    } else if (x->last ? x->now - x->last > limit : !x->since || x->now - x->since > limit) {
        not_run(x, out);
    } else {
        on(x, out);
    }
}

static void plesk(const struct host *h, struct findings *out)
{
    if (!root_exists(h->root, "/usr/local/psa/version"))
        return;
    struct finding *f = finding_add(out, STATE_UNKNOWN, "plesk", "%s", _("Plesk: whether it updates itself stands in its own database, which was not read"));
    finding_evidence(out, f, "/usr/local/psa/version", 1, "%s", _("Plesk is installed"));
    finding_next(out, f, "%s", "/usr/local/psa/bin/server_pref --show");
}

int update_automatic(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct automatic_facts x = {.booted = h->booted, .now = ctx->now};
    bool dpkg = automatic_is_apt(h), rpm = root_exists(h->root, "/usr/bin/dnf") || root_exists(h->root, "/usr/bin/yum") || root_exists(h->root, "/var/lib/rpm");
    if (!dpkg && !rpm)
        return err_set(err, -ENOENT, "%s", _("neither apt nor dnf was found: how this system is updated is not known"));
    if (dpkg)
        automatic_apt(h, out->arena, &x);
    else
        automatic_dnf(h, out->arena, &x);
    if (!x.installed && h->packages_seen.code < 0)
        finding_add(out, STATE_UNKNOWN, "", _("The installed packages could not be seen: %s"), h->packages_seen.why);
    else
        automatic_judge(&x, out);
    plesk(h, out);
    return 0;
}

bool automatic_is_apt(const struct host *h)
{
    return root_exists(h->root, "/var/lib/dpkg/status");
}
