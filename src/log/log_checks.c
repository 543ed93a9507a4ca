#include "log/log_checks.h"

const struct check_table log_checks = {NULL, 0};
