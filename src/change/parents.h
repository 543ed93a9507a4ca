/* parents.h: a directory's own time goes back too when what a change did in it was taken back, so that nothing shows that it ever was. */
#pragma once
#include "change/journal.h"

/* Sets the time of each directory that c's begun steps touched to what it was before the first of them, unless something else in it is younger than that. */
void parents_restore(const struct change *c);
