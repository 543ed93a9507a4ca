/* firewall_checks.h: the checks of the room `firewall` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table firewall_checks;
