/* account_acts.h: the acts on accounts of the system. */
#pragma once
#include "model/act.h"

#define USERMOD "/usr/sbin/usermod"
#define PASSWD "/usr/bin/passwd"

extern const struct act_table account_acts;
extern const struct act act_account_lock;
