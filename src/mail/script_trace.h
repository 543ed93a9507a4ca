/* script_trace.h: mail.script-trace (G8.2): when a site sends bulk mail, which script was it? PHP writes it into each mail (mail.add_x_header) or into a log (mail.log). */
#pragma once
#include "server/probe.h"

probe_fn script_trace_probe;
plan_fn script_trace_plan;

/* One way in which a PHP installation runs: FPM with its pools, Apache's module, the command line. */
struct script_sapi {
    const char *object;   /* "8.2 fpm" */
    const char *section;  /* of the instance's settings */
    bool pools;           /* "pool NAME" sections count */
};
#define SCRIPT_SAPIS 3
/* Those that run here: Apache's module only where Apache loads it. */
size_t script_sapis(const struct root *root, const struct instance *php, struct arena *a, struct script_sapi ret[static SCRIPT_SAPIS]);
/* Does a mail from there tell its script? pool "": what php.ini says. The setting that decides goes to *ret (NULL: none, PHP's own default, which is no). */
bool script_traced(const struct instance *php, const char *section, const char *pool, const struct setting **ret);
/* The n-th section "pool NAME" (0, 1, ...), NULL: no more. */
const char *script_pool(const struct instance *php, size_t n);
