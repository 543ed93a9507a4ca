/* lines.h: the small formats that most products share: one `key = value` a line, with comments, continuation, quotes and [sections].
   A style says which; the reader hands out items with the number of the line on which they begin. Views point into the text, or into the arena
   where lines had to be joined. Lines without a separator come too (value.p == NULL): the caller knows whether that is a word or nonsense. */
#pragma once
#include "base/arena.h"

struct line_style {
    const char *separators; /* the first of these bytes ends the key; a blank among them: a run of blanks does ("Port 22"), and a "=" behind it too, where that is one */
    const char *comments;   /* a line that begins with one of these (behind blanks) is none */
    bool indent;            /* a line that begins with a blank continues the one before; comments and empty lines between do not end it (Postfix) */
    bool backslash;         /* a line that ends in a backslash continues in the next */
    bool tail;              /* a blank and a comment byte behind the value begin a comment */
    bool quotes;            /* one pair of "..." or '...' around the value is taken off */
    bool sections;          /* "[name]" begins a section */
    bool export;            /* "export " before the key is taken off (shell) */
};

extern const struct line_style lines_postfix; /* key = value, continued by indentation */
extern const struct line_style lines_shell;   /* KEY="value" */
extern const struct line_style lines_ini;     /* [section], key = value, # and ; */
extern const struct line_style lines_words;   /* Key value  (sshd, ProFTPD outside its blocks, vsftpd-like files use lines_ini) */

struct line_item {
    struct str section, key, value; /* trimmed; value.p == NULL: no separator in the line */
    unsigned line;
};

struct line_reader {
    struct arena *arena;
    const struct line_style *style;
    struct str rest, section;
    unsigned line; /* of the last physical line that was taken */
};

static inline struct line_reader lines_of(struct arena *a, struct str text, const struct line_style *style)
{
    return (struct line_reader){.arena = a, .style = style, .rest = text, .section = STR("")};
}
/* The next item; false: the end. NUL bytes end a value, as they do in the programs that read these files. */
bool lines_next(struct line_reader *r, struct line_item *ret) PARSER(lines);
