/* lease.h: a service that stays stopped until a time and is brought back then, whatever becomes of bansho.
   While the pause lasts nothing starts it: not a boot, a socket, a package's upgrade or monit (a drop-in with a condition holds it down). A timer of
   systemd, written before the service is stopped, ends the pause: it also survives a reboot, runs at the next boot when the machine was off at that
   time, and calls nothing but rm, systemctl and monit, so that it works when bansho is removed or broken.
   Files: /var/lib/bansho/leases/NAME (what holds and why), /etc/systemd/system/UNIT.d/zz-bansho-pause.conf (harmless without the former),
   /etc/systemd/system/bansho-lease-NAME.{timer,service}. Runs in bansho as root; one at a time (a lock). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

#define LEASE_DIR "/var/lib/bansho/leases"
#define LEASE_LONGEST (7 * 86400)

struct lease {
    const char *unit, *why, *who;
    int64_t since, until;
    struct { LIST(char *) list; } brings;   /* what is started at the end besides the unit: what stops with it, and what starts it (sockets) */
    struct { LIST(char *) list; } held;     /* the units with the condition, the unit itself among them */
    struct { LIST(char *) list; } watchers; /* "CONF NAME" of monit, to be watched again */
};
struct leases {
    LIST(struct lease) list;
};

/* All pauses, sorted by unit, also one whose time has passed (then something kept systemd from ending it). A file that cannot be understood is
   told by -EBADMSG with the name; the others are in ret. Below any root. */
int unit_leases(const struct root *root, struct arena *a, struct leases *ret, struct err *err) _must_check_;
/* The pause that keeps this unit down; NULL: none. */
const struct lease *leases_holding(const struct leases *all, const char *unit);

/* Stops the unit until `until` (seconds, at most LEASE_LONGEST after now). One that is paused already is prolonged: the later end holds (ret_until).
   -EALREADY: it does not run, so there is nothing to pause; -EPERM: without it nobody could log in, or systemd itself would be hurt; -EBUSY: monit
   would start it past systemd and cannot be told. When stopping fails everything is taken back. */
int unit_pause(const char *unit, int64_t now, int64_t until, const char *why, const char *who, int64_t *ret_until, struct err *err) _must_check_;
/* Ends the pause now and starts what it stopped. -ENOENT: it is not paused; -EIO: it does not start (the pause is over all the same). */
int unit_resume(const char *unit, struct err *err) _must_check_;
/* -EPERM for a service that must not be stopped from here (see unit_pause). */
int unit_may_stop(const char *unit, struct err *err) _must_check_;
/* 1: paused (its lease in ret), 0: not. */
int unit_paused(const char *unit, struct arena *a, struct lease *ret, struct err *err) _must_check_;
