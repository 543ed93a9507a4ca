#include "mail/mail_checks.h"
#include "mail/relay.h"

static const struct check rows[] = {
    {"mail.relay", "G4.1 G4.4", SEVERITY_SERIOUS, BASIS_DIALOGUE, N_("Strangers cannot send mail to other servers without a password"),
     N_("A server that sends for anybody is found within hours and used for bulk mail. Then it is on the block lists, and the mail of everybody here is refused."),
     N_("Let only those send to other servers who have logged in: with Postfix, smtpd_relay_restrictions with reject_unauth_destination, and mynetworks with this machine alone."),
     relay_probe, 35000, true},
};
const struct check_table mail_checks = {rows, ARRAY_SIZE(rows)};
