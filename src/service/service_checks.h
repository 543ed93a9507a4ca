/* service_checks.h: the checks of the room `service` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table service_checks;
