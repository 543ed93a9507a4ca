/* version.h: versions in the order of deb-version(7): [epoch:]upstream[-revision], digits by value, "~" before everything. Good enough for rpm's names of
   kernels too. */
#pragma once
#include "base/str.h"

int version_compare(struct str a, struct str b);
