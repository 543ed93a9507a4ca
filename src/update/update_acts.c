#include "update/update_acts.h"

#define PACKAGES "CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID /"

const struct act act_package_install = {
    "package.install", N_("installs a package of the distribution"), APT_GET, PACKAGES, ACT_INVERSE("removes it with its configuration"), 20, CALLER_ADMIN, "packages",
};

const struct act act_package_restart = {
    "package.restart", N_("restarts a service that runs replaced files"), SYSTEMCTL, "bus", ACT_INVERSE("nothing has to be taken back: no file and no setting is changed"), 60, CALLER_ADMIN, "unit",
};

static const struct act *const rows[] = {&act_package_install, &act_package_restart};
const struct act_table update_acts = {rows, ARRAY_SIZE(rows)};
