/* show.h: plans and changes as people and programs read them. Everything from files and servers is escaped here. */
#pragma once
#include "change/apply.h"
#include "term/emit.h"
#include "term/text.h"

/* What would be done, to whom, with the difference of every file, and how back. `only`: nothing follows (--plan). */
void plan_show(const struct plan *p, const struct term *t, bool only, struct buf *out);
void plan_json(const struct plan *p, struct emit *j, const char *key);

/* "replace /etc/x", "reload postfix.service" ...: one step in the reader's language, raw. In the arena. */
const char *step_text(const struct step *s, bool back, struct arena *a);

/* The table of `bansho changes`. */
void changes_show(const struct changes *c, const struct term *t, struct buf *out);
void changes_json(const struct changes *c, FILE *out); /* schema bansho.changes/1 */

/* The three versions of what stands in undo's way: before the change, as it left it, and now. */
void conflicts_show(const struct change *c, const struct conflicts *all, const struct term *t, struct buf *out);

/* "applied", "undone" ... in the reader's language. */
const char *change_status_text(enum change_status s);
