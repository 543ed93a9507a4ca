/* change_acts.h: the acts that changes are made of. */
#pragma once
#include "model/act.h"
#include "unit/unit.h"

extern const struct act_table change_acts;
extern const struct act act_file_write, act_file_mode, act_link_make, act_directory_make, act_unit_files;
/* The row of a verb of systemd: "unit.reload" ... */
const struct act *change_unit_act(enum unit_verb verb);
