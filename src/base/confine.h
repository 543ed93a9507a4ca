/* confine.h: a process that lives long and has made all the machine code it needs (compiled expressions, filter/regex.h) gives up making more. MemoryDenyWriteExecute= of a
   unit forbids it from the start, and PCRE2 then interprets, without a word: such a unit leaves it out, and its program calls this once everything is loaded. */
#pragma once
#include "base/err.h"
#include <stdbool.h>

/* Memory that is writable and executable becomes executable only: whoever made code in it must not touch it again. Before confine_code. -errno: there is no /proc, or the kernel refuses;
   some of it may be so by then. */
int confine_code_readonly(struct err *err) _must_check_;
/* From now on nothing becomes executable that was not: mmap for writing and executing, mprotect and pkey_mprotect for executing, and shmat with SHM_EXEC fail. What is executable
   stays so (and writable, where it was: regex_seal), and files are mapped for executing as before, so that programs can be started. Implies no_new_privs where it needs it.
   Returns 0: it ends with this process (PR_SET_MDWE, Linux 6.6). 1: by seccomp, which what this process starts inherits, also by exec: a program that executes itself anew to
   reload makes no machine code then; it should end, and be started anew. */
int confine_code(struct err *err) _must_check_;
/* The same, by seccomp. */
int confine_code_filter(struct err *err) _must_check_;
