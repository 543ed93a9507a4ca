#include "guard/arrives.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "config/config.h"
#include "host/host.h"
#include "notify/notify.h"
#include "notify/notify_store.h"
#include <time.h>

#define CONFIRMED_WITHIN (180 * (int64_t)DAY)
#define TEST "bansho notify test"

/* How the ways stand that are configured. */
struct ways_seen {
    size_t ways, tried, own_mail;
    const char *failed;  /* the name of a way whose last attempt failed */
    bool confirmed;      /* one of them, lately */
};

/* One way: what is known of it, as a line of evidence. */
static int look(struct store *s, const struct way *w, const char *target, int64_t now, struct arena *a, struct ways_seen *seen, const char **ret_line, struct err *err)
{
    struct attempt last = {0};
    int64_t confirmed = 0;
    int r = s ? attempt_last(s, w->name, target, a, &last, err) : 0;
    int found = r;
    if (r > 0)
        r = attempt_confirmed(s, w->name, target, &confirmed, err);
    if (r < 0)
        return r;
    seen->ways++;
    seen->own_mail += w->needs_own_mail;
    seen->tried += found > 0;
    seen->confirmed |= confirmed > now - CONFIRMED_WITHIN;
    if (found && !last.ok)
        seen->failed = w->name;
    if (!found)
        *ret_line = arena_printf(a, _("%s: nothing was ever sent this way"), w->name);
    else if (!last.ok)
        *ret_line = arena_printf(a, _("%s: failed on %s: %s"), w->name, clock_text(a, last.time, CLOCK_DAY), last.why);
    else if (confirmed)
        *ret_line = arena_printf(a, _("%s: sent on %s, its arrival confirmed on %s"), w->name, clock_text(a, last.time, CLOCK_DAY), clock_text(a, confirmed, CLOCK_DAY));
    else
        *ret_line = arena_printf(a, _("%s: sent on %s, nobody confirmed that it arrived"), w->name, clock_text(a, last.time, CLOCK_DAY));
    return 0;
}

static struct finding *judge(struct findings *out, const struct ways_seen *s)
{
    struct finding *f;
    if (!s->ways) {
        f = finding_add(out, STATE_FAIL, "", "%s", _("nobody is told when something happens here: no way is configured"));
        finding_impact(out, f, "%s", _("What goes wrong on this server is noticed by those who are hurt by it."));
        finding_next(out, f, "bansho setup");
    } else if (s->failed) {
        f = finding_add(out, STATE_FAIL, "", _("the last alert by %s could not be sent"), s->failed);
        finding_next(out, f, TEST);
    } else if (s->tried < s->ways) {
        f = finding_add(out, STATE_WARN, "", "%s", _("a way to be told was never tried"));
        finding_next(out, f, TEST);
    } else if (!s->confirmed) {
        f = finding_add(out, STATE_WARN, "", "%s", _("nobody confirmed within half a year that an alert arrives"));
        finding_next(out, f, TEST);
    } else if (s->own_mail == s->ways) {
        f = finding_add(out, STATE_WARN, "", "%s", _("alerts go by this server's own mail only"));
        finding_impact(out, f, "%s", _("Where mail is what broke, or the server is blocked for sending spam, nobody learns of it."));
        finding_next(out, f, "bansho setup");
    } else
        f = finding_add(out, STATE_OK, "", "%s", _("alerts arrive, also where this server's mail does not work"));
    return f;
}

int notify_arrives(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct ways_seen seen = {0};
    const char *lines[NOTIFY_WAYS];
    if (!ctx->server->host->privileged) {
        finding_add(out, STATE_UNKNOWN, "", "%s", _("what was sent so far can be read by root only"));
        return 0;
    }
    int r = ctx->state_dir[0] ? notify_store_peek(ctx->state_dir, &s, err) : 0;
    if (r < 0)
        return r;
    for (size_t i = 0; i < NOTIFY_WAYS; i++) {
        const char *target = way_target(&notify_ways[i], ctx->config);
        r = target ? look(s, &notify_ways[i], target, ctx->now, out->arena, &seen, &lines[seen.ways], err) : 0;
        if (r < 0)
            return r;
    }
    struct finding *f = judge(out, &seen);
    for (size_t i = 0; i < seen.ways; i++)
        finding_evidence(out, f, NULL, 0, "%s", lines[i]);
    if (seen.ways == 0 || seen.own_mail == seen.ways)
        finding_evidence(out, f, CONFIG_PATH, 0, "%s", _("the section notify names no command and no webhook"));
    return 0;
}
