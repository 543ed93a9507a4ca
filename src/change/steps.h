/* steps.h: one step, done and taken back; one row for each type. */
#pragma once
#include "change/apply.h"
#include "unit/unit.h"

/* Services that were told of the change and may still die of it: looked at while the change is verified. */
struct watches {
    LIST(struct unit_watch *) list;
    struct arena *a;
};

/* What a step needs to know beside itself. */
struct step_place {
    unsigned change;
    size_t at;
    const struct step_record *record; /* going back: what the log says; else NULL */
    const struct change_desk *desk;   /* who hears what its program says; may be NULL */
    bool back;
    struct watches *watches;          /* NULL: each service is watched before its step is over */
};

/* Does the step. 0 or -errno. */
int step_do(const struct step *s, const struct step_place *at, struct err *err) _must_check_;
/* Takes a state step back, also one that was only begun. Done twice it does nothing more. 0; 1: it was left alone, since somebody else changed the path, or put
   something into the directory, meanwhile; -EOPNOTSUPP: it has no way back; -errno. */
int step_back(const struct step *s, const struct step_place *at, struct err *err) _must_check_;
/* May undo begin? -ESTALE: its own program says no; err has its words. */
int step_ready(const struct step *s, struct err *err) _must_check_;
/* May it run, and must it? false: a settling step for a unit that did not run before. */
bool step_settles(const struct step *s);
/* For the log of acts: the path, the unit, the command's object. */
const char *step_object(const struct step *s);
