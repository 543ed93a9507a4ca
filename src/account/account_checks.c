#include "account/account_checks.h"

const struct check_table account_checks = {NULL, 0};
