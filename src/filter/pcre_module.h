/* pcre_module.h: what the module "pcre" (pcre_module.c, the only file that knows PCRE2) does for regex.c. One thread: all expressions share a stack. */
#pragma once
#include "base/str.h"

enum {
    PCRE_CASELESS = 1, PCRE_MULTILINE = 2, PCRE_DOTALL = 4,
    PCRE_UTF = 8,      /* pattern and subjects are UTF-8, and valid; else bytes */
    PCRE_UNICODE = 16, /* \d \w \s \b know Unicode */
    PCRE_SURE = 32,    /* search_sure will be asked for: machine code for it, too */
};

struct pcre_code;

#define PCRE_MODULE "pcre", "pcre_module"
struct pcre_module {
    /* NULL: it does not compile; why[] says so, *ret_at where. *ret_jit: machine code was made (a process under MemoryDenyWriteExecute, or a confined one, gets none:
       matching then takes about eight times as long). */
    struct pcre_code *(*compile)(struct str pattern, unsigned flags, char *why, size_t why_size, size_t *ret_at, bool *ret_jit);
    void (*free)(struct pcre_code *c);
    /* As search, but only what was found without a look at the end of the subject, which it would be whatever stood behind it. 1: *ret_start and *ret_end. -ENOENT: nothing
       was found, whatever stands behind it, if it can only be found at the beginning. 0: neither. */
    int (*search_sure)(struct pcre_code *c, struct str subject, unsigned limit, size_t *ret_start, size_t *ret_end);
    /* 1: found from byte `from` on; *ret_spans: start and end of the whole and of each group, SIZE_MAX where a group took no part, valid until the next search with c.
       0: not found. -EOVERFLOW: given up at `limit` steps. -EINVAL: anything else. */
    int (*search)(struct pcre_code *c, struct str subject, size_t from, unsigned limit, const size_t **ret_spans);
    /* What was compiled stays as it is until the process ends: nothing writes where machine code is. No more of it is made, and none is freed. */
    void (*seal)(void);
};
