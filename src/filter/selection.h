/* selection.h: which lines of logs somebody asks for (`bansho log search`, `bansho log follow`): what the options said, and the test of one line. No I/O. */
#pragma once
#include "filter/address_in.h"
#include "log/needle.h"

struct selection {
    struct str text;        /* bytes that the line holds, as for grep -F; .n 0: any */
    bool addressed;         /* the line names `address`, or one within it */
    struct prefix address;
    int64_t since, until;   /* seconds, both inclusive; 0 and INT64_MAX: any time */
};
#define SELECTION_ALL ((struct selection){.until = INT64_MAX})

/* Is a time asked for at all? A line whose time is not known is then none of them. */
bool selection_timed(const struct selection *s);
bool selection_time(const struct selection *s, int64_t time_us);
/* Everything but the time. */
bool selection_line(const struct selection *s, struct str line);
/* What every such line holds: to be looked for in whole blocks first. `room` must live as long as the needle. */
struct needle selection_needle(const struct selection *s, char room[static ADDRESS_NEEDLE]);
