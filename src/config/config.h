/* config.h: /etc/bansho/bansho.conf. Every option is one row of config/options.c {section, name, type, default, range, reload, help}: the parser, `config show`,
   the defaults, the manual page and the completion come from the rows. The parser is our own and strict: every value keeps file:line:column, all errors
   are reported at once with the nearest name, contradictions are errors. Without a file the defaults hold.
     source office { prefixes = 203.0.113.0/28, 2001:db8:1::/48 }      service ssh { allow = nobody }      mode = observe
   Below --root the file of that root is read. Used by bansho; later by every program. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

#define CONFIG_PATH "/etc/bansho/bansho.conf"

enum option_type {
    OPTION_BOOL, OPTION_NUMBER, OPTION_DURATION /* seconds; 30s 10m 1h 180d 4w */, OPTION_CHOICE, OPTION_TEXT, OPTION_PATH, OPTION_URL, OPTION_MAILBOX,
    OPTION_WORDS /* a comma list of names */, OPTION_PREFIXES, OPTION_HOST, OPTION_SOURCES /* names of sources, any, nobody */,
};

/* One row. section "" is the top level; `named` sections are written `source NAME { }` and may stand many times. */
struct option {
    const char *section, *name;
    enum option_type type;
    bool named;
    const char *fallback;   /* the default as it would be written; NULL: none */
    const char *choices;    /* OPTION_CHOICE: "no|and|or" */
    int64_t min, max;       /* numbers and durations */
    bool reload;            /* taken over without a restart */
    const char *help;       /* N_(): one or two sentences for the manual */
    const char *example;    /* a value for the manual where there is no default */
};
extern const struct option options[];
extern const size_t options_n;
/* What a section is for, in the order of the manual. */
struct option_section {
    const char *name, *example; /* "source", "office" (NULL: it has no name of its own) */
    const char *help;           /* N_() */
};
extern const struct option_section option_sections[];
extern const size_t option_sections_n;
/* What may be written, for people: "Possible: no, and, or", "From 1d to 3650d", or what a text is. */
const char *option_range(struct arena *a, const struct option *o);
/* "10m": seconds in the largest unit up to days that divides them. */
const char *duration_text(struct arena *a, int64_t seconds);

struct value {
    const struct option *option;
    const char *instance;   /* the section's own name ("office"), "" for unnamed ones */
    const char *text;       /* normalised text */
    int64_t number;         /* bool, number, duration in seconds, index of the choice */
    LIST(const char *) words;
    LIST(struct prefix) prefixes;
    const char *file;       /* NULL: the default */
    unsigned line, column;
};

struct config_error {
    const char *file;
    unsigned line, column;
    const char *text;       /* translated */
    bool warning;
};

struct config {
    struct arena *arena;
    const char *path;                   /* the file that was read; NULL: there is none */
    LIST(struct value) values;          /* what the file sets, in its order */
    LIST(struct value) defaults;        /* of the rows that have one */
    LIST(const char *) sources, services; /* names of the named sections */
    LIST(struct config_error) errors;
};

#define CONFIG_MAX (1u << 20)

/* Reads and validates. 0: usable (errors holds warnings at most); -EINVAL: *ret is set too, and its errors tell all of it, in the file's order (err holds the first);
   other -errno: the file could not be read (not: absent), *ret is untouched. */
int config_load(const struct root *root, const char *path, struct config **ret, struct err *err) _must_check_;
void config_free(struct config *c);
/* The defaults alone; config_parse then takes over what the bytes of a file set (once). 0 or -EINVAL as config_load; `file` must live as long as c. */
struct config *config_new(void);
int config_parse(struct str bytes, const char *file, struct config *c) PARSER(config) _must_check_;

/* Appends the value as it would be written: in quotes where it needs them. */
void config_write_value(struct buf *out, const struct option *o, const char *text);
/* The file's bytes with this option set: its value where it stands, else beside another one of its section, else in a section of its own at the end. All else
   stays byte for byte. c was read from these bytes. */
void config_set(struct str bytes, const struct config *c, const struct option *o, const char *instance, const char *text, struct buf *out);
/* The same without it; where it was the only one of its section, the section goes too. What is not set stays so. */
void config_unset(struct str bytes, const struct config *c, const struct option *o, const char *instance, struct buf *out);
/* A file with every option, its help as comment and its default; config_load accepts it. `commented`: with nothing in force, to begin with. */
void config_write_defaults(struct buf *out, bool commented);

/* The value in force: from the file, else the default; NULL: neither. instance "" for unnamed sections. */
const struct value *config_value(const struct config *c, const char *section, const char *instance, const char *name);
int64_t config_number(const struct config *c, const char *section, const char *name); /* bool, number, duration; the row must have a default */
const char *config_text(const struct config *c, const char *section, const char *name, const char *otherwise);
/* The address is in a fixed network of this source ("any": always). */
bool config_source_has(const struct config *c, const char *source, const struct addr *a);
/* Some declared source covers this prefix entirely. */
bool config_sources_cover(const struct config *c, const struct prefix *p);
