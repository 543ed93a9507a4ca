#include "queue/postfix_path.h"
#include "queue/postfix_record.h"
#include "queue/postfix_text.h"
#include "queue/spool.h"
#include "queue/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_DEPTH 16              /* hash_queue_depth; Postfix's own limit is smaller */
#define DEFER_TAIL 16384          /* of the log of reasons */
#define WHOLE_WINDOWS 2048        /* 8 MiB of envelope: more than a hundred thousand recipients */

static const char *const states[] = {"maildrop", "incoming", "active", "deferred", "hold", NULL};
enum { MAILDROP, INCOMING, ACTIVE, DEFERRED, HOLD };

struct walking {
    spool_found_fn *fn;
    void *arg;
    unsigned state;
    bool stopped;
};

static int found(void *arg, int dir, const char *name, uint64_t inode, int64_t arrival)
{
    struct walking *w = arg;
    const struct spool_found f = {.id = name, .state = w->state, .dir = dir, .name = name, .inode = inode, .arrival = arrival};
    if (strlen(name) > MESSAGE_ID_MAX)
        return 0;
    int r = w->fn(w->arg, &f);
    w->stopped = r != 0;
    return r;
}

static int walk(const struct spool_place *s, struct arena *a, spool_found_fn *fn, void *arg, const char **ret_unseen)
{
    int code = 0, missing = 0;
    for (unsigned i = 0; states[i]; i++) {
        struct walking w = {fn, arg, i, false};
        const char *path = arena_printf(a, "%s/%s", s->path, states[i]);
        int fd = root_openat(s->root, path, O_RDONLY | O_DIRECTORY), r = fd < 0 ? fd : spool_walk(fd, SPOOL_POSTFIX, found, &w);
        if (w.stopped)
            return r;
        missing += fd == -ENOENT;
        if (r < 0 && fd != -ENOENT && code == 0) {
            code = r;
            *ret_unseen = path;
        }
    }
    if (missing < HOLD + 1)
        return code;
    *ret_unseen = s->path;
    return -ENOENT;
}

/* Short ids are hashed by their first characters, long ones by their microseconds in hexadecimal (Postfix 2.9: mail_queue_dir). */
void postfix_hash_digits(const char *id, char ret[static POSTFIX_DIGITS])
{
    static const char base52[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    const char *z = strrchr(id, 'z');
    unsigned long us = 0;
    snprintf(ret, POSTFIX_DIGITS, "%.16s", id);
    if (!z || z - id < 10)
        return;
    for (const char *p = z - 4; p < z; p++) {
        const char *digit = strchr(base52, *p);
        us = us * 52 + (digit ? (unsigned long)(digit - base52) : 0);
    }
    snprintf(ret, POSTFIX_DIGITS, "%05lX", us);
}

int postfix_open_hashed(const struct spool_place *s, const char *dir, const char *id, struct arena *a)
{
    char digits[POSTFIX_DIGITS];
    struct buf path = BUF(4096);
    struct stat st;
    int found_fd = -ENOENT;
    postfix_hash_digits(id, digits);
    buf_printf(&path, "%s/%s", s->path, dir);
    for (unsigned depth = 0; found_fd < 0 && depth <= MAX_DEPTH; depth++) {
        int fd = root_openat(s->root, arena_dup(a, buf_str(&path)), O_RDONLY | O_DIRECTORY);
        if (fd < 0)
            break;
        if (fstatat(fd, id, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            found_fd = fd;
        else
            close(fd);
        if (!digits[depth])
            break;
        buf_printf(&path, "/%c", digits[depth]);
    }
    buf_free(&path);
    return found_fd;
}

static int find(const struct spool_place *s, const char *id, struct arena *a, spool_found_fn *fn, void *arg)
{
    int64_t arrival;
    if (strlen(id) > MESSAGE_ID_MAX || !spool_message(SPOOL_POSTFIX, id, &arrival))
        return -ENOENT;
    for (unsigned i = 0; states[i]; i++) {
        int dir = postfix_open_hashed(s, states[i], id, a);
        if (dir < 0)
            continue;
        const struct spool_found f = {.id = id, .state = i, .dir = dir, .name = id, .arrival = arrival};
        int r = fn(arg, &f);
        close(dir);
        return r;
    }
    return -ENOENT;
}

static int read_records(int fd, const struct stat *st, enum spool_depth depth, struct arena *a, struct message *m)
{
    char window[POSTFIX_WINDOW];
    bool whole = depth == SPOOL_WHOLE;
    struct postfix_reader r = postfix_reader_begin(a, (uint64_t)st->st_size, whole ? MESSAGE_RECIPIENTS_MAX : SPOOL_FIRST_RECIPIENTS, whole ? WHOLE_WINDOWS : 1, m);
    uint64_t at = 0;
    do {
        ssize_t n = pread(fd, window, sizeof window, (off_t)at);
        if (n < 0)
            return -errno;
        if ((size_t)n < sizeof window && at + (uint64_t)n < r.file_size)
            r.file_size = at + (uint64_t)n; /* it became shorter */
        at = postfix_reader_take(&r, str_span(window, (size_t)n), at);
    } while (at);
    return 0;
}

static int read_message(const struct spool_place *s, const struct spool_found *f, enum spool_depth depth, struct arena *a, struct message *m)
{
    (void)s;
    struct stat st;
    int fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EINVAL : 0;
    if (r == 0) {
        snprintf(m->id, sizeof m->id, "%s", f->id);
        m->state = f->state;
        m->inode = st.st_ino;
        r = read_records(fd, &st, depth, a, m);
    }
    close(fd);
    if (r < 0)
        return r;
    if (m->condition == MESSAGE_DAMAGED && f->state <= INCOMING && !(st.st_mode & S_IXUSR))
        m->condition = MESSAGE_WRITING; /* Postfix sets the bit when it is complete */
    if (!m->arrival)
        m->arrival = f->arrival;
    if (f->state == DEFERRED)
        m->next_try = st.st_mtime;
    if (!m->size)
        m->size = (uint64_t)st.st_size; /* what pickup has not looked at yet has no sum */
    return 0;
}

static void last_error(const struct spool_place *s, struct arena *a, struct message *m)
{
    char tail[DEFER_TAIL];
    struct stat st;
    struct str reason;
    int dir = postfix_open_hashed(s, "defer", m->id, a);
    if (dir < 0)
        return;
    int fd = openat(dir, m->id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    close(dir);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        ssize_t n = pread(fd, tail, sizeof tail, st.st_size > (off_t)sizeof tail ? st.st_size - (off_t)sizeof tail : 0);
        if (n > 0 && postfix_last_reason(str_span(tail, (size_t)n), &reason)) {
            reason = str_head(reason, MESSAGE_TEXT_MAX);
            m->error = str_span(arena_dup(a, reason), reason.n);
        }
    }
    close(fd);
}

static int read_text(int fd, uint64_t size, struct arena *a, spool_text_fn *fn, void *arg)
{
    _cleanup_(buf_free) struct buf out = BUF(POSTFIX_TEXT_WINDOW * 2);
    struct postfix_text t = postfix_text_begin(size);
    char *window = arena_zalloc(a, POSTFIX_TEXT_WINDOW);
    uint64_t at = 0;
    do {
        ssize_t n = pread(fd, window, POSTFIX_TEXT_WINDOW, (off_t)at);
        if (n < 0)
            return -errno;
        if ((size_t)n < POSTFIX_TEXT_WINDOW && at + (uint64_t)n < t.file_size)
            t.file_size = at + (uint64_t)n; /* it became shorter */
        at = postfix_text_take(&t, str_span(window, (size_t)n), at, &out);
        int r = out.n ? fn(arg, buf_str(&out)) : 0;
        if (r != 0)
            return r;
        buf_reset(&out);
    } while (at);
    return t.damaged ? -EBADMSG : 0;
}

static int text(const struct spool_place *s, const struct spool_found *f, uint64_t inode, struct arena *a, spool_text_fn *fn, void *arg)
{
    struct stat st;
    (void)s;
    int fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0 ? -errno : st.st_ino != inode || !S_ISREG(st.st_mode) ? -ESTALE : read_text(fd, (uint64_t)st.st_size, a, fn, arg);
    close(fd);
    return r;
}

const struct spool_kind_row spool_postfix = {.name = "postfix", .states = states, .settled = ACTIVE, .walk = walk, .find = find, .read = read_message, .last_error = last_error, .text = text};
