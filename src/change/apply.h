/* apply.h: a plan becomes a change, a change is taken back, and what was interrupted is brought to an end. Everything is written into the journal before it
   is done, so that kill -9, a full disk or a power cut at any moment leaves either the old state, the new one, or a change that the next run rolls back.
   Runs in `bansho` as root, with the journal's lock held. */
#pragma once
#include "change/journal.h"

/* What apply and undo need from above: the rooms that know acts and checks stand higher. */
struct change_desk {
    struct act_desk acts;
    /* The change is applied: is the server now as it should be? 0: yes; otherwise -errno and the reason; with -ECANCELED it is asked again a second later,
       `looks` times in all (0: once). NULL: nobody asks. */
    int (*verify)(void *arg, struct err *err);
    /* Step `at` of `n` begins (state and settling steps; going back too). NULL: nobody wants to know. */
    void (*progress)(void *arg, const struct step *s, bool back, size_t at, size_t n);
    /* A line that the program of a step wrote: package managers take minutes. NULL: nobody wants to know. */
    void (*said)(void *arg, struct str line);
    /* Something that people must read and that ends nothing (a file that was left alone). NULL: nobody reads. */
    void (*tell)(void *arg, const char *text);
    void *arg;
    const char *who, *from;
    unsigned looks;
};

/* 0: applied and verified. Otherwise nothing stays changed, unless err says what:
   -ESTALE a file is no longer what the plan saw; -EPERM, -EDQUOT an act was not permitted; -EBUSY packages are being changed (nothing was done);
   -ECANCELED it failed or did not help and was rolled back (err has the cause); -ENOTRECOVERABLE the same, but something has no way back and stays (told);
   -EUCLEAN not even that worked: the next run tries again. */
int change_apply(struct journal *j, const struct plan *p, const struct change_desk *d, unsigned *ret_id, struct err *err) _must_check_;

/* A path that is no longer as the change left it. */
struct conflict {
    const struct step *step;
    struct node now;
    unsigned later; /* the applied change that touched it since; 0: somebody else */
};
struct conflicts {
    LIST(struct conflict) list;
};
/* What stands in the way of taking c back. */
int change_conflicts(const struct journal *j, const struct change *c, struct arena *a, struct conflicts *ret, struct err *err) _must_check_;

/* Takes an applied change back. 0; 1: but something has no way back, or is somebody else's now, and stays (told); -EALREADY: it is not in force; -ESTALE: conflicts (nothing was done); -EUCLEAN: damaged, or it could not be ended;
   -EBUSY: packages are being changed; -EOPNOTSUPP: none of its steps has a way back; -EIO: everything is as before, but a service did not follow. */
int change_undo(struct journal *j, struct change *c, const struct change_desk *d, struct err *err) _must_check_;

/* Brings to an end what an earlier run had to leave: rolls back what was begun, ends what was being undone. The number of such changes, or -errno. */
int change_recover(struct journal *j, const struct change_desk *d, struct err *err) _must_check_;
