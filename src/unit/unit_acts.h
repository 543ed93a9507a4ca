/* unit_acts.h: the acts of pausing (act/registry.c lists all tables); those of systemd's own verbs are change/change_acts.h's. */
#pragma once
#include "model/act.h"

extern const struct act act_unit_pause, act_unit_resume;
extern const struct act_table unit_acts;
