#include "base/buf.h"
#include "queue/qmail_record.h"
#include "queue/spool.h"
#include "queue/walk.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define HEAD 4096
#define TEXT_PIECE 65536
#define ENVELOPE_MAX (16u << 20) /* of one file */
#define SPLIT_MAX 100003         /* directories below mess/; qmail's own default is 23 */

/* What stands in todo/ was queued and not looked at by qmail-send yet; what stands in info/ is sorted into local/ and remote/. The rest of mess/ is being written, or was left behind by
   somebody who fell while writing, and is no message yet. */
static const char *const states[] = {"todo", "info", NULL};
enum { FRESH, SORTED };

struct walking {
    spool_found_fn *fn;
    void *arg;
    unsigned state, split;
    bool stopped;
};

static int found(void *arg, int dir, const char *name, uint64_t inode, int64_t arrival)
{
    (void)inode; /* of info/, not of the message */
    struct walking *w = arg;
    const struct spool_found f = {.id = name, .state = w->state, .dir = dir, .name = name, .arrival = arrival, .split = w->split};
    int r = w->fn(w->arg, &f);
    w->stopped = r != 0;
    return r;
}

/* Over how many directories mess/ is split, which is compiled in. -errno: it cannot be listed. */
static int split_of(const struct spool_place *s, struct arena *a, unsigned *ret)
{
    int fd = root_openat(s->root, arena_printf(a, "%s/mess", s->path), O_RDONLY | O_DIRECTORY);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *e;
    uint64_t n;
    *ret = 1;
    if (!d) {
        int code = fd < 0 ? fd : -errno;
        if (fd >= 0)
            close(fd);
        return code;
    }
    while ((e = readdir(d)))
        if ((e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && str_u64(str_of(e->d_name), SPLIT_MAX, &n) && n >= *ret)
            *ret = (unsigned)n + 1;
    closedir(d);
    return 0;
}

static int walk(const struct spool_place *s, struct arena *a, spool_found_fn *fn, void *arg, const char **ret_unseen)
{
    unsigned split;
    int code = split_of(s, a, &split);
    if (code < 0) {
        *ret_unseen = arena_printf(a, "%s/mess", s->path);
        return code;
    }
    for (unsigned i = FRESH; i <= SORTED; i++) {
        struct walking w = {fn, arg, i, split, false};
        const char *path = arena_printf(a, "%s/%s", s->path, states[i]);
        int fd = root_openat(s->root, path, O_RDONLY | O_DIRECTORY), r = fd < 0 ? fd : spool_walk(fd, SPOOL_QMAIL, found, &w);
        if (w.stopped)
            return r;
        if (r < 0 && code == 0) {
            code = r;
            *ret_unseen = path;
        }
    }
    return code;
}

/* The file of that message below info/, local/, remote/ or mess/; todo/ may be split or not. -ENOENT: there is none. */
static int open_part(const struct spool_place *s, const char *part, const char *id, unsigned split, struct arena *a)
{
    uint64_t number;
    if (!str_u64(str_of(id), UINT64_MAX, &number))
        return -ENOENT;
    const char *const paths[] = {arena_printf(a, "%s/%s/%llu/%s", s->path, part, (unsigned long long)(number % split), id), arena_printf(a, "%s/%s/%s", s->path, part, id)};
    int fd = -ENOENT;
    for (size_t i = 0; (fd == -ENOENT || fd == -ENOTDIR) && i < ARRAY_SIZE(paths); i++)
        fd = root_openat(s->root, paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    return fd;
}

static int find(const struct spool_place *s, const char *id, struct arena *a, spool_found_fn *fn, void *arg)
{
    unsigned split;
    int r = strlen(id) > MESSAGE_ID_MAX ? -ENOENT : split_of(s, a, &split);
    for (unsigned i = FRESH; r == 0 && i <= SORTED; i++) {
        int fd = open_part(s, states[i], id, split, a);
        if (fd < 0)
            continue;
        close(fd);
        const struct spool_found f = {.id = id, .state = i, .dir = -1, .name = id, .split = split};
        return fn(arg, &f);
    }
    return r < 0 ? r : -ENOENT;
}

/* An envelope file. *ret: what it is, also where it could not be read to its end. */
static int take_file(const struct spool_place *s, const char *part, const struct spool_found *f, size_t keep, struct arena *a, struct message *m, struct stat *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(ENVELOPE_MAX);
    int fd = open_part(s, part, f->id, f->split, a);
    if (fd < 0)
        return fd;
    int r = fstat(fd, ret) < 0 ? -errno : !S_ISREG(ret->st_mode) ? -EINVAL : buf_read_fd(&b, fd);
    close(fd);
    if (r == 0)
        qmail_take_envelope(m, a, buf_str(&b), b.full, keep);
    return r;
}

static int take_mess(const struct spool_place *s, const struct spool_found *f, struct arena *a, struct message *m)
{
    char head[HEAD];
    struct stat st;
    int fd = open_part(s, "mess", f->id, f->split, a);
    if (fd < 0)
        return fd;
    ssize_t n = -1;
    int r = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EINVAL : 0;
    if (r == 0 && (n = pread(fd, head, sizeof head, 0)) < 0)
        r = -errno;
    close(fd);
    if (r < 0)
        return r;
    uint64_t number = 0;
    m->inode = st.st_ino;
    m->size = (uint64_t)st.st_size;
    if (!str_u64(str_of(f->id), UINT64_MAX, &number) || number != st.st_ino)
        m->condition = MESSAGE_DAMAGED; /* qmail-send finds its parts by that number */
    qmail_take_head(m, a, str_span(head, (size_t)n));
    return 0;
}

/* qmail-send notes the next attempt when it ends: what lies behind us is the time of the last change. */
static int take_recipients(const struct spool_place *s, const struct spool_found *f, size_t keep, struct arena *a, struct message *m)
{
    static const char *const parts[] = {"local", "remote"};
    int64_t now = (int64_t)time(NULL);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        struct stat st;
        uint32_t before = m->recipients;
        int r = take_file(s, parts[i], f, keep, a, m, &st);
        if (r < 0 && r != -ENOENT)
            return r;
        if (r == 0 && m->recipients > before && st.st_mtime > now && (!m->next_try || st.st_mtime < m->next_try))
            m->next_try = st.st_mtime;
    }
    return 0;
}

static int read_message(const struct spool_place *s, const struct spool_found *f, enum spool_depth depth, struct arena *a, struct message *m)
{
    size_t keep = depth == SPOOL_WHOLE ? MESSAGE_RECIPIENTS_MAX : SPOOL_FIRST_RECIPIENTS;
    struct stat st;
    if (strlen(f->id) > MESSAGE_ID_MAX)
        return -ENOENT;
    snprintf(m->id, sizeof m->id, "%s", f->id);
    m->state = f->state;
    int r = take_file(s, states[f->state], f, keep, a, m, &st);
    if (r < 0)
        return r;
    m->arrival = st.st_mtime;
    if (f->state == SORTED)
        r = take_recipients(s, f, keep, a, m);
    int mess = take_mess(s, f, a, m);
    if (mess == -ENOENT || !m->sender_known)
        m->condition = MESSAGE_DAMAGED;
    else if (mess < 0 && r == 0)
        r = mess;
    return r;
}

static int read_text(int fd, struct arena *a, spool_text_fn *fn, void *arg)
{
    char *piece = arena_zalloc(a, TEXT_PIECE);
    ssize_t n;
    int r = 0;
    while (r == 0 && (n = read(fd, piece, TEXT_PIECE)) != 0)
        r = n < 0 ? -errno : fn(arg, str_span(piece, (size_t)n));
    return r;
}

static int text(const struct spool_place *s, const struct spool_found *f, uint64_t inode, struct arena *a, spool_text_fn *fn, void *arg)
{
    struct stat st;
    int fd = open_part(s, "mess", f->id, f->split, a);
    if (fd < 0)
        return fd;
    int r = fstat(fd, &st) < 0 ? -errno : st.st_ino != inode || !S_ISREG(st.st_mode) ? -ESTALE : read_text(fd, a, fn, arg);
    close(fd);
    return r;
}

const struct spool_kind_row spool_qmail = {.name = "qmail", .states = states, .walk = walk, .find = find, .read = read_message, .text = text};
