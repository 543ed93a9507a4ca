/* upgrade.h: waiting updates are installed by apt so that they can be taken back: the versions that are installed now are kept as .deb files before, where they
   can still be had (apt's cache, or an archive that still lists them). Decided when the plan is made, so that the plan can say for which package there is no
   way back. Debian and Ubuntu only. Runs in `bansho` as root. */
#pragma once
#include "change/plan.h"
#include "update/pending.h"

#define KEPT_DIR "/var/lib/bansho"
#define KEPT_PREFIX "packages-" /* and the second at which the plan was made */

/* One package that is installed and waits for a newer version. */
struct upgraded {
    const char *name;      /* as apt names it: "libfoo", "libfoo:i386" */
    const char *qualified; /* "libfoo:amd64": as dpkg knows it without doubt */
    const char *from, *to;
    const char *deb;       /* the file name of its old version, as apt writes it into its cache */
    bool security;
    bool cached;           /* it lies there already */
    bool back;             /* its old version can be had: there or from an archive */
};
struct upgrade {
    struct arena *arena;
    const struct host *host;
    LIST(struct upgraded) list;
    LIST(const struct pending_package *) added; /* packages that come along newly */
    size_t back;                                /* how many of list have a way back */
    bool itself;                                /* bansho is among what waits: left to the administrator */
};

/* The name that apt gives to a package's file in its cache: what file names cannot hold is written as %3a (apt's QuoteString). */
const char *upgrade_deb_name(struct arena *a, const char *name, const char *version, const char *arch);
/* `apt-cache madison`: "lab-note | 1:1.0 | http://deb.debian.org/debian bookworm/main amd64 Packages". Does an archive still have that version? Those of file:
   do not count, since apt leaves their files where they lie. */
bool madison_has(struct str text, const char *name, const char *version) PARSER(pending);
/* Packages of one source are versions of each other: where the way back of one is missing, all of it has none. The text: "package<TAB>source" lines. */
void upgrade_join_sources(struct upgrade *u, struct str text) PARSER(pending);
/* Names and versions as Debian's policy has them: nothing else is given to a program. */
bool upgrade_name_good(const char *name);
bool upgrade_version_good(const char *version);

/* Adds the installation of everything that waits to the plan. 0 or -errno. */
int upgrade_plan(const struct probe_ctx *ctx, struct plan *p, struct err *err) _must_check_;

/* upgrade_steps.c: the commands. */
int upgrade_steps(const struct upgrade *u, struct plan *p, struct err *err) _must_check_;

/* upgrade_users.c: services whose program, libraries or unit file belong to these packages: they are restarted, by their package or after it. All that listen
   must still run afterwards. */
void upgrade_users(const struct upgrade *u, struct plan *p);
/* What a restart would take with it, or cannot renew: the reason for people, or NULL. */
const char *upgrade_never_restart(struct arena *a, const char *unit);

/* kept.c: throws away what was kept for changes before `limit` (seconds since the epoch). The number of directories, or -errno. */
int kept_expire(const char *dir, int64_t limit) _must_check_;
