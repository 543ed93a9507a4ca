/* spool.h: a mail queue on disk, whichever program it belongs to. Each kind is a row: how its messages are found, and how one is read. Nothing here changes anything.
   What it reads was written by strangers: root reads it in a confined process only (look.h). Directories alone may be walked without (count.h). */
#pragma once
#include "queue/count.h"
#include "queue/message.h"

/* A message that the walk came upon: its file `name` in an open directory, which is open only as long as the call lasts. */
struct spool_found {
    const char *id;
    unsigned state;      /* which of spool_kind_row.states */
    int dir;
    const char *name;
    uint64_t inode;      /* as the directory has it; 0: not known */
    int64_t arrival;     /* where the name tells, else 0 */
    unsigned split;      /* qmail: over so many directories the files lie, by id modulo */
};
/* Anything but 0 ends the walk and is returned by it. */
typedef int spool_found_fn(void *arg, const struct spool_found *f);

/* Anything but 0 ends it. */
typedef int spool_text_fn(void *arg, struct str bytes);

enum spool_depth {
    SPOOL_ENVELOPE, /* what can be had from the first 4 KiB and a second place, the first few recipients */
    SPOOL_WHOLE,    /* every recipient */
};

struct spool_place {
    const struct root *root;
    const char *path;    /* of the spool */
    enum spool_kind kind;
};

struct spool_kind_row {
    const char *name;                /* "postfix" */
    const char *const *states;       /* ended by NULL; as in `queue count` */
    unsigned settled;                /* from this state on nothing of a message changes but who has it already: it can be remembered (index.h). 0: it cannot */
    /* All messages, in the order in which the file system has them. 0, what fn returned, or -errno; *ret_unseen then names the directory that could not be listed: the rest was walked.
       A directory that does not exist (yet) is no error as long as another one does. */
    int (*walk)(const struct spool_place *s, struct arena *a, spool_found_fn *fn, void *arg, const char **ret_unseen);
    /* The message of that id, wherever it is: as walk. -ENOENT: there is none. */
    int (*find)(const struct spool_place *s, const char *id, struct arena *a, spool_found_fn *fn, void *arg);
    /* 0 and *ret (zeroed before) filled; -ENOENT: it is gone; another -errno: it could not be opened. Damaged ones are no error. */
    int (*read)(const struct spool_place *s, const struct spool_found *f, enum spool_depth depth, struct arena *a, struct message *ret);
    /* Fills m->error, where the mail program noted why it waits. NULL: this kind notes it nowhere. */
    void (*last_error)(const struct spool_place *s, struct arena *a, struct message *m);
    /* Hands on the text of the message that was read (its inode is `inode`) piece by piece. 0, what fn returned, or -errno: -ENOENT: it is gone; -ESTALE: another message has the id;
       -EBADMSG: it is damaged, what could be read of it was handed on. */
    int (*text)(const struct spool_place *s, const struct spool_found *f, uint64_t inode, struct arena *a, spool_text_fn *fn, void *arg);
};
#define SPOOL_FIRST_RECIPIENTS 5 /* of SPOOL_ENVELOPE */

/* By enum spool_kind; walk == NULL: this kind is counted only. */
extern const struct spool_kind_row *const spool_kinds[];
#define SPOOL_KINDS 3
extern const struct spool_kind_row spool_postfix, spool_qmail, spool_exim;

unsigned spool_count_states(enum spool_kind kind);
/* false: no kind of that name. */
bool spool_kind_of(const char *name, enum spool_kind *ret);
/* What kind of spool lies there, by its directories. false: none that is known. */
bool spool_kind_seen(const struct root *root, const char *path, enum spool_kind *ret);
