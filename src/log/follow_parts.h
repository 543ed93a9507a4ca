/* follow_parts.h: what the files of follow.h share: follow.c (reading, the queue), follow_files.c (files by name and by inode, descriptors), follow_dirs.c (patterns,
   directories, events). */
#pragma once
#include "log/follow.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#define HEAD_MAX 256
#define TAIL_MAX 64

struct mark {
    uint64_t offset, tail;
    uint32_t tail_n;
    bool skipping;
};

struct dir;
struct file {
    struct dir *dir;          /* where its name is; NULL: it has none that we know */
    char *name;               /* within dir, or NULL */
    char *log;
    size_t pattern;
    dev_t dev;
    ino_t ino;
    struct mark now, done;    /* handed out; kept by the caller */
    uint64_t head;
    uint32_t head_n;
    uint64_t scanned;         /* there is no LF between now.offset and here */
    int fd, wd;               /* wd: its own watch, -1: none */
    bool live;                /* its name is one that is followed; else it was rotated */
    bool known;               /* from an earlier reading, and not compared yet */
    bool looked_for;          /* and not found yet */
    bool was_rotated;         /* when it was looked for */
    bool displaced;           /* it was live and open, and after an overflow it was not where its name is */
    bool indexed;             /* in by_inode */
    bool saved;               /* the caller has a place of it */
    bool queued, changed, unreadable;
    bool unseen;              /* there was something to read, and it was not where its name is */
    int64_t last_ms;          /* when something came */
    int64_t copied;           /* microseconds: when the copy was written in which it was found; 0: it was not */
    int64_t order;            /* mtime, for what is found at once */
    unsigned scan;            /* when it was seen last */
    struct file *queue_next, *changed_next;
    struct file *newer, *older;          /* of the open ones */
    struct file *old_next, **old_before; /* of those that are not live */
};

/* A pattern's directory: components[0..depth) lead here. */
struct step {
    size_t pattern, depth;
};
struct dir {
    char *path;
    int wd;                   /* -1: not watched */
    bool awaited;             /* the directory above is watched for its sake */
    struct step *steps;
    size_t steps_n;
};

struct pattern {
    char **part;
    size_t n, wild;           /* wild: the first part with a wildcard; n: none */
};

struct news {
    enum follow_kind kind;
    char *log;
    size_t pattern;
    int code;
    struct news *next;
};
#define TOLD_MAX 10000 /* of what is told once; beyond, nothing more of it is told */

struct follow {
    const struct root *root;
    struct arena *arena;      /* patterns */
    struct pattern *patterns;
    size_t patterns_n;
    uint64_t back;
    int64_t back_since;
    int64_t read_until;
    bool starting, overflown;
    int inotify;
    void *by_name, *by_inode, *by_path, *by_wd, *told; /* trees: files, files, directories, directories, news that were told */
    size_t files_n, open_n, watches_n, unwatched_n, told_n;
    unsigned scan;
    struct file *queue, **queue_end;
    struct file *changed;
    struct file *gone;        /* by changed_next */
    struct file *newest, *oldest; /* open ones */
    struct file *old;
    struct news *news, **news_end;
    char *told_log;           /* of the news that was told last */
    unsigned blocks;          /* since events were looked at */
    int64_t looked_ms, swept_ms;
    int64_t seen, seen_before; /* follow_now(): when all events were taken; and the time before */
    int64_t between;          /* what is unknown and was written since then came in between; 0: nothing can have */
    struct { uint32_t cookie; char *log; size_t pattern; struct file *file; } moved; /* half of a rename */
    char *text;               /* LINES_LONGEST bytes */
};

/* follow_files.c */
struct file *file_by_name(struct follow *f, const struct dir *d, const char *name);
struct file *file_by_inode(struct follow *f, dev_t dev, ino_t ino);
struct file *file_new(struct follow *f, const char *log, size_t pattern, dev_t dev, ino_t ino); /* NULL: too many, or no memory */
bool file_index(struct follow *f, struct file *x);
void file_unindex(struct follow *f, struct file *x);
void file_attach(struct follow *f, struct file *x, struct dir *d, const char *name, bool live);
void file_detach(struct follow *f, struct file *x);
void file_unname(struct follow *f, struct file *x); /* half of a rename */
void file_forget(struct follow *f, struct file *x); /* not while it is queued */
void file_drop(struct follow *f, struct file *x);   /* even then */
/* Opens it where it is not, and what is there is still it. 0 or -errno. */
int file_open(struct follow *f, struct file *x);
void file_close(struct follow *f, struct file *x);
void file_queue(struct follow *f, struct file *x, bool first);
void file_changed(struct follow *f, struct file *x);
/* Is what stands before the offset what we read? 1; 0: it is not; -errno: it cannot be read. */
int file_same(const struct file *x, int fd);
uint64_t fingerprint(struct str s);
void file_free(struct file *x);
void files_done(struct follow *f);
void follow_tell(struct follow *f, enum follow_kind kind, const char *log, size_t pattern, int code, bool once);
int64_t follow_ms(void);
int64_t follow_now(void); /* microseconds since the epoch */
/* File systems take their times from a clock that runs a tick behind, some of them in whole seconds; and what was seen at the last moment may not have been read. */
#define TICK_US 1000000
int64_t time_us(const struct statx_timestamp *t);
bool made_since(const struct statx_timestamp *t, int64_t us);

/* follow_dirs.c */
int dirs_begin(struct follow *f, const struct follow_options *o, struct err *err);
void dirs_done(struct follow *f);
struct dir *dir_of_path(struct follow *f, const char *path);
struct dir *dir_of_wd(struct follow *f, int wd);
/* The directory, watched. NULL: it is not there, or may not be read. */
struct dir *dir_watch(struct follow *f, const char *path);
/* Another directory may have taken its place. false: it is gone, and d with it. */
bool dir_watch_again(struct follow *f, struct dir *d);
/* Goes down the pattern from this directory. Through plain names as far as they are there; only the last one is watched. */
void dir_enter(struct follow *f, const char *path, size_t pattern, size_t depth);
bool dir_step(struct dir *d, size_t pattern, size_t depth); /* one more of its steps; false: no memory */
void dir_list(struct follow *f, struct dir *d, struct step step);
void dir_take_name(struct follow *f, struct dir *d, const struct step *step, const char *name);
/* The pattern by which a file of this name would be followed; SIZE_MAX: none. */
size_t dir_follows(const struct follow *f, const struct dir *d, const char *name);
/* A name that is followed, or that a followed one was given: which file is it? live: under its own name; log: else whose. NULL: none. */
struct file *dir_look(struct follow *f, struct dir *d, const char *name, const char *log, size_t pattern, bool live);
void dir_gone(struct follow *f, struct dir *d, bool moved);
void file_seen(struct follow *f, struct file *x, const struct statx *s);
bool path_join(char *to, const char *dir, const char *name); /* to: PATH_MAX */
bool path_packed(const char *name);
int path_stat(const struct follow *f, const char *path, struct statx *ret);
dev_t path_dev(const struct statx *s);
/* Does the file of which *s tells hold what x read? 1; 0: it does not; below 0: another file has that name by now, or it cannot be read. */
int path_same(const struct follow *f, const char *path, const struct statx *s, const struct file *x);
DIR *path_open_dir(const struct follow *f, const char *path);

/* follow_events.c: takes the events that are waiting. true: there were some. */
bool dirs_events(struct follow *f);
bool dirs_take_events(struct follow *f); /* without looking at what is not watched */

/* follow_found.c */
struct gather {
    void **v; /* struct file or struct dir */
    size_t n, cap;
};
struct gather gather_files(const struct follow *f);
struct gather gather_dirs(const struct follow *f);
void find_rotated(struct follow *f);  /* those that are looked for */
void queue_in_order(struct follow *f); /* what is queued, in the order in which it was written: rotated files before those that took their place */
void dirs_again(struct follow *f);    /* looks at everything */
/* It was emptied or overwritten: where is what stood behind the offset? Copies beside it (copytruncate) are queued, with those that were made later still. false: nowhere. */
bool dirs_find_copy(struct follow *f, const struct file *x);
/* The same after a time without us: whatever their names. */
bool dirs_find_copies(struct follow *f, const struct file *x);
