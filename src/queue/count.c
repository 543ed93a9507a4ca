#include "queue/count.h"
#include "queue/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAX_AGED 2000 /* messages whose age is looked up by a call of its own */

static const struct spool_dir postfix_dirs[] = {
    {"maildrop", false}, {"incoming", false}, {"active", false}, {"deferred", true}, {"hold", false}, {0},
};
static const struct spool_dir qmail_dirs[] = {{"todo", false}, {"info", true}, {0}};
static const struct spool_dir exim_dirs[] = {{"input", true}, {0}};
const struct spool_dir *const spool_dirs[] = {[SPOOL_POSTFIX] = postfix_dirs, [SPOOL_QMAIL] = qmail_dirs, [SPOOL_EXIM] = exim_dirs};

struct counting {
    enum spool_kind kind;
    bool waiting;
    uint64_t n;
    int64_t oldest;
    unsigned aged;
    bool sampled;
};

static int digit_of(char c, const char *alphabet)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* The first n characters as a number of that base; -1: other characters. */
static int64_t number_of(const char *s, size_t n, const char *alphabet)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        int d = digit_of(s[i], alphabet);
        if (d < 0 || v > (INT64_MAX - d) / 62)
            return -1;
        v = v * (int64_t)strlen(alphabet) + d;
    }
    return v;
}

/* Short: hexadecimal. Long (Postfix 2.9): seconds in 6 or more characters of base 52, microseconds in 4, then 'z' and the inode in base 51. */
static bool postfix_message(const char *name, size_t n, int64_t *ret_time)
{
    static const char base52[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    const char *z = n > 10 ? strrchr(name, 'z') : NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if ((unsigned char)(c - '0') > 9 && (unsigned char)((c | 0x20) - 'a') > 25 && c != '_')
            return false;
    }
    if (z && z - name >= 10) {
        int64_t t = number_of(name, (size_t)(z - name) - 4, base52);
        *ret_time = t > 0 ? t : 0;
    }
    return n > 5;
}

/* Six characters of base 62 (seconds), '-', more, '-', and "-H" for the file that every message has once. */
static bool exim_message(const char *name, size_t n, int64_t *ret_time)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (n < 12 || strcmp(name + n - 2, "-H") != 0 || name[6] != '-')
        return false;
    int64_t t = number_of(name, 6, base62);
    *ret_time = t > 0 ? t : 0;
    return t >= 0;
}

bool spool_message(enum spool_kind kind, const char *name, int64_t *ret_time)
{
    size_t n = strlen(name);
    *ret_time = 0;
    if (kind == SPOOL_POSTFIX)
        return postfix_message(name, n, ret_time);
    if (kind == SPOOL_EXIM)
        return exim_message(name, n, ret_time);
    uint64_t inode;
    return str_u64(str_of(name), UINT64_MAX, &inode);
}

static void age(struct counting *w, int dir, const char *name, int64_t t)
{
    struct statx x;
    if (!t && w->aged >= MAX_AGED) {
        w->sampled = true;
        return;
    }
    if (!t) {
        /* The file is only renamed from queue to queue, so it is as old as the message. Its modification time is the next attempt (Postfix), or the arrival (qmail's info). */
        w->aged++;
        if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_BTIME | STATX_MTIME, &x) < 0)
            return;
        if (x.stx_mask & STATX_BTIME && w->kind != SPOOL_QMAIL)
            t = x.stx_btime.tv_sec;
        else if (w->kind != SPOOL_POSTFIX)
            t = x.stx_mtime.tv_sec;
    }
    if (t && (!w->oldest || t < w->oldest))
        w->oldest = t;
}

static int found(void *arg, int dir, const char *name, uint64_t inode, int64_t t)
{
    (void)inode;
    struct counting *w = arg;
    w->n++;
    if (w->waiting)
        age(w, dir, name, t);
    return 0;
}

/* 0: not known. Mail programs rename from one of these directories into another, which no mount lets through, not even one of the same file system: what is mounted there hides the queue. */
static uint64_t mount_of(int fd)
{
    struct statx x;
    return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &x) == 0 && x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
}

static int look_at_room(const struct root *root, const char *spool, struct spool_count *c, uint64_t *ret_mount)
{
    struct statvfs v;
    int fd = root_openat(root, spool, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    int r = fstatvfs(fd, &v) < 0 ? -errno : 0;
    *ret_mount = mount_of(fd);
    close(fd);
    if (r < 0)
        return r;
    c->room = (uint64_t)v.f_bavail * v.f_frsize;
    c->room_total = (uint64_t)v.f_blocks * v.f_frsize;
    c->inodes = v.f_favail;
    c->inodes_total = v.f_files;
    return 0;
}

static int open_dir(const struct root *root, const char *path, uint64_t mount)
{
    int fd = root_openat(root, path, O_RDONLY | O_DIRECTORY);
    uint64_t here = fd >= 0 ? mount_of(fd) : 0;
    if (!mount || !here || here == mount)
        return fd;
    close(fd);
    return -EXDEV;
}

static int look(const struct root *root, const char *spool, enum spool_kind kind, bool names, struct arena *a, struct spool_count *ret)
{
    struct spool_count c = {0};
    const struct spool_dir *dirs = spool_dirs[kind];
    size_t missing = 0, n = 0;
    uint64_t mount = 0;
    int code = look_at_room(root, spool, &c, &mount);
    if (code < 0)
        c.unseen = arena_dupz(a, spool);
    for (; dirs[n].name; n++) {
        struct counting w = {.kind = kind, .waiting = dirs[n].waiting};
        const char *path = arena_printf(a, "%s/%s", spool, dirs[n].name);
        int fd = open_dir(root, path, mount), r = fd < 0 ? fd : names ? spool_walk(fd, kind, found, &w) : close(fd);
        missing += fd == -ENOENT;
        if (r < 0 && (code == 0 || code == -ENOENT)) { /* what is there and cannot be read is worse than what is missing */
            code = r;
            c.unseen = path;
        }
        c.in[n] = w.n;
        c.total += w.n;
        c.oldest_sampled |= w.sampled;
        if (w.oldest && (!c.oldest || w.oldest < c.oldest))
            c.oldest = w.oldest;
    }
    c.absent = c.room_total && missing == n;
    *ret = c;
    return code;
}

int spool_count(const struct root *root, const char *spool, enum spool_kind kind, struct arena *a, struct spool_count *ret) { return look(root, spool, kind, true, a, ret); }
int spool_stands(const struct root *root, const char *spool, enum spool_kind kind, struct arena *a, struct spool_count *ret) { return look(root, spool, kind, false, a, ret); }

const char *queue_number(struct arena *a, uint64_t n)
{
    char digits[24], text[32];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    return arena_dup(a, str_span(text, (size_t)at));
}
