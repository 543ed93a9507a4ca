/* layers.h: a configuration of fail2ban's kind as its layers make it: NAME.conf, NAME.d/ *.conf, NAME.local, NAME.d/ *.local, each with the files that its
   [INCLUDES] names before and after it, each of those with its own .local. What stands later wins, name by name. What a section said before a later file
   changed it stays as section KNOWN/SECTION. Used inside this room.
   Included files that do not exist are skipped, as fail2ban does, and listed. Loops are cut: a file that is being included is not included again below itself.
   Caps: 16 includes deep, 500 files read; what is beyond is refused. */
#pragma once
#include "base/rootfs.h"
#include "filter/ini.h"

#define LAYERS_DEPTH_MAX 16
#define LAYERS_FILES_MAX 500

struct missing {
    const char *path; /* as it would be */
    const char *file; /* who names it */
    unsigned line;
};
struct layers {
    struct ini ini;
    LIST(const char *) files; /* read, in order; a file may stand there twice */
    LIST(struct missing) missing;
};

/* `base` is an absolute path without .conf. 0; -ENOENT: not one of the files exists; -EINVAL and others with file:line. */
int layers_read(struct load *l, const struct root *root, const char *base, struct layers *ret, struct err *err) _must_check_;

/* "family=inet6" of a section's or name's "Init?family=inet6"; *ret_base is what stands before the `?`. false: no condition. */
bool layers_condition(const char *name, struct str *ret_base, const char **ret_condition);
