#include "log/timeline.h"
#include "base/arena.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD 12             /* length (4), key (8) before each record */
#define RECORD_MAX (1u << 20)
#define SEGMENT (256u << 10)

struct segment {
    off_t at;
    size_t n;
};

/* What a source said: out (being read) is the oldest, then the segments put aside, then in. */
struct source {
    struct buf in, out;
    size_t read;             /* of out */
    struct segment *segments;
    size_t first, n, cap;
    int64_t key, last;       /* of the head, or the least that can come; of what was put last */
    size_t place;            /* in the heap */
    bool head, ended;
};

struct timeline {
    struct source *sources;
    size_t *heap, heap_n;    /* sources that have a head or may get one; the least key on top */
    size_t n, memory, held;
    struct source *told;     /* whose head was handed out: it is taken off at the next call */
    int spill;
    off_t end;               /* of the spill */
    size_t aside;            /* bytes in it that are still wanted */
};

int timeline_spill(const char *dir)
{
    int fd = open(dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    return fd < 0 ? -errno : fd;
}

int timeline_new(size_t sources, size_t memory, int spill, struct timeline **ret)
{
    struct timeline *t = calloc(1, sizeof *t);
    struct source *s = calloc(sources + 1, sizeof *s);
    size_t *heap = calloc(sources + 1, sizeof *heap);
    if (!t || !s || !heap) {
        free(t);
        free(s);
        free(heap);
        return -ENOMEM;
    }
    for (size_t i = 0; i < sources; i++) {
        s[i] = (struct source){.in = BUF(SIZE_MAX / 2), .out = BUF(SIZE_MAX / 2), .key = INT64_MIN, .last = INT64_MIN, .place = i};
        heap[i] = i;
    }
    *t = (struct timeline){.sources = s, .heap = heap, .heap_n = sources, .n = sources, .memory = memory, .spill = spill};
    *ret = t;
    return 0;
}

void timeline_free(struct timeline *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++) {
        buf_free(&t->sources[i].in);
        buf_free(&t->sources[i].out);
        free(t->sources[i].segments);
    }
    free(t->sources);
    free(t->heap);
    free(t);
}

void timeline_freep(struct timeline **t)
{
    timeline_free(*t);
}

static bool before(const struct timeline *t, size_t a, size_t b)
{
    const struct source *x = &t->sources[t->heap[a]], *y = &t->sources[t->heap[b]];
    return x->key != y->key ? x->key < y->key : t->heap[a] < t->heap[b];
}

static void swap(struct timeline *t, size_t a, size_t b)
{
    size_t s = t->heap[a];
    t->heap[a] = t->heap[b];
    t->heap[b] = s;
    t->sources[t->heap[a]].place = a;
    t->sources[t->heap[b]].place = b;
}

/* A key only rises: its source sinks. */
static void sink(struct timeline *t, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < t->heap_n; child++)
            if (before(t, child, least))
                least = child;
        if (least == at)
            return;
        swap(t, at, least);
        at = least;
    }
}

static void rise(struct timeline *t, size_t at)
{
    for (; at && before(t, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(t, at, (at - 1) / 2);
}

static void leave(struct timeline *t, struct source *s)
{
    size_t at = s->place;
    swap(t, at, --t->heap_n);
    if (at < t->heap_n) {
        sink(t, at);
        rise(t, at);
    }
}

static uint64_t little(const char *p, size_t n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | (unsigned char)p[n];
    return v;
}

/* Fills out with what was put aside first. 1, 0: there is nothing, -errno. */
static int refill(struct timeline *t, struct source *s)
{
    t->held -= s->out.n;
    buf_reset(&s->out);
    s->read = 0;
    if (s->first < s->n) {
        struct segment g = s->segments[s->first++];
        for (size_t got = 0; got < g.n;) {
            char part[16384];
            ssize_t r = pread(t->spill, part, g.n - got < sizeof part ? g.n - got : sizeof part, g.at + (off_t)got);
            if (r <= 0)
                return r < 0 ? -errno : -EIO;
            buf_add(&s->out, part, (size_t)r);
            got += (size_t)r;
        }
        t->held += g.n;
        t->aside -= g.n;
        t->end = t->aside ? t->end : 0;
    } else {
        struct buf empty = s->out;
        s->out = s->in;
        s->in = empty;
    }
    return s->out.n > 0;
}

/* After the head was taken, or where there was none: the next one becomes it. */
static int take_head(struct timeline *t, struct source *s)
{
    int r = s->read < s->out.n ? 1 : refill(t, s);
    if (r < 0)
        return r;
    s->head = r > 0;
    if (s->head)
        s->key = (int64_t)little(s->out.p + s->read + 4, 8);
    else
        s->key = s->last;
    if (!s->head && s->ended)
        leave(t, s);
    else
        sink(t, s->place);
    return 0;
}

/* Puts what the source said last into the file, in pieces that are read back one by one. */
static int put_aside(struct timeline *t, struct source *s)
{
    for (size_t at = 0; at < s->in.n;) {
        size_t n = 0;
        while (at + n < s->in.n && (!n || n + HEAD + little(s->in.p + at + n, 4) <= SEGMENT))
            n += HEAD + little(s->in.p + at + n, 4);
        if (s->n == s->cap) {
            size_t cap = s->cap ? 2 * s->cap : 16;
            struct segment *more = reallocarray(s->segments, cap, sizeof *more);
            if (!more)
                return -ENOMEM;
            s->segments = more;
            s->cap = cap;
        }
        for (size_t done = 0; done < n;) {
            ssize_t r = pwrite(t->spill, s->in.p + at + done, n - done, t->end + (off_t)done);
            if (r <= 0)
                return r < 0 ? -errno : -EIO;
            done += (size_t)r;
        }
        s->segments[s->n++] = (struct segment){t->end, n};
        t->end += (off_t)n;
        t->aside += n;
        at += n;
    }
    t->held -= s->in.n;
    buf_free(&s->in);
    s->in = BUF(SIZE_MAX / 2);
    return 0;
}

static int make_room(struct timeline *t)
{
    struct source *largest = NULL;
    for (size_t i = 0; i < t->n; i++)
        if (!largest || t->sources[i].in.n > largest->in.n)
            largest = &t->sources[i];
    if (!largest || !largest->in.n || (largest->in.n < SEGMENT / 4 && t->held <= 2 * t->memory)) /* not in crumbs, while it can be helped */
        return 0;
    return t->spill < 0 ? -ENOSPC : put_aside(t, largest);
}

int timeline_put(struct timeline *t, size_t source, int64_t key, struct str record)
{
    struct source *s = &t->sources[source];
    if (record.n > RECORD_MAX || s->ended)
        return -EINVAL;
    s->last = key > s->last ? key : s->last;
    buf_put_u32(&s->in, (uint32_t)record.n);
    buf_put_u64(&s->in, (uint64_t)s->last);
    buf_adds(&s->in, record);
    t->held += HEAD + record.n;
    int r = s->head ? 0 : take_head(t, s);
    return r < 0 || t->held <= t->memory ? r : make_room(t);
}

void timeline_from(struct timeline *t, size_t source, int64_t key)
{
    struct source *s = &t->sources[source];
    if (s->ended || key <= s->last)
        return;
    s->last = key;
    if (!s->head) {
        s->key = key;
        sink(t, s->place);
    }
}

void timeline_end(struct timeline *t, size_t source)
{
    struct source *s = &t->sources[source];
    if (!s->ended && !s->head)
        leave(t, s);
    s->ended = true;
}

int timeline_next(struct timeline *t, size_t *ret_source, int64_t *ret_key, struct str *ret)
{
    struct source *told = t->told;
    t->told = NULL;
    int r = told ? take_head(t, told) : 0;
    if (r < 0)
        return r;
    struct source *s = &t->sources[t->heap[0]];
    if (!t->heap_n || !s->head)
        return 0;
    size_t n = little(s->out.p + s->read, 4);
    *ret = str_span(s->out.p + s->read + HEAD, n);
    *ret_source = t->heap[0];
    *ret_key = s->key;
    s->read += HEAD + n;
    t->told = s;
    return 1;
}
