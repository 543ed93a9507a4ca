#include "queue/queue_checks.h"

const struct check_table queue_checks = {NULL, 0};
