/* replay_journal.h: the journal as lines for a replay: one source for each service whose filters are tried, since a filter may only see what its service wrote.
   Used by replay.c only; read in its confined child. */
#pragma once
#include "guard/replay.h"
#include "log/journal_stream.h"

#define REPLAY_LOST 100

struct replay_journal {
    const struct replay_options *o;
    const char *const *matches; /* NULL: all entries */
    const struct log_service *service; /* the one whose entries these are, or NULL */
    bool first;                 /* of all: it tells what concerns the whole journal */
    LIST(size_t) filters;       /* indexes */
    bool opened;
    struct journal_stream *stream;
    struct journal_entry entry; /* the one that was given last */
    struct buf line;
};
struct replay_journals {
    struct replay_journal **v;
    size_t n, cap;
};
struct replay_losses {
    struct replay_lost *v;
    size_t n, cap;
};

/* In the arena. */
void replay_journals_make(const struct replay_options *o, struct arena *a, struct replay_journals *ret);
/* The next entry as a line, valid until the next call. false: no more. What went wrong is written into seen and lost. */
bool replay_journal_next(struct replay_journal *j, struct arena *a, struct replay_seen *seen, struct replay_losses *lost, struct str *ret);
void replay_journal_free(struct replay_journal *j); /* NULL is fine */
