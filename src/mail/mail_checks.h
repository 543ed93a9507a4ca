/* mail_checks.h: the checks of the room `mail` (check/registry.c lists all tables). */
#pragma once
#include "model/check.h"

extern const struct check_table mail_checks;
