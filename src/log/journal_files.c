/* journal_files.c: the journal's files as files: whether they are whole. sd-journal leaves out what is damaged without a word. */
#include "log/journal_files.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define HEADER_SIZE_MIN 208
#define MACHINES_MAX 100
#define FILES_MAX 8000

const char *const journal_places[JOURNAL_PLACES] = {"/var/log/journal", "/run/log/journal"};

static uint64_t number(struct str head, size_t at)
{
    uint64_t v = 0;
    for (unsigned i = 8; i-- > 0;)
        v = v << 8 | (unsigned char)head.p[at + i];
    return v;
}

bool journal_head(struct str head, uint64_t size, struct journal_head *ret)
{
    if (head.n < JOURNAL_HEAD || !str_starts(head, STR("LPKSHHRH")))
        return false;
    uint64_t header = number(head, 88), arena = number(head, 96), end;
    if (header < HEADER_SIZE_MIN || __builtin_add_overflow(header, arena, &end) || end > size)
        return false;
    *ret = (struct journal_head){number(head, 152), number(head, 184), number(head, 192)};
    return true;
}

bool journal_suppressed(struct str message, uint64_t *ret_lost, struct str *ret_unit)
{
    struct str n, word;
    uint64_t lost;
    if (!str_starts(message, STR("Suppressed ")))
        return false;
    message = str_from(message, 11);
    if (!str_field(&message, ' ', &n) || !str_u64(n, UINT64_MAX / 2, &lost) || !str_field(&message, ' ', &word) || !str_eq(word, STR("messages")) ||
        !str_field(&message, ' ', &word) || !str_eq(word, STR("from")) || !message.n)
        return false;
    *ret_lost = lost;
    *ret_unit = message;
    return true;
}

/* A file that journald has only just made is empty, or filled with zeros, for a moment. */
static bool whole(const struct root *root, const char *path, uint64_t *entries)
{
    char head[JOURNAL_HEAD];
    struct journal_head h = {0};
    struct stat st;
    int fd = root_openat(root, path, O_RDONLY);
    if (fd < 0)
        return fd == -ENOENT;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t n = good ? pread(fd, head, sizeof head, 0) : 0;
    good = good && n >= 0 && journal_head(str_span(head, (size_t)n), (uint64_t)st.st_size, &h);
    close(fd);
    *entries += good ? h.entries : 0;
    return good;
}

static bool is_machine(const char *name)
{
    return strspn(name, "0123456789abcdef") == 32 && (!name[32] || name[32] == '.'); /* ID, ID.NAMESPACE */
}

static void look_into(const struct root *root, struct arena *a, const char *dir, journal_damaged_fn *tell, void *ctx, uint64_t *entries)
{
    struct names files = {0};
    (void)!root_list(root, dir, FILES_MAX, a, &files);
    for (size_t i = 0; i < files.list.n; i++) {
        const char *path = arena_printf(a, "%s/%s", dir, files.list.v[i]);
        struct str name = str_of(path);
        if ((str_ends(name, STR(".journal")) || str_ends(name, STR(".journal~"))) && !whole(root, path, entries))
            tell(ctx, path);
    }
}

uint64_t journal_look(const struct root *root, journal_damaged_fn *tell, void *ctx)
{
    uint64_t entries = 0;
    _cleanup_(arena_freep) struct arena *a = arena_new(16u << 20);
    for (size_t p = 0; p < JOURNAL_PLACES; p++) {
        struct names dirs = {0};
        (void)!root_list(root, journal_places[p], MACHINES_MAX, a, &dirs);
        for (size_t i = 0; i < dirs.list.n; i++)
            if (is_machine(dirs.list.v[i]))
                look_into(root, a, arena_printf(a, "%s/%s", journal_places[p], dirs.list.v[i]), tell, ctx, &entries);
    }
    return entries;
}
