/* verbs.h: the verbs of the command line. Each verb is one row in a file of its own (verb_NAME.c) and stands in the list of verbs.c; the dispatcher
   (verb_run.c) parses its options, `bansho help`, the manual page and the completion come from the rows. A verb that this build lacks has no row.
   Used by `bansho` and by the generator of man pages and completion. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/i18n.h"
#include "term/text.h"

/* How `bansho` ends; the meaning is the same for every verb. */
enum outcome {
    OUTCOME_FINE = 0,     /* everything answered, nothing wrong */
    OUTCOME_WRONG = 1,    /* a warn or fail that nobody accepted */
    OUTCOME_USAGE = 2,    /* the command was not understood, or could not run */
    OUTCOME_UNKNOWN = 3,  /* nothing wrong, but something stayed unknown */
    OUTCOME_REFUSED = 4,  /* needs a confirmation that was not given */
};

/* What an argument is: for completion. */
enum argument { ARGUMENT_NONE, ARGUMENT_TEXT, ARGUMENT_FILE, ARGUMENT_DIR, ARGUMENT_CHECK /* ids, prefixes, chapters */, ARGUMENT_VERB, ARGUMENT_WORDS /* `words` */, ARGUMENT_SERVICES /* several, with commas */ };

struct verb_option {
    const char *name;       /* "json": --json; NULL ends the list */
    char letter;            /* 'j': -j; 0: none */
    enum argument argument; /* ARGUMENT_NONE: a switch */
    const char *value;      /* how usage calls its argument: "DIR"; NULL for a switch */
    const char *words;      /* ARGUMENT_WORDS: "ja|en" */
    const char *help;       /* N_(): one line */
};
#define VERB_OPTIONS_MAX 1000 /* of one call; some may be given several times */

struct call;
struct verb {
    const char *name;       /* "check" */
    const char *usage;      /* what follows the name, options too: "[ID|CHAPTER...] [--root DIR]"; not translated */
    const char *summary;    /* N_(): one line, as in `bansho help` */
    const char *help;       /* N_(): paragraphs, parted by empty lines */
    const struct verb_option *options; /* NULL: none besides common_options */
    enum argument argument; /* what its arguments are */
    const char *words;      /* ARGUMENT_WORDS: "check|show|defaults", for the first one; further ones are files */
    unsigned min, max;      /* how many arguments */
    enum outcome (*run)(const struct call *c);
};
extern const struct verb *const verbs[];
extern const size_t verbs_n;
extern const struct verb_option common_options[]; /* understood by every verb: --lang, --help */

/* One call of a verb, options parsed. */
struct call {
    const struct verb *verb;
    const char *language;          /* "ja" or "en": already in force */
    char *const *args;             /* what is left besides options */
    size_t args_n;
    const struct verb_option *given[VERB_OPTIONS_MAX];
    const char *values[VERB_OPTIONS_MAX];
    size_t given_n;
};
/* The option's value; "" for a switch; NULL: not given. The last one wins. */
const char *call_option(const struct call *c, const char *name);

const struct verb *verb_by_name(struct str name);
/* Understands argv and runs its verb. */
enum outcome verb_dispatch(int argc, char **argv);
/* "bansho: text" on stderr, escaped, and err's file:line where it has one. Returns OUTCOME_USAGE. */
enum outcome complain(const struct err *err);
enum outcome complainf(const char *format, ...) _printf_(1, 2);

extern const struct verb verb_check, verb_explain, verb_fix, verb_changes, verb_undo, verb_accept, verb_service, verb_status, verb_bans, verb_ban, verb_unban, verb_why, verb_selftest, verb_metrics, verb_run, verb_notify, verb_filter, verb_log, verb_replay, verb_queue, verb_setup, verb_import, verb_config, verb_help, verb_version;
