#include "update/update_acts.h"

#define PACKAGES "CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID /"

const struct act act_package_install = {
    "package.install", N_("installs a package of the distribution"), APT_GET, PACKAGES, ACT_INVERSE("removes it with its configuration"), 20, CALLER_ADMIN, "packages",
};

const struct act act_package_fetch = {
    "package.fetch", N_("fetches packages into apt's cache, without installing them"), APT_GET, "CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID /var/cache/apt", ACT_INVERSE("removes them there"), 20, CALLER_ADMIN, "packages",
};
const struct act act_package_keep = {
    "package.keep", N_("keeps the old versions of packages"), SHELL, "CAP_DAC_OVERRIDE /var/lib/bansho", ACT_INVERSE("removes them, when they are installed again"), 20, CALLER_ADMIN, "packages",
};
const struct act act_package_upgrade = {
    "package.upgrade", N_("installs updates"), SYSTEMD_RUN, PACKAGES, ACT_INVERSE("installs the versions that were kept; nothing, where they could not be had: the plan says so"), 20, CALLER_ADMIN, "packages",
};

static const struct act *const rows[] = {&act_package_install, &act_package_fetch, &act_package_keep, &act_package_upgrade};
const struct act_table update_acts = {rows, ARRAY_SIZE(rows)};
