/* watch_setup.c: what is followed, by which filters and rules. */
#include "base/i18n.h"
#include "bin/session.h"
#include "bin/watch.h"
#include "guard/filters.h"
#include "guard/never.h"
#include <errno.h>

static int load_filters(struct arena *a, struct watch_setup *s, struct err *err)
{
    struct str rest = str_of(config_text(s->config, "guard", "filters", "")), spec;
    while (guard_filter_next(&rest, &spec)) {
        struct filter_definition plain, journal;
        int r = guard_filter_load(a, filter_own_dir(), spec, false, &plain, err);
        if (r == 0)
            r = guard_filter_load(a, filter_own_dir(), spec, true, &journal, err);
        if (r < 0)
            return r;
        *list_push(a, &s->filters) = plain;
        *list_push(a, &s->journal_filters) = journal;
    }
    return 0;
}

/* What each service writes to: as the checks see it. */
static int find_sources(struct arena *a, struct watch_setup *s, struct err *err)
{
    struct session look = {.root = {.fd = -1}};
    struct findings scratch = {.arena = a};
    int r = session_look(&look, "/", "en", err);
    if (r == 0) {
        struct probe_ctx ctx = session_ctx(&look);
        sources_find(&ctx, &scratch, &s->sources);
    }
    session_done(&look);
    return r;
}

int watch_setup(struct arena *a, struct watch_setup *s, struct err *err)
{
    int r = root_open("/", &s->root, err);
    if (r == 0)
        r = session_config(&s->config, err);
    if (r < 0)
        return r;
    s->observe = strcmp(config_text(s->config, "", "mode", "observe"), "observe") == 0;
    s->rules = (struct guard_rules){.find_time = config_number(s->config, "guard", "find-time"), .ban_time = config_number(s->config, "guard", "ban-time"),
                                    .ban_time_max = config_number(s->config, "guard", "ban-time-max"), .max_retry = (unsigned)config_number(s->config, "guard", "max-retry")};
    s->bans_per_hour = (unsigned)config_number(s->config, "guard", "bans-per-hour");
    never_fill(s->config, a, &s->rules);
    s->now = arena_zalloc(a, sizeof *s->now);
    *s->now = (struct never_now){.config = s->config, .sessions = SESSIONS_DIR};
    never_ask(s->now, &s->rules);
    r = load_filters(a, s, err);
    return r < 0 ? r : find_sources(a, s, err);
}

void watch_setup_done(struct watch_setup *s)
{
    if (s->now)
        never_now_done(s->now);
    config_free(s->config);
    root_close(&s->root);
}

bool watch_config_fine(void)
{
    struct config *config = NULL;
    struct err err = {0};
    int r = session_config(&config, &err);
    config_free(config);
    if (r < 0) {
        watch_say(err.text);
        watch_say(_("bansho.conf has errors (all of them: bansho config check): what was in force goes on"));
    }
    return r == 0;
}
