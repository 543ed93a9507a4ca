#include "site/site_checks.h"
#include "site/exposed.h"
#include "site/exposed_fix.h"
#include "site/inventory.h"
#include "site/tls.h"

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
        .timeout_ms = 20000,
    },
    {
        .id = "site.exposed",
        .requirement = "G3.3",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_DIALOGUE,
        .title = N_("Nothing that must be hidden can be fetched from the web sites"),
        .why = N_("Version histories, database copies, archives, logs and copies of configuration files lie in web directories by mistake. Robots ask every server for them, and one of them is often all that an intruder needs."),
        .advice = N_("Move what the site does not need out of its web directory, and have the web server refuse the rest (Require all denied, deny all). Passwords that were in such a file must be changed: somebody may have read it."),
        .probe = site_exposed,
        .plan = site_exposed_plan,
        .timeout_ms = 35000,
        .wants_dialogue = true,
    },
    {
        .id = "site.tls",
        .requirement = "G5.6",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_DIALOGUE,
        .title = N_("Every site shows a valid certificate for its own name"),
        .why = N_("With an expired or wrong certificate browsers warn visitors away, and people who learn to click warnings away do so on a forged site too."),
        .advice = N_("Renew the certificate, or have one made for all names of the site, and let the renewal run by itself. Reload the web server after that: until then it goes on showing the old one."),
        .probe = site_tls,
        .timeout_ms = 20000,
        .wants_dialogue = true,
    },
};
const struct check_table site_checks = {rows, ARRAY_SIZE(rows)};
