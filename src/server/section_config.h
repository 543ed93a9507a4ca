/* section_config.h: reads the language of Apache and ProFTPD: one directive a line, lines continued by a backslash, sections in
   <Name arguments> ... </Name>. Pure: no files, no meaning; includes and conditions are the product's own. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum section_kind { SECTION_DIRECTIVE, SECTION_OPEN, SECTION_CLOSE };

struct section_line {
    enum section_kind kind;
    struct str name;  /* "ServerName", "VirtualHost" */
    struct str args;  /* raw, trimmed: section_word() takes them apart */
    unsigned line;    /* where it begins */
};

#define SECTION_LINE_MAX 65536 /* a longer one is left out and makes the result -E2BIG */

/* Calls fn for each line that says something, in order. Its negative result stops the reading and is returned. */
typedef int section_fn(void *arg, const struct section_line *l);
int section_config_parse(struct str text, section_fn *fn, void *arg) PARSER(section_config);

/* Takes the next word off *rest, quotes ("..." or '...') removed, \" and \\ inside them undone. NULL: no more. */
char *section_word(struct str *rest, struct arena *a) PARSER(section_config);
