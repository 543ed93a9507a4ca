#include "unit/unit_acts.h"
#include "base/i18n.h"

#define WRITES "CAP_DAC_OVERRIDE bus /etc/systemd/system /var/lib/bansho/leases"

const struct act act_unit_pause = {"unit.pause", N_("pauses a service until a time"), "systemd", WRITES, ACT_INVERSE("its timer, or at once unit.resume"), 60, CALLER_ADMIN, "unit"};
const struct act act_unit_resume = {"unit.resume", N_("ends a service's pause"), "systemd", WRITES, ACT_INVERSE("unit.pause"), 60, CALLER_ADMIN, "unit"};

static const struct act *const rows[] = {&act_unit_pause, &act_unit_resume};
const struct act_table unit_acts = {rows, ARRAY_SIZE(rows)};
