#include "bin/verbs.h"

const struct verb *const verbs[] = {
    &verb_check, &verb_explain, &verb_fix, &verb_changes, &verb_undo, &verb_accept, &verb_service, &verb_status, &verb_bans, &verb_ban, &verb_unban, &verb_why, &verb_selftest, &verb_metrics, &verb_run, &verb_notify, &verb_filter, &verb_log, &verb_replay, &verb_queue, &verb_setup, &verb_import, &verb_config, &verb_help, &verb_version,
};
const size_t verbs_n = ARRAY_SIZE(verbs);

const struct verb_option common_options[] = {
    {"lang", 0, ARGUMENT_WORDS, "ja|en", "ja|en", N_("language of the output; otherwise the locale decides")},
    {"help", 'h', ARGUMENT_NONE, NULL, NULL, N_("what this verb does and its options")},
    {0},
};

const struct verb *verb_by_name(struct str name)
{
    for (size_t i = 0; i < verbs_n; i++)
        if (str_eq(str_of(verbs[i]->name), name))
            return verbs[i];
    return NULL;
}
