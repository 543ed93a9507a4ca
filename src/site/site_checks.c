#include "site/site_checks.h"
#include "site/inventory.h"

static const struct check rows[] = {
    {
        .id = "site.inventory",
        .requirement = "G2.1",
        .severity = SEVERITY_INFO,
        .basis = BASIS_FILES,
        .title = N_("Which web programs are installed where, with which plug-ins and themes"),
        .why = N_("Holes in web programs come to light long after they were installed. Only who knows what is installed where can update it in time, and forgotten copies are the usual way in."),
        .advice = N_("Go through the list: update what is old, and uninstall programs, plug-ins and themes that nobody uses any more."),
        .probe = site_inventory,
        .timeout_ms = 12000,
    },
};
const struct check_table site_checks = {rows, ARRAY_SIZE(rows)};
