/* date_parts.h: what a detector of dates is made of. Used by date.c, which finds, and date_make.c, which makes. */
#pragma once
#include "filter/date.h"
#include "filter/glimpse.h"

#define FAR ((size_t)0x7fffffff)
#define MEMO_MAX 96
#define MEMO_GROUPS 24
#define NO_TEXT 8

/* What a template found last. sure: it finds the same, at the same place, in each line that begins with the same n bytes; what stands behind was not looked at.
   Otherwise the bytes are kept, but nothing was proven about them. */
struct memo {
    char text[MEMO_MAX];
    size_t n;              /* 0: nothing is kept */
    bool sure, used;       /* used: another line began so since it was proven */
    int64_t now;
    size_t start, end;
    struct date_found found;
    size_t seconds;        /* of a sure one: where its two digits of seconds are; 0: nothing is known of them */
    /* how a line began in which it was not; fails: it is in none that begins so */
    char no_text[NO_TEXT];
    bool has_no_text, judged, fails; /* judged: it was tried to prove that */
    /* the time that a text meant, parted into its groups in that way */
    char date[MEMO_MAX];
    size_t date_n, spans[2 * MEMO_GROUPS];
    int64_t date_now, us;
    bool timed;
};

struct entry {
    struct date_template *t;
    unsigned bit;    /* in a glimpse */
    unsigned place;  /* before anything was seen */
    struct memo *memo;
    bool usual;      /* one of those that are tried where a filter names none */
    bool anchored;   /* it can only be at the beginning of the line */
    struct syntax_set first, last; /* as in shape.h */
    uint64_t hits;
    int64_t last_used;
    size_t distance; /* where the date last began, in characters */
};

struct date_detector {
    struct arena *a;
    struct glimpse *glimpse; /* NULL: not needed yet */
    bool thorough;
    bool in_place;           /* the last date was looked for where the one before was, and found there */
    LIST(struct entry) list;
    const char *decades;
    size_t first_unused, last; /* last: the template that won; FAR: none */
    size_t start, end;         /* the place of the last date, in characters, and the characters around its ends (+1; 0: none) */
    uint32_t before_start, at_start, before_end, at_end;
};

/* Bound to the beginning or the end of the line. */
static inline bool bound(const struct entry *e) { return e->t->line_begin || e->t->line_end; }
