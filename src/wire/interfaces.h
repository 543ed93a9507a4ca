/* interfaces.h: the texts of the files in data/varlink, each in an object file of its own, made while bansho is built (cmake/wire.cmake). A program holds those
   that it calls. */
#pragma once
#include "base/str.h"

struct str interface_wall(void); /* org.bansho.Wall */
struct str interface_watch(void); /* org.bansho.Watch */
