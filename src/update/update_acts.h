/* update_acts.h: the acts of the package manager. */
#pragma once
#include "model/act.h"

#define APT_GET "/usr/bin/apt-get"

extern const struct act_table update_acts;
#define SYSTEMCTL "/usr/bin/systemctl"
extern const struct act act_package_install;
extern const struct act act_package_restart;
