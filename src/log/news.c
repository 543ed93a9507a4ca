#include "log/news.h"
#include "base/clock.h"
#include "base/i18n.h"

const char *follow_news(const struct follow_item *item, struct arena *a)
{
    static const char *const of_a_log[] = {
        [FOLLOW_TRUNCATED] = N_("%s was emptied; lines that were written just before may be missing"),
        [FOLLOW_MISSED] = N_("%s was rotated; lines may be missing"),
        [FOLLOW_REFUSED] = N_("%s is not followed: it is a link or no file"),
        [FOLLOW_UNREADABLE] = N_("%s cannot be read: %s"),
    }, *const of_all[] = {
        [FOLLOW_UNWATCHED] = N_("the kernel watches no more directories for us (sysctl fs.inotify.max_user_watches): the rest is looked at every second"),
        [FOLLOW_TOO_MANY] = N_("there are more logs than can be followed"),
    };
    if (item->kind < ARRAY_SIZE(of_a_log) && of_a_log[item->kind])
        return arena_printf(a, _(of_a_log[item->kind]), item->log, err_name(item->code < 0 ? -item->code : item->code));
    return item->kind < ARRAY_SIZE(of_all) && of_all[item->kind] ? _(of_all[item->kind]) : NULL;
}

const char *journal_news(const struct journal_entry *e, struct arena *a)
{
    switch (e->kind) {
    case JOURNAL_SUPPRESSED:
        return arena_printf(a, _("journald threw %llu messages of %.*s away (RateLimitBurst= in journald.conf)"), (unsigned long long)e->lost, (int)e->unit.n, e->unit.p);
    case JOURNAL_DAMAGED:
        return arena_printf(a, _("%.*s is damaged: what else it held was not seen"), (int)e->message.n, e->message.p);
    case JOURNAL_GAP:
        return arena_printf(a, _("the journal was cut: from %s to %s nothing was seen"), clock_text(a, e->from_us / 1000000, CLOCK_SECOND), clock_text(a, e->time_us / 1000000, CLOCK_SECOND));
    case JOURNAL_ENTRY:
        break;
    }
    return NULL;
}
