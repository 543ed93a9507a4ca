/* shell.h: what a test does to its files in words of the shell. The command must succeed. */
#pragma once
#include "base/child.h"
#include <stdarg.h>
#include <stdio.h>

static inline void shell(const char *format, ...)
{
    char line[4096];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct child_options o = {.timeout_ms = 60000};
    struct child_result r;
    assert_int_equal(child_run(argv, &o, &r, NULL), 0);
    if (r.status)
        print_error("%s: %.*s\n", line, (int)r.err.n, r.err.p);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
}
