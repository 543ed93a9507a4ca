#include "base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct err *err, const char *format, va_list ap)
{
    vsnprintf(err->text, sizeof err->text, format, ap);
}

int err_set(struct err *err, int code, const char *format, ...)
{
    if (err && !err->text[0]) {
        va_list ap;
        va_start(ap, format);
        put(err, format, ap);
        va_end(ap);
    }
    return code;
}

int err_at(struct err *err, int code, const char *file, unsigned line, unsigned column, const char *format, ...)
{
    if (err && !err->text[0]) {
        va_list ap;
        va_start(ap, format);
        put(err, format, ap);
        va_end(ap);
        snprintf(err->file, sizeof err->file, "%s", file ? file : "");
        err->line = line;
        err->column = column;
    }
    return code;
}

const char *err_name(int code)
{
    const char *s = strerrordesc_np(abs(code));
    return s ? s : "unknown error";
}
