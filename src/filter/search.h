/* search.h: looks through logs for the lines of a selection, and tells them as one story in the order of time. Each file is read, unpacked and searched in a confined
   process of its own, as many side by side as there are processors; what they find comes as a stream and is put into order (log/timeline.h) while they still read.
   Nothing is kept of what was not asked for. Where an account is asked for, a log and its rotated files are read one after the other by one process, which joins the lines
   that belong together (belongs.h). Files with their oldest lines first are read first, so that telling begins before all are read. */
#pragma once
#include "base/rootfs.h"
#include "filter/known.h"
#include "filter/selection.h"

#define SEARCH_LINE 65536 /* bytes of a line that are told */
#define SEARCH_FIELD 1024

struct search_file {
    const char *name;     /* for people; the path below the root, or as given ("-": standard input) */
    const char *log;      /* the log that it belongs to (log/rotated.h) */
    int64_t changed;      /* seconds; decides about a missing year */
    const char *service;  /* whose log it is (model/service.h), or NULL */
    bool of_site;         /* selection->site's own */
    bool journal;         /* it is no file but the journal below the root */
};

struct search_options {
    LIST(struct search_file) files;
    const struct selection *selection;
    const struct root *root;  /* NULL: names are opened as they stand */
    int64_t now;
    void (*progress)(void *arg, size_t done, size_t total); /* NULL, or called now and then: logs that were read to their end */
    void *progress_arg;
    unsigned side_by_side;    /* 0: as many as there are processors */
    bool events;              /* lines that are no account's are known, too */
    const char *filters;      /* directory of the filters that know lines (known.h); NULL: none are asked. Only for an account's */
    const char *spill_dir;    /* where what waits for its turn is put when it is too much for memory; NULL: /var/tmp */
};

struct search_line {
    size_t file;              /* index in files */
    bool timed;
    int64_t time_us;
    size_t date_start, date_end; /* of the line's own date; equal: it has none */
    uint64_t offset;          /* where the line begins in the unpacked text */
    struct str text;          /* without its newline, at most SEARCH_LINE bytes */
    bool cut;
    struct known_event event; /* where an account is asked for and a filter knows the line; each field cut to SEARCH_FIELD bytes */
};

struct search_seen {          /* one file */
    const char *fault;        /* NULL: it was read to its end, or not wanted */
    bool unread;              /* it can hold nothing of that time */
    uint64_t bytes, found;    /* unpacked; lines of the selection */
    uint64_t cut;             /* lines longer than a megabyte, whose ends were not looked at */
    uint64_t timeless;        /* lines left out because nobody knows when they were written, and a time was asked for */
    uint64_t copies;          /* of `found`: not told, because another log had told the same line (copies.h) */
};

/* line's text is valid during the call. false: enough. */
typedef bool search_fn(void *arg, const struct search_line *line);

/* *ret: one for each file, in the arena; filled as far as it came, also on failure. What goes wrong with one file is its fault; -errno where the search itself could not go on. */
int search_run(const struct search_options *o, search_fn *fn, void *arg, struct arena *a, struct search_seen **ret, struct err *err) _must_check_;
