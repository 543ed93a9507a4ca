#include "update/update_checks.h"

const struct check_table update_checks = {NULL, 0};
