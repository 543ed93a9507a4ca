#include "unit/names.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const verbs[] = {"start", "stop", "restart", "reload", "enable", "disable"};
_Static_assert(ARRAY_SIZE(verbs) == UNIT_VERB_COUNT, "every verb has its name");

const char *unit_verb_name(enum unit_verb v)
{
    return verbs[v];
}

int unit_verb_by_name(const char *name, enum unit_verb *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (strcmp(verbs[i], name) == 0) {
            *ret = (enum unit_verb)i;
            return 0;
        }
    return -EINVAL;
}

enum unit_verb unit_verb_inverse(enum unit_verb v)
{
    static const enum unit_verb inverse[] = {
        [UNIT_START] = UNIT_STOP, [UNIT_STOP] = UNIT_START, [UNIT_RESTART] = UNIT_RESTART, [UNIT_RELOAD] = UNIT_RELOAD, [UNIT_ENABLE] = UNIT_DISABLE, [UNIT_DISABLE] = UNIT_ENABLE,
    };
    return inverse[v];
}

int unit_name(const char *given, char ret[static UNIT_NAME_MAX], struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
    static const char *const suffixes[] = {".service", ".socket", ".timer", ".target", ".path", ".mount", ".slice", ".scope", ".automount", ".swap", ".device"};
    size_t n = strlen(given);
    bool suffix = false;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        suffix |= str_ends(str_span(given, n), str_of(suffixes[i]));
    if (!n || strspn(given, allowed) != n || given[0] == '.' || given[0] == '@' || given[0] == '-' || n + strlen(".service") >= UNIT_NAME_MAX)
        return err_set(err, -EINVAL, _("\"%s\" is no name of a service"), given);
    snprintf(ret, UNIT_NAME_MAX, "%s%s", given, suffix ? "" : ".service");
    return 0;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

enum unit_fate unit_fate(enum unit_verb verb, const struct unit_view *now, uint32_t restarts)
{
    if (verb == UNIT_STOP)
        return is(now->active, "inactive") || is(now->active, "failed") ? FATE_FINE : FATE_WAIT;
    if (is(now->active, "failed") || str_starts(str_of(now->sub), STR("auto-restart")) || now->restarts > restarts)
        return FATE_DEAD;
    if (is(now->active, "active"))
        return FATE_FINE;
    if (!is(now->active, "inactive"))
        return FATE_WAIT;
    if (now->condition_us && !now->condition)
        return FATE_CONDITION;
    return is(now->type, "oneshot") ? FATE_FINE : FATE_DEAD;
}

bool unit_may_die_later(enum unit_verb verb, const struct unit_view *now)
{
    if (verb == UNIT_RELOAD)
        return *now->type && !is(now->type, "oneshot") && !is(now->type, "notify-reload");
    if (verb == UNIT_STOP)
        return false;
    return is(now->type, "simple") || is(now->type, "exec") || is(now->type, "idle") || is(now->type, "forking");
}

const char *unit_result_words(const char *result)
{
    static const struct { const char *result, *words; } table[] = {
        {"failed", N_("it failed")},
        {"timeout", N_("it did not answer in time")},
        {"canceled", N_("another job took its place")},
        {"dependency", N_("a unit that it needs did not start")},
        {"assert", N_("what its unit file demands is not there")},
        {"condition", N_("a condition of its unit file does not hold, so systemd did not start it")},
        {"exit-code", N_("it ended with an error")},
        {"signal", N_("it was killed by a signal")},
        {"core-dump", N_("it crashed")},
        {"oom-kill", N_("the kernel killed it because memory ran out")},
        {"watchdog", N_("it hung")},
        {"start-limit-hit", N_("it was started too often in a short time, so systemd no longer starts it")},
        {"resources", N_("the system lacks what it needs to start it")},
        {"protocol", N_("it ended before it was ready")},
        {"success", N_("it does not run afterwards")},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (is(table[i].result, result))
            return _(table[i].words);
    return result;
}
