/* blind.h: a guard that watches a service, but by a log that the service does not write: it runs, its configuration looks right, and nobody is ever shut out (a new system without
   auth.log, rsyslog taken away, a journal for a service that writes files only). */
#pragma once
#include "log/found.h"

/* Why fail2ban's jail cannot see the logins of this product; NULL: nothing speaks against it. *ret_untold: which log it reads, or, for the journal, whether the product writes there, could not be found out. fail2ban: its instance; seen: log/found.h. In the arena. */
const char *guard_blind(const struct root *root, const struct instance *fail2ban, const char *jail, const struct seen_logs *seen, const char *product, struct arena *a, bool *ret_untold);
