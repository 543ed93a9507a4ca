/* module.h: parts of this program that need a large library, as shared objects of their own. They are loaded when they are first needed: most calls of bansho
   speak no TLS and read no journal, and every mapped library makes the start and each fork dearer (ARCHITECTURE.md, "Modules"). A module exports one
   table of functions. They lie in one directory, which is fixed when bansho is built; the environment has no say in it. */
#pragma once
#include "base/err.h"
#include "base/macros.h"
#include <stdbool.h>

/* How a module declares its table, whose type its header tells. */
#define MODULE_EXPORT(type, name) extern const type name; const type name

/* This program lies in the tree that it was built in: what it needs lies there, too. */
bool module_from_build(void);

/* The table `symbol` of the module NAME, loaded where it is not yet there. A confined process cannot load any: it must be done before. NULL: it cannot be
   loaded; err tells its path and why. */
const void *module_load(const char *name, const char *symbol, struct err *err);
