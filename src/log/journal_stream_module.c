/* journal_stream_module.c: journal_stream.h by sd-journal; within the module "journal". */
#include "base/clock.h"
#include "log/journal_place.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX (1u << 20)
#define FIELDS 8
#define BEYOND_MAX 10000     /* so many entries after until_us, one after the other: it was no clock that jumped for a moment */
#define FILES_OPEN 16384     /* sd-journal opens all files and is silent about those it cannot open */
#define DAMAGED_MAX 64
#define LATE_US 1000000      /* what journald stamped before we came to the end may still have been on its way to the file */
/* SD_MESSAGE_JOURNAL_DROPPED (sd-messages.h), from journald itself */
#define DROPPED "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e"
#define DRIVER "_TRANSPORT=driver"

/* The live machine's journal is one; below a foreign root each place is opened by itself. */
struct part {
    sd_journal *j;
    int fd;                   /* sd-journal keeps using it; -1: none */
    bool pending;             /* an entry is current that was not returned yet */
    bool skip;                /* the first one may be that of the position */
    uint64_t time;            /* of the pending one */
    uint64_t steps;           /* backwards: so many entries were gone through, */
    bool ended;               /* and there is nothing more */
};

struct journal_reader {
    struct journal_want want;
    struct part parts[JOURNAL_PLACES];
    size_t n;
    struct part *current;     /* whose entry was returned last */
    uint64_t entries;         /* in all files, when they were opened */
    struct journal_position start; /* what the position was before the first entry; its cursor is also what `skip` means */
    int64_t seen_us, last_us;
    unsigned beyond;
    bool damage_told, woken;
    int64_t gap_from, gap_to; /* to be told */
    char *damaged[DAMAGED_MAX];
    size_t damaged_n, damaged_at;
    struct buf kept[FIELDS];  /* of the current entry */
};

static int open_parts(struct journal_reader *r)
{
    if (r->want.root->live) {
        int e = sd_journal_open(&r->parts[0].j, SD_JOURNAL_LOCAL_ONLY);
        r->n = e >= 0;
        return e < 0 ? e : 0;
    }
    for (size_t i = 0; i < JOURNAL_PLACES; i++) {
        int e = journal_open_place(r->want.root, i, &r->parts[r->n].j, &r->parts[r->n].fd);
        if (e == 0)
            r->n++;
        else if (e != -ENOENT)
            return e;
    }
    return 0;
}

static void damaged(void *ctx, const char *path)
{
    struct journal_reader *r = ctx;
    if (r->damaged_n < DAMAGED_MAX && (r->damaged[r->damaged_n] = strdup(path)))
        r->damaged_n++;
}

static void take_cursor(sd_journal *j, struct journal_position *p)
{
    char *cursor = NULL;
    uint64_t t = 0;
    if (sd_journal_get_cursor(j, &cursor) >= 0 && strlen(cursor) < sizeof p->cursor) {
        memcpy(p->cursor, cursor, strlen(cursor) + 1);
        if (sd_journal_get_realtime_usec(j, &t) >= 0)
            p->time_us = (int64_t)t;
    }
    free(cursor);
}

/* Where the reading begins, as a position: the newest entry before it, of whatever service. */
static void find_start(struct journal_reader *r)
{
    uint64_t since = (uint64_t)r->want.since_us;
    for (size_t i = 0; since && i < r->n; i++) {
        struct journal_position p = {0};
        if (sd_journal_seek_realtime_usec(r->parts[i].j, since) >= 0 && sd_journal_previous(r->parts[i].j) > 0)
            take_cursor(r->parts[i].j, &p);
        if (p.time_us > r->start.time_us)
            r->start = p;
    }
    r->start.seen_us = r->start.time_us;
}

static int64_t oldest_of(struct journal_reader *r)
{
    int64_t oldest = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t from = 0;
        if (sd_journal_get_cutoff_realtime_usec(r->parts[i].j, &from, NULL) > 0 && (!oldest || (int64_t)from < oldest))
            oldest = (int64_t)from;
    }
    return oldest;
}

static bool is_there(struct journal_reader *r, const char *cursor)
{
    for (size_t i = 0; i < r->n; i++)
        if (sd_journal_seek_cursor(r->parts[i].j, cursor) >= 0 && sd_journal_next(r->parts[i].j) > 0 && sd_journal_test_cursor(r->parts[i].j, cursor) > 0)
            return true;
    return false;
}

static void judge_gap(struct journal_reader *r, int64_t seen)
{
    int64_t oldest = oldest_of(r);
    if (seen && oldest > seen) {
        r->gap_from = r->gap_from ? r->gap_from : seen;
        r->gap_to = oldest;
    }
}

/* Entries without matches yet: is the place where we were still there? */
static void go_on(struct journal_reader *r)
{
    r->start = *r->want.after;
    r->seen_us = r->start.seen_us > r->start.time_us ? r->start.seen_us : r->start.time_us;
    if (!r->start.cursor[0] || !is_there(r, r->start.cursor))
        judge_gap(r, r->seen_us);
}

/* With what journald says of entries that it threw away. */
static int add_matches(sd_journal *j, const char *const *matches)
{
    bool any;
    int e = journal_add_matches(j, matches, &any);
    if (any && e >= 0)
        e = sd_journal_add_disjunction(j);
    if (any && e >= 0)
        e = sd_journal_add_match(j, DROPPED, 0);
    if (any && e >= 0)
        e = sd_journal_add_match(j, DRIVER, 0);
    return e < 0 ? e : 0;
}

/* Stands on one of the newest entries, which takes a step for each of them. false: fewer were written since then. */
static bool seek_newest(struct journal_reader *r, struct part *p)
{
    uint64_t t = 0;
    return r->want.newest && r->want.newest < r->entries && sd_journal_seek_tail(p->j) >= 0 && sd_journal_previous_skip(p->j, r->want.newest) == (int)r->want.newest &&
           sd_journal_get_realtime_usec(p->j, &t) >= 0 && (int64_t)t > r->want.since_us;
}

static int seek(struct journal_reader *r, struct part *p)
{
    p->pending = false;
    p->steps = 0;
    p->ended = false;
    p->skip = r->want.after && r->start.cursor[0];
    if (r->want.backwards)
        return sd_journal_seek_tail(p->j);
    if (r->want.after && r->start.cursor[0])
        return sd_journal_seek_cursor(p->j, r->start.cursor);
    if (seek_newest(r, p))
        return 0;
    uint64_t from = r->want.after ? (uint64_t)(r->seen_us > LATE_US ? r->seen_us - LATE_US : 1) : (uint64_t)r->want.since_us;
    return from > 1 ? sd_journal_seek_realtime_usec(p->j, from) : sd_journal_seek_head(p->j);
}

static int go_to_beginning(struct journal_reader *r)
{
    int e = 0;
    for (size_t i = 0; e >= 0 && i < r->n; i++) {
        e = add_matches(r->parts[i].j, r->want.matches);
        if (e >= 0)
            e = seek(r, &r->parts[i]);
    }
    return e < 0 ? e : 0;
}

static int begin(struct journal_reader *r)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_OPEN) {
        files.rlim_cur = files.rlim_max < FILES_OPEN ? files.rlim_max : FILES_OPEN;
        (void)!setrlimit(RLIMIT_NOFILE, &files);
    }
    int e = open_parts(r);
    if (e < 0)
        return e;
    r->entries = journal_look(r->want.root, damaged, r);
    if (r->want.after)
        go_on(r);
    else if (!r->want.backwards)
        find_start(r);
    for (size_t i = 0; i < r->n; i++)
        sd_journal_set_data_threshold(r->parts[i].j, MESSAGE_MAX);
    return go_to_beginning(r);
}

int reader_open(const struct journal_want *w, struct journal_reader **ret, struct err *err)
{
    struct journal_reader *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    r->want = *w;
    for (size_t i = 0; i < JOURNAL_PLACES; i++)
        r->parts[i].fd = -1;
    for (size_t i = 0; i < FIELDS; i++)
        r->kept[i] = BUF(MESSAGE_MAX);
    int e = begin(r);
    r->want.after = NULL; /* the caller's */
    if (e < 0) {
        reader_close(r);
        return err_set(err, e, "journal: %s", err_name(e));
    }
    *ret = r;
    return 0;
}

int reader_again(struct journal_reader *r, const char *const *matches, struct err *err)
{
    r->want.matches = matches;
    r->current = NULL;
    r->beyond = 0;
    for (size_t i = 0; i < r->n; i++)
        sd_journal_flush_matches(r->parts[i].j);
    int e = go_to_beginning(r);
    return e < 0 ? err_set(err, e, "journal: %s", err_name(e)) : 0;
}

void reader_close(struct journal_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < JOURNAL_PLACES; i++) {
        sd_journal_close(r->parts[i].j);
        if (r->parts[i].fd >= 0)
            close(r->parts[i].fd);
    }
    for (size_t i = 0; i < r->damaged_n; i++)
        free(r->damaged[i]);
    for (size_t i = 0; i < FIELDS; i++)
        buf_free(&r->kept[i]);
    free(r);
}

static int step_back(struct journal_reader *r, struct part *p)
{
    if (p->ended || (r->want.newest && p->steps++ >= r->want.newest))
        return 0;
    int e = sd_journal_previous(p->j);
    p->ended = e <= 0;
    if (!p->ended)
        e = sd_journal_get_realtime_usec(p->j, &p->time);
    p->ended |= e < 0 || (int64_t)p->time < r->want.since_us;
    p->pending = !p->ended;
    return e < 0 ? e : 0;
}

/* Makes the next entry of a part current. */
static int step(struct journal_reader *r, struct part *p)
{
    if (r->want.backwards)
        return step_back(r, p);
    int e = sd_journal_next(p->j);
    if (e > 0 && p->skip && sd_journal_test_cursor(p->j, r->start.cursor) > 0)
        e = sd_journal_next(p->j);
    if (e <= 0)
        return e;
    p->skip = false;
    e = sd_journal_get_realtime_usec(p->j, &p->time);
    p->pending = e >= 0;
    return e;
}

static struct part *next_part(struct journal_reader *r, int *ret_e)
{
    struct part *first = NULL;
    for (size_t i = 0; i < r->n; i++) {
        struct part *p = &r->parts[i];
        p->time = p->pending ? p->time : 0;
        int e = p->pending ? 0 : step(r, p);
        if (e < 0) {
            *ret_e = e;
            return NULL;
        }
        if (p->pending && (!first || (p->time < first->time) != r->want.backwards))
            first = p;
    }
    return first;
}

static uint64_t number(struct str s)
{
    uint64_t v;
    return str_u64(s, UINT64_MAX, &v) ? v : 0;
}

struct wanted {
    struct str message, identifier, comm, unit, pid, syslog_pid, uid, host;
};

struct field_row {
    unsigned needed;
    struct str name;
    size_t at; /* in struct wanted */
};

#define ROW(bit, text, member) {JOURNAL_##bit, {text "=", sizeof text}, offsetof(struct wanted, member)}
static const struct field_row field_rows[FIELDS] = {
    ROW(MESSAGE, "MESSAGE", message), ROW(IDENTIFIER, "SYSLOG_IDENTIFIER", identifier), ROW(IDENTIFIER, "_COMM", comm), ROW(UNIT, "_SYSTEMD_UNIT", unit),
    ROW(PID, "_PID", pid), ROW(PID, "SYSLOG_PID", syslog_pid), ROW(UID, "_UID", uid), ROW(HOST, "_HOSTNAME", host),
};

/* true: it is the first value of that field. Most others end at another place. It is copied, because sd-journal may put the next one there, or take the memory away. */
static bool take(struct journal_reader *r, struct str data, const struct field_row *row, struct wanted *w)
{
    struct str *to = (struct str *)(void *)((char *)w + row->at);
    struct buf *kept = &r->kept[row - field_rows];
    if (data.n < row->name.n || data.p[row->name.n - 1] != '=' || to->p || memcmp(data.p, row->name.p, row->name.n) != 0)
        return false;
    buf_reset(kept);
    buf_adds(kept, str_from(data, row->name.n));
    *to = buf_str(kept);
    return true;
}

/* One pass over the fields: asking for each by its name would look at the same ones again and again. A single one sd-journal finds faster. What is left is sd-journal's own
   time: a tenth of a microsecond for each field in front of the last that is asked for, and the message stands behind most. */
static int read_fields(struct journal_reader *r, sd_journal *j, struct wanted *w)
{
    unsigned fields = r->want.fields;
    const struct field_row *rows[ARRAY_SIZE(field_rows)];
    size_t missing = 0, rows_n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(field_rows); i++)
        if (fields & field_rows[i].needed)
            rows[rows_n++] = &field_rows[i];
    const void *data;
    size_t n;
    int e = 0;
    if (fields == JOURNAL_MESSAGE) {
        e = sd_journal_get_data(j, "MESSAGE", &data, &n);
        if (e >= 0)
            (void)take(r, str_span(data, n), rows[0], w);
        return e == -ENOENT || e == -E2BIG || e == -ENOBUFS || e == -EPROTONOSUPPORT ? 0 : e; /* what the enumeration leaves out */
    }
    sd_journal_restart_data(j);
    for (missing = rows_n; missing && (e = sd_journal_enumerate_available_data(j, &data, &n)) > 0;)
        for (size_t i = 0; i < rows_n; i++)
            if (take(r, str_span(data, n), rows[i], w)) {
                missing--;
                break;
            }
    return e < 0 ? e : 0;
}

static bool from_journald(sd_journal *j)
{
    return str_eq(journal_field(j, "_TRANSPORT"), STR("driver"));
}

static struct str or_empty(struct str s) { return s.p ? s : STR(""); }

static int fill(struct journal_reader *r, struct part *p, struct journal_entry *ret)
{
    struct wanted w = {0};
    struct journal_entry e = {.kind = JOURNAL_ENTRY, .time_us = (int64_t)p->time};
    int code = read_fields(r, p->j, &w);
    uint64_t uid = number(w.uid);
    e.message = or_empty(w.message);
    e.identifier = w.identifier.n ? w.identifier : or_empty(w.comm);
    e.unit = or_empty(w.unit);
    e.host = or_empty(w.host);
    e.pid = number(w.syslog_pid.n ? w.syslog_pid : w.pid);
    e.by_user = uid >= 1000 && uid <= 65533;
    struct str whose;
    uint64_t lost;
    if (journal_suppressed(e.message, &lost, &whose) && from_journald(p->j)) {
        e.kind = JOURNAL_SUPPRESSED;
        e.unit = whose;
        e.lost = lost;
    }
    *ret = e;
    return code;
}

/* What is to be told before the next entry. */
static bool news(struct journal_reader *r, struct journal_entry *ret)
{
    if (r->gap_to) {
        *ret = (struct journal_entry){.kind = JOURNAL_GAP, .from_us = r->gap_from, .time_us = r->gap_to, .message = STR(""), .unit = STR(""), .identifier = STR(""), .host = STR("")};
        r->gap_from = r->gap_to = 0;
        return true;
    }
    if (r->damaged_at == r->damaged_n)
        return false;
    *ret = (struct journal_entry){.kind = JOURNAL_DAMAGED, .message = str_of(r->damaged[r->damaged_at++]), .unit = STR(""), .identifier = STR(""), .host = STR("")};
    return true;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* What was rotated and deleted is read to its end, while sd-journal still has it open, before we let it look. true: there is something new. */
static bool look_again(struct journal_reader *r)
{
    bool any = false;
    if (r->want.root->live || r->woken)
        r->seen_us = now_us() > r->seen_us ? now_us() : r->seen_us;
    for (size_t i = 0; r->woken && i < r->n; i++) {
        int e = sd_journal_process(r->parts[i].j);
        any |= e > 0;
        if (e == SD_JOURNAL_INVALIDATE)
            judge_gap(r, r->seen_us);
    }
    r->woken = false;
    return any;
}

int reader_next(struct journal_reader *r, struct journal_entry *ret, struct err *err)
{
    while (!news(r, ret)) {
        int e = 0;
        struct part *p = next_part(r, &e);
        if (e < 0)
            return err_set(err, e, "journal: %s", err_name(e));
        if (!p && look_again(r))
            continue;
        if (!p)
            return 0;
        if (r->want.until_us && (int64_t)p->time > r->want.until_us) {
            p->pending = false;
            if (++r->beyond > BEYOND_MAX)
                return 0;
            continue;
        }
        r->beyond = 0;
        r->current = p;
        r->last_us = (int64_t)p->time;
        r->seen_us = r->last_us > r->seen_us ? r->last_us : r->seen_us;
        p->pending = false;
        e = fill(r, p, ret);
        if (e >= 0)
            return 1;
        if (!r->damage_told)
            damaged(r, r->want.root->live ? journal_places[0] : journal_places[p - r->parts]);
        r->damage_told = true;
    }
    return 1;
}

void reader_position(const struct journal_reader *r, struct journal_position *ret)
{
    struct journal_position p = r->start;
    if (r->current)
        take_cursor(r->current->j, &p);
    p.seen_us = r->seen_us > p.time_us ? r->seen_us : p.time_us;
    *ret = p;
}

int reader_wait_fds(struct journal_reader *r, int ret[2])
{
    for (size_t i = 0; i < r->n; i++) {
        ret[i] = sd_journal_get_fd(r->parts[i].j);
        if (ret[i] < 0)
            return ret[i];
    }
    return (int)r->n;
}

void reader_woken(struct journal_reader *r) { r->woken = true; }
