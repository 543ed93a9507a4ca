/* submission.h: mail.submission (G4.1): is there a port for sending mail where people log in under TLS, and is a wrong password refused? And
   mail.port25-auth (G4.4): does port 25 take logins, although mail is to be sent through the submission ports alone? */
#pragma once
#include "mail/ports.h"

probe_fn submission_probe, port25_auth_probe;
plan_fn submission_plan, port25_auth_plan;

/* What one dialogue with a submission port says; `clear` also where a login is offered without TLS. */
enum submission_fault {
    SUBMISSION_SOUND,
    SUBMISSION_ANY_PASSWORD,  /* the wrong password was taken */
    SUBMISSION_CLEAR_TEXT,    /* a password is taken without TLS */
    SUBMISSION_NO_TLS,
    SUBMISSION_NO_LOGIN,      /* under TLS no login is offered */
    SUBMISSION_UNCLEAR,       /* the dialogue did not come so far */
};
enum submission_fault submission_judge(bool tls_first, const struct smtp_seen *seen);
/* Are these mechanisms ones that send the password itself? */
bool sends_password(const char *mechanisms);
