/* keeper.h: why a file must not be changed by us: it cannot be (immutable, read-only file system, hard links), or somebody else keeps it (a panel generates
   it, configuration management names itself in it, the package manager is at work). Used by plans, and again by apply just before the first step. */
#pragma once
#include "change/node.h"

/* 0, or -EPERM, -EROFS, -EMLINK, -EBUSY with the reason for people. `path` is resolved. */
int keeper_refuses(const char *path, const struct node *now, struct err *err) _must_check_;
/* -EBUSY while dpkg, apt, rpm or dnf holds its lock. */
int keeper_packages(struct err *err) _must_check_;
/* Who writes this file, from its path or from what its first lines say; NULL: nobody that we know. Pure. */
const char *keeper_of(const char *path, struct str content);
