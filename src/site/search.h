/* search.h: searches directories for web programs, in one WORKER_FILES child. Directories are walked without following links (the start itself may be one), down to
   SEARCH_DEPTH, within caps on entries and time; what was not looked at is told. Where a link leads, and the directory above a start that is only a program's
   public part (public_html, web), it looks for a program right there and no further. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"
#include "site/programs.h"

#define SEARCH_DEPTH 4
#define SEARCH_ENTRIES 400000  /* directory entries over all starts */
#define SEARCH_MS 15000        /* as EXPOSED_MS */

struct found_addon {
    const char *kind, *name, *version; /* kind: as in programs.c, not translated; version "" : not told */
};

struct found_program {
    size_t start;          /* index of the directory in which the search began */
    const char *below;     /* path below it: "" or "/old/blog" */
    const struct program *program;
    const char *version, *file; /* file: where the version was read */
    LIST(struct found_addon) addons;
    bool addons_cut;       /* there are more than were read */
};

struct search_result {
    LIST(struct found_program) list;
    LIST(size_t) cut;      /* starts that were not searched to the end (time, entries) */
    LIST(size_t) unreadable;
};

/* A site maps another directory to wp-content of the program at dirs[start] + below. */
struct search_content {
    size_t start;
    const char *below, *dir;
};
struct search_contents {
    LIST(struct search_content) list;
};

int search_programs(const struct root *root, const char *const *dirs, size_t n, const struct search_contents *contents, struct arena *a, struct search_result *ret, struct err *err) _must_check_;
/* The worker's answer: decoded and checked. -EBADMSG. */
int search_decode(struct str bytes, size_t n, struct arena *a, struct search_result *ret) PARSER(search) _must_check_;
