/* regex.h: one compiled expression of a filter (translate.h gives it Python's meaning; PCRE2 is in a module, pcre_module.h). It exists twice: for lines that are
   plain ASCII, where PCRE2 need not think of Unicode, and for others. Every search has a limit of steps: what strangers write into logs is made for expressions
   that backtrack; a search that was given up counts in `limits` and is no match. */
#pragma once
#include "filter/translate.h"

struct pcre_code;

struct regex {
    struct regex_text text;
    unsigned flags;
    struct pcre_code *plain, *utf;  /* either may be NULL: not for it, or not needed yet */
    bool jit;                       /* machine code was made */
    uint64_t limits;                /* searches given up */
};

struct regex_found {
    struct str subject;
    const size_t *spans;            /* valid until the next search with the same expression */
};

/* Compiles text in Python's syntax; multiline: as re.MULTILINE. 0; -EINVAL: err says what is wrong with it, with its column; -ENOENT: no module. */
int regex_compile(struct arena *a, struct str python, bool multiline, struct regex *ret, struct err *err) _must_check_;
/* The same, ready for regex_search_sure. */
int regex_compile_sure(struct arena *a, struct str python, struct regex *ret, struct err *err) _must_check_;
void regex_done(struct regex *r);

/* Makes its other form now, which the first subject that is not ASCII would make: too late for machine code in a process that is confined by then. */
void regex_ready(struct regex *r);
/* All expressions of this process stay as they are until it ends: their machine code cannot be written any more, it is not freed, and what is compiled later is interpreted.
   Then base/confine.h. -errno: not all of it could be protected; besides that, the same holds. -ENOENT: no module. */
int regex_seal(struct err *err) _must_check_;

/* Searches in subject, which is valid UTF-8 (ascii: nothing else in it), from byte `from` on. true: found. */
bool regex_search(struct regex *r, struct str subject, bool ascii, size_t from, struct regex_found *ret);
/* true: it is found in every text that begins with subject (ASCII), and there. The spans of a search before are lost. */
bool regex_search_sure(struct regex *r, struct str subject, size_t *ret_start, size_t *ret_end);
/* true: it is found in no text that begins with subject, if it can only be found at the beginning. */
bool regex_fails_sure(struct regex *r, struct str subject);
/* What a group took; .p NULL: it took no part (or is 0 by regex_text_group, "no such group"). */
struct str regex_group(const struct regex_found *f, unsigned number);
