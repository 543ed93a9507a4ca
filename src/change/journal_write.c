#include "base/clock.h"
#include "base/digest.h"
#include "base/i18n.h"
#include "change/by_hand.h"
#include "change/journal_parts.h"
#include "change/node.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One change's directory while it is written. */
struct writer {
    int dir;
    const char *where; /* for messages */
    struct buf sums;
};

static int fail(const struct writer *w, const char *name, int code, struct err *err)
{
    return err_set(err, code, _("%s/%s cannot be written: %s. Nothing was changed"), w->where, name, err_name(-code));
}

static int sum(struct writer *w, const char *name, struct str content, struct err *err)
{
    char hex[DIGEST_HEX];
    int r = digest_sha256_hex(content, hex, err);
    buf_printf(&w->sums, "%s  %s\n", hex, name);
    return r;
}

static int write_file(struct writer *w, const char *name, struct str content, unsigned mode, struct err *err)
{
    struct node n = {.type = NODE_FILE, .content = content, .mode = mode, .uid = geteuid(), .gid = getegid()};
    int r = node_put_at(w->dir, name, &n, ".new");
    return r < 0 ? fail(w, name, r, err) : 0;
}

/* A file system that takes no extended attributes or other owners still keeps the bytes: change.json has the rest. */
static int copy_node(struct writer *w, const char *side, size_t step, const struct node *node, struct err *err)
{
    if (node->type != NODE_FILE && node->type != NODE_LINK)
        return 0;
    char name[64], number[32];
    snprintf(number, sizeof number, "%zu", step);
    snprintf(name, sizeof name, "%s/%zu", side, step);
    int dir = openat(w->dir, side, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return fail(w, side, -errno, err);
    int r = node_put_at(dir, number, node, ".new");
    if (r == -ENOTSUP || r == -EPERM) {
        struct node plain = *node;
        plain.xattrs = (struct str){0};
        plain.uid = geteuid();
        plain.gid = getegid();
        r = node_put_at(dir, number, &plain, ".new");
    }
    close(dir);
    if (r < 0)
        return fail(w, name, r, err);
    return node->type == NODE_FILE ? sum(w, name, node->content, err) : 0;
}

static json_t *head_json(unsigned id, const struct plan *p, const char *who, const char *from)
{
    json_t *j = json_pack("{s:i, s:I, s:s, s:o, s:o, s:o}", "id", (int)id, "time", (json_int_t)p->now, "check", p->check ? p->check->id : "", "title", bytes_json(str_of(p->title)), "who",
                          bytes_json(str_of(who)), "from", bytes_json(str_of(from)));
    json_t *objects = json_array();
    for (size_t i = 0; i < p->objects.n; i++)
        json_array_append_new(objects, bytes_json(str_of(p->objects.v[i])));
    json_object_set_new(j, "objects", objects);
    return j;
}

static int write_json(struct writer *w, const json_t *head, const struct plan *p, struct err *err)
{
    json_t *whole = json_copy((json_t *)head), *steps = json_array();
    for (size_t i = 0; i < p->steps.n; i++)
        json_array_append_new(steps, step_json(&p->steps.v[i]));
    json_object_set_new(whole, "steps", steps);
    char *text = json_dumps(whole, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    json_decref(whole);
    if (!text)
        return fail(w, "change.json", -ENOMEM, err);
    int r = write_file(w, "change.json", str_of(text), 0600, err);
    if (r == 0)
        r = sum(w, "change.json", str_of(text), err);
    free(text);
    return r;
}

static int write_all_files(struct writer *w, const json_t *head, const struct plan *p, struct err *err)
{
    _cleanup_(buf_free) struct buf script = BUF(4u << 20);
    if (mkdirat(w->dir, "before", 0700) < 0 || mkdirat(w->dir, "after", 0700) < 0)
        return fail(w, "before", -errno, err);
    int r = 0;
    for (size_t i = 0; r == 0 && i < p->steps.n; i++) {
        if (!p->steps.v[i].path)
            continue;
        r = copy_node(w, "before", i, &p->steps.v[i].before, err);
        if (r == 0)
            r = copy_node(w, "after", i, &p->steps.v[i].after, err);
    }
    if (r == 0)
        r = write_json(w, head, p, err);
    by_hand_script(p->steps.v, p->steps.n, &script);
    if (r == 0)
        r = write_file(w, "undo.sh", buf_str(&script), 0700, err);
    if (r == 0)
        r = write_file(w, "sums", buf_str(&w->sums), 0600, err);
    return r;
}

/* The next free number. */
static unsigned next_id(int dir)
{
    unsigned last = 0;
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (!d) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    for (struct dirent *e; (e = readdir(d));) {
        uint64_t n;
        struct str rest = str_of(e->d_name), number; /* also one that was moved away: 000007.by-hand */
        if (str_field(&rest, '.', &number) && str_u64(number, 999999, &n) && n > last)
            last = (unsigned)n;
    }
    closedir(d);
    return last + 1;
}

static void clear(int parent, const char *name)
{
    int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = dir < 0 ? NULL : fdopendir(dir);
    if (!d) {
        if (dir >= 0)
            close(dir);
        return;
    }
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            if (unlinkat(dirfd(d), e->d_name, 0) < 0 && (errno == EISDIR || errno == EPERM))
                clear(dirfd(d), e->d_name);
        }
    closedir(d);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static int append(int dir, struct str line, struct err *err, const char *where)
{
    int fd = openat(dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, -errno, "%s/log: %s", where, err_name(errno));
    ssize_t n = write(fd, line.p, line.n);
    int r = n == (ssize_t)line.n ? 0 : n < 0 ? -errno : -ENOSPC;
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    close(fd);
    return r < 0 ? err_set(err, r, "%s/log: %s", where, err_name(-r)) : 0;
}

/* "2026-11-24T03:12:07Z WORDS #sum": the sum runs over the whole log. */
static int add_line(int dir, const char *where, const char *words, struct err *err)
{
    _cleanup_(buf_free) struct buf old = BUF(LOG_MAX), line = BUF(LOG_MAX);
    char before[9] = "", now[9] = "";
    int fd = openat(dir, "log", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        int r = buf_read_fd(&old, fd);
        /* What power loss tore off is no line: it goes, so that the next one stands alone. */
        size_t whole = old.n;
        while (whole && old.p[whole - 1] != '\n')
            whole--;
        if (r == 0 && whole < old.n && ftruncate(fd, (off_t)whole) < 0)
            r = -errno;
        close(fd);
        if (r < 0)
            return err_set(err, r, "%s/log: %s", where, err_name(-r));
        if (whole >= 10)
            snprintf(before, sizeof before, "%.8s", old.p + whole - 9);
    }
    time_t t = (time_t)clock_now(&(struct clock){clock_system().now, NULL});
    struct tm tm;
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    buf_printf(&line, "%s %s", stamp, words);
    int r = log_sum(before, buf_str(&line), now, err);
    buf_printf(&line, " #%s\n", now);
    return r < 0 ? r : append(dir, buf_str(&line), err, where);
}

int journal_add(struct journal *j, unsigned id, enum journal_event e, unsigned step, const struct timespec *parent, const char *text, struct err *err)
{
    _cleanup_(buf_free) struct buf words = BUF(8192);
    char name[16], where[256];
    snprintf(name, sizeof name, "%06u", id);
    snprintf(where, sizeof where, "%s/%s", j->path, name);
    int dir = openat(j->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return err_set(err, -errno, "%s: %s", where, err_name(errno));
    buf_addz(&words, event_name(e));
    if (step != NO_STEP)
        buf_printf(&words, " %u", step);
    if (parent)
        buf_printf(&words, " %lld.%09ld", (long long)parent->tv_sec, parent->tv_nsec);
    if (text && *text) {
        buf_addc(&words, ' ');
        for (const char *p = text; *p; p++)
            buf_addc(&words, (unsigned char)*p < ' ' ? ' ' : *p);
    }
    int r = add_line(dir, where, words.p, err);
    close(dir);
    return r;
}

/* The directory gets its final name when everything in it is on disk; the log's first line, which is what the list reads, is the last thing in it. */
static int publish(struct journal *j, struct writer *w, const char *temporary, const char *name, const json_t *head, struct err *err)
{
    char *text = json_dumps(head, JSON_COMPACT | JSON_PRESERVE_ORDER);
    _cleanup_(buf_free) struct buf words = BUF(LOG_MAX);
    buf_printf(&words, "change %s", text ? text : "");
    free(text);
    int r = add_line(w->dir, w->where, words.p, err);
    if (r == 0 && (fsync(w->dir) < 0 || renameat(j->dir, temporary, j->dir, name) < 0 || fsync(j->dir) < 0))
        r = fail(w, "log", -errno, err);
    return r;
}

int journal_begin(struct journal *j, const struct plan *p, const char *who, const char *from, unsigned *ret_id, struct err *err)
{
    static const char temporary[] = "new";
    unsigned id = next_id(j->dir);
    char name[16], where[256];
    if (id == 0 || id > 999999)
        return err_set(err, -ENOSPC, "%s: %s", j->path, err_name(ENOSPC));
    snprintf(name, sizeof name, "%06u", id);
    snprintf(where, sizeof where, "%s/%s", j->path, name);
    clear(j->dir, temporary);
    struct writer w = {.dir = -1, .where = where, .sums = BUF(1u << 20)};
    if (mkdirat(j->dir, temporary, 0700) < 0 || (w.dir = openat(j->dir, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
        return fail(&w, "", -errno, err);
    json_t *head = head_json(id, p, who, from);
    int r = head ? write_all_files(&w, head, p, err) : fail(&w, "change.json", -ENOMEM, err);
    if (r == 0)
        r = publish(j, &w, temporary, name, head, err);
    json_decref(head);
    close(w.dir);
    buf_free(&w.sums);
    if (r < 0)
        clear(j->dir, temporary);
    else
        *ret_id = id;
    return r;
}

int journal_expire(struct journal *j, int64_t limit, struct err *err)
{
    struct arena *a = arena_new(64u << 20);
    struct changes all = {0};
    int r = journal_list(j, a, &all, err), n = 0;
    for (size_t i = 0; r == 0 && i < all.list.n; i++) {
        const struct change *c = &all.list.v[i];
        bool over = c->status == CHANGE_APPLIED || c->status == CHANGE_UNDONE || c->status == CHANGE_ROLLED_BACK;
        if (!over || c->ended >= limit)
            continue;
        char name[16];
        snprintf(name, sizeof name, "%06u", c->id);
        r = journal_add(j, c->id, EVENT_EXPIRED, NO_STEP, NULL, NULL, err);
        int dir = r == 0 ? openat(j->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (dir >= 0) {
            clear(dir, "before");
            clear(dir, "after");
            unlinkat(dir, "undo.sh", 0);
            close(dir);
            n++;
        }
    }
    arena_free(a);
    return r < 0 ? r : n;
}
