/* files.h: the logs of a machine that are files, live and rotated, without asking anybody: which services write them is known by their places. Names and times only; nothing is
   read. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"

#define LOG_FILES_MAX 100000

struct log_file {
    const char *path;     /* below the root */
    const char *log;      /* the live log that it is, or was before it was rotated (rotated.h) */
    const char *service;  /* who alone writes there (model/service.h: "ftp", "http" ...), or NULL */
    int64_t changed;      /* seconds */
};
struct log_files {
    LIST(struct log_file) list; /* by path; a file with two names once */
    const char *cut;            /* a pattern of which only a part was looked at, or NULL */
};

void log_files_find(const struct root *root, struct arena *a, struct log_files *ret);
/* One more live log, and what rotation made of it. */
void log_files_add(const struct root *root, const char *path, const char *service, struct arena *a, struct log_files *into);
