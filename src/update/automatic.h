/* automatic.h: update.automatic. What the machine shows is gathered into facts; the judgement of facts is apart, so that tests can hold any machine up to it. */
#pragma once
#include "server/probe.h"
#include "update/apt_conf.h"

enum runs { RUNS, RUNS_NOT, RUNS_UNSEEN };

struct starter {
    const char *name;  /* "apt-daily.timer", "cron.daily/apt-compat" */
    enum runs runs;
    const char *why;   /* RUNS_NOT: translated */
    const char *file;
};

struct automatic_facts {
    const char *tool;            /* "unattended-upgrades", "dnf-automatic", "yum-cron" */
    bool installed;
    const char *install;         /* command that installs and switches on */
    struct apt_row settings[4];  /* each must be "on" */
    size_t settings_n;
    bool security;               /* its sources include the security updates */
    struct apt_row sources;      /* where that stands */
    struct starter starters[2];
    size_t starters_n;
    int64_t interval;            /* seconds between runs, as configured */
    int64_t last;                /* 0: never */
    const char *last_from;
    int64_t since;               /* when it could run for the first time; 0: not known */
    int64_t booted, now;
};

/* "1", "7", "always", "12h" of APT::Periodic: seconds; 0: off. -1: not understood. */
int64_t apt_interval(const char *value);
/* Is this setting a yes of apt's (yes, always, an interval)? */
bool automatic_is_on(const struct apt_row *row);
/* Debian and Ubuntu; false: dnf. */
bool automatic_is_apt(const struct host *h);
void automatic_judge(const struct automatic_facts *f, struct findings *out);
int update_automatic(const struct probe_ctx *ctx, struct findings *out, struct err *err);

plan_fn update_automatic_plan; /* automatic_fix.c */

/* automatic_apt.c, automatic_dnf.c */
void automatic_apt(const struct host *h, struct arena *a, struct automatic_facts *ret);

void automatic_dnf(const struct host *h, struct arena *a, struct automatic_facts *ret);
struct starter starter_of_unit(const struct host *h, struct arena *a, const char *unit);
