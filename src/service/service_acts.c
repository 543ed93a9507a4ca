#include "service/service_acts.h"
#include "base/i18n.h"

const struct act act_service_restart = {
    "service.restart", N_("restarts a service that does not answer"), SYSTEMCTL, "bus", ACT_INVERSE("nothing has to be taken back: no file and no setting is changed"), 20, CALLER_ADMIN, "command",
};

static const struct act *const rows[] = {&act_service_restart};
const struct act_table service_acts = {rows, ARRAY_SIZE(rows)};
