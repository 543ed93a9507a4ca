/* selection.h: which lines of logs somebody asks for (`bansho log search`, `bansho log follow`): what the options said, and the test of one line. No I/O. */
#pragma once
#include "filter/address_in.h"
#include "filter/line_head.h"
#include "log/seek.h"

struct selection {
    struct str text;        /* bytes that the line holds, as for grep -F; .n 0: any */
    bool addressed;         /* the line names `address`, or one within it */
    struct prefix address;
    struct str account;     /* in small letters; .n 0: any. Lines belong to it by belongs.h, which remembers; nothing here looks at it but the needle */
    unsigned services;      /* line_head.h; 0: any */
    struct str site;        /* .n 0: any */
    int64_t since, until;   /* seconds, both inclusive; 0 and INT64_MAX: any time */
};
#define SELECTION_ALL ((struct selection){.until = INT64_MAX})

/* Is a time asked for at all? A line whose time is not known is then none of them. */
bool selection_timed(const struct selection *s);
bool selection_time(const struct selection *s, int64_t time_us);
/* What is known of all lines of a log. */
struct selection_log {
    unsigned services;      /* who writes there; 0: the lines say it */
    bool of_site;           /* it is the site's own */
};
/* Everything but time and account. */
bool selection_line(const struct selection *s, const struct selection_log *log, struct str line);
/* What every such line holds (of an account: every line that names it): to be looked for in whole blocks first. `room` must live as long as the needle. */
struct seek selection_needle(const struct selection *s, char room[static ADDRESS_NEEDLE]);
