/* site_checks.h: the checks of the room `site` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table site_checks;
