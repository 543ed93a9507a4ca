#include "queue/cross.h"
#include "queue/postfix_record.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct crossing {
    const struct kept *keep;
    struct arena *arena;
    LIST(uint64_t) places;
};

bool kept_has(const struct kept *k, struct str address)
{
    for (size_t i = 0; i < k->n; i++) {
        struct str want = k->v[i];
        bool domain = want.n && want.p[0] == '@' && address.n > want.n;
        if (str_ieq(want, domain ? str_from(address, address.n - want.n) : address))
            return true;
    }
    return false;
}

static void on_waiting(void *arg, uint64_t at, struct str address)
{
    struct crossing *c = arg;
    if (!kept_has(c->keep, address))
        *list_push(c->arena, &c->places) = at;
}

static int find(int fd, struct crossing *c)
{
    char window[POSTFIX_WINDOW];
    struct stat st;
    struct message m = {0};
    uint64_t at = 0;
    if (fstat(fd, &st) < 0)
        return -errno;
    struct postfix_reader r = postfix_reader_begin(c->arena, (uint64_t)st.st_size, 0, POSTFIX_WINDOWS_MAX / 2, &m);
    r.waiting = on_waiting;
    r.arg = c;
    do {
        ssize_t n = pread(fd, window, sizeof window, (off_t)at);
        if (n < 0)
            return -errno;
        if ((size_t)n < sizeof window && at + (uint64_t)n < r.file_size)
            return -EBADMSG; /* it became shorter */
        at = postfix_reader_take(&r, str_span(window, (size_t)n), at);
    } while (at);
    return m.condition == MESSAGE_SOUND && !m.more ? 0 : -EBADMSG;
}

int postfix_cross(int fd, const struct kept *keep, struct arena *a)
{
    struct crossing c = {.keep = keep, .arena = a};
    int r = find(fd, &c);
    for (size_t i = 0; r == 0 && i < c.places.n; i++) {
        ssize_t n = pwrite(fd, "D", 1, (off_t)c.places.v[i]);
        r = n == 1 ? 0 : n < 0 ? -errno : -EIO;
    }
    return r == 0 && c.places.n && fsync(fd) < 0 ? -errno : r;
}
