/* journal_module.c: sd-journal, in a module of its own (base/module.h). */
#include "log/journal_module.h"
#include "base/clock.h"
#include "base/module.h"
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static const char *const places[] = {"/var/log/journal", "/run/log/journal"}; /* the disk first */

/* Entries are in /run at the start until journald has moved them to the disk; what is only there for longer stays there (Storage=volatile). */
#define FLUSHED_WITHIN 300

static void closep(sd_journal **j)
{
    sd_journal_close(*j);
}

/* Opens the place with this index below the root. -ENOENT: not there. */
static int open_place(const struct root *root, size_t i, sd_journal **ret, int *ret_fd)
{
    int fd = root_openat(root, places[i], O_RDONLY | O_DIRECTORY);
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

/* Times of the first and last entry that match now. */
static void ends(sd_journal *j, uint64_t *first, uint64_t *last)
{
    uint64_t t = 0;
    if (sd_journal_seek_head(j) >= 0 && sd_journal_next(j) > 0 && sd_journal_get_realtime_usec(j, &t) >= 0 && (!*first || t / 1000000 < *first))
        *first = t / 1000000;
    if (sd_journal_seek_tail(j) >= 0 && sd_journal_previous(j) > 0 && sd_journal_get_realtime_usec(j, &t) >= 0 && t / 1000000 > *last)
        *last = t / 1000000;
}

static int read_extent(void *arg, struct buf *out)
{
    const struct extent_job *job = arg;
    uint64_t (*t)[2] = calloc(job->n + 1, sizeof *t);
    unsigned found = 0;
    if (!t)
        return -ENOMEM;
    for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
        _cleanup_(closep) sd_journal *j = NULL;
        int fd = -1;
        if (open_place(job->root, p, &j, &fd) < 0)
            continue;
        uint64_t before = t[job->n][1];
        ends(j, &t[job->n][0], &t[job->n][1]);
        if (t[job->n][1] != before)
            found |= 1u << p;
        if (p > 0 && before && t[job->n][1] > before + FLUSHED_WITHIN)
            found &= ~1u; /* what lies on the disk is old: journald writes elsewhere */
        for (size_t i = 0; i < job->n; i++) {
            char match[300];
            int n = snprintf(match, sizeof match, "_SYSTEMD_UNIT=%s", job->units[i].unit);
            sd_journal_flush_matches(j);
            if (n > 0 && (size_t)n < sizeof match && sd_journal_add_match(j, match, (size_t)n) >= 0)
                ends(j, &t[i][0], &t[i][1]);
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

/* One account of the tree that read_logins builds (tsearch: a red-black tree, so that names chosen by strangers cannot slow it down). */
struct seen_account {
    uint64_t last;
    struct str name;
    char bytes[];
};

static int by_account(const void *a, const void *b)
{
    const struct seen_account *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int d = memcmp(x->name.p, y->name.p, n);
    return d ? d : x->name.n < y->name.n ? -1 : x->name.n > y->name.n;
}

struct tally {
    void *tree;
    size_t n;
    uint64_t since;
    bool complete;
};

static void count(struct tally *t, struct str account, uint64_t when)
{
    struct seen_account key = {.name = account};
    void *at = tfind(&key, &t->tree, by_account);
    if (at) {
        struct seen_account *known = *(struct seen_account **)at;
        known->last = when > known->last ? when : known->last;
        return;
    }
    struct seen_account *one = t->n < MAX_ACCOUNTS ? malloc(sizeof *one + account.n) : NULL;
    if (!one) {
        t->complete = false;
        return;
    }
    memcpy(one->bytes, account.p, account.n);
    one->name = str_span(one->bytes, account.n);
    one->last = when;
    if (tsearch(one, &t->tree, by_account))
        t->n++;
}

static struct str field(sd_journal *j, const char *name)
{
    const void *data;
    size_t n, skip = strlen(name) + 1;
    if (sd_journal_get_data(j, name, &data, &n) < 0 || n < skip)
        return (struct str){"", 0};
    return str_span((const char *)data + skip, n - skip);
}

/* The entries of a place, newest last. */
static void read_place(sd_journal *j, const struct logins_job *job, struct tally *t)
{
    static const char *const units[] = {"_SYSTEMD_UNIT=dovecot.service", "_SYSTEMD_UNIT=postfix@-.service", "_SYSTEMD_UNIT=postfix.service",
                                        "_SYSTEMD_UNIT=courier-imap.service", "_SYSTEMD_UNIT=courier-pop.service", "_SYSTEMD_UNIT=courier-imap-ssl.service",
                                        "_SYSTEMD_UNIT=courier-pop-ssl.service"};
    static const char *const ssh[] = {"_EXE=/usr/sbin/sshd", "_EXE=/usr/lib/openssh/sshd-session", "_EXE=/usr/libexec/openssh/sshd-session"};
    uint64_t first = 0, last = 0, when;
    ends(j, &first, &last);
    if (first && (!t->since || first < t->since))
        t->since = first;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        sd_journal_add_match(j, units[i], 0);
    if (job->ssh) {
        /* By program, since with socket activation each connection is a unit; root's processes only, since users may run the program too. */
        sd_journal_add_disjunction(j);
        sd_journal_add_match(j, "_UID=0", 0);
        for (size_t i = 0; i < ARRAY_SIZE(ssh); i++)
            sd_journal_add_match(j, ssh[i], 0);
    }
    if (sd_journal_seek_realtime_usec(j, (uint64_t)job->since * 1000000) < 0)
        return;
    for (unsigned n = 0; sd_journal_next(j) > 0; n++) {
        if (n % 1024 == 0 && clock_monotonic_ms() > job->deadline) {
            t->complete = false;
            return;
        }
        struct str account;
        if (login_line(field(j, "SYSLOG_IDENTIFIER"), field(j, "MESSAGE"), &account) && sd_journal_get_realtime_usec(j, &when) >= 0)
            count(t, account, when / 1000000);
    }
}

static void put(const void *node, VISIT order, void *out)
{
    const struct seen_account *one = *(struct seen_account *const *)node;
    if (order == postorder || order == leaf) {
        buf_put_u64(out, one->last);
        buf_put_str(out, one->name);
    }
}

static int read_logins(void *arg, struct buf *out)
{
    const struct logins_job *job = arg;
    struct tally t = {.complete = true};
    for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
        _cleanup_(closep) sd_journal *j = NULL;
        int fd = -1;
        if (open_place(job->root, p, &j, &fd) == 0)
            read_place(j, job, &t);
    }
    buf_put_u64(out, t.since);
    buf_put_u32(out, t.complete);
    buf_put_u32(out, (uint32_t)t.n);
    twalk_r(t.tree, put, out);
    return out->full ? -E2BIG : 0; /* the tree dies with this process */
}

MODULE_EXPORT(struct journal_module, journal_module) = {read_extent, read_logins, read_mail_uses};
