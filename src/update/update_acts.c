#include "update/update_acts.h"

#define PACKAGES "CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID /"

const struct act act_package_install = {
    "package.install", N_("installs a package of the distribution"), APT_GET, PACKAGES, ACT_INVERSE("removes it with its configuration"), 20, CALLER_ADMIN, "packages",
};

static const struct act *const rows[] = {&act_package_install};
const struct act_table update_acts = {rows, ARRAY_SIZE(rows)};
