#include "mail/mail_checks.h"
#include "mail/full_names.h"
#include "mail/relay.h"
#include "mail/script_trace.h"
#include "mail/sender_login.h"
#include "mail/submission.h"
#include "mail/tls.h"
#include "mail/trusted.h"

static const struct check rows[] = {
    {"mail.submission", "G4.1", SEVERITY_SERIOUS, BASIS_DIALOGUE, N_("Mail is sent through port 587, with a login under TLS"),
     N_("Port 587 with a login is how people send mail. A password that travels in clear text, or a login that takes any password, ends as bulk mail in their name."),
     N_("Offer port 587 with TLS and a login, take passwords only under TLS, and refuse wrong ones."), submission_probe, 20000, true, submission_plan, .beside = "mail.relay mail.tls"},
    {"mail.relay", "G4.1 G4.4", SEVERITY_SERIOUS, BASIS_DIALOGUE, N_("Strangers cannot send mail to other servers without a password"),
     N_("A server that sends for anybody is found within hours and used for bulk mail. Then it is on the block lists, and the mail of everybody here is refused."),
     N_("Let only those send to other servers who have logged in: with Postfix, smtpd_relay_restrictions with reject_unauth_destination, and mynetworks with this machine alone."),
     relay_probe, 35000, true, relay_plan_fix, .beside = "mail.submission"},
    {"mail.port25-auth", "G4.4", SEVERITY_NORMAL, BASIS_DIALOGUE, N_("Port 25 takes no logins"),
     N_("Port 25 is for mail from other servers and open to all, so passwords are guessed there. Port 587 is for people, and can be limited to their networks."),
     N_("Set the mail programs to port 587, then switch the login off on port 25."), port25_auth_probe, 20000, true, port25_auth_plan, .beside = "mail.submission mail.relay"},
    {"mail.tls", "G4.1", SEVERITY_NORMAL, BASIS_DIALOGUE, N_("Passwords reach the mail services encrypted"),
     N_("A password that travels in clear text can be read on the way. A certificate that is not in order teaches people to ignore warnings."),
     N_("Take passwords only under TLS 1.2 or newer, with a certificate of a known authority for the name that people write into their mail programs, and renew it in time."), mail_tls_probe, 20000, true, mail_tls_plan, .beside = "mail.submission"},
    {"mail.full-names", "G4.3", SEVERITY_NORMAL, BASIS_DIALOGUE, N_("Only full names (user@domain) can log in to mail"),
     N_("A short name such as \"info\" exists in every domain and is what attackers try first."),
     N_("Let Dovecot know full names only: no default realm, a user name format that keeps the domain, and no password database with short names. Tell the mail programs first."), full_names_probe, 20000, false, full_names_plan, .beside = "mail.submission"},
    {"mail.trusted-networks", "G4.1", SEVERITY_NORMAL, BASIS_EFFECTIVE, N_("Only this machine and your own networks may send without a password"),
     N_("Who is on the list of trusted networks sends without a password. One wide entry makes the server a relay for all who are in it."),
     N_("Keep only this machine (127.0.0.0/8, [::1]/128) in mynetworks; let other machines log in. A network that must stay is declared as a source in bansho.conf."), trusted_probe, 0, false, trusted_plan, .beside = "mail.relay mail.submission"},
    {"mail.sender-login", "G8.2", SEVERITY_NORMAL, BASIS_EFFECTIVE, N_("An account that has logged in sends in its own name only"),
     N_("Where any account may send as any other, one stolen password speaks for everybody, and the sender of bulk mail does not tell whose password it was."),
     N_("With Postfix: smtpd_sender_login_maps says who owns which address, and reject_authenticated_sender_login_mismatch stands first in smtpd_sender_restrictions."), sender_login_probe, 20000, false, sender_login_plan, .beside = "mail.submission mail.relay"},
    {"mail.script-trace", "G8.2", SEVERITY_NORMAL, BASIS_FILES, N_("Mail from PHP tells which script sent it"),
     N_("A misused script of one site sends bulk mail within minutes. Without a trace in the mail every site of the server has to be searched."),
     N_("Set mail.add_x_header = On (or mail.log) in each php.ini, and nothing else in the pools of FPM, then reload PHP."), script_trace_probe, 0, false, script_trace_plan},
};
const struct check_table mail_checks = {rows, ARRAY_SIZE(rows)};
