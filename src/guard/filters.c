#include "guard/filters.h"

bool guard_filter_next(struct str *rest, struct str *ret)
{
    while (rest->n) {
        size_t i = 0;
        unsigned depth = 0;
        char quote = 0;
        for (; i < rest->n && (rest->p[i] != ',' || depth || quote); i++) {
            char c = rest->p[i];
            if (quote)
                quote = c == quote ? 0 : quote;
            else if (depth && (c == '"' || c == '\''))
                quote = c;
            else
                depth += c == '[' ? 1u : c == ']' && depth ? -1u : 0u;
        }
        *ret = str_trim(str_span(rest->p, i));
        *rest = str_from(*rest, i + 1);
        if (ret->n)
            return true;
    }
    return false;
}

int guard_filter_load(struct arena *a, const char *dir, struct str spec, bool journal, struct filter_definition *ret, struct err *err)
{
    ptrdiff_t bracket = str_find(spec, '[');
    struct str name = bracket >= 0 ? str_span(spec.p, (size_t)bracket) : spec, rest = str_from(spec, name.n);
    return filter_load(a, dir, journal ? str_of(arena_printf(a, "%.*s[logtype=journal]%.*s", (int)name.n, name.p, (int)rest.n, rest.p)) : spec, ret, err);
}
