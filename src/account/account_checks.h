/* account_checks.h: the checks of the room `account` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table account_checks;
