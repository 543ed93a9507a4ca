/* look.h: the messages of a spool, read in a confined process (base/worker.h) and handed over one by one while it reads. The order is that of the file system: nothing is sorted, so the
   first one is there at once, however many there are. */
#pragma once
#include "queue/wanted.h"

/* Of the message that came last: pieces of its text, then NULL bytes with 0 or why it is not whole: -ENOENT, -ESTALE: it was gone; -EBADMSG: damaged. Anything but 0 ends it all. */
typedef int look_text_fn(void *arg, struct str bytes, int code);

struct look_options {
    struct spool_place place;
    const struct wanted *wanted;
    int64_t now;
    uint64_t skip;           /* so many of those that are wanted are left out first */
    uint64_t max;            /* and after so many more it ends; 0: all */
    bool errors;             /* for a person: the reason of the last failure, too, and recipients counted to the end of their list */
    bool everyone;           /* all recipients of each */
    const char *id;          /* this message only, or NULL */
    const char *index;       /* the directory in which what was read is kept (index.h), or NULL */
    look_text_fn *text;      /* NULL: their text is left where it is */
    bool mbox, mask;         /* how the text comes (evidence.h) */
};

struct looked {
    uint64_t seen;           /* messages that were come upon */
    uint64_t wanted;         /* of these, those that were wanted, as far as it went */
    uint64_t unread;         /* of these, those that could not be opened or read: whether they are wanted is not known */
    uint64_t remembered;     /* of those seen, those that the index knew: they were not opened to know whether they are wanted */
    uint64_t vanished;       /* delivered, moved or deleted while it was looked: no fault */
    bool more;               /* it ended at `max`, and there are more */
    int code;                /* of what could not be listed; 0: all was seen */
    char unseen[512];        /* its directory */
};

/* Anything but 0 ends it. m and its views live until fn returns. */
typedef int look_fn(void *arg, const struct message *m);
/* Called now and then with how many were seen so far; NULL. */
typedef void look_progress_fn(void *arg, uint64_t seen);

/* 0, or what fn returned; -ECHILD and the like: the reading process failed (err). *ret is filled in any case. */
int spool_look(const struct look_options *o, look_fn *fn, look_progress_fn *progress, void *arg, struct looked *ret, struct err *err) _must_check_;

/* How the two processes talk; apart for its test. false: not a message of ours. */
void message_put(struct buf *b, const struct message *m);
bool message_get(struct str bytes, struct arena *a, struct message *ret) PARSER(queue_message);
