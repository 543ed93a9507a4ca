/* pending.h: update.pending. Three objects: "" the packages that wait (apt or dnf is asked, from its own copy of the lists; nothing is fetched),
   "services" those that still run replaced files, "kernel" a newer one that waits for a restart. */
#pragma once
#include "server/probe.h"

struct pending_package {
    const char *name, *from, *to; /* from "": a new package that an update needs */
    bool security;
};

struct pending_packages {
    LIST(struct pending_package) list;
    size_t security;
};

/* The `Inst` lines of apt-get -s. -E2BIG: too many. */
int apt_simulation_parse(struct arena *a, struct str text, struct pending_packages *into) PARSER(pending) _must_check_;
/* The lines of dnf updateinfo list: "ALSA-2024:1234 Important/Sec. bash-5.1.8-9.el9.x86_64". */
int dnf_updateinfo_parse(struct arena *a, struct str text, struct pending_packages *into) PARSER(pending) _must_check_;

/* A Release file's dates; 0: not there. RFC 1123 in UTC: "Sun, 22 Nov 2026 19:58:56 UTC". */
struct release_dates {
    int64_t date, valid_until;
    bool security; /* its label, suite or codename says so */
};
void release_parse(struct str text, struct release_dates *ret) PARSER(pending);

/* The first replaced file below /usr or /lib that a /proc/PID/maps text has mapped for execution; empty: none. A view of text. */
struct str maps_parse(struct str text) PARSER(pending);

struct lists_age {
    bool any;               /* package lists were fetched at some time */
    bool security;          /* the security archive is among them */
    int64_t published;      /* date of the newest security (else any) Release file */
    int64_t valid_until;    /* 0: no limit given */
    int64_t looked;         /* last attempt to fetch */
    int64_t success;        /* last success that left a stamp */
    const char *file;
};
enum lists_state { LISTS_FRESH, LISTS_NONE, LISTS_OLD, LISTS_NO_SECURITY };
enum lists_state lists_judge(const struct lists_age *l, int64_t now);

int update_pending(const struct probe_ctx *ctx, struct findings *out, struct err *err);
/* What waits, as apt itself would do it (a simulation). NULL, or why that is not known, for people. */
const char *pending_apt(struct arena *a, struct pending_packages *into);
/* pending_fix.c: installs what waits (upgrade.h), and restarts what runs replaced files. */
struct plan;
int update_pending_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
/* lists.c */
void lists_look(const struct host *h, struct arena *a, struct lists_age *ret);
/* restart.c */
void pending_services(const struct host *h, struct findings *out);
/* Services whose processes run replaced files, each once, and programs that belong to no service ("name (pid)"). */
struct stale_units {
    LIST(const char *) list, others;
};
/* Those that have mapped a file that `find` finds in their /proc/PID/maps text (empty: none). */
void pending_mapped(const struct host *h, struct arena *a, struct str (*find)(const void *arg, struct str maps), const void *arg, struct stale_units *ret);
void pending_stale(const struct host *h, struct arena *a, struct stale_units *ret);
void pending_kernel(const struct host *h, struct findings *out);
/* Judges a running kernel against installed packages; pure. */
void kernel_judge(const struct host *h, const char *release, const char *build, struct findings *out);
