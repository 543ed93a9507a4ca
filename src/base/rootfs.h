/* rootfs.h: files below a root directory. Every path resolves inside the root, links too (openat2 RESOLVE_IN_ROOT, Linux 5.6); only regular
   files are read, so that a FIFO or a device in their place cannot stop us, and never more than the caller's maximum.
   For the live machine the root is "/". Used by every room; in confined workers too. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <sys/stat.h>

struct root {
    int fd;      /* the root directory, O_PATH */
    bool live;   /* it is "/": programs may be asked, servers may be talked to */
    char *path;  /* as given, for messages */
};

int root_open(const char *path, struct root *ret, struct err *err) _must_check_;
void root_close(struct root *root);

/* Opens a path inside the root; flags as open(2), O_CLOEXEC and O_NONBLOCK|O_NOCTTY are added. A descriptor or -errno. */
int root_openat(const struct root *root, const char *path, int flags) _must_check_;

/* Reads a whole regular file. -ENOENT and the like as open(2); -EINVAL: not a regular file; -EFBIG: larger than b->max (b then holds its beginning). */
int root_read(const struct root *root, const char *path, struct buf *b) _must_check_;
/* The same from an open descriptor (closed by the caller). */
int root_read_fd(int fd, struct buf *b) _must_check_;

/* stat of what the path leads to (links followed inside the root), without opening devices. */
int root_stat(const struct root *root, const char *path, struct stat *ret) _must_check_;
bool root_exists(const struct root *root, const char *path);
/* -ENOENT also for what is no link. */
int root_readlink(const struct root *root, const char *path, struct arena *a, char **ret) _must_check_;

/* Calls fn for each entry of a directory but "." and "..", in no order: type as readdir(3) gives it (DT_UNKNOWN: ask fstatat(fd, name)), fd is the directory's. It returns false
   to end it. 0, or -errno where it could not be opened or read. */
typedef bool root_entry_fn(void *arg, int fd, const char *name, unsigned char type);
int root_each(const struct root *root, const char *dir, root_entry_fn *fn, void *arg) _must_check_;

/* Names in a directory, sorted bytewise, without "." and "..". At most `max` names: -E2BIG beyond (ret then holds max of them). */
struct names {
    LIST(char *) list;
};
int root_list(const struct root *root, const char *dir, size_t max, struct arena *a, struct names *ret) _must_check_;
/* Expands one shell pattern (glob of * ? [] in any component, sorted) to paths inside the root. No match: an empty list and 0. At most `max` paths in any
   step, from directories of at most 50,000 names: -E2BIG beyond (ret then holds what was found so far). */
int root_glob(const struct root *root, const char *pattern, size_t max, struct arena *a, struct names *ret) _must_check_;
