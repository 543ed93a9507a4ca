/* crowd.h: several dialogues at once, side by side (side.h) in one confined process (WORKER_DIALOGUE), so that a server's delays (two seconds after a wrong
   password) are waited for once. A dialogue that makes the process crash takes no other with it: they are then all asked again, each in a process of
   its own. Used by checks. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "dialogue/field.h"

/* Does job number `i` in the confined process, by smtp_ask() and the like (which speak right there), and writes its answer. */
typedef void crowd_fn(void *arg, size_t i, struct buf *out);

struct crowd {
    crowd_fn *fn;
    void *arg;
    size_t n;
    size_t at_once;      /* 0: SIDE_MAX */
    size_t max_answer;   /* bytes, of each job */
    int netns;           /* 0, or the namespace to ask from */
    int timeout_ms;      /* over all of them */
};

/* ret_answers[i]: what job i wrote (a view into *out), or p == NULL where it was not ready in time or crashed: ret_why[i] tells which. 0 or -errno: none could be started. */
int crowd_bytes(const struct crowd *c, struct buf *out, struct str *ret_answers, enum trouble *ret_why, struct err *err) _must_check_;

/* The same for jobs that each fill one struct: `fields` tells how it travels, its first member is its enum trouble. seen + i * size is job i's; of one without
   a proper answer only the trouble is set. */
typedef void crowd_see_fn(void *arg, size_t i, void *seen);
struct crowd_seen {
    crowd_see_fn *fn;
    void *arg;
    size_t n;
    const struct field_table *fields;
    size_t size, at_once;
    int netns, timeout_ms;
};
int crowd_see(const struct crowd_seen *c, void *seen, struct err *err) _must_check_;

/* Is this the process of a crowd? */
bool crowd_inside(void);
