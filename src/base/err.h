/* err.h: an error that a person will read. A function fills it and returns a negative -errno, or it logs; never both.
   err_set keeps the first text: a caller may add where it came from with err_at, but the cause stays. */
#pragma once
#include "base/macros.h"

struct err {
    char text[512];
    char file[256];
    unsigned line, column; /* 0: not known */
};

/* Returns `code`, so that `return err_set(err, -EINVAL, ...)` reads well. err may be NULL. */
int err_set(struct err *err, int code, const char *format, ...) _printf_(3, 4);
int err_at(struct err *err, int code, const char *file, unsigned line, unsigned column, const char *format, ...) _printf_(6, 7);
/* strerror without its shared buffer. The text lives as long as the process. */
const char *err_name(int code);
