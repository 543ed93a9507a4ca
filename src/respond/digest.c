#include "respond/digest.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "term/text.h"
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX (1u << 20)
#define MESSAGE_MAX (64u << 10)
#define FILTERS 8         /* that are counted by name */
#define FIELD_MAX 256     /* of what strangers wrote */

struct row {
    struct diary_shown_verdict v;
    char network[ADDR_TEXT + 4], account[FIELD_MAX], filter[64], reason[FIELD_MAX];
};

struct part {
    size_t n;
    struct row shown[DIGEST_SHOWN]; /* the newest: at n % DIGEST_SHOWN the oldest of them */
};

struct digest {
    const char *host;
    int64_t first_us, last_us;
    struct part parts[DIGEST_PARTS];
    struct {
        char name[64];
        size_t n;
    } filters[FILTERS]; /* of those who are shut out */
    size_t others;
};

enum digest_part digest_part_of(const struct diary_shown_verdict *v)
{
    if (v->kind == VERDICT_ENTERED)
        return DIGEST_ENTERED;
    if (v->state && strcmp(v->state, post_state_name(POST_REFUSED)) == 0)
        return DIGEST_REFUSED;
    if (v->state && strcmp(v->state, post_state_name(POST_OBSERVED)) == 0)
        return DIGEST_OBSERVED;
    if (v->kind == VERDICT_ATTACKED)
        return DIGEST_ATTACKED;
    return v->until ? DIGEST_BANNED : DIGEST_SPARED;
}

struct digest *digest_new(const char *host)
{
    struct digest *d = calloc(1, sizeof *d);
    if (d)
        d->host = host;
    return d;
}

void digest_free(struct digest *d) { free(d); }
void digest_freep(struct digest **d) { free(*d); }

static const char *keep(char *to, size_t size, const char *from)
{
    struct str s = str_head(str_of(from ? from : ""), size - 1);
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return from ? to : NULL;
}

static void count_filter(struct digest *d, const char *filter)
{
    for (size_t i = 0; i < FILTERS; i++) {
        if (!d->filters[i].n)
            keep(d->filters[i].name, sizeof d->filters[i].name, filter);
        if (strcmp(d->filters[i].name, filter ? filter : "") == 0) {
            d->filters[i].n++;
            return;
        }
    }
    d->others++;
}

void digest_add(struct digest *d, const struct diary_shown_verdict *v)
{
    enum digest_part which = digest_part_of(v);
    struct part *p = &d->parts[which];
    struct row *r = &p->shown[p->n++ % DIGEST_SHOWN];
    r->v = *v;
    r->v.network = keep(r->network, sizeof r->network, v->network);
    r->v.account = keep(r->account, sizeof r->account, v->account);
    r->v.filter = keep(r->filter, sizeof r->filter, v->filter);
    r->v.reason = keep(r->reason, sizeof r->reason, v->reason);
    if (!d->first_us || v->time_us < d->first_us)
        d->first_us = v->time_us;
    if (v->time_us > d->last_us)
        d->last_us = v->time_us;
    if (which == DIGEST_BANNED || which == DIGEST_OBSERVED)
        count_filter(d, v->filter);
}

size_t digest_count(const struct digest *d, enum digest_part part) { return d->parts[part].n; }

/* --- words */

static const char *looks_text(enum verdict_looks l)
{
    static const char *const texts[] = {
        [LOOKS_STALE] = N_("its own account alone: a device with an old password?"), [LOOKS_OFFICE] = N_("several people log in from there: an office?"),
        [LOOKS_ONE_ACCOUNT] = N_("one account alone, slowly: its owner?"), [LOOKS_PROTECTED] = N_("an address that is never shut out"),
    };
    return l < ARRAY_SIZE(texts) && texts[l] ? _(texts[l]) : verdict_looks_name(l);
}

/* What decided (guard/detect.h). */
static void put_count(struct buf *b, const struct diary_shown_verdict *v)
{
    unsigned n = v->count;
    if (v->kind == VERDICT_NETWORK)
        buf_printf(b, ngettext("%u address of it", "%u addresses of it", n), n);
    else if (v->kind == VERDICT_ATTACKED)
        buf_printf(b, ngettext("%u address", "%u addresses", n), n);
    else if (v->kind == VERDICT_SPREAD)
        buf_printf(b, ngettext("one of %u address that tries this account", "one of %u addresses that try this account", n), n);
    else if (v->kind == VERDICT_SPRAY)
        buf_printf(b, ngettext("%u account tried", "%u accounts tried", n), n);
    else
        buf_printf(b, ngettext("%u failure", "%u failures", n), n);
}

static void put_row(struct buf *b, struct arena *a, const struct row *r, enum digest_part part)
{
    buf_printf(b, "  %s  ", clock_text(a, r->v.time_us / 1000000, CLOCK_SECOND));
    if (part != DIGEST_ATTACKED)
        text_pad(b, str_of(r->network), 20);
    if (part == DIGEST_BANNED || part == DIGEST_OBSERVED)
        buf_printf(b, _("until %s"), clock_text(a, r->v.until, CLOCK_MINUTE));
    else if (part == DIGEST_SPARED)
        buf_addz(b, looks_text(r->v.looks));
    if (part == DIGEST_REFUSED)
        text_escape(b, str_of(r->reason));
    buf_addz(b, "  ");
    put_count(b, &r->v);
    buf_addz(b, "  ");
    text_escape(b, str_of(r->filter));
    buf_addz(b, "  ");
    if (r->v.account)
        text_escape(b, str_of(r->account));
    buf_addc(b, '\n');
}

static void put_part(struct buf *b, struct arena *a, const struct digest *d, enum digest_part which, const char *title)
{
    const struct part *p = &d->parts[which];
    size_t shown = p->n < DIGEST_SHOWN ? p->n : DIGEST_SHOWN;
    if (!p->n)
        return;
    buf_printf(b, "\n%s\n", title);
    if (p->n > shown)
        buf_printf(b, "  %s\n", arena_printf(a, ngettext("(the newest %zu)", "(the newest %zu)", shown), shown));
    for (size_t i = p->n - shown; i < p->n; i++)
        put_row(b, a, &p->shown[i % DIGEST_SHOWN], which);
}

static void put_filters(struct buf *b, const struct digest *d)
{
    const char *comma = "";
    for (size_t i = 0; i < FILTERS && d->filters[i].n; i++) {
        buf_printf(b, "%s", comma);
        text_escape(b, str_of(d->filters[i].name));
        buf_printf(b, " %zu", d->filters[i].n);
        comma = ", ";
    }
    if (d->others)
        buf_printf(b, _(", others %zu"), d->others);
}

/* What is most important, with its number. */
static const char *title(const struct digest *d, struct arena *a, enum digest_part part)
{
    size_t n = d->parts[part].n;
    switch (part) {
    case DIGEST_REFUSED:
        return arena_printf(a, ngettext("%zu address could not be shut out", "%zu addresses could not be shut out", n), n);
    case DIGEST_BANNED:
        return arena_printf(a, ngettext("%zu address was shut out", "%zu addresses were shut out", n), n);
    case DIGEST_ATTACKED:
        return arena_printf(a, ngettext("%zu account is tried from many addresses (it stays open to its owner)", "%zu accounts are tried from many addresses (they stay open to their owners)", n), n);
    case DIGEST_OBSERVED:
        return arena_printf(a, ngettext("%zu address would have been shut out", "%zu addresses would have been shut out", n), n);
    default:
        return arena_printf(a, ngettext("%zu address failed often and was not shut out", "%zu addresses failed often and were not shut out", n), n);
    }
}

static const char *subject(const struct digest *d, struct arena *a)
{
    for (enum digest_part part = DIGEST_REFUSED; part < DIGEST_PARTS; part++)
        if (d->parts[part].n)
            return arena_printf(a, "bansho %s: %s", d->host, title(d, a, part));
    return NULL;
}

struct message digest_message(const struct digest *d, struct arena *a)
{
    struct message m = {.subject = subject(d, a)};
    _cleanup_(buf_free) struct buf b = BUF(MESSAGE_MAX);
    if (!m.subject)
        return m;
    buf_printf(&b, _("%s, between %s and %s.\n"), d->host, clock_text(a, d->first_us / 1000000, CLOCK_MINUTE), clock_text(a, d->last_us / 1000000, CLOCK_MINUTE));
    if (d->parts[DIGEST_BANNED].n + d->parts[DIGEST_OBSERVED].n) {
        buf_addz(&b, _("Failed logins at: "));
        put_filters(&b, d);
        buf_addc(&b, '\n');
    }
    for (enum digest_part part = DIGEST_REFUSED; part < DIGEST_PARTS; part++)
        put_part(&b, a, d, part, title(d, a, part));
    if (d->parts[DIGEST_OBSERVED].n)
        buf_printf(&b, "\n%s\n", _("mode = observe: nobody is shut out yet. To let bansho do it: mode = act in bansho.conf, then systemctl reload bansho-watch"));
    buf_printf(&b, "\n%s\n", _("Why, and what else an address did: bansho why ADDRESS\nTo let one in again: bansho unban ADDRESS\nAll that are shut out now: bansho bans"));
    m.text = arena_dup(a, buf_str(&b));
    return m;
}

struct message digest_entered(const char *host, const struct diary_shown_verdict v[], size_t n, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(MESSAGE_MAX), who = BUF(FIELD_MAX);
    text_escape(&who, str_head(str_of(v[0].account ? v[0].account : v[0].network), FIELD_MAX / 8));
    struct message m = {.subject = n == 1 ? arena_printf(a, _("bansho %s: URGENT: a stranger may have logged in to %s"), host, who.p)
                                          : arena_printf(a, _("bansho %s: URGENT: strangers may have logged in to %zu accounts"), host, n)};
    buf_printf(&b, "%s\n\n", _("Strangers were trying passwords on this account; now a login has succeeded from where it had never been used."));
    for (size_t i = 0; i < n && i < 4 * DIGEST_SHOWN; i++) {
        buf_printf(&b, "  %s  ", clock_text(a, v[i].time_us / 1000000, CLOCK_SECOND));
        text_escape(&b, str_head(str_of(v[i].account ? v[i].account : ""), FIELD_MAX));
        buf_printf(&b, _("  from %s (%s)\n"), v[i].network, v[i].filter ? v[i].filter : "");
    }
    if (n > 4 * DIGEST_SHOWN)
        buf_printf(&b, "  ... %zu\n", n - 4 * DIGEST_SHOWN);
    buf_printf(&b, _("\nIf that was not its owner: change the password at once, then look what was done with it:\n    bansho log search --account %s\n    bansho why %.*s\n"), who.p,
               (int)strcspn(v[0].network, "/"), v[0].network);
    m.text = arena_dup(a, buf_str(&b));
    return m;
}
