#include "base/digest.h"
#include "base/i18n.h"
#include "change/journal_parts.h"
#include "change/node.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void damaged(struct change *c, struct arena *a, const char *what)
{
    if (c->status == CHANGE_DAMAGED)
        return;
    c->status = CHANGE_DAMAGED;
    c->reason = arena_printf(a, _("its %s is damaged"), what);
}

/* --- the log --- */

static bool text_field(const json_t *head, const char *key, struct arena *a, const char **ret)
{
    struct str s;
    const json_t *j = json_object_get(head, key);
    if (!j || !bytes_of_json(j, a, &s))
        return false;
    *ret = s.p;
    return true;
}

static bool head_parse(struct str text, struct arena *a, struct change *c)
{
    json_t *head = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_int_t id = json_integer_value(json_object_get(head, "id"));
    const json_t *objects = json_object_get(head, "objects");
    bool good = id > 0 && id <= 999999 && json_is_integer(json_object_get(head, "time")) && json_is_array(objects) && text_field(head, "check", a, &c->check) &&
                text_field(head, "title", a, &c->title) && text_field(head, "who", a, &c->who) && text_field(head, "from", a, &c->from);
    c->id = (unsigned)id;
    c->time = c->ended = json_integer_value(json_object_get(head, "time"));
    for (size_t i = 0; good && i < json_array_size(objects); i++) {
        struct str s;
        good = bytes_of_json(json_array_get(objects, i), a, &s);
        if (good)
            *list_push(a, &c->objects) = s.p;
    }
    json_decref(head);
    return good;
}

static bool stamp_parse(struct str s, int64_t *ret)
{
    char text[32];
    struct tm tm = {0};
    if (s.n != 20)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!end || *end)
        return false;
    *ret = (int64_t)timegm(&tm);
    return true;
}

static struct timespec parent_parse(struct str s)
{
    struct str rest = s, seconds;
    uint64_t sec, nsec;
    if (str_field(&rest, '.', &seconds) && str_u64(seconds, INT64_MAX, &sec) && str_u64(rest, 999999999, &nsec))
        return (struct timespec){.tv_sec = (time_t)sec, .tv_nsec = (long)nsec};
    return (struct timespec){0};
}

/* What one event means for the step that it names. */
static bool step_event(struct change *c, enum journal_event e, struct str rest)
{
    uint64_t at;
    struct str word;
    if (!str_word(&rest, " ", &word) || !str_u64(word, UINT32_MAX, &at))
        return false;
    if (at >= c->records.n)
        return c->steps.n == 0; /* the list reads no steps */
    struct step_record *r = &c->records.v[at];
    bool told = str_word(&rest, " ", &word);
    switch (e) {
    case EVENT_STEP:
        r->begun = true;
        r->reverted = false;
        r->parent_before = told ? parent_parse(word) : r->parent_before;
        return true;
    case EVENT_DONE:
        r->done = true;
        return true;
    default:
        r->reverted = true;
        return true;
    }
}

static bool event_parse(struct str line, struct arena *a, struct change *c)
{
    static const enum change_status leads_to[EVENT_COUNT] = {
        [EVENT_STEP] = CHANGE_BEGUN, [EVENT_DONE] = CHANGE_BEGUN, [EVENT_APPLIED] = CHANGE_APPLIED, [EVENT_BACK] = CHANGE_BEGUN,
        [EVENT_ROLLED_BACK] = CHANGE_ROLLED_BACK, [EVENT_UNDO] = CHANGE_UNDOING, [EVENT_UNDONE] = CHANGE_UNDONE, [EVENT_EXPIRED] = CHANGE_EXPIRED,
    };
    struct str word;
    enum journal_event e;
    if (!str_field(&line, ' ', &word) || !stamp_parse(word, &c->ended) || !str_field(&line, ' ', &word) || event_by_name(word, &e) < 0)
        return false;
    if (e != EVENT_REVERTED)
        c->status = leads_to[e];
    if (e == EVENT_BACK)
        c->reason = arena_dup(a, line);
    for (size_t i = 0; (e == EVENT_BACK || e == EVENT_UNDO) && i < c->records.n; i++)
        c->records.v[i].returning = true;
    return e == EVENT_STEP || e == EVENT_DONE || e == EVENT_REVERTED ? step_event(c, e, line) : true;
}

/* Takes " #xxxxxxxx" off the line and compares it with what the lines so far give. */
static bool sum_agrees(struct str *line, const char *before, char after[9])
{
    if (line->n < 10 || line->p[line->n - 10] != ' ' || line->p[line->n - 9] != '#')
        return false;
    struct str told = str_from(*line, line->n - 8);
    line->n -= 10;
    return log_sum(before, *line, after, NULL) == 0 && str_eq(told, str_span(after, 8));
}

void log_parse(struct str text, struct arena *a, struct change *c)
{
    static const struct str first = STR("change ");
    char before[9] = "", now[9];
    bool head = true;
    c->reason = "";
    while (text.n) {
        ptrdiff_t end = str_find(text, '\n');
        if (end < 0)
            break; /* torn off while it was written: it is not there */
        struct str line = str_span(text.p, (size_t)end), stamp;
        text = str_from(text, (size_t)end + 1);
        struct str rest;
        bool good = sum_agrees(&line, before, now);
        rest = line;
        if (good && head)
            good = str_field(&rest, ' ', &stamp) && str_starts(rest, first) && head_parse(str_from(rest, first.n), a, c);
        else if (good)
            good = event_parse(line, a, c);
        if (!good) {
            damaged(c, a, "log");
            return;
        }
        head = false;
        memcpy(before, now, sizeof before);
    }
    if (head)
        damaged(c, a, "log");
}

/* --- the steps --- */

bool steps_parse(struct str text, struct arena *a, struct change *c)
{
    json_t *whole = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const json_t *steps = json_object_get(whole, "steps");
    bool good = json_is_array(steps) && json_array_size(steps) <= PLAN_STEPS_MAX;
    for (size_t i = 0; good && i < json_array_size(steps); i++) {
        struct step s;
        good = step_of_json(json_array_get(steps, i), a, &s);
        if (!good)
            break;
        *list_push(a, &c->steps) = s;
        *list_push(a, &c->records) = (struct step_record){0};
    }
    json_decref(whole);
    return good;
}

static int read_at(int dir, const char *name, size_t max, struct arena *a, struct str *ret)
{
    struct buf b = BUF(max);
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = root_read_fd(fd, &b);
    close(fd);
    if (r == 0)
        *ret = str_span(arena_dup(a, buf_str(&b)), b.n);
    buf_free(&b);
    return r;
}

static bool has_copy(const struct node *n)
{
    return n->type == NODE_FILE;
}

/* The sum that `sums` tells of a name. false: it tells none. */
static bool told_sum(struct str sums, const char *name, struct str *ret)
{
    struct str line;
    while (str_line(&sums, &line))
        if (line.n > 66 && str_eq(str_from(line, 66), str_of(name))) {
            *ret = str_span(line.p, 64);
            return true;
        }
    return false;
}

static bool is_whole(struct str sums, const char *name, struct str content)
{
    char hex[DIGEST_HEX];
    struct str told;
    return told_sum(sums, name, &told) && digest_sha256_hex(content, hex, NULL) == 0 && str_eq(told, str_of(hex));
}

static void load_copies(int dir, struct str sums, struct arena *a, struct change *c)
{
    static const char *const sides[] = {"before", "after"};
    for (size_t i = 0; i < c->steps.n; i++)
        for (size_t side = 0; side < 2; side++) {
            struct node *n = side ? &c->steps.v[i].after : &c->steps.v[i].before;
            char name[64];
            snprintf(name, sizeof name, "%s/%zu", sides[side], i);
            if (!c->steps.v[i].path || !has_copy(n))
                continue;
            if (read_at(dir, name, PLAN_FILE_MAX, a, &n->content) < 0 || !is_whole(sums, name, n->content))
                damaged(c, a, arena_dupz(a, name));
        }
}

int journal_read(const struct journal *j, unsigned id, struct arena *a, struct change *ret, struct err *err)
{
    struct change c = {.id = id, .title = "", .check = "", .who = "", .from = "", .reason = ""};
    struct str json = {0}, sums = {0}, log = {0};
    char name[16];
    snprintf(name, sizeof name, "%06u", id);
    int dir = openat(j->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return err_set(err, -errno, errno == ENOENT ? _("there is no change %u. All changes: bansho changes") : "%u: %s", id, err_name(errno));
    if (read_at(dir, "sums", CHANGE_JSON_MAX, a, &sums) < 0)
        damaged(&c, a, "sums");
    if (read_at(dir, "change.json", CHANGE_JSON_MAX, a, &json) < 0 || !is_whole(sums, "change.json", json) || !steps_parse(json, a, &c))
        damaged(&c, a, "change.json");
    if (read_at(dir, "log", LOG_MAX, a, &log) < 0)
        damaged(&c, a, "log");
    else if (c.status != CHANGE_DAMAGED)
        log_parse(log, a, &c);
    if (c.status != CHANGE_DAMAGED && c.id != id)
        damaged(&c, a, "log");
    c.id = id;
    if (c.status != CHANGE_DAMAGED && c.status != CHANGE_EXPIRED)
        load_copies(dir, sums, a, &c);
    close(dir);
    *ret = c;
    return 0;
}

/* --- all of them --- */

static int later_first(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

static void read_head(const struct journal *j, unsigned id, struct arena *a, struct change *c)
{
    char name[24];
    struct str log;
    *c = (struct change){.id = id, .title = "", .check = "", .who = "", .from = "", .reason = ""};
    snprintf(name, sizeof name, "%06u/log", id);
    if (read_at(j->dir, name, LOG_MAX, a, &log) < 0)
        damaged(c, a, "log");
    else
        log_parse(log, a, c);
    c->id = id;
}

int journal_list(const struct journal *j, struct arena *a, struct changes *ret, struct err *err)
{
    int copy = openat(j->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (!d) {
        int r = -errno;
        if (copy >= 0)
            close(copy);
        return err_set(err, r, "%s: %s", j->path, err_name(-r));
    }
    for (struct dirent *e; (e = readdir(d)) && ret->list.n < CHANGES_MAX;) {
        uint64_t id;
        if (strlen(e->d_name) == 6 && str_u64(str_of(e->d_name), 999999, &id))
            read_head(j, (unsigned)id, a, list_push(a, &ret->list));
    }
    closedir(d);
    if (ret->list.n)
        qsort(ret->list.v, ret->list.n, sizeof *ret->list.v, later_first);
    return 0;
}
