/* i18n.c: the .mo file of gettext (gettext manual, "The Format of GNU MO Files"): two tables of {length, offset}, the originals sorted. */
#include "base/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x950412deu
#define MAX_CATALOGUE (16u << 20)

struct header {
    uint32_t magic, revision, count, originals, translations;
};
struct text {
    uint32_t length, offset;
};

static struct {
    const char *base; /* NULL: English */
    const struct text *originals, *translations;
    uint32_t count;
} catalogue;

/* The table at `offset`, if it and every text that it names, with its final NUL, lie within the file. */
static const struct text *table(const char *base, size_t size, uint32_t offset, uint32_t count)
{
    if (offset % sizeof(uint32_t) || offset > size || count > (size - offset) / sizeof(struct text))
        return NULL;
    const struct text *t = (const void *)(base + offset);
    for (uint32_t i = 0; i < count; i++)
        if (t[i].offset >= size || t[i].length >= size - t[i].offset || base[t[i].offset + t[i].length] != '\0')
            return NULL;
    return t;
}

static int use(const char *base, size_t size)
{
    const struct header *h = (const void *)base;
    if (size < sizeof *h || h->magic != MAGIC || h->revision >> 16)
        return -EBADMSG;
    const struct text *o = table(base, size, h->originals, h->count), *t = table(base, size, h->translations, h->count);
    if (!o || !t)
        return -EBADMSG;
    catalogue.base = base;
    catalogue.originals = o;
    catalogue.translations = t;
    catalogue.count = h->count;
    return 0;
}

int i18n_open(const char *path)
{
    struct stat st;
    catalogue.base = NULL;
    if (!path)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) || st.st_size < 1 || st.st_size > MAX_CATALOGUE ? -EBADMSG : 0;
    if (r == 0) {
        size_t size = (size_t)st.st_size;
        void *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0); /* stays: texts point into it */
        r = base == MAP_FAILED ? -errno : use(base, size);
        if (r < 0 && base != MAP_FAILED)
            munmap(base, size);
    }
    close(fd);
    return r;
}

static const char *translated(const char *msgid)
{
    uint32_t from = 0, to = catalogue.base ? catalogue.count : 0;
    while (from < to) {
        uint32_t at = from + (to - from) / 2;
        int order = strcmp(msgid, catalogue.base + catalogue.originals[at].offset);
        if (order == 0)
            return catalogue.translations[at].length ? catalogue.base + catalogue.translations[at].offset : NULL;
        if (order < 0)
            to = at;
        else
            from = at + 1;
    }
    return NULL;
}

const char *i18n_text(const char *msgid)
{
    const char *t = translated(msgid);
    return t ? t : msgid;
}

/* Japanese has one form for all numbers, the first (and English needs no catalogue). */
const char *i18n_counted(const char *one, const char *many, size_t n)
{
    const char *t = translated(one);
    return t ? t : n == 1 ? one : many;
}
