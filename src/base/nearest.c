#include "base/nearest.h"

#define MAX 64

/* Optimal string alignment: three rows of the matrix are enough. */
static unsigned edits(struct str a, struct str b)
{
    unsigned rows[3][MAX + 1];
    for (unsigned k = 0; k <= b.n; k++)
        rows[0][k] = k;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned k = 1; k <= b.n; k++) {
            unsigned best = before[k - 1] + (a.p[i - 1] != b.p[k - 1]);
            if (before[k] + 1 < best)
                best = before[k] + 1;
            if (now[k - 1] + 1 < best)
                best = now[k - 1] + 1;
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1] && earlier[k - 2] + 1 < best)
                best = earlier[k - 2] + 1;
            now[k] = best;
        }
    }
    return rows[a.n % 3][b.n];
}

const char *nearest(struct str word, const char *const names[], size_t n)
{
    const char *best = NULL;
    unsigned least = word.n / 3 < 2 ? 3 : (unsigned)(word.n / 3) + 1;
    for (size_t i = 0; i < n && word.n <= MAX; i++) {
        struct str name = str_of(names[i]);
        unsigned d = name.n <= MAX ? edits(word, name) : least;
        if (d < least && d < name.n) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
