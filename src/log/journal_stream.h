/* journal_stream.h: the entries of the journal one after the other, as sd-journal orders them: of one place, or of what systemd-journal-flush(8) left in
   two. It holds what strangers wrote: read it in a confined process (base/worker.h; WORKER_FILES suffices, for following too), after journal_prepare().
   Nothing is kept of what was read: an entry's views live until the next call. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/rootfs.h"

/* Behind which entry to go on. What it holds may be kept in a file. */
struct journal_position {
    char cursor[240];  /* of the entry that was read last (sd_journal_get_cursor(3)); "": there was none yet */
    int64_t time_us;   /* its time */
    int64_t seen_us;   /* everything that was written before is read: an idle service's last entry may be long gone, and nothing is missed */
};

/* The fields of an entry that are filled in; each costs time. */
enum journal_field { JOURNAL_MESSAGE = 1, JOURNAL_IDENTIFIER = 2, JOURNAL_UNIT = 4, JOURNAL_PID = 8, JOURNAL_UID = 16, JOURNAL_HOST = 32 };
#define JOURNAL_LINE (JOURNAL_MESSAGE | JOURNAL_IDENTIFIER | JOURNAL_PID | JOURNAL_HOST) /* what journal_line needs */

struct journal_want {
    const struct root *root;
    /* As journalctl(1) takes them, NULL-terminated: "_SYSTEMD_UNIT=ssh.service", "_UID=0", "+", ... : values of one field are alternatives, different fields must
       hold together, "+" begins another alternative. Names that begin with _ cannot be forged. NULL: all entries. */
    const char *const *matches;
    int64_t since_us, until_us;            /* microseconds since the epoch; 0: from its beginning, to its end */
    uint64_t newest;                       /* not 0: of what was written since then, about so many entries of each place, the newest ones */
    bool backwards;                        /* from the newest one back to since_us: half the work where `newest` cuts. Neither until_us nor a position (after, journal_stream_position) */
    const struct journal_position *after;  /* or NULL: go on behind this one (since_us is then not looked at) */
    unsigned fields;                       /* enum journal_field */
};

enum journal_kind {
    JOURNAL_ENTRY,
    JOURNAL_SUPPRESSED, /* journald threw `lost` messages of `unit` away (RateLimitBurst=) */
    JOURNAL_GAP,        /* what was written from from_us to time_us is gone, and was not read */
    JOURNAL_DAMAGED,    /* the file `message` cannot be read, or not to its end: told once */
};

struct journal_entry {
    enum journal_kind kind;
    int64_t time_us, from_us;
    struct str message, identifier, unit, host; /* "" where the entry lacks it; message: at most 1 MiB of it; identifier: else the program's name */
    uint64_t pid;              /* as the program says, else as the kernel saw; 0: not said */
    bool by_user;              /* JOURNAL_UID: a person's process wrote it (uid 1000 to 65533), whatever unit it runs in */
    uint64_t lost;
};

struct journal_stream;

/* 0; -ENOENT: the module is missing; -ENOMEM; another -errno of sd-journal. A machine without a journal has an empty one. The matches must live as long as the stream. */
int journal_stream_open(const struct journal_want *w, struct journal_stream **ret, struct err *err) _must_check_;
void journal_stream_close(struct journal_stream *s); /* NULL is fine */
void journal_stream_closep(struct journal_stream **s);
/* 1: *ret is filled; 0: there is nothing more, for now (call it again after journal_stream_wait_fds woke, or later: entries are visible at once, the wake comes up to 250 ms
   late); -errno with err: it cannot be read any further. */
int journal_stream_next(struct journal_stream *s, struct journal_entry *ret, struct err *err) _must_check_;
/* From its beginning once more, with other matches: the journal's files are not opened again. The same results as journal_stream_open. */
int journal_stream_again(struct journal_stream *s, const char *const *matches, struct err *err) _must_check_;
/* The position behind what was returned last; before the first, where it begins. */
void journal_stream_position(const struct journal_stream *s, struct journal_position *ret);
/* Descriptors that become readable when something may have been added, rotated or deleted; from the first call on, new files are seen. How many there are (up to 2), or
   -errno. When one did: journal_stream_woken. */
int journal_stream_wait_fds(struct journal_stream *s, int ret[2]) _must_check_;
void journal_stream_woken(struct journal_stream *s);

/* An entry as a line of syslog without its time, as filters expect it: "host sshd[12]: message"; LF within the message is written as \n. */
void journal_line(const struct journal_entry *e, struct buf *out);

/* What the head of a journal file says (systemd.io, JOURNAL_FILE_FORMAT). */
struct journal_head {
    uint64_t entries;
    uint64_t first_us, last_us; /* 0: none */
};
#define JOURNAL_HEAD 208 /* bytes that are looked at */
/* false: no journal file, or one that is cut short (size: of the whole file). */
bool journal_head(struct str head, uint64_t size, struct journal_head *ret) PARSER(journal_head);
/* "Suppressed 1234 messages from ssh.service". */
bool journal_suppressed(struct str message, uint64_t *ret_lost, struct str *ret_unit) PARSER(journal_head);
