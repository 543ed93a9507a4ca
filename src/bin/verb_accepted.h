/* verb_accepted.h: what `bansho accept` does besides accepting: the list of what is accepted, and taking it back. Used by verb_accept.c only. */
#pragma once
#include "bin/verbs.h"

/* Prints what is accepted, until when, by whom and why; with --json as bansho.accept/1. OUTCOME_USAGE: complained. */
enum outcome accepted_list(const struct call *c);
/* Takes back the acceptance of args[0] (a check) and args[1] (an object; absent: the only one that is accepted). Several of them and no -y: OUTCOME_REFUSED. */
enum outcome accepted_withdraw(const struct call *c);
