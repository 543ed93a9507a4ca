/* update_checks.h: the checks of the room `update` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table update_checks;
