/* lease_files.h: the texts of a lease's files, and their names. No I/O besides write_durably. For this room and its tests. */
#pragma once
#include "base/buf.h"
#include "unit/lease.h"

#define SYSTEM_DIR "/etc/systemd/system"

/* The unit's name in names of files and units of ours: bytes other than letters, digits, '.', '_', '-' become ":XX". */
char *lease_name(struct arena *a, const char *unit);
char *lease_path(struct arena *a, const char *unit);
char *lease_dropin_path(struct arena *a, const char *unit);
char *lease_unit(struct arena *a, const char *unit, const char *suffix); /* our unit for it; "timer" "service" */
char *lease_unit_path(struct arena *a, const char *unit, const char *suffix);
char *lease_timer_link(struct arena *a, const char *unit);
char *lease_stamp_path(struct arena *a, const char *unit);

/* A socket is not started any more once its service runs: systemd refuses. */
bool lease_comes_before(const char *unit);
void lease_text(const struct lease *l, struct buf *b);
int lease_parse(struct str text, struct arena *a, struct lease *ret) PARSER(lease) _must_check_;
void lease_timer_text(const struct lease *l, struct arena *a, struct buf *b);
void lease_service_text(const struct lease *l, struct arena *a, struct buf *b);
void lease_dropin_text(const struct lease *l, struct arena *a, struct buf *b);
/* One word of an Exec line (systemd.service(5)): quoted, so that no byte has a meaning. */
void unit_file_word(struct buf *b, struct str word);

/* The directories above a path; 0700 below /var/lib/bansho. */
int make_parents(const char *path) _must_check_;
/* What was made or renamed beside this path is on disk when it returns. */
int sync_parent(const char *path) _must_check_;
/* Replaces a file whole or not at all, and on disk when it returns. The directory is made. */
int write_durably(const char *path, struct str text, mode_t mode, struct err *err) _must_check_;
