/* interpolate.h: %(x)s in values, as Python's BasicInterpolation does it and fail2ban extends it: %(name)s is looked up in the variables, in the section, in
   [DEFAULT]; %(__name__)s is the section; %(section/name)s, %(default/name)s, and %(known/name)s: what the section said before a later file changed it.
   %% is %. Ten levels deep. Used inside this room. */
#pragma once
#include "filter/ini.h"

#define INTERPOLATION_DEPTH 10

/* The value of `key` in `section` with everything put in. `vars` (NULL: none) come before the section. 0; -ENOENT: there is no such section or name;
   -EINVAL with the place: what cannot be put in. */
int interpolate(struct load *l, const struct ini *i, const char *section, const char *key, const struct names_of *vars, struct traced *ret, struct err *err)
    _must_check_;
/* The same by a name that may have the form section/name (as tags have it: substitute.h), with vars only where it has not, or the section has it not. */
int interpolate_path(struct load *l, const struct ini *i, const char *section, const char *key, const struct names_of *vars, struct traced *ret, struct err *err)
    _must_check_;
