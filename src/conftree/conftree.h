/* conftree.h: edits foreign configuration files and loses nothing: comments, order, indentation, line ends and a missing last newline stay.
   The text itself is the tree's only content; nodes are places in it. An edit is a splice of bytes; the new text is parsed again and compared
   with the old tree: had anything else than the wanted node changed, the edit is refused and the old text stays. So conftree_text() of an
   unedited tree is the input for any bytes, and a value cannot smuggle in a second statement.

       struct conftree *t;
       conftree_open(conf_grammar("postfix-main"), "/etc/postfix/main.cf", bytes, &t, err)
       conftree_set(t, NULL, "disable_vrfy_command", STR("yes"), err)                 1: changed   0: it was so
       conftree_set(t, CONF_AT(t, {"submission", "inet"}), "smtpd_sasl_auth_enable", STR("yes"), err)      -o of a service in master.cf
       conftree_set(t, CONF_AT(t, {"VirtualHost", "*:80"}, {"Directory", "/var/www"}), "Options", STR("None"), err)
       conftree_text(t) -> what is to be written; base/diff.h shows the difference

   Sections are named as in the file: {"VirtualHost", "*:80"}, {"server", NULL}, {"Match", "User backup"}, {"[name]" of an ini file, NULL},
   a service of master.cf {"smtp", "inet"}: its entries are the -o, its fields "private" "unprivileged" "chroot" "wakeup" "maxproc" "command".
   Without a section (NULL) the top of the file is meant. Includes are not followed: which file counts is the caller's knowledge.

   What is damaged (a section that is not closed, a close that nothing opened, an unfinished quote, NUL bytes) is read as far as it goes, and
   edits there are refused with file:line. Nodes and their views are valid until the next edit. Does no I/O; runs in the caller's process, so
   sizes are capped: CONFTREE_BYTES_MAX, CONFTREE_NODES_MAX. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#define CONFTREE_BYTES_MAX (4u << 20)
#define CONFTREE_NODES_MAX 100000

struct conf_grammar;
struct conftree;

/* postfix-main postfix-master sshd ini php apache proftpd dovecot nginx apt; NULL: there is none of that name. */
const struct conf_grammar *conf_grammar(const char *name);
/* The names, one after the other; NULL behind the last. */
const char *conf_grammar_name(size_t i);

enum conf_kind {
    CONF_ENTRY,   /* name and value */
    CONF_SECTION, /* name, value: its argument */
    CONF_FIELD,   /* a column of a master.cf service */
    CONF_ODD,     /* text that the grammar has no meaning for; left alone */
};

struct conf_node {
    enum conf_kind kind;
    struct str name, value; /* as they stand in the text, quotes and continuations too: conftree_value() is what the program reads */
    size_t begin, end;      /* in the text, from the first byte of the name on; a section's end is behind its close */
    unsigned line, last_line;
    /* conftree's own: */
    int parent, last;                  /* numbers of nodes: the section around it (-1: none), the last one in it */
    size_t name_end, value_begin, value_end;
    size_t body_begin, body_end;       /* of a section: behind the opening line, before the close */
    bool assigned, closed;
};

/* Takes a copy of `bytes`. `file` is named in errors. -E2BIG: beyond a cap. */
int conftree_open(const struct conf_grammar *g, const char *file, struct str bytes, struct conftree **ret, struct err *err) _must_check_ PARSER(conftree);
void conftree_free(struct conftree *t);
void conftree_freep(struct conftree **t);
struct str conftree_text(const struct conftree *t);
/* The first damage: true, with its line and why (to be translated). */
bool conftree_damaged(const struct conftree *t, unsigned *ret_line, const char **ret_why);

/* The children of `in`, one after the other: NULL gives the first one, and comes back behind the last one. */
const struct conf_node *conftree_child(const struct conftree *t, const struct conf_node *in, const struct conf_node *previous);
/* The nth (from 1) of that name, and argument if that is not NULL; nth 0: the one that counts. Upper and lower case as the program sees them. */
const struct conf_node *conftree_section(const struct conftree *t, const struct conf_node *in, const char *name, const char *arg, unsigned nth);
const struct conf_node *conftree_entry(const struct conftree *t, const struct conf_node *in, const char *name, unsigned nth);
/* The innermost node that stands in this line. */
const struct conf_node *conftree_at_line(const struct conftree *t, unsigned line);

struct conf_step {
    const char *name, *arg; /* arg NULL: any */
    unsigned nth;
};
/* NULL: not there. */
const struct conf_node *conftree_walk(const struct conftree *t, const struct conf_step *steps, size_t n);
#define CONF_AT(t, ...) \
    conftree_walk((t), (const struct conf_step[]){__VA_ARGS__}, sizeof((const struct conf_step[]){__VA_ARGS__}) / sizeof(struct conf_step))

/* The value as the program reads it: continuations joined, comments out, blanks around it off. Quotes stay: conf_unquote. */
void conftree_value(const struct conftree *t, const struct conf_node *node, struct buf *ret);
/* The value of the occurrence that counts, without quotes around the whole. false: there is none. */
bool conftree_get(const struct conftree *t, const struct conf_node *in, const char *name, struct buf *ret);
/* Quotes around the whole are taken off. */
struct str conf_unquote(struct str value);

/* Edits: 1 the text has changed, 0 it was so already, negative: refused, the text is as before.
   Values are written as given: in the program's own syntax, quotes included, in one line. A Postfix list of several lines keeps its lines: only
   the words that differ change. `in` names where; a section that was looked for and
   is not there must not be passed on as NULL (that is the top of the file): check CONF_AT first. */

/* Sets the occurrence that counts (Postfix and Apache: the last, sshd: the first); adds one where there is none. nginx, ProFTPD: -EEXIST where
   it stands more than once in this section: set_node says which one. */
int conftree_set(struct conftree *t, const struct conf_node *in, const char *name, struct str value, struct err *err) _must_check_;
int conftree_set_node(struct conftree *t, const struct conf_node *node, struct str value, struct err *err) _must_check_;
/* One more, behind those of the same name, else behind the section's last entry, indented like it. */
int conftree_add(struct conftree *t, const struct conf_node *in, const char *name, struct str value, struct err *err) _must_check_;
/* An empty section behind the last statement of `in`. master.cf: name "submission", arg "inet n - y - - smtpd". */
int conftree_add_section(struct conftree *t, const struct conf_node *in, const char *name, const char *arg, struct err *err) _must_check_;
/* The whole lines, where nothing else stands in them; a section with all that is in it. */
int conftree_remove(struct conftree *t, const struct conf_node *node, struct err *err) _must_check_;
/* Puts the comment mark before each of its lines. Refused where something else stands in them. */
int conftree_comment(struct conftree *t, const struct conf_node *node, struct err *err) _must_check_;
