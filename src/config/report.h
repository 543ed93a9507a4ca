/* report.h: errors of a configuration with their place, the nearest name, and how one value is read. Used inside this room. */
#pragma once
#include "config/config.h"
#include "config/lexer.h"

#define ERRORS_MAX 100

/* Adds an error; beyond ERRORS_MAX they are only counted, and the last one says so. */
void config_report(struct config *c, const char *file, unsigned line, unsigned column, const char *text, ...) _printf_(5, 6);
void config_remark(struct config *c, const char *file, unsigned line, unsigned column, const char *text, ...) _printf_(5, 6); /* a warning */

/* Names that could have been meant. " (did you mean X?)", or "" where none is near; capital letters count as small ones. */
struct candidates {
    LIST(const char *) names;
};
const char *nearest_text(struct arena *a, struct str typed, const struct candidates *among);

const struct option *option_find(const char *section, struct str name);
/* Some row of this section. */
const struct option *option_section(struct str section);

/* Where one value stands, for its reader. */
struct reading {
    struct config *config;
    const char *file;
    const struct token *items;
    size_t n; /* at least 1; exactly 1 where the type takes one value */
};
bool option_type_takes_list(enum option_type type);
/* Fills v->text and what the type needs from the items. false: reported. */
bool option_read(const struct reading *r, struct value *v);

/* A section's head and an option's name as they stand in the file, right or wrong: for what contradicts or is missing. */
struct section {
    const struct option *option; /* some row of the section */
    const char *name;            /* "" for unnamed ones */
    unsigned line, column;
    bool broken; /* something inside is wrong: what seems to be missing may be meant by it */
};
struct mention {
    const struct option *option;
    const char *instance;
    unsigned line, column;
    LIST(struct token) items;
    bool good;
};
struct parsed {
    struct config *config;
    const char *file;
    LIST(struct section) sections;
    LIST(struct mention) mentions;
};
/* Reports what contradicts or is missing, after the whole file was read. */
void config_judge(struct parsed *p);
