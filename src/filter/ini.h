/* ini.h: one file of the INI dialect that fail2ban reads: Python's configparser with its defaults, but for `;`, which begins a comment behind a blank too
   (docs.python.org/3/library/configparser.html). [SECTION], NAME = VALUE or NAME: VALUE, names without regard to capital letters (ASCII ones; Python
   lowers others too), values go on in lines that are indented deeper, `#` and `;` begin comment lines, also inside a value. Used inside this room.
   A file with NUL or bytes that are not UTF-8, with a section or a name twice, or with a line that is none of these, is refused.
   Caps: 1 MiB a file, 2,000 sections, 2,000 names a section; what is beyond is refused, too. */
#pragma once
#include "filter/traced.h"

#define INI_FILE_MAX (1u << 20)
#define INI_SECTIONS_MAX 2000
#define INI_OPTIONS_MAX 2000

struct ini_option {
    const char *key; /* small letters */
    struct traced value; /* lines joined by \n, without blanks at their ends */
    const char *file;
    unsigned line; /* of its name */
};
struct ini_section {
    const char *name;
    const char *file;
    unsigned line;
    LIST(struct ini_option) options;
};
struct ini {
    struct ini_section defaults; /* [DEFAULT] */
    LIST(struct ini_section) sections;
};

/* 0; -EINVAL with file:line of the first thing that is wrong. */
int ini_parse(struct load *l, struct str bytes, const char *file, struct ini *ret, struct err *err) PARSER(filter_ini) _must_check_;

struct ini_section *ini_section(const struct ini *i, const char *name);
struct ini_option *ini_option(const struct ini_section *s, const char *key);

/* Blanks as Python's str.strip() sees them, at the front and at the end; *ret_cut (may be NULL) gets how many bytes went from the front. */
struct str ini_strip(struct str s, size_t *ret_cut);
