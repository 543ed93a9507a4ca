/* index.h: what was read of the messages of a spool, kept in a file so that the next look need not open them again: a row for each, found by its name and inode, as the walk comes upon it.
   The walk decides what is there; the index only saves the reading. It may be thrown away at any time. What it holds is strangers' text: rows are written and read in the confined
   process of a look (look.h); the process that starts it opens and renames the files, and understands nothing of them.
   File: 64 bytes of header (INDEX_MAGIC, all numbers little-endian), rows (length, then a message as message_put writes it, filled up to 8 bytes), at the end the table: 2^bits numbers of 4 bytes,
   the place of a row in units of 8 bytes, 0 for none, found by the hash of the name and the steps behind it. */
#pragma once
#include "base/buf.h"
#include "queue/message.h"

#define INDEX_MAGIC "bqindex1"
#define INDEX_HEADER 64
#define INDEX_DIR "/var/cache/bansho" /* root's alone */

/* What an index belongs to: another spool's is not used, nor one from before the last boot (what was not synced may be anything after a power failure). */
struct index_owner {
    uint64_t device, inode; /* of the spool's directory */
    uint64_t boot;
};

/* --- the files: by whoever starts the look --- */
struct index_files {
    int old, new, dir;  /* -1: none */
    char name[64];
    struct index_owner owner;
};
/* Opens the index of a spool (its directory: spool_fd) in `dir`, and one to be written. A directory or a file that anybody else can write is not used. `dir` need not exist: there is no index then. */
struct index_files index_open(const char *dir, int spool_fd);
/* Closes; what was written takes the place of what was there where `keep`. */
void index_close(struct index_files *f, bool keep);

/* --- rows: in the confined process --- */
struct index {
    struct str bytes;   /* n == 0: none */
    uint32_t bits;
    uint64_t rows, next, table; /* next: the row behind the one that was found last */
};
/* false: not an index, or not of this owner: it is as if there were none. */
bool index_of(struct str bytes, const struct index_owner *owner, struct index *ret);
/* The row of that name and inode. Nothing in it is believed before it was looked at. false: none. */
bool index_row(struct index *x, struct str id, uint64_t inode, struct arena *a, struct message *ret) PARSER(queue_index);

struct index_place {
    uint32_t hash, at;
};
struct index_writer {
    int fd;             /* -1: nothing is written */
    struct buf out;
    uint64_t at;
    LIST(struct index_place) places;
    struct arena *arena;
};
struct index_writer index_writer_begin(int fd);
/* From the first failure on (full disk) nothing more is written. */
void index_add(struct index_writer *w, const struct message *m);
/* true: it is whole. */
bool index_end(struct index_writer *w, const struct index_owner *owner);
void index_writer_free(struct index_writer *w);
