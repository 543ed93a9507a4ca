#include "config/report.h"
#include "base/i18n.h"
#include "base/nearest.h"

static void report(struct config *c, const char *file, unsigned line, unsigned column, bool warning, const char *text, va_list ap)
{
    if (c->errors.n > ERRORS_MAX)
        return;
    bool last = c->errors.n == ERRORS_MAX;
    struct config_error *e = list_push(c->arena, &c->errors);
    *e = (struct config_error){.file = file, .line = line, .column = column, .warning = warning && !last};
    e->text = last ? _("and more errors; they are not listed") : arena_vprintf(c->arena, text, ap);
}

void config_report(struct config *c, const char *file, unsigned line, unsigned column, const char *text, ...)
{
    va_list ap;
    va_start(ap, text);
    report(c, file, line, column, false, text, ap);
    va_end(ap);
}

void config_remark(struct config *c, const char *file, unsigned line, unsigned column, const char *text, ...)
{
    va_list ap;
    va_start(ap, text);
    report(c, file, line, column, true, text, ap);
    va_end(ap);
}

const char *nearest_text(struct arena *a, struct str typed, const struct candidates *among)
{
    char *small = arena_dup(a, typed);
    for (size_t i = 0; i < typed.n; i++)
        small[i] = str_lower(small[i]);
    const char *near = nearest(str_span(small, typed.n), among->names.v, among->names.n);
    return near ? arena_printf(a, _(" (did you mean %s?)"), near) : "";
}
