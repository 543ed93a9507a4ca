/* follow.c: what is new in followed files, as blocks of whole lines. */
#include "log/follow_parts.h"
#include "log/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define READ_AT_ONCE (256u << 10)
#define EVENTS_EVERY 16 /* blocks */
#define SWEEP_MS 60000
#define ARENA_MAX (16u << 20)

int follow_new(const struct follow_options *o, struct follow **ret, struct err *err)
{
    struct follow *f = calloc(1, sizeof *f);
    if (!f || !(f->text = malloc(LINES_LONGEST))) {
        free(f);
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    }
    f->root = o->root;
    f->arena = arena_new(ARENA_MAX);
    f->back = o->back;
    f->back_since = o->back_since;
    f->read_until = o->read_until;
    f->queue_end = &f->queue;
    f->news_end = &f->news;
    f->swept_ms = f->looked_ms = follow_ms();
    f->seen = f->seen_before = follow_now();
    f->between = o->read_until;
    f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int r = f->inotify < 0 ? err_set(err, -errno, "inotify: %s", err_name(errno)) : dirs_begin(f, o, err);
    if (r < 0)
        follow_free(f);
    else
        *ret = f;
    return r;
}

void follow_free(struct follow *f)
{
    if (!f)
        return;
    dirs_done(f);
    files_done(f);
    if (f->inotify >= 0)
        close(f->inotify);
    free(f->told_log);
    arena_free(f->arena);
    free(f->text);
    free(f);
}

void follow_freep(struct follow **f) { follow_free(*f); }

int follow_fd(const struct follow *f) { return f->inotify; }

int follow_timeout(const struct follow *f) { return f->unwatched_n ? FOLLOW_UNWATCHED_MS : f->old ? SWEEP_MS : -1; }

struct follow_counts follow_counts(const struct follow *f) { return (struct follow_counts){f->files_n, f->open_n, f->watches_n}; }

/* --- reading */

static ssize_t read_at(const struct file *x, char *room, size_t n, uint64_t at)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = pread(x->fd, room + got, n - got, (off_t)(at + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

/* The offset moves behind n bytes, which stand at text. */
static void advance(struct follow *f, struct file *x, const char *text, size_t n)
{
    char head[HEAD_MAX];
    struct mark *m = &x->now;
    m->offset += n;
    m->tail_n = n < TAIL_MAX ? (uint32_t)n : TAIL_MAX;
    m->tail = fingerprint(str_span(text + n - m->tail_n, m->tail_n));
    x->scanned = m->offset;
    x->last_ms = follow_ms();
    file_changed(f, x);
    if (x->head_n == HEAD_MAX || m->offset <= x->head_n)
        return;
    ssize_t got = read_at(x, head, m->offset < HEAD_MAX ? (size_t)m->offset : HEAD_MAX, 0);
    if (got <= 0)
        return;
    x->head_n = (uint32_t)got;
    x->head = fingerprint(str_span(head, (size_t)got));
}

/* Throws away up to the end of a line whose beginning was handed out. 1; 0: the end is not there yet; -errno. */
static int skip(struct follow *f, struct file *x)
{
    while (x->now.skipping) {
        ssize_t n = read_at(x, f->text, READ_AT_ONCE, x->now.offset);
        const char *lf = n > 0 ? memchr(f->text, '\n', (size_t)n) : NULL;
        if (n <= 0)
            return (int)n;
        x->now.skipping = !lf;
        advance(f, x, f->text, lf ? (size_t)(lf - f->text) + 1 : (size_t)n);
    }
    return 1;
}

/* Is there an LF behind what was looked at before? 1; 0: not yet; -errno. */
static int has_end(struct follow *f, struct file *x)
{
    while (x->scanned > x->now.offset && x->scanned - x->now.offset < LINES_LONGEST) {
        ssize_t n = read_at(x, f->text, READ_AT_ONCE, x->scanned);
        if (n <= 0)
            return (int)n;
        if (memchr(f->text, '\n', (size_t)n))
            return 1;
        x->scanned += (uint64_t)n;
    }
    return 1;
}

/* 1: a block; 0: nothing whole is there; -errno. */
static int block(struct follow *f, struct file *x, struct follow_item *ret)
{
    size_t n = 0, more = READ_AT_ONCE;
    const char *lf = NULL;
    int r = skip(f, x);
    if (r > 0)
        r = has_end(f, x);
    if (r <= 0)
        return r;
    while (!lf && n < LINES_LONGEST) {
        if (more > LINES_LONGEST - n)
            more = LINES_LONGEST - n;
        ssize_t got = read_at(x, f->text + n, more, x->now.offset + n);
        if (got < 0)
            return (int)got;
        lf = got ? memrchr(f->text + n, '\n', (size_t)got) : NULL;
        n += (size_t)got;
        if (!lf && (size_t)got < more) {
            x->scanned = x->now.offset + n;
            return 0;
        }
    }
    ret->cut = !lf;
    n = lf ? (size_t)(lf - f->text) + 1 : n;
    x->now.skipping = !lf;
    advance(f, x, f->text, n);
    if (!lf)
        f->text[n - 1] = '\n';
    ret->text = str_span(f->text, n);
    return 1;
}

/* It begins anew. What stood behind the offset may be in a copy. */
static void begin_anew(struct follow *f, struct file *x)
{
    if (!(x->known ? dirs_find_copies(f, x) : dirs_find_copy(f, x)))
        follow_tell(f, x->known ? FOLLOW_MISSED : FOLLOW_TRUNCATED, x->log, x->pattern, 0, false);
    x->now = (struct mark){0};
    x->scanned = 0;
    file_changed(f, x);
    /* So that it is seen when this, too, is replaced before it is read. */
    char head[HEAD_MAX];
    ssize_t n = read_at(x, head, sizeof head, 0);
    x->head_n = n > 0 ? (uint32_t)n : 0;
    x->head = fingerprint(str_span(head, x->head_n));
}

/* Told once, until it can be read again. */
static int unreadable(struct follow *f, struct file *x, int code)
{
    if (!x->unreadable)
        follow_tell(f, FOLLOW_UNREADABLE, x->log, x->pattern, code, false);
    x->unreadable = true;
    return 0;
}

static int read_file(struct follow *f, struct file *x, struct follow_item *ret)
{
    struct stat st;
    int r = file_open(f, x);
    if (r == 0 && fstat(x->fd, &st) < 0)
        r = -errno;
    if (r == -ENOENT && !x->dir) { /* it has no name any more, and was not open */
        x->unseen = false;
        follow_tell(f, FOLLOW_MISSED, x->log, x->pattern, 0, false);
        return 0;
    }
    if (r == -ENOENT || r == -ESTALE) {
        x->unseen = true;
        return 0; /* an event is on its way */
    }
    x->unseen = false;
    if (r < 0)
        return unreadable(f, x, r);
    if (x->known && !x->now.offset && !x->head_n) { /* nothing was read of it: whether it was emptied since, it does not tell */
        x->known = false;
        (void)!dirs_find_copies(f, x);
        file_queue(f, x, false);
        return 0;
    }
    r = (uint64_t)st.st_size < x->now.offset ? 0 : file_same(x, x->fd);
    if (r < 0) /* nobody knows whether it is another one */
        return unreadable(f, x, r);
    if (r == 0) {
        begin_anew(f, x);
        x->known = false;
        file_queue(f, x, false); /* first the copy, or what is to be told */
        return 0;
    }
    x->known = false;
    r = block(f, x, ret);
    if (r < 0)
        return unreadable(f, x, r);
    x->unreadable = false;
    return r;
}

static struct file *pop(struct follow *f)
{
    struct file *x = f->queue;
    if (!x)
        return NULL;
    f->queue = x->queue_next;
    if (!f->queue)
        f->queue_end = &f->queue;
    x->queued = false;
    x->queue_next = NULL;
    return x;
}

static bool next_block(struct follow *f, struct follow_item *ret)
{
    for (struct file *x; !f->news && (x = pop(f));) {
        *ret = (struct follow_item){.kind = FOLLOW_LINES, .log = x->log, .pattern = x->pattern};
        if (read_file(f, x, ret) > 0) {
            file_queue(f, x, !x->live);
            return true;
        }
    }
    return false;
}

static bool next_news(struct follow *f, struct follow_item *ret)
{
    struct news *n = f->news;
    if (!n)
        return false;
    f->news = n->next;
    if (!f->news)
        f->news_end = &f->news;
    free(f->told_log);
    f->told_log = n->log;
    *ret = (struct follow_item){.kind = n->kind, .log = n->log, .pattern = n->pattern, .code = n->code};
    free(n);
    return true;
}

/* Forgets those from which nothing more will come. */
static void sweep(struct follow *f)
{
    int64_t now = follow_ms();
    if (now - f->swept_ms < SWEEP_MS)
        return;
    f->swept_ms = now;
    for (struct file *x = f->old, *next; x; x = next) {
        int64_t idle = (now - x->last_ms) / 1000;
        next = x->old_next;
        if (x->queued || x->changed)
            continue;
        if (x->dir ? idle > FOLLOW_OLD_IDLE : x->fd < 0 || idle > FOLLOW_ORPHAN_IDLE)
            file_forget(f, x);
    }
}

int follow_next(struct follow *f, struct follow_item *ret)
{
    if (++f->blocks >= EVENTS_EVERY) {
        f->blocks = 0;
        dirs_events(f);
    }
    do {
        if (next_news(f, ret) || next_block(f, ret) || next_news(f, ret))
            return 1;
        f->blocks = 0;
    } while (dirs_events(f));
    sweep(f);
    return 0;
}

/* --- what is kept */

bool follow_pending(const struct follow *f) { return f->changed || f->gone; }

int64_t follow_seen(const struct follow *f) { return f->seen - TICK_US; }

static struct follow_place place_of(const struct file *x)
{
    return (struct follow_place){.log = x->log, .dev = x->dev, .ino = x->ino, .offset = x->now.offset, .head = x->head, .tail = x->now.tail, .head_n = x->head_n,
                                 .tail_n = x->now.tail_n, .skipping = x->now.skipping, .rotated = !x->live};
}

int follow_changes(const struct follow *f, follow_place_fn *fn, void *arg)
{
    int r = 0;
    for (const struct file *x = f->gone; r >= 0 && x; x = x->changed_next) {
        struct follow_place p = place_of(x);
        r = fn(arg, &p, true);
    }
    for (const struct file *x = f->changed; r >= 0 && x; x = x->changed_next) {
        struct follow_place p = place_of(x);
        r = fn(arg, &p, false);
    }
    return r < 0 ? r : 0;
}

void follow_done(struct follow *f)
{
    while (f->changed) {
        struct file *x = f->changed;
        f->changed = x->changed_next;
        x->changed_next = NULL;
        x->changed = false;
        x->saved = true;
        x->done = x->now;
    }
    while (f->gone) {
        struct file *x = f->gone;
        f->gone = x->changed_next;
        file_free(x);
    }
}

void follow_undo(struct follow *f)
{
    for (struct file **at = &f->changed, *x; (x = *at);) {
        x->now = x->done;
        x->scanned = 0;
        file_queue(f, x, !x->live);
        if (x->saved) {
            *at = x->changed_next;
            x->changed_next = NULL;
            x->changed = false;
        } else {
            at = &x->changed_next; /* that it is followed is to be kept nevertheless */
        }
    }
}
