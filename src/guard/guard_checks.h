/* guard_checks.h: the checks of the room `guard` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table guard_checks;
