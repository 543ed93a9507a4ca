/* diff.c: the greedy algorithm of E. Myers, An O(ND) Difference Algorithm and Its Variations (1986). */
#include "base/diff.h"
#include <errno.h>
#include <stdlib.h>

#define CONTEXT 3

struct lines {
    struct str *v; /* with their line ends */
    size_t n;
};

struct diff {
    struct lines a, b;
    size_t same;  /* lines that both begin with */
    size_t end_a, end_b; /* behind the last lines that differ */
    char *gone, *come; /* by line: 1 where it is only in a, only in b */
};

static int split(struct str text, struct lines *ret)
{
    struct lines l = {0};
    for (size_t i = 0; i < text.n; i++)
        l.n += text.p[i] == '\n' || i + 1 == text.n;
    l.v = calloc(l.n + 1, sizeof *l.v);
    if (!l.v)
        return -ENOMEM;
    const char *p = text.p, *end = text.p + text.n;
    for (size_t i = 0; i < l.n; i++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((lf ? lf + 1 : end) - p);
        l.v[i] = str_span(p, n);
        p += n;
    }
    *ret = l;
    return 0;
}

/* The furthest lines of a on each diagonal k = x - y after d changes; row d has the diagonals -d ... d. */
struct paths {
    int *v;
    size_t d;
};

static int *row(struct paths *p, size_t d)
{
    return p->v + d * d; /* rows 0 ... d-1 have 1 + 3 + ... = d * d places */
}

/* The furthest x on diagonal k with d changes, d > 0; -1: it is not reached. *ret_down: the last change is a line of b, else one of a. */
static int reach(const int *before, int d, int k, int n, int m, bool *ret_down)
{
    int best = -1, middle = d - 1; /* before[middle] is diagonal 0 */
    if (k + 1 <= d - 1 && before[middle + k + 1] >= 0 && before[middle + k + 1] - k <= m) {
        best = before[middle + k + 1];
        *ret_down = true;
    }
    if (k - 1 >= 1 - d && before[middle + k - 1] >= 0 && before[middle + k - 1] < n && before[middle + k - 1] + 1 > best) {
        best = before[middle + k - 1] + 1;
        *ret_down = false;
    }
    return best;
}

static void mark_back(struct diff *f, struct paths *p, int d, int n, int m)
{
    int x = n, y = m;
    for (; d > 0; d--) {
        int k = x - y;
        bool down = false;
        x = reach(row(p, (size_t)d - 1), d, k, n, m, &down);
        y = x - k;
        if (down)
            f->come[f->same + (size_t)--y] = 1;
        else
            f->gone[f->same + (size_t)--x] = 1;
    }
}

/* 1: found; 0: more than DIFF_CHANGES_MAX changes; -ENOMEM. */
static int search(struct diff *f)
{
    int n = (int)(f->end_a - f->same), m = (int)(f->end_b - f->same);
    const struct str *a = f->a.v + f->same, *b = f->b.v + f->same;
    int most = n + m < DIFF_CHANGES_MAX ? n + m : DIFF_CHANGES_MAX, found = 0;
    struct paths p = {.v = calloc((size_t)(most + 1) * (size_t)(most + 1), sizeof *p.v)};
    if (!p.v)
        return -ENOMEM;
    for (int d = 0; d <= most && !found; d++) {
        int *now = row(&p, (size_t)d);
        for (int k = -d; k <= d && !found; k += 2) {
            bool down;
            int x = d ? reach(row(&p, (size_t)d - 1), d, k, n, m, &down) : 0, y = x - k;
            while (x >= 0 && x < n && y < m && str_eq(a[x], b[y]))
                x++, y++;
            now[k + d] = x;
            if (x == n && y == m) {
                mark_back(f, &p, d, n, m);
                found = 1;
            }
        }
    }
    free(p.v);
    return found;
}

static void replace_all(struct diff *f)
{
    memset(f->gone + f->same, 1, f->end_a - f->same);
    memset(f->come + f->same, 1, f->end_b - f->same);
}

static void put_line(struct buf *b, char sign, struct str line)
{
    buf_addc(b, sign);
    buf_adds(b, line);
    if (!str_ends(line, STR("\n")))
        buf_addz(b, "\n\\ No newline at end of file\n");
}

/* Lines [i, end) of a and [j, ...) of b, beginning and ending with context. */
static void put_hunk(const struct diff *f, size_t i, size_t i_end, size_t j, size_t j_end, struct buf *b)
{
    size_t n = i_end - i, m = j_end - j;
    buf_printf(b, "@@ -%zu", i + (n > 0));
    if (n != 1)
        buf_printf(b, ",%zu", n);
    buf_printf(b, " +%zu", j + (m > 0));
    if (m != 1)
        buf_printf(b, ",%zu", m);
    buf_addz(b, " @@\n");
    while (i < i_end || j < j_end) {
        if (i < i_end && f->gone[i]) {
            put_line(b, '-', f->a.v[i++]);
        } else if (j < j_end && f->come[j]) {
            put_line(b, '+', f->b.v[j++]);
        } else {
            put_line(b, ' ', f->a.v[i++]);
            j++;
        }
    }
}

/* Changes with at most twice the context between them are one hunk. */
static void put_hunks(const struct diff *f, struct buf *b)
{
    size_t i = 0, j = 0;
    while (i < f->a.n || j < f->b.n) {
        if (!f->gone[i] && !f->come[j]) {
            i++, j++;
            continue;
        }
        size_t back = i < CONTEXT ? i : CONTEXT, from_i = i - back, from_j = j - back, calm = 0;
        while ((i < f->a.n || j < f->b.n) && calm <= 2 * CONTEXT) {
            bool gone = f->gone[i], come = !gone && f->come[j];
            calm = gone || come ? 0 : calm + 1;
            i += !come;
            j += !gone;
        }
        size_t over = calm > CONTEXT ? calm - CONTEXT : 0;
        put_hunk(f, from_i, i - over, from_j, j - over, b);
    }
}

static int compare(struct diff *f)
{
    size_t n = f->a.n, m = f->b.n;
    while (f->same < n && f->same < m && str_eq(f->a.v[f->same], f->b.v[f->same]))
        f->same++;
    while (n > f->same && m > f->same && str_eq(f->a.v[n - 1], f->b.v[m - 1]))
        n--, m--;
    f->end_a = n;
    f->end_b = m;
    f->gone = calloc(f->a.n + 1, 1);
    f->come = calloc(f->b.n + 1, 1);
    if (!f->gone || !f->come)
        return -ENOMEM;
    int r = n > DIFF_LINES_MAX || m > DIFF_LINES_MAX ? 0 : search(f);
    if (r == 0)
        replace_all(f);
    return r < 0 ? r : 0;
}

static void diff_done(struct diff *f)
{
    free(f->a.v);
    free(f->b.v);
    free(f->gone);
    free(f->come);
}

int diff_unified(struct str old, struct str new, const char *old_name, const char *new_name, struct buf *ret)
{
    if (str_eq(old, new))
        return 0;
    _cleanup_(diff_done) struct diff f = {0};
    int r = split(old, &f.a);
    if (r >= 0)
        r = split(new, &f.b);
    if (r >= 0)
        r = compare(&f);
    if (r < 0)
        return r;
    buf_printf(ret, "--- %s\n+++ %s\n", old_name ? old_name : "/dev/null", new_name ? new_name : "/dev/null");
    put_hunks(&f, ret);
    return ret->full ? -E2BIG : 0;
}
