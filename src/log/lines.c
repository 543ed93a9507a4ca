#include "log/lines.h"
#include "base/i18n.h"
#include "base/module.h"
#include "log/unpack_module.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_AT_ONCE (256u << 10) /* fits into the second cache */

/* [carry: the beginning of a line][what was read or unpacked behind it]: a block ends with the last LF; what stands behind moves to the front. */
struct lines {
    const char *name;
    int fd;
    enum packing packing;
    struct unpacker *unpacker;
    bool at_end;              /* the file was read to its end */
    bool unpacked;            /* and unpacked */
    bool skipping;            /* within a line that is too long */
    int fault;                /* told after what came before it */
    struct str packed_rest;   /* within packed */
    size_t filled, given;     /* bytes in text; of them, in the block that was given last */
    struct lines_health health;
    char packed[64u << 10];
    char text[LINES_LONGEST + 1];
};

static const struct unpack_module *module;

int lines_prepare(struct err *err)
{
    if (!module)
        module = module_load(UNPACK_MODULE, err);
    return module ? 0 : -ENOENT;
}

int lines_file(const char *name, struct stat *ret, struct err *err)
{
    bool standard = strcmp(name, "-") == 0;
    struct stat st;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int e = fd < 0 || fstat(fd, &st) < 0 ? errno : 0;
    if (!e && (standard || S_ISREG(st.st_mode))) {
        *ret = st;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return e ? err_set(err, -e, "%s: %s", name, err_name(-e)) : err_set(err, -EINVAL, _("%s is not a file; what comes from elsewhere is read from standard input (-)"), name);
}

static enum packing packing_of(struct str head)
{
    static const struct { struct str magic; enum packing packing; } kinds[] = {
        {{"\x1f\x8b", 2}, PACKED_GZIP}, {{"\xfd" "7zXZ\0", 6}, PACKED_XZ}, {{"\x28\xb5\x2f\xfd", 4}, PACKED_ZSTD},
        {{"BZh", 3}, PACKED_OTHERWISE}, {{"\x1f\x9d", 2}, PACKED_OTHERWISE} /* compress */, {{"\x04\x22\x4d\x18", 4}, PACKED_OTHERWISE} /* lz4 */};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_starts(head, kinds[i].magic))
            return kinds[i].packing;
    return PACKED_NOT;
}

/* Reads until there are n bytes, or the end. */
static int read_some(struct lines *l, char *room, size_t n, size_t *ret_n)
{
    *ret_n = 0;
    while (*ret_n < n && !l->at_end) {
        ssize_t got = read(l->fd, room + *ret_n, n - *ret_n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        l->at_end = got == 0;
        *ret_n += (size_t)got;
        if (got > 0 && *ret_n >= 6)
            break;
    }
    return 0;
}

int lines_open(int fd, const char *name, struct lines **ret, struct err *err)
{
    struct lines *l = calloc(1, sizeof *l);
    size_t n = 0;
    if (!l) {
        close(fd);
        return err_set(err, -ENOMEM, "%s: %s", name, err_name(ENOMEM));
    }
    l->fd = fd;
    l->name = name;
    int r = read_some(l, l->packed, sizeof l->packed, &n);
    l->packing = packing_of(str_span(l->packed, n));
    if (r == 0 && l->packing == PACKED_OTHERWISE) {
        r = err_set(err, -ENOTSUP, _("%s is packed by a program whose files are not read here (gzip, xz and zstd are)"), name);
    } else if (r == 0 && l->packing == PACKED_NOT) {
        memcpy(l->text, l->packed, n);
        l->filled = l->health.bytes = n;
    } else if (r == 0) {
        l->packed_rest = str_span(l->packed, n);
        r = lines_prepare(err);
        if (r == 0 && !(l->unpacker = module->begin(l->packing)))
            r = -ENOMEM;
    }
    if (r < 0) {
        lines_close(l);
        return err_set(err, r, "%s: %s", name, err_name(r));
    }
    *ret = l;
    return 0;
}

static int fill_packed(struct lines *l, char *room, size_t size, size_t *ret_n)
{
    *ret_n = 0;
    while (!*ret_n && !l->unpacked) {
        size_t n;
        if (!l->packed_rest.n && !l->at_end) {
            int r = read_some(l, l->packed, sizeof l->packed, &n);
            if (r < 0)
                return r;
            l->packed_rest = str_span(l->packed, n);
        }
        int r = module->run(l->unpacker, &l->packed_rest, l->at_end, room, size, ret_n);
        if (r < 0)
            return r;
        l->unpacked = r > 0;
    }
    return 0;
}

/* Adds to the text. 1: something came; 0: there is nothing more; -errno. */
static int fill(struct lines *l)
{
    size_t n = 0, size = LINES_LONGEST - l->filled;
    if (size > READ_AT_ONCE)
        size = READ_AT_ONCE;
    if (l->fault)
        return l->fault;
    int r = l->packing == PACKED_NOT ? read_some(l, l->text + l->filled, size, &n) : fill_packed(l, l->text + l->filled, size, &n);
    l->fault = r;
    l->filled += n;
    l->health.bytes += n;
    return n ? 1 : r;
}

static void forget_given(struct lines *l)
{
    memmove(l->text, l->text + l->given, l->filled - l->given);
    l->filled -= l->given;
    l->given = 0;
}

/* Throws away what belongs to the line that is too long. */
static void skip(struct lines *l)
{
    char *lf = memchr(l->text, '\n', l->filled);
    l->given = lf ? (size_t)(lf - l->text) + 1 : l->filled;
    l->skipping = !lf;
    forget_given(l);
}

/* The lines that are complete. What is given does not depend on how much each read brought: a line begins at the front before it is cut. */
static bool take(struct lines *l, bool all, struct str *ret)
{
    const char *lf = memrchr(l->text, '\n', l->filled);
    bool whole = l->filled == LINES_LONGEST;
    if (!lf && !whole && (!all || !l->filled))
        return false;
    l->given = lf ? (size_t)(lf - l->text) + 1 : l->filled;
    if (!lf && whole) {
        l->health.cut++;
        l->skipping = true;
        l->text[LINES_LONGEST - 1] = '\n';
    } else if (!lf) {
        l->text[l->filled++] = '\n';
        l->given = l->filled;
    }
    *ret = str_span(l->text, l->given);
    return true;
}

int lines_block(struct lines *l, struct str *ret, struct err *err)
{
    int r = 1;
    forget_given(l);
    for (;;) {
        if (l->skipping && l->filled)
            skip(l);
        if (!l->skipping && take(l, r <= 0, ret))
            return 1;
        if (r <= 0)
            break;
        r = fill(l);
    }
    if (r == -EBADMSG || r == -ENODATA)
        return err_set(err, r, r == -EBADMSG ? _("%s is damaged behind %llu bytes of text: the rest cannot be read") : _("%s ends too early, behind %llu bytes of text"),
                       l->name, (unsigned long long)l->health.bytes);
    return r < 0 ? err_set(err, r, "%s: %s", l->name, err_name(r)) : 0;
}

struct lines_health lines_health(const struct lines *l)
{
    return l->health;
}

void lines_close(struct lines *l)
{
    if (!l)
        return;
    if (l->unpacker)
        module->end(l->unpacker);
    close(l->fd);
    free(l);
}

void lines_closep(struct lines **l)
{
    lines_close(*l);
}
