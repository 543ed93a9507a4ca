/* bus.h: systemd's manager on the bus (org.freedesktop.systemd1, documented in org.freedesktop.systemd1(5)), for this room only.
   Root talks to systemd's private socket, as systemctl does, so that a machine without a message bus is served too; otherwise the system bus.
   libsystemd is opened when it is first needed: `bansho --version` and every check do without it. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct bus;
/* -ENOTSUP: systemd is not the init here. */
int bus_open(struct bus **ret, struct err *err) _must_check_;
void bus_closep(struct bus **bus);

struct unit_names {
    LIST(char *) list;
};

/* What the room wants to know of a unit. Strings live in the arena, "" where systemd has none. */
struct unit_view {
    const char *load, *active, *sub, *file, *result, *restart, *type, *source;
    uint32_t restarts, main_pid;
    bool can_reload, condition;
    uint64_t since_us, condition_us; /* condition_us: when `condition` was found; 0: never, or systemd has forgotten it */
    struct unit_names triggered_by, consists_of, reloads, required_by, bound_by, stops;
    bool job;                        /* one is waiting or running */
};
/* systemd loads the unit where it hasn't; one that does not exist has load "not-found". */
int bus_view(struct bus *bus, const char *unit, struct arena *a, struct unit_view *ret, struct err *err) _must_check_;

/* Queues a job ("StartUnit" ...) and waits for its end. 0: ret_result is what systemd says ("done" "failed" "timeout" "dependency" ...);
   -ETIME: it had not ended at the deadline (clock_monotonic_ms); -EIO: refused, err tells. */
int bus_job(struct bus *bus, const char *method, const char *unit, int64_t deadline, char ret_result[static 24], struct err *err) _must_check_;

/* EnableUnitFiles or DisableUnitFiles. ret_changes: how many links were made or removed; ret_install: it has an [Install] section. */
int bus_unit_files(struct bus *bus, bool enable, const char *unit, size_t *ret_changes, bool *ret_install, struct err *err) _must_check_;
int bus_reload(struct bus *bus, struct err *err) _must_check_;
