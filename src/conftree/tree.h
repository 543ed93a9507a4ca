/* tree.h: conftree's inside: grammars as rows, and what their parsers share. */
#pragma once
#include "conftree/conftree.h"

struct parser {
    struct conftree *t;
    struct str text;
    size_t at;
    unsigned line; /* of text.p[at], from 1 */
    int open;      /* the section that is being read; -1: none */
};

/* One statement of a line grammar, with the lines that continue it. */
struct logical {
    size_t begin, end, next; /* first byte that is no blank; end of the last line without its line end; behind that */
    unsigned line, last_line;
    bool indented; /* a blank stands before it */
};

enum conf_wins { WINS_LAST, WINS_FIRST, WINS_ONLY };

struct conf_grammar {
    const char *name;
    void (*parse)(struct parser *p);
    void (*statement)(struct parser *p, const struct logical *l); /* of a line grammar */
    const char *comments; /* bytes that begin a comment */
    const char *mark;     /* what comments out */
    const char *join;     /* what stands between continued lines */
    const char *assign;   /* between name and value, where the neighbour tells nothing else */
    const char *unit;     /* indentation in a section, where there is no neighbour */
    void (*put_entry)(struct buf *b, const struct conf_grammar *g, struct str name, const char *assign, struct str value);
    void (*put_section)(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol);
    enum conf_wins wins;
    bool indent;          /* an indented line continues the one before */
    bool backslash;       /* a backslash at the end of the line continues it */
    bool inside;          /* comments and empty lines between continued lines belong to neither */
    bool comment_goes_on; /* a backslash continues a comment too */
    bool tail;            /* a comment may follow in the line of a value */
    bool equals;          /* "=" parts name and value; otherwise a blank (and for sshd one "=") */
    bool icase;
    bool until_next;      /* a section ends where the next one begins */
    bool flat;            /* sections have no meaning for most names (php.ini) */
};

struct conftree {
    const struct conf_grammar *g;
    char *file;
    struct buf text;
    struct conf_node *nodes;
    size_t n, cap;
    size_t sound; /* edits at or behind this byte are refused */
    unsigned damage_line;
    const char *damage;
    bool full;
};

bool conf_blank(char c);              /* blank, tab, CR, VT, FF */
static inline bool conf_is(const char *set, char c) { return c && strchr(set, c); }

/* A new node in the open section; its number. Beyond the cap the tree is `full` and the number is that of the last node. */
int conf_push(struct parser *p, struct conf_node node);
void conf_enter(struct parser *p, int node);
/* Ends the open section; it must be one. */
void conf_leave(struct parser *p, size_t body_end, size_t end, unsigned last_line);
/* The first one is kept; `from` is where trust ends. */
void conf_damage(struct parser *p, size_t from, unsigned line, const char *why);

int conf_number(const struct conftree *t, const struct conf_node *node); /* -1 for NULL */
bool conf_same_name(const struct conftree *t, struct str a, struct str b);
size_t conf_line_begin(struct str text, size_t at);
size_t conf_line_end(struct str text, size_t at); /* of its content: before CR LF */
size_t conf_line_next(struct str text, size_t at);
/* `conftree_open` without the copy and the caps. */
int conf_read(struct conftree *t);

void conf_parse_lines(struct parser *p);
void conf_parse_tokens(struct parser *p);
/* A value as the program reads it. */
void conf_value_of(const struct conf_grammar *g, enum conf_kind kind, struct str raw, struct buf *ret);
void conf_value_lines(const struct conf_grammar *g, struct str raw, struct buf *ret);
void conf_value_tokens(const struct conf_grammar *g, struct str raw, struct buf *ret);
/* Where a comment begins in a value's line; the end of the view where there is none. */
size_t conf_tail(const struct conf_grammar *g, struct str line);
/* The same for words and blanks: "a  b" and "a b". */
bool conf_same_value(struct str a, struct str b);

/* --- edits --- */

/* What an edit does to the text, and what it must do to the nodes: `removed` of them from number `node` on give way to `added` (0 or 1). */
struct change {
    size_t at, cut;
    struct str put;
    int node, removed, added;
    struct conf_node want; /* the added one: kind, name, value, parent */
};
int conf_apply(struct conftree *t, const struct change *c, struct err *err) _must_check_;

/* words.c: only the words that differ, where a value of several lines has some in common with the new one. false: not so. */
bool conf_splice_words(const struct conftree *t, const struct conf_node *node, struct str value, struct change *c, struct buf *put);

/* Where a new statement goes. */
struct place {
    size_t at;
    int number;         /* of the new node */
    bool in_line;       /* behind something else in its line */
    char indent[128];
    const char *assign;
};
void conf_place(const struct conftree *t, const struct conf_node *in, struct str name, struct place *ret);
void conf_place_section(const struct conftree *t, const struct conf_node *in, struct place *ret);
bool conf_begins_line(const struct conftree *t, const struct conf_node *node);
/* Only blanks and a comment follow in its line. */
bool conf_ends_line(const struct conftree *t, size_t at);
const char *conf_eol(const struct conftree *t);
bool conf_is_comment_line(const struct conf_grammar *g, struct str text, size_t at);

/* lines.c */
void conf_line_plain(struct parser *p, const struct logical *l);
void conf_line_sshd(struct parser *p, const struct logical *l);
void conf_line_ini(struct parser *p, const struct logical *l);
void conf_line_angle(struct parser *p, const struct logical *l);
void conf_line_dovecot(struct parser *p, const struct logical *l);
/* master.c */
void conf_line_master(struct parser *p, const struct logical *l);
