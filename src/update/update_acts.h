/* update_acts.h: the acts of the package manager. */
#pragma once
#include "model/act.h"

#define APT_GET "/usr/bin/apt-get"

extern const struct act_table update_acts;
extern const struct act act_package_install;
