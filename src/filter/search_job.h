/* search_job.h: what search.c and its confined processes (search_job.c) say to each other. Not for others. */
#pragma once
#include "base/cursor.h"
#include "filter/belongs.h"
#include "filter/line_time.h"
#include "filter/search.h"

struct search_work {
    const struct search_options *o;
    struct line_time time;       /* compiled before the process was made */
    struct seek needle;
    struct known *known;         /* NULL: no filter is asked */
    const size_t *files;         /* indexes of one job's, oldest first */
    size_t n;
};

enum search_said { SAID_LINE, SAID_FROM /* nothing older will come */, SAID_END /* of a file */, SAID_KINDS };

/* Each message: its length (4), its kind (4), and: LINE, FROM: the key (8); LINE: file, time, text, event ... */
#define SAID_HEAD 4
#define SAID_MAX (SEARCH_LINE + (EVENT_FIELDS + 1) * (SEARCH_FIELD + 8) + 1024)
/* The fields of a line after kind and key. */
void said_put_line(struct buf *b, const struct search_line *l);
bool said_get_line(struct cursor *c, size_t files, struct search_line *ret) PARSER(search_said);

/* The processes' work: reads the job's files and writes messages. */
int search_job(void *work, int fd);
/* Writes one number (8) for each file of the job: the time of its first dated line in microseconds, INT64_MIN where there is none or it cannot be read. */
int search_first_times(void *work, int fd);
