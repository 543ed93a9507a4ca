/* journal_module.c: sd-journal, in a module of its own (base/module.h). */
#include "log/journal_place.h"
#include "base/module.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Entries are in /run at the start until journald has moved them to the disk; what is only there for longer stays there (Storage=volatile). */
#define FLUSHED_WITHIN 300

void journal_place_closep(sd_journal **j)
{
    sd_journal_close(*j);
}

int journal_open_place(const struct root *root, size_t i, sd_journal **ret, int *ret_fd)
{
    int fd = root_openat(root, journal_places[i], O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    int r = sd_journal_open_directory_fd(ret, fd, 0);
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd; /* sd-journal keeps using it */
    return 0;
}

void journal_ends(sd_journal *j, uint64_t *first, uint64_t *last)
{
    uint64_t t = 0;
    if (sd_journal_seek_head(j) >= 0 && sd_journal_next(j) > 0 && sd_journal_get_realtime_usec(j, &t) >= 0 && (!*first || t / 1000000 < *first))
        *first = t / 1000000;
    if (sd_journal_seek_tail(j) >= 0 && sd_journal_previous(j) > 0 && sd_journal_get_realtime_usec(j, &t) >= 0 && t / 1000000 > *last)
        *last = t / 1000000;
}

int journal_add_matches(sd_journal *j, const char *const *matches, bool *ret_any)
{
    int e = 0;
    *ret_any = false;
    for (size_t i = 0; e >= 0 && matches && matches[i]; i++) {
        bool plus = strcmp(matches[i], "+") == 0;
        e = plus ? sd_journal_add_disjunction(j) : sd_journal_add_match(j, matches[i], 0);
        *ret_any |= !plus;
    }
    return e < 0 ? e : 0;
}

struct str journal_field(sd_journal *j, const char *name)
{
    const void *data;
    size_t n, skip = strlen(name) + 1;
    if (sd_journal_get_data(j, name, &data, &n) < 0 || n < skip)
        return STR("");
    return str_span((const char *)data + skip, n - skip);
}

static int read_extent(void *arg, struct buf *out)
{
    const struct extent_job *job = arg;
    uint64_t (*t)[2] = calloc(job->n + 1, sizeof *t);
    unsigned found = 0;
    if (!t)
        return -ENOMEM;
    for (size_t p = 0; p < JOURNAL_PLACES; p++) {
        _cleanup_(journal_place_closep) sd_journal *j = NULL;
        int fd = -1;
        if (journal_open_place(job->root, p, &j, &fd) < 0)
            continue;
        uint64_t before = t[job->n][1];
        journal_ends(j, &t[job->n][0], &t[job->n][1]);
        if (t[job->n][1] != before)
            found |= 1u << p;
        if (p > 0 && before && t[job->n][1] > before + FLUSHED_WITHIN)
            found &= ~1u; /* what lies on the disk is old: journald writes elsewhere */
        for (size_t i = 0; i < job->n; i++) {
            char match[300];
            int n = snprintf(match, sizeof match, "_SYSTEMD_UNIT=%s", job->units[i].unit);
            sd_journal_flush_matches(j);
            if (n > 0 && (size_t)n < sizeof match && sd_journal_add_match(j, match, (size_t)n) >= 0)
                journal_ends(j, &t[i][0], &t[i][1]);
        }
    }
    buf_put_u32(out, found);
    for (size_t i = 0; i <= job->n; i++) {
        buf_put_u64(out, t[i][0]);
        buf_put_u64(out, t[i][1]);
    }
    free(t);
    return 0;
}

MODULE_EXPORT(struct journal_module, journal_module) = {read_extent, read_logins, read_mail_uses, reader_open, reader_close, reader_next, reader_again, reader_position, reader_wait_fds, reader_woken};
