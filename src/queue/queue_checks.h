/* queue_checks.h: the checks of the room `queue` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table queue_checks;
