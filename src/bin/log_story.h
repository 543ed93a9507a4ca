/* log_story.h: what an account did, from the events of `bansho log search --account`: one line for each that matters, and sums at the end. Used by verb_log_page.c only. */
#pragma once
#include "filter/search.h"
#include "term/emit.h"
#include "term/text.h"

#define STORY_ADDRESSES 4096

struct story_address { struct addr addr; uint64_t n; };
struct story {
    uint64_t logins, failed, messages, delivered, deferred, refused, files, requests;
    uint64_t further;                        /* lines that are no event, or none that matters */
    uint64_t unparsed;                       /* of them: lines of a service that speak of a login, and that no filter knows */
    LIST(struct story_address) addresses;    /* of logins and messages; the first STORY_ADDRESSES */
    bool more;                               /* there were more */
};

/* Counts a line. */
void story_count(struct story *s, struct arena *a, const struct search_line *l, struct str account);
/* Such a line. */
bool story_line_unparsed(const struct search_line *l);
/* Nothing is known of its logins, but lines speak of such: how many it tried is not known. */
bool story_unparsed(const struct story *s);
/* The line's event for people, behind its time. false: nothing that matters, nothing was appended. */
bool story_line(const struct search_line *l, const struct term *t, struct buf *b);
/* again: how the same is asked once more ("bansho log search --account taro"). */
void story_end(const struct story *s, struct str again, struct buf *b);
void story_json(const struct story *s, struct emit *j);
void story_event_json(const struct known_event *e, struct emit *j); /* the key "event" */
