/* registry.h: the one list of privileged acts: the tables of the rooms that perform them. tests/act compares it with the code and with the unit files. */
#pragma once
#include "model/act.h"

extern const struct act_table *const act_tables[];
extern const size_t act_tables_n;
/* NULL: no such act. */
const struct act *act_by_name(const char *name);
