/* report.h: the result of one run with what is known from earlier ones, and its forms: for people (report_text.c, report_all.c, and report_html.c,
   the page to hand on) and for programs (report_json.c).
   No judging here: counts, order and words only. */
#pragma once
#include "check/runner.h"
#include "host/host.h"
#include "store/check_store.h"
#include "term/text.h"

/* A finding and what the store knows about it. */
struct result {
    const struct finding *finding;
    bool is_new;              /* wrong now, and not so at the last look */
    int64_t since;            /* wrong: since when; 0: not known */
    const char *accepted_why; /* NULL: not accepted (or the date has passed) */
    int64_t accepted_until;
    int64_t decided;          /* unknown now: when it last was not; 0: never */
    enum state decided_state;
};

struct solved {
    const char *id, *object, *title; /* title: what was wrong */
    int64_t since;
};

/* What bansho changed on this server. Texts are ready in the reader's language. */
struct change_made {
    const char *id;
    int64_t when;
    const char *what, *state; /* "open submission to everybody", "in force" */
    const char *undo;         /* the command that takes it back; NULL: there is nothing to take back */
};

/* Where a result belongs on the first screen. */
enum urgency { URGENCY_NOW, URGENCY_SOON, URGENCY_ACCEPTED, URGENCY_UNKNOWN, URGENCY_OK, URGENCY_NA, URGENCY_COUNT };

struct report {
    struct arena *arena;
    const struct run *run;
    const struct host *host;
    const char *root;      /* "/" or what --root said */
    const char *language;
    bool whole;            /* all checks were asked for */
    int64_t time;          /* when the run began */
    int64_t before;        /* when the run before it was; 0: none is known */
    uint64_t cpu_us, programs_us; /* of the whole run: our own processes; the programs of others that they ran */
    LIST(struct result) results; /* in the order of the run */
    LIST(struct solved) solved;
    LIST(struct chapter_run) chart; /* earlier runs, oldest first */
    LIST(struct change_made) changes; /* newest first; the page leaves them out where there are none */
    const char *provider, *contact, *contract; /* whom to turn to; NULL: not known */
    LIST(const char *) notes;    /* about the run itself: the store, the configuration; already in the reader's language */
};

enum urgency result_urgency(const struct result *r);
size_t report_count(const struct report *r, enum urgency u);
/* The results of one urgency, most urgent first (severity, fail before warn, new ones, rank, the registry's order); n of them in the arena. */
const struct result **report_sorted(const struct report *r, enum urgency u, size_t *ret_n);

void report_text(const struct report *r, const struct term *t, struct buf *out); /* the first screen */
void report_all(const struct report *r, const struct term *t, struct buf *out);  /* every finding */
/* One page, complete in itself. -E2BIG: it became larger than out's maximum. */
int report_html(const struct report *r, struct buf *out) _must_check_;
/* The chapter's findings of this run, by urgency. */
struct chapter_run report_chapter(const struct report *r, unsigned chapter);
void report_json(const struct report *r, FILE *out);
