/* rotation.h: logrotate(8) configuration: which files are rotated, how often, how many old ones stay. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"

struct rotation {
    const char *pattern;   /* shell pattern of file names */
    unsigned days;         /* one period: 1, 7, 30, 365; 0: by size only */
    unsigned keep;         /* old files that stay */
    unsigned maxage;       /* days; 0: no limit */
    const char *file;
    unsigned line;
};
struct rotations {
    LIST(struct rotation) list;
};

/* /etc/logrotate.conf and logrotate.d below the root. A file that cannot be read is left out. */
void rotations_read(const struct root *root, struct arena *a, struct rotations *ret);
/* One file's text; `inherited` holds what stands before in the global part (days, keep, maxage), and is changed by global lines of this one. */
void rotations_parse(struct str text, const char *file, struct arena *a, struct rotation *inherited, struct rotations *into) PARSER(rotations);
/* The rule that rotates this file; NULL: none does. */
const struct rotation *rotation_of(const struct rotations *r, const char *path);
/* Days of log that it keeps, at least. */
unsigned rotation_kept_days(const struct rotation *r);
