/* node.h: what lies at a path, read and put back whole: bytes, owner, mode, times, extended attributes (ACLs and the SELinux label are such). Used by
   plans, apply and undo. Every path is opened without following a link anywhere on the way (openat2, RESOLVE_NO_SYMLINKS): nobody who owns a directory
   can lead root elsewhere between the plan and the step. */
#pragma once
#include "change/plan.h"

/* The directory that holds path's last part (O_PATH is not enough: it is fsynced), and that part. A descriptor or -errno. */
int node_parent(const char *path, const char **ret_name) _must_check_;

/* Follows links to the path that is really meant (at most 40); parts that are not there yet stay as they are. The result lives in the arena. */
int node_resolve(const char *path, struct arena *a, const char **ret) _must_check_;

/* Reads what is there; NODE_ABSENT is an answer. -EINVAL: something else than a file, link or directory; -EFBIG: beyond PLAN_FILE_MAX. */
int node_read(const char *path, struct arena *a, struct node *ret) _must_check_;
/* The same below a directory descriptor. */
int node_read_at(int dir, const char *name, struct arena *a, struct node *ret) _must_check_;

/* All but the times. For directories: mode, owner and attributes. */
bool node_same(const struct node *a, const struct node *b);

/* Makes the path be `want`, in one step that is either done or not: a file is written beside (named temporary, which an earlier try may have left), synced
   and renamed; want's mtime is set where it is not 0. A directory is made, or its mode and owner set; NODE_ABSENT removes file, link or empty
   directory. The directory is synced. */
int node_put(const char *path, const struct node *want, const char *temporary, struct err *err) _must_check_;
/* The same below a directory descriptor (for the journal's own copies). */
int node_put_at(int dir, const char *name, const struct node *want, const char *temporary) _must_check_;

/* The modification time of the directory that holds path. */
int node_parent_time(const char *path, struct timespec *ret) _must_check_;
