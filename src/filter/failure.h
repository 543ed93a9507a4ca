/* failure.h: what matched expressions say about one failure, and the memory of connections: services like sshd tell address and account of a connection in different
   lines, which fail2ban joins by <F-MLFID>. At most `max` connections are remembered, for five minutes each; beyond, the oldest one is forgotten: its lines then count
   for themselves. This is fail2ban's own rule. */
#pragma once
#include "base/buf.h"

#define FIELDS_MAX 64
#define LINES_KEPT 10
#define USERS_KEPT 8
#define CONNECTION_SECONDS 300

enum { FIELD_FID, FIELD_IP4, FIELD_IP6, FIELD_DNS, FIELD_CIDR, FIELD_CONTENT, FIELD_USER, FIELD_MLFID, FIELD_NOFAIL, FIELD_MLFFORGET, FIELD_MLFGAINED, FIELDS_KNOWN };
extern const char *const field_names[FIELDS_KNOWN];

/* One value for each name of the filter; .p NULL: none. */
struct fields {
    struct str v[FIELDS_MAX];
    uint64_t said; /* bits: the name was there, with a value or without */
};

static inline void fields_copy(struct fields *to, const struct fields *from, unsigned n)
{
    memcpy(to->v, from->v, n * sizeof *to->v);
    to->said = from->said;
}

struct lines {
    unsigned n;                   /* all of them */
    struct str kept[LINES_KEPT];  /* the last ones, oldest first */
    unsigned kept_n;
};

struct failure {
    char *key;                    /* the connection */
    size_t key_n;
    uint64_t hash;
    struct fields f;              /* owned copies */
    struct lines matches, nofail_matches;
    struct str users[USERS_KEPT]; /* different ones, the first of them */
    unsigned users_n;
    bool pending, cached;
    int64_t expires;
    struct failure *next, *before, *chain; /* by age; of one bucket */
};

void lines_add(struct lines *l, struct str line); /* a copy */
void lines_move(struct lines *to, struct lines *from); /* appends; `from` is empty then */
void lines_clear(struct lines *l);
void failure_free(struct failure *f);

#define CONNECTION_BUCKETS 256

struct connections {
    struct failure *first, *last; /* oldest first */
    size_t n, max;
    unsigned fields;              /* how many the filter has */
    bool counts_only;             /* lines are counted, not kept */
    struct failure *buckets[CONNECTION_BUCKETS]; /* by hash */
};
void connections_done(struct connections *c);

/* Joins what a line said (f: its fields, matched: its lines) with what is known of its connection (f->v[FIELD_MLFID]). Returns the joined failure; it stays the
   caller's to free where it is not `cached`. NULL: no memory. */
struct failure *connections_merge(struct connections *c, struct fields *f, const struct str *matched, size_t matched_n, int64_t now);
