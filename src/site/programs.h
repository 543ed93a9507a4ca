/* programs.h: the web programs that are recognised: how each is found in a directory, where it says its version, where its add-ons lie. Rows only; a new program
   is a new row (facts: each program's own sources). The reader never runs what it finds. */
#pragma once
#include "base/str.h"

enum literal_kind { LITERAL_PHP, LITERAL_XML, LITERAL_HEADER, LITERAL_JSON };

struct version_source {
    const char *file;            /* below the program's directory; NULL ends the list */
    enum literal_kind kind;
    const char *names[4];        /* joined by `joints` where there are several: "3" "." "0" "." "4" */
    const char *joints;
};

struct addon_place {
    const char *kind;            /* N_("plug-in"); NULL ends the list */
    const char *dir;             /* its subdirectories are the add-ons */
    const char *file;            /* in each: "*.php" = any such file whose header has `field` */
    enum literal_kind literal;
    const char *version, *field; /* names of the version and, for headers, of the field that proves it */
};

struct program {
    const char *title;           /* "WordPress" */
    const char *mark;            /* a directory entry that a directory of this program has; the version file proves it */
    struct version_source versions[3];
    struct addon_place addons[4];
    const char *const *skip;     /* its own directories: not searched for further programs */
    const char *const *packaged; /* distribution packages and where they put it: name, directory, ... NULL */
};

extern const struct program programs[];
extern const size_t programs_n;
