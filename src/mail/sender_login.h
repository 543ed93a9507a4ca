/* sender_login.h: mail.sender-login (G8.2): may an account that has logged in send in the name of another one? Judged from Postfix' effective settings: a restriction
   that compares login and sender, reached before anything permits the logged-in client, and a table of who owns which address. Where bansho.conf names a probe
   account it is tried too (sender_dialogue.h), and that counts more. */
#pragma once
#include "mail/ports.h"

probe_fn sender_login_probe;
plan_fn sender_login_plan;

/* The list in which the restriction stands and is reached; NULL: in none. */
const struct setting *sender_login_checked(const struct instance *postfix, const char *service);
bool sender_login_is_word(struct str word);
