#include "service/service_checks.h"

const struct check_table service_checks = {NULL, 0};
