#include "log/rotated.h"

static bool digits(struct str s, size_t least, size_t most)
{
    if (s.n < least || s.n > most)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static struct str without_packing(struct str name)
{
    static const char *const endings[] = {".gz", ".xz", ".zst", ".bz2", ".zstd"};
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (str_ends(name, str_of(endings[i])))
            return str_span(name.p, name.n - strlen(endings[i]));
    return name;
}

/* Of "-20261101", with an hour or the seconds since the epoch behind it: the length; 0: none. */
static size_t date_at_end(struct str s)
{
    size_t n = s.n;
    while (n && ((s.p[n - 1] >= '0' && s.p[n - 1] <= '9') || s.p[n - 1] == '-'))
        n--;
    struct str tail = str_from(s, n);
    bool whole = tail.n >= 9 && tail.p[0] == '-' && digits(str_span(tail.p + 1, 8), 8, 8);
    return whole && (tail.n == 9 || tail.n <= 20) ? tail.n : 0;
}

void rotated_of(struct str name, char *ret, size_t size)
{
    struct str s = without_packing(name), ending = {0};
    size_t dot = s.n;
    while (dot && s.p[dot - 1] != '.' && s.p[dot - 1] != '/')
        dot--;
    bool dotted = dot > 1 && s.p[dot - 1] == '.';
    if (dotted && digits(str_from(s, dot), 1, 5)) {
        s.n = dot - 1;
    } else if (date_at_end(s)) {
        s.n -= date_at_end(s);
    } else if (dotted && date_at_end(str_span(s.p, dot - 1))) { /* dateext with extension */
        ending = str_from(s, dot - 1);
        s.n = dot - 1 - date_at_end(str_span(s.p, dot - 1));
    }
    if (!s.n || s.p[s.n - 1] == '/' || s.n + ending.n >= size) {
        s = name;
        ending = (struct str){0};
    }
    size_t n = s.n < size ? s.n : size - 1, rest = ending.n < size - 1 - n ? ending.n : size - 1 - n;
    memcpy(ret, s.p, n);
    memcpy(ret + n, ending.p ? ending.p : "", rest);
    ret[n + rest] = 0;
}
