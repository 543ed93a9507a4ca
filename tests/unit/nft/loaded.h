/* loaded.h: real programs load rulesets into the test's own network namespace. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* Gives `text` to a program's standard input in the test's namespace. false: no such program here. */
static inline bool given(const char *program, const char *option, const char *operand, const char *name, const char *text)
{
    const char *const argv[] = {program, option, operand, NULL};
    struct child_options o = {.input = str_of(text)};
    struct child_result result;
    struct err err = {0};
    if (child_run(argv, &o, &result, &err) == -ENOENT)
        return false;
    if (result.status != 0)
        print_message("%s: %s", name, result.err.p);
    assert_int_equal(result.status, 0);
    child_result_free(&result);
    return true;
}
