/* count.h: how many messages wait in a spool and since when, from the names in its directories: no message is opened and no name is shown.
   Postfix: one file a message in each queue directory, hashed by leading characters to any depth. qmail: todo/N (not sorted yet) or info/N, N = the inode of mess/N. Exim: one ID-H a message. */
#pragma once
#include "base/rootfs.h"

enum spool_kind { SPOOL_POSTFIX, SPOOL_QMAIL, SPOOL_EXIM };

/* A directory of the spool and what lies in it. */
struct spool_dir {
    const char *name;
    bool waiting;      /* its messages could not be delivered so far: their age is told */
};
extern const struct spool_dir *const spool_dirs[]; /* by kind, ended by a row without a name */
#define SPOOL_DIRS 6

struct spool_count {
    uint64_t in[SPOOL_DIRS];   /* messages, in the order of spool_dirs */
    uint64_t total;
    int64_t oldest;            /* when the oldest waiting message arrived; 0: none, or it cannot be told */
    bool oldest_sampled;       /* there were too many to look at each: the oldest of those looked at */
    uint64_t room, room_total; /* bytes of its file system that an ordinary user may still fill; inodes likewise (total 0: no limit) */
    uint64_t inodes, inodes_total;
    const char *unseen;        /* the directory that could not be listed, or NULL; total is then too small */
    bool absent;               /* the spool is there, but none of its directories: the program never ran, or else it was emptied (spools.h) */
};

/* 0; -errno of the directory that could not be seen (ret is filled with the rest). -EXDEV: something else is mounted there, so that the program's own files cannot be seen. */
int spool_count(const struct root *root, const char *spool, enum spool_kind kind, struct arena *a, struct spool_count *ret) _must_check_;

/* The same of the directories alone: is each of them there, and the program's own? */
int spool_stands(const struct root *root, const char *spool, enum spool_kind kind, struct arena *a, struct spool_count *ret) _must_check_;

/* For people: 12,345. */
const char *queue_number(struct arena *a, uint64_t n);

/* Is this the name of a message of this kind? *ret_time: when it arrived where the name tells (Postfix long ids, Exim), else 0. */
bool spool_message(enum spool_kind kind, const char *name, int64_t *ret_time);
