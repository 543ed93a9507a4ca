/* conf_change.h: bansho.conf as a verb changes it (setup, import): edited in memory, each value judged by the parser of bansho.conf, then shown, confirmed, applied as one change
   that can be taken back. Comments and all that is not set stay byte for byte. */
#pragma once
#include "base/rootfs.h"
#include "bin/verbs.h"
#include "change/plan.h"
#include "config/config.h"
#include "term/emit.h"

struct conf_change {
    const struct call *call; /* its options: yes, plan */
    struct arena *arena;
    bool json;
    const char *schema;      /* with --json */
    void (*say)(const struct conf_change *c, struct emit *j); /* what stands in the object behind schema and file */
    void (*after)(struct conf_change *c); /* NULL, or what follows the change, confirmed with it; where the file is as it should be already, confirmed alone */
    const char *next;        /* what is said behind "Done": translated */
    void *arg;               /* the verb's own */

    struct root root;
    struct config *config;   /* as the file stands with the values so far */
    struct buf bytes;
    struct str before;
    struct plan *plan;
    struct term term;
};

/* Reads the file. `check`: the check whose plan it is; asked_by: "bansho setup". What goes wrong is said. */
enum outcome conf_change_begin(struct conf_change *c, const char *check, const char *asked_by) _must_check_;
void conf_change_done(struct conf_change *c);
/* NULL: the file does not say it. */
const struct value *conf_change_value(const struct conf_change *c, const char *section, const char *instance, const char *name);
/* "-" takes out what stands there. What the parser refuses changes nothing. */
int conf_change_set(struct conf_change *c, const char *section, const char *instance, const char *name, const char *text, struct err *err) _must_check_;
/* The steps for the file itself, where it differs. */
int conf_change_plan(struct conf_change *c, struct err *err) _must_check_;
/* Shows the plan, asks, applies, says what came of it. */
enum outcome conf_change_decide(struct conf_change *c);
