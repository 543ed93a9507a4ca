/* monit.h: which services monit brings back, from its own configuration (monit(1)): Debian's and Red Hat's monit, and the one that Plesk's Watchdog
   runs. A service that is stopped for a pause is taken from monit's eyes until the pause ends (monit's own words: unmonitor, monitor), or it would
   start it again. Its configuration is root's own (monit refuses another owner or mode). Read below any root; asked on the live machine only. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

struct monit_install {
    const char *title;   /* "monit", "Plesk Watchdog" */
    const char *conf;    /* monitrc */
    const char *program;
};

struct monit_service {
    const char *name;    /* as in `check process NAME` */
    const char *pidfile; /* "" : none */
    const char *start;   /* its start program; "" : it is watched but not started again */
    const struct monit_install *by;
};
struct monit_services {
    LIST(struct monit_service) list;
    bool partly; /* something could not be read, or was too much */
};

/* Adds what one file says, and the patterns of its include lines. At most 1,000 services. */
struct monit_includes {
    LIST(char *) list;
};
void monit_parse(struct str text, struct arena *a, struct monit_services *services, struct monit_includes *includes) PARSER(monit);
/* All installs with the files that they include. None installed: an empty list. */
void monit_read(const struct root *root, struct arena *a, struct monit_services *ret);

/* It starts this unit (by systemctl, service or an init script), or watches the process with this id (0: not looked at). */
bool monit_watches(const struct monit_service *s, const struct root *root, const char *unit, uint32_t main_pid);
/* Its start program goes through systemd, so that it cannot start what systemd does not start. */
bool monit_starts_by_systemd(const struct monit_service *s);
/* 0; -EIO: monit does not run, or takes no commands ("set httpd" is missing). */
int monit_command(const struct monit_service *s, bool watch, struct err *err) _must_check_;
