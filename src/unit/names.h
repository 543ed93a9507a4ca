/* names.h: names of verbs, of units, of what became of a job; no I/O. For this room and its tests. */
#pragma once
#include "unit/bus.h"
#include "unit/unit.h"

#define UNIT_NAME_MAX 256

/* "ssh" -> "ssh.service"; others stay. -EINVAL: no unit can be called so (systemd.unit(5)). */
int unit_name(const char *given, char ret[static UNIT_NAME_MAX], struct err *err) _must_check_;

/* Is the unit what the verb should have made of it? `restarts`: as many by itself as are no sign of dying. */
enum unit_fate { FATE_FINE, FATE_DEAD, FATE_CONDITION, FATE_WAIT };
enum unit_fate unit_fate(enum unit_verb verb, const struct unit_view *now, uint32_t restarts);
/* It can still die of its configuration after systemd has called it started or reloaded. */
bool unit_may_die_later(enum unit_verb verb, const struct unit_view *now);
/* What systemd calls a job's or a unit's end, in words of the reader's language. */
const char *unit_result_words(const char *result);
