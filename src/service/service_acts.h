/* service_acts.h: the privileged acts of the room `service` (act/registry.c lists all tables). */
#pragma once
#include "model/act.h"

#define SYSTEMCTL "/usr/bin/systemctl"

extern const struct act act_service_restart;
extern const struct act_table service_acts;
