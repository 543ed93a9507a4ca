/* queue_acts.h: the acts on messages of the mail queue (act/registry.c lists all tables). */
#pragma once
#include "model/act.h"

extern const struct act act_queue_hold, act_queue_release, act_queue_delete, act_queue_restore, act_queue_requeue, act_queue_purge;
extern const struct act_table queue_acts;
