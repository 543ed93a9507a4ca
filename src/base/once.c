#include "base/once.h"
#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWERS_MAX ((off_t)256 << 20) /* of all together; what is beyond is not shared */
/* Locked bytes, behind anything that is written: one for each key (nearly), and one for whoever adds. */
#define KEYS_AT ((off_t)1 << 40)
#define KEYS 4096u
#define ADDING_AT (KEYS_AT + KEYS)

/* Records: this (written last), the key, the answer (or the words of the failure). */
struct head {
    uint32_t key, answer;
    int32_t code;
};

static int shared = -1;

void once_begin(void)
{
    once_leave();
    shared = memfd_create("bansho-once", MFD_CLOEXEC);
}

void once_leave(void)
{
    if (shared >= 0)
        close(shared);
    shared = -1;
}

void once_end(void)
{
    once_leave();
}

/* fcntl's locks belong to a process: children do not inherit them, and they end with it. */
static bool lock(off_t at, short type)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    int r;
    while ((r = fcntl(shared, F_SETLKW, &l)) < 0 && errno == EINTR)
        ;
    return r == 0;
}

static off_t place_of(struct str key)
{
    return KEYS_AT + (off_t)(hash_add(HASH_BEGIN, key) % KEYS);
}

static bool read_at(void *p, size_t n, off_t at)
{
    return pread(shared, p, n, at) == (ssize_t)n;
}

static bool is_key(struct str key, off_t at)
{
    char *there = malloc(key.n + 1);
    bool same = there && read_at(there, key.n, at) && memcmp(there, key.p, key.n) == 0;
    free(there);
    return same;
}

/* true: it was there already; *ret is what was returned then. A record without a key: whoever wrote it was ended while he did. */
static bool search(struct str key, struct buf *out, struct err *err, int *ret)
{
    struct head h;
    for (off_t at = 0; read_at(&h, sizeof h, at) && h.key; at += (off_t)sizeof h + h.key + h.answer) {
        off_t answer = at + (off_t)sizeof h + h.key;
        if (h.key != key.n || !is_key(key, at + (off_t)sizeof h))
            continue;
        char *p = malloc(h.answer + 1u);
        bool got = p && read_at(p, h.answer, answer);
        if (got && h.code < 0)
            err_set(err, h.code, "%.*s", (int)h.answer, p);
        else if (got)
            buf_add(out, p, h.answer);
        free(p);
        *ret = h.code;
        return got;
    }
    return false;
}

static bool known(struct str key, struct buf *out, struct err *err, int *ret)
{
    bool found = lock(ADDING_AT, F_RDLCK) && search(key, out, err, ret);
    lock(ADDING_AT, F_UNLCK);
    return found;
}

static void remember(struct str key, int code, struct str answer)
{
    struct stat st;
    struct head h = {(uint32_t)key.n, (uint32_t)answer.n, code};
    if (!lock(ADDING_AT, F_WRLCK))
        return;
    if (fstat(shared, &st) == 0 && answer.n < UINT32_MAX && st.st_size + (off_t)(sizeof h + key.n + answer.n) < ANSWERS_MAX) {
        off_t at = st.st_size;
        bool whole = pwrite(shared, key.p, key.n, at + (off_t)sizeof h) == (ssize_t)key.n &&
                     pwrite(shared, answer.p, answer.n, at + (off_t)(sizeof h + key.n)) == (ssize_t)answer.n && pwrite(shared, &h, sizeof h, at) == sizeof h;
        if (!whole && ftruncate(shared, at) < 0)
            once_leave();
    }
    lock(ADDING_AT, F_UNLCK);
}

int once_answer(struct str key, once_fn *find, void *arg, struct buf *out, struct err *err)
{
    int r;
    if (shared < 0 || !key.n || !lock(place_of(key), F_WRLCK))
        return find ? find(arg, out, err) : -ENOENT;
    bool there = known(key, out, err, &r);
    if (!there && !find)
        r = -ENOENT;
    else if (!there) {
        struct buf found = BUF(out->max);
        struct err why = {0};
        r = find(arg, &found, &why);
        remember(key, r, r < 0 ? str_of(why.text) : buf_str(&found));
        if (r < 0)
            err_set(err, r, "%s", why.text);
        else
            buf_adds(out, buf_str(&found));
        buf_free(&found);
    }
    if (shared >= 0)
        lock(place_of(key), F_UNLCK);
    return r;
}
