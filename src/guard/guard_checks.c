#include "guard/guard_checks.h"

const struct check_table guard_checks = {NULL, 0};
