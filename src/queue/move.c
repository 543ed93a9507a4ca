#include "queue/move.h"
#include "base/i18n.h"
#include "base/still.h"
#include "queue/postfix_path.h"
#include "queue/quarantine.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* From where a message may be taken, in the order in which it travels: it is looked for once more when it went on meanwhile. */
static const char *const from_hold[] = {"hold", NULL};
static const char *const from_delivery[] = {"incoming", "active", "deferred", "incoming", "active", "deferred", NULL};
static const char *const from_anywhere[] = {"hold", "incoming", "active", "deferred", "incoming", "active", "deferred", NULL};
static const char *const *const queues_of[MOVE_KINDS] = {
    [MOVE_HOLD] = from_delivery, [MOVE_RELEASE] = from_hold, [MOVE_QUARANTINE] = from_anywhere, [MOVE_RESTORE] = from_hold, [MOVE_DELETE] = from_anywhere, [MOVE_REQUEUE] = from_anywhere};

const char *const move_logs[MOVE_LOGS] = {"defer", "bounce", "trace"};
#define DEFER 0 /* of them: why it was put off */

struct acting {
    const struct move_spool *s;
    enum move_kind kind;
    struct spool_place source, target;
    struct arena *arena;
};

/* The directory of `queue` in which Postfix looks for that id, made where it is not there yet. In a batch nothing is hashed. */
static int target_dir(const struct acting *a, const char *queue, bool hashed, const char *id)
{
    char digits[POSTFIX_DIGITS];
    int fd = root_openat(a->target.root, arena_printf(a->arena, "%s/%s", a->target.path, queue), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    hashed = hashed && a->kind != MOVE_QUARANTINE;
    postfix_hash_digits(id, digits);
    for (unsigned i = 0; fd >= 0 && hashed && i < a->s->depth && digits[i]; i++) {
        const char name[] = {digits[i], '\0'};
        if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST) {
            int e = errno;
            close(fd);
            return -e;
        }
        int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), e = errno;
        close(fd);
        fd = sub < 0 ? -e : sub;
    }
    return fd;
}

/* 0: it is the one that was shown. -ESTALE: another one; -EAGAIN: not completely written. */
static int verify(const struct acting *a, const struct move_item *item, int dir, int fd)
{
    struct stat st;
    struct message m = {0};
    const struct spool_found f = {.id = item->id, .dir = dir, .name = item->id};
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_ino != item->inode)
        return -ESTALE;
    if (!(st.st_mode & S_IXUSR))
        return -EAGAIN;
    int r = spool_postfix.read(&a->s->place, &f, SPOOL_ENVELOPE, a->arena, &m);
    if (r < 0)
        return r;
    return m.inode == item->inode && m.arrival == item->arrival && str_eq(m.sender, item->sender) ? 0 : -ESTALE;
}

/* A log of reasons, into the target or, with `drop`, for good. One that the target has already (another message's of that id) stays as it is, and so does ours. */
static int take_log(const struct acting *a, unsigned log, const char *id, bool drop)
{
    int dir = postfix_open_hashed(&a->source, move_logs[log], id, a->arena), to = -1, r = 0;
    if (dir < 0)
        return dir == -ENOENT ? 0 : dir;
    if (drop)
        r = unlinkat(dir, id, 0) < 0 && errno != ENOENT ? -errno : 0;
    else if ((to = target_dir(a, move_logs[log], a->s->hashed_logs[log], id)) < 0)
        r = to;
    else
        r = renameat2(dir, id, to, id, RENAME_NOREPLACE) < 0 && errno != ENOENT && errno != EEXIST ? -errno : 0;
    if (to >= 0)
        close(to);
    close(dir);
    return r;
}

/* Moves it from an open directory into `to`, which is closed. What came between the look and the rename is put back. */
static int rename_file(const struct move_item *item, int from, int fd, int to)
{
    struct stat there, ours;
    if (to < 0)
        return to;
    int r = renameat2(from, item->id, to, item->id, RENAME_NOREPLACE) < 0 ? -errno : 0;
    if (r == 0 && fstat(fd, &ours) == 0 && fstatat(to, item->id, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino != ours.st_ino)
        r = renameat2(to, item->id, from, item->id, RENAME_NOREPLACE) < 0 ? -errno : -ESTALE;
    close(to);
    return r;
}

/* Who delivers it holds a lock on it (Postfix: deliver_request). */
static bool busy(int fd) { return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; }

/* A message of that id that is in the queue by now. */
static bool id_in_use(const struct acting *a, const char *id)
{
    for (const char *const *q = from_anywhere; *q; q++) {
        int dir = postfix_open_hashed(&a->target, *q, id, a->arena);
        if (dir < 0)
            continue;
        close(dir);
        return true;
    }
    return false;
}

/* Into hold of the queue that it is in, where it is not there already. */
static int hold_back(const struct acting *a, const struct move_item *item, const char *queue, int dir, int fd)
{
    struct acting hold = *a;
    hold.kind = MOVE_HOLD;
    hold.target = a->source;
    return strcmp(queue, "hold") == 0 ? 0 : rename_file(item, dir, fd, target_dir(&hold, "hold", a->s->hashed_hold, item->id));
}

/* What somebody waits for who keeps it: into hold, and there without the others. Why it was put off names them, too: the next try writes it anew. */
static int keep_part(const struct acting *a, const struct move_item *item, const char *queue, int dir, int fd, bool *ret_busy)
{
    struct stat st;
    *ret_busy = busy(fd);
    int r = hold_back(a, item, queue, dir, fd);
    if (r < 0 || a->kind != MOVE_DELETE || *ret_busy)
        return r;
    int at = postfix_open_hashed(&a->source, "hold", item->id, a->arena);
    if (at < 0)
        return at;
    int file = openat(at, item->id, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    r = file < 0 || fstat(file, &st) < 0 ? -errno : st.st_ino != item->inode ? -ESTALE : postfix_cross(file, &a->s->keep, a->arena);
    if (file >= 0)
        close(file);
    close(at);
    return r < 0 ? r : take_log(a, DEFER, item->id, true);
}

/* Out of the queue, or out of the quarantine; what is being delivered is only held. The lock that busy takes keeps agents off until it is done. */
static int take_away(struct acting *a, const struct move_item *item, const char *queue, int dir, int fd, bool *ret_busy)
{
    if (a->kind == MOVE_RESTORE && id_in_use(a, item->id))
        return -EEXIST;
    if (a->kind != MOVE_RESTORE && busy(fd)) {
        *ret_busy = true;
        return hold_back(a, item, queue, dir, fd);
    }
    /* A file from the future is none for pickup. Its reasons stay: a queue manager that is just about to return it needs them. */
    if (a->kind == MOVE_REQUEUE)
        return futimens(fd, NULL) < 0 ? -errno : rename_file(item, dir, fd, target_dir(a, "maildrop", false, item->id));
    int r = 0;
    for (unsigned i = 0; r == 0 && i < MOVE_LOGS; i++)
        r = take_log(a, i, item->id, a->kind == MOVE_DELETE);
    if (r < 0)
        return r;
    if (a->kind == MOVE_DELETE)
        return unlinkat(dir, item->id, 0) < 0 ? -errno : 0;
    return rename_file(item, dir, fd, target_dir(a, "hold", a->s->hashed_hold, item->id));
}

static int move_from(struct acting *a, const struct move_item *item, const char *queue, bool *ret_busy)
{
    const struct move_spool *s = a->s;
    int dir = postfix_open_hashed(&a->source, queue, item->id, a->arena);
    if (dir < 0)
        return dir;
    int fd = openat(dir, item->id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r = fd < 0 ? -errno : verify(a, item, dir, fd);
    if (r == 0 && item->shared) {
        r = keep_part(a, item, queue, dir, fd, ret_busy);
    } else if (r == 0 && a->kind > MOVE_RELEASE) {
        r = take_away(a, item, queue, dir, fd, ret_busy);
    } else if (r == 0) {
        r = rename_file(item, dir, fd, a->kind == MOVE_HOLD ? target_dir(a, "hold", s->hashed_hold, item->id) : target_dir(a, "deferred", s->hashed_deferred, item->id));
        *ret_busy = r == 0 && busy(fd);
    }
    if (fd >= 0)
        close(fd);
    close(dir);
    return r;
}

static enum move_result move_one(struct acting *a, const struct move_item *item, int *ret_code)
{
    int code = -ENOENT;
    bool busy = false;
    for (const char *const *q = queues_of[a->kind]; *q && code == -ENOENT; q++)
        code = move_from(a, item, *q, &busy);
    *ret_code = code;
    return code == 0 ? busy ? MOVE_PENDING : MOVE_DONE : code == -ENOENT ? MOVE_GONE : code == -ESTALE ? MOVE_CHANGED : MOVE_FAILED;
}

static int empty_dir(const struct acting *a, const char *name)
{
    int fd = root_openat(a->source.root, arena_printf(a->arena, "%s/%s", a->source.path, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), r = 0;
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    DIR *d = fdopendir(fd);
    if (!d) {
        r = -errno;
        close(fd);
        return r;
    }
    for (struct dirent *e; errno = 0, (e = readdir(d));)
        if (e->d_name[0] != '.' && unlinkat(fd, e->d_name, 0) < 0 && errno != ENOENT)
            r = -errno;
    r = r < 0 ? r : -errno;
    closedir(d);
    return r;
}

/* The messages come last: as long as there is one, its reasons may be gone, but it can be restored. */
static enum move_result empty_batch(const struct acting *a, int *ret_code)
{
    static const char *const dirs[] = QUARANTINE_DIRS;
    *ret_code = 0;
    for (size_t i = ARRAY_SIZE(dirs); i-- > 0;) {
        int r = empty_dir(a, dirs[i]);
        *ret_code = *ret_code ? *ret_code : r;
    }
    return *ret_code ? MOVE_FAILED : MOVE_DONE;
}

/* The owner of the queue, and of nothing else. */
static int become(uid_t uid, gid_t gid)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0))
        return -errno;
    return geteuid() == uid && uid != 0 ? still_begin(NULL) : -EPERM;
}

/* What root had open (the record of acts) is not for a process that reads what strangers wrote. */
static int close_others(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
    bool shut = (low <= 3 || close_range(3, low - 1, 0) == 0) && (high <= low + 1 || close_range(low + 1, high - 1, 0) == 0) && close_range(high + 1, ~0U, 0) == 0;
    return shut ? 0 : -errno;
}

static void act(struct acting *a, const struct move_item *items, size_t n, const struct stat *owner, pid_t parent, int fd)
{
    int r = close_others(a->s->place.root->fd, fd);
    if (r == 0)
        r = become(owner->st_uid, owner->st_gid);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of credentials clears it */
    if (r < 0 || getppid() != parent)
        _exit(1);
    for (size_t i = 0; i < n; i++) {
        int code;
        arena_reset(a->arena);
        enum move_result result = items ? move_one(a, &items[i], &code) : empty_batch(a, &code);
        int32_t said[2] = {(int32_t)result, code};
        if (fd_write_all(fd, str_span((const char *)said, sizeof said)) < 0)
            _exit(1);
    }
    _exit(0);
}

static size_t listen_to(int fd, size_t n, move_fn *fn, void *arg)
{
    int32_t said[2];
    size_t i = 0, have = 0;
    while (i < n) {
        ssize_t got = read(fd, (char *)said + have, sizeof said - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
        if (have < sizeof said)
            continue;
        have = 0;
        if (said[0] < 0 || said[0] >= MOVE_RESULTS)
            break;
        fn(arg, i++, (enum move_result)said[0], said[1]);
    }
    return i;
}

int spool_move(const struct move_spool *s, enum move_kind kind, const struct move_item *items, size_t n, move_fn *fn, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct acting acting = {s, kind, s->place, s->place, arena_new(64u << 20)};
    _cleanup_(arena_freep) struct arena *own = acting.arena;
    struct stat owner;
    int ends[2], status = 0;
    int r = root_stat(s->place.root, arena_printf(a, "%s/hold", s->place.path), &owner);
    if (r < 0)
        return err_set(err, r, "%s/hold: %s", s->place.path, err_name(-r));
    const char *batch = s->batch ? arena_printf(a, "%s/" QUARANTINE "/%s", s->place.path, s->batch) : NULL;
    if (batch)
        *(kind == MOVE_QUARANTINE ? &acting.target.path : &acting.source.path) = batch;
    items = kind == MOVE_EMPTY ? NULL : items;
    n = kind == MOVE_EMPTY ? 1 : n;
    if (owner.st_uid == 0 || (geteuid() != 0 && geteuid() != owner.st_uid))
        return err_set(err, -EPERM, _("only root may change the mail queue"));
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(err, -errno, "pipe: %s", err_name(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(ends[0]);
        act(&acting, items, n, &owner, parent, ends[1]);
    }
    int e = errno;
    close(ends[1]);
    size_t done = pid < 0 ? 0 : listen_to(ends[0], n, fn, arg);
    close(ends[0]);
    if (pid < 0)
        return err_set(err, -e, "fork: %s", err_name(e));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return done == n ? 0 : err_set(err, -ECHILD, _("the acting process ended early; the remaining %zu messages are where they were"), n - done);
}
