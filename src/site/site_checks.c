#include "site/site_checks.h"

const struct check_table site_checks = {NULL, 0};
