#include "change/change_acts.h"
#include "base/i18n.h"

#define FILES "CAP_DAC_OVERRIDE CAP_FOWNER CAP_CHOWN CAP_FSETID /etc /var/lib/bansho"

const struct act act_file_write = {"file.write", N_("replaces, makes or removes a file"), "", FILES, ACT_INVERSE("the file as it was before"), 300, CALLER_ADMIN, "path"};
const struct act act_file_mode = {"file.mode", N_("sets mode and owner of a file or directory"), "", FILES, ACT_INVERSE("mode and owner as they were before"), 300, CALLER_ADMIN, "path"};
const struct act act_link_make = {"link.make", N_("makes a symbolic link"), "", FILES, ACT_INVERSE("what was there before"), 300, CALLER_ADMIN, "path"};
const struct act act_directory_make = {"directory.make", N_("makes a directory"), "", FILES, ACT_INVERSE("removes it, where it is empty"), 300, CALLER_ADMIN, "path"};

static const struct act unit_start = {"unit.start", N_("starts a service"), "systemd", "bus", ACT_INVERSE("stops it"), 60, CALLER_ADMIN, "unit"};
static const struct act unit_stop = {"unit.stop", N_("stops a service"), "systemd", "bus", ACT_INVERSE("starts it"), 60, CALLER_ADMIN, "unit"};
static const struct act unit_restart = {"unit.restart", N_("restarts a service"), "systemd", "bus", ACT_INVERSE("nothing, where only it was done; its files as they were and another one, where it followed them"), 60, CALLER_ADMIN, "unit"};
static const struct act unit_reload = {"unit.reload", N_("has a service read its files again"), "systemd", "bus", ACT_INVERSE("its files as they were, and another reload"), 120, CALLER_ADMIN, "unit"};
static const struct act unit_enable = {"unit.enable", N_("has a service start at boot"), "systemd", "bus", ACT_INVERSE("disables it"), 60, CALLER_ADMIN, "unit"};
static const struct act unit_disable = {"unit.disable", N_("keeps a service from starting at boot"), "systemd", "bus", ACT_INVERSE("enables it"), 60, CALLER_ADMIN, "unit"};

const struct act act_unit_files = {"unit.files", N_("has systemd read its unit files again"), "systemd", "bus", ACT_INVERSE("the files as they were, and once more"), 120, CALLER_ADMIN, "systemd"};

static const struct act *const by_verb[UNIT_VERB_COUNT] = {
    [UNIT_START] = &unit_start, [UNIT_STOP] = &unit_stop, [UNIT_RESTART] = &unit_restart,
    [UNIT_RELOAD] = &unit_reload, [UNIT_ENABLE] = &unit_enable, [UNIT_DISABLE] = &unit_disable,
};

const struct act *change_unit_act(enum unit_verb verb)
{
    return by_verb[verb];
}

static const struct act *const rows[] = {
    &act_file_write, &act_file_mode, &act_link_make, &act_directory_make, &unit_start, &unit_stop, &unit_restart, &unit_reload, &unit_enable, &unit_disable, &act_unit_files,
};
const struct act_table change_acts = {rows, ARRAY_SIZE(rows)};
