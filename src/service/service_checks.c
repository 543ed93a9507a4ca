#include "service/service_checks.h"
#include "service/answers.h"
#include "service/watchdog.h"

static const struct check rows[] = {
    {
        .id = "service.answers",
        .requirement = "G9.1",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_DIALOGUE,
        .title = N_("Every service answers in its own protocol"),
        .why = N_("A service can be dead although its process still exists: it hangs, refuses everybody or is hidden by a rule. Only a real dialogue shows whether people can use it."),
        .advice = N_("Restart the service and read its last messages. If it answers on this machine but not by its own address, look at the firewall and at what the service is bound to. Switch off at boot what is not meant to run."),
        .probe = service_answers,
        .plan = service_answers_plan,
        .timeout_ms = 20000,
        .wants_dialogue = true,
    },
    {
        .id = "service.watchdog",
        .requirement = "G9.2",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_EFFECTIVE,
        .title = N_("Every service is brought back when it dies, and no pause is forgotten"),
        .why = N_("A service that dies at night stays down until somebody notices, unless something starts it again. One that was stopped for some work, or whose watchdog was switched off, is easily forgotten."),
        .advice = N_("Let systemd restart the service (Restart=on-failure in a drop-in), or watch it with monit or the panel's Watchdog. For work on a service use a pause that ends by itself: bansho service pause. Where a service dies again and again, look for the cause in its messages."),
        .probe = service_watchdog,
        .plan = service_watchdog_plan,
        .wants_dialogue = true,
    },
};
const struct check_table service_checks = {rows, ARRAY_SIZE(rows)};
