/* update_acts.h: the acts of the package manager. */
#pragma once
#include "model/act.h"

#define APT_GET "/usr/bin/apt-get"
#define SYSTEMD_RUN "/usr/bin/systemd-run"
#define SHELL "/bin/sh"

extern const struct act_table update_acts;
extern const struct act act_package_install, act_package_fetch, act_package_keep, act_package_upgrade;
