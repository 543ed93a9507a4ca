/* unit.h: what systemd supervises, by its bus (org.freedesktop.systemd1 on the system bus): state, jobs and their results. Where systemd is not the init
   (a plain container) everything answers -ENOTSUP with the reason. Runs as root in `bansho` (later in bansho-act); changes are permitted by the
   caller's executor (act/executor.h) before they come here. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit_verb { UNIT_START, UNIT_STOP, UNIT_RESTART, UNIT_RELOAD, UNIT_ENABLE, UNIT_DISABLE, UNIT_VERB_COUNT };
const char *unit_verb_name(enum unit_verb v); /* "start": as systemctl calls it */
/* -EINVAL: no such verb. */
int unit_verb_by_name(const char *name, enum unit_verb *ret) _must_check_;
/* What takes it back: stop for start, disable for enable; restart and reload have nothing but themselves. */
enum unit_verb unit_verb_inverse(enum unit_verb v);

struct unit_state {
    char active[16];   /* "active" "inactive" "failed" "activating" "deactivating" "reloading"; "" : the unit is not there */
    char sub[32];      /* "running" "exited" "dead" "auto-restart" ... */
    char load[16];     /* "loaded" "not-found" "masked" ... */
    char file[16];     /* "enabled" "disabled" "static" "masked" "generated" "alias" ...; "" : no file */
    char result[24];   /* of the last run: "success" "exit-code" "signal" "oom-kill" "start-limit-hit" ... */
    char restart[24];  /* Restart=: "no" "always" "on-failure" ... */
    uint32_t restarts; /* NRestarts: by itself, since it was last started by hand */
    uint32_t main_pid;
    bool can_reload;
    uint64_t since_us; /* when it entered this state (CLOCK_REALTIME); 0: never */
};
/* 0; -ENOENT: no such unit; -ENOTSUP: no systemd here. */
int unit_state(const char *unit, struct unit_state *ret, struct err *err) _must_check_;

/* Asks for a job and waits for its end (JobRemoved). 0: its result is "done", and a unit that was started or reloaded is really active a moment later
   (Type=simple daemons that die of their configuration are caught). -EIO: the job or the unit failed; err says the result and the unit's last lines in
   the journal; -ETIME: no result within timeout_ms (0: 90,000), the job goes on. Enabling and disabling also reload systemd's own view.
   Units to which systemd hands the job on (PartOf=, PropagatesReloadTo=) are looked at too. UNIT_RELOAD of a unit that cannot reload is a restart; of
   one that does not run: 0, nothing to do. -EBUSY: it is paused (unit/lease.h). -ENOENT: no such unit; -EOPNOTSUPP: it cannot be enabled; a name without a suffix means the service. */
int unit_do(const char *unit, enum unit_verb verb, int timeout_ms, struct err *err) _must_check_;

/* The same, without waiting for that moment: a service that is up now may still die of its configuration, and *ret is for looking on while other things are
   done. unit_watch_look: a short look; unit_watch_end: looks until the moment is over. 0: it stays so far; -EIO: it died, err tells as unit_do does. */
struct unit_watch;
int unit_do_watched(const char *unit, enum unit_verb verb, int timeout_ms, struct unit_watch **ret, struct err *err) _must_check_;
int unit_watch_look(struct unit_watch *w, struct err *err) _must_check_;
int unit_watch_end(struct unit_watch *w, struct err *err) _must_check_;
void unit_watch_freep(struct unit_watch **w);

/* systemd reads its unit files again (after a drop-in was written or removed). */
int unit_daemon_reload(struct err *err) _must_check_;
