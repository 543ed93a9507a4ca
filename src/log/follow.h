/* follow.h: logs that are files, as they are written: whole lines, each once. Files are known by device and inode, not by name, and are followed through
   rename-and-create and copytruncate (logrotate(8)), truncation, deletion, and directories that appear later or go away. By inotify, never by looking again and again: one
   watch for each directory; an idle file costs its entry in memory (about 300 bytes) and nothing else. Runs confined (WORKER_FILES) or not.

   A position is device, inode, offset and fingerprints of what stands at the file's beginning and before the offset, so that a reused inode or a rewritten file is
   recognised. What was handed out counts once the caller says so (follow_done); positions and what the lines led to belong into one transaction (positions.h).

   Limits, and what happens there: a line longer than LINES_LONGEST (lines.h) is cut and counted; at most FOLLOW_OPEN_MAX files are kept open, the longest idle one is closed;
   at most FOLLOW_FILES_MAX files are followed, further ones are told. A log that was renamed is read on for as long as lines come, until nothing came for
   FOLLOW_OLD_IDLE seconds; one that was deleted, or moved out of the watched directories, as long as it is open, for at most FOLLOW_ORPHAN_IDLE seconds after the last line. Where
   the kernel refuses more watches (fs.inotify.max_user_watches) the rest is looked at every FOLLOW_UNWATCHED_MS milliseconds, and told.
   Links, FIFOs, devices and packed files in place of logs are not followed; the first three are told, once. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

#define FOLLOW_OPEN_MAX 256
#define FOLLOW_FILES_MAX 200000
#define FOLLOW_OLD_IDLE 86400
#define FOLLOW_ORPHAN_IDLE 600
#define FOLLOW_UNWATCHED_MS 1000

/* How far one file was read. */
struct follow_place {
    const char *log;           /* the live log that it belongs to: its path when it was found */
    uint64_t dev, ino, offset;
    uint64_t head, tail;       /* fingerprints of the first head_n bytes and of the tail_n bytes before the offset */
    uint32_t head_n, tail_n;
    bool skipping;             /* within a line that is too long and whose beginning was handed out */
    bool rotated;              /* it had another name already */
};

struct follow_options {
    const struct root *root;
    const char *const *patterns; /* absolute paths; * ? [] in any component; n of them */
    size_t n;
    const struct follow_place *known; /* where an earlier reading was, or NULL */
    size_t known_n;
    int64_t read_until;          /* microseconds since the epoch: when the earlier reading ended; 0: there was none. What was made since is read from its beginning */
    uint64_t back;               /* of a file that is older and not known: this many bytes of its end; UINT64_MAX: all of it */
    int64_t back_since;          /* seconds since the epoch: nothing of such a file that was not written since. 0: whenever it was */
};

enum follow_kind {
    FOLLOW_LINES,
    FOLLOW_TRUNCATED,  /* it was emptied, and the rest of what was not read yet was found nowhere */
    FOLLOW_MISSED,     /* the log was rotated, and what we had not read is gone or packed: lines may be missing since read_until */
    FOLLOW_REFUSED,    /* a link, a FIFO, a device or a directory stands there */
    FOLLOW_UNREADABLE, /* code: why */
    FOLLOW_OVERFLOW,   /* the kernel had more to tell than it could keep; everything was looked at again, nothing is missing */
    FOLLOW_UNWATCHED,  /* no more watches */
    FOLLOW_TOO_MANY,   /* FOLLOW_FILES_MAX */
};

struct follow_item {
    enum follow_kind kind;
    const char *log;   /* the live log */
    size_t pattern;    /* by which it was found */
    struct str text;   /* FOLLOW_LINES: whole lines with their LF */
    uint64_t cut;      /* of them, lines of which a part was left out */
    int code;          /* -errno */
};

struct follow;

/* 0; -EMFILE, -ENOMEM ... with err. The options may go away afterwards, the root must stay. Everything known or matching is looked at before it returns; nothing is read yet. */
int follow_new(const struct follow_options *o, struct follow **ret, struct err *err) _must_check_;
void follow_free(struct follow *f); /* NULL is fine */
void follow_freep(struct follow **f);
/* Readable when follow_next may have something. */
int follow_fd(const struct follow *f);
/* For poll(2): after so many milliseconds follow_next is to be called although the descriptor is silent; -1: never. */
int follow_timeout(const struct follow *f);
/* 1: *ret is filled, valid until the next call; 0: nothing more for now. */
int follow_next(struct follow *f, struct follow_item *ret) _must_check_;

/* Whether follow_done would make anything good: lines that were handed out, files that are new or gone. */
bool follow_pending(const struct follow *f);
/* Microseconds since the epoch: every file that was made before is known (follow_options.read_until of the next reading). */
int64_t follow_seen(const struct follow *f);
/* What follow_done would make good: each place that has changed; gone: that file is no more, its place is to be forgotten. fn returning < 0 ends it, and is returned. */
typedef int follow_place_fn(void *arg, const struct follow_place *p, bool gone);
int follow_changes(const struct follow *f, follow_place_fn *fn, void *arg);
/* Everything that was handed out is kept by the caller now. */
void follow_done(struct follow *f);
/* Nothing since the last follow_done is: it will be handed out again. */
void follow_undo(struct follow *f);

/* For measurements: files known, files open, directories watched. */
struct follow_counts {
    size_t files, open, watches;
};
struct follow_counts follow_counts(const struct follow *f);
