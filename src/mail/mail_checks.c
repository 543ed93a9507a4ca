#include "mail/mail_checks.h"

const struct check_table mail_checks = {NULL, 0};
