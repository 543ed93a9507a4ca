#include "base/pattern.h"
#include "base/str.h"
#include <stddef.h>
#include <string.h>

static unsigned char low(char c)
{
    return (unsigned char)str_lower(c);
}

/* Does the pattern's next element take this byte? *p is moved behind the element. */
static bool takes(const char **p, char c)
{
    if (**p != '[')
        return low(*(*p)++) == low(c);
    bool found = false;
    for (++*p; **p && **p != ']'; ++*p) {
        const char *from = *p;
        if (from[1] == '-' && from[2] && from[2] != ']')
            *p += 2;
        found |= low(c) >= low(*from) && low(c) <= low(**p);
    }
    *p += **p == ']';
    return found;
}

/* Most patterns end in a letter that most names do not end in. */
static bool ends_alike(const char *pattern, const char *name)
{
    size_t p = strlen(pattern), n = strlen(name);
    return !p || pattern[p - 1] == '*' || pattern[p - 1] == ']' || (n && low(pattern[p - 1]) == low(name[n - 1]));
}

bool pattern_fits(const char *pattern, const char *name)
{
    if (!ends_alike(pattern, name))
        return false;
    const char *after = NULL, *from = NULL; /* the last star: what follows it, and where that was tried */
    while (*name) {
        const char *next = pattern;
        if (*pattern == '*') {
            after = ++pattern;
            from = name;
        } else if (*pattern && takes(&next, *name)) {
            pattern = next;
            name++;
        } else if (after) {
            pattern = after;
            name = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}
