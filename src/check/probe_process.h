/* probe_process.h: the inside of a check's own process, and the answer that it writes for the runner. The runner believes nothing in it:
   a probe has read what strangers write. */
#pragma once
#include "check/runner.h"

#define PROBE_ANSWER_MAX (8u << 20)
#define PROBE_HEAD_MAX 2048

struct probe_answer {
    int code;              /* what the probe returned: 0 or -errno */
    struct str why;        /* its error's text; a view of the bytes that were parsed */
    uint64_t programs_us;  /* CPU of the programs that it ran */
};

/* Runs the check's probe and writes its answer to fd; does not return. */
_Noreturn void probe_process(const struct run_options *o, const struct check *check, int fd);
/* Decodes an answer; `into` takes the findings. -EBADMSG: it is none. */
int probe_answer_parse(struct str bytes, struct findings *into, struct probe_answer *ret) PARSER(probe_answer) _must_check_;
