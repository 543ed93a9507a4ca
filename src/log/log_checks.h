/* log_checks.h: the checks of the room `log` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table log_checks;
