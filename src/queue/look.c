#include "queue/look.h"
#include "base/cursor.h"
#include "base/worker.h"
#include "queue/evidence.h"
#include "queue/index.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PART_MAX (256u << 20)     /* of one message: a hundred thousand recipients, each at its longest */
#define ARENA_MAX (512u << 20)
#define FLUSH_AT 65536
#define PROGRESS_EVERY 4096
#define FORGET_EVERY 65536

enum part { PART_MESSAGE, PART_TEXT, PART_TEXT_END, PART_PROGRESS, PART_END, PARTS };

struct work {
    const struct look_options *o;
    const struct spool_kind_row *kind;
    struct arena *arena;
    struct buf out;
    struct looked looked;
    uint64_t wanted;
    int fd;
    struct index index;
    struct index_writer writer;
    uint64_t settled;        /* messages that an index can know */
    bool passed;             /* a message that was neither remembered nor read: the new index would not be whole */
};

void message_put(struct buf *b, const struct message *m)
{
    const struct str texts[] = {m->sender, m->account, m->client, m->client_name, m->script, m->site, m->subject, m->error};
    buf_put_z(b, m->id);
    buf_put_u32(b, m->state);
    buf_put_u32(b, m->condition);
    buf_put_u64(b, m->inode);
    buf_put_u64(b, (uint64_t)m->arrival);
    buf_put_u64(b, (uint64_t)m->next_try);
    buf_put_u64(b, m->size);
    buf_put_u32(b, (m->sender_known ? 1 : 0) | (m->more ? 2 : 0));
    buf_put_u32(b, m->recipients);
    buf_put_u32(b, m->done);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        buf_put_str(b, texts[i]);
    buf_put_u32(b, (uint32_t)m->to.n);
    for (size_t i = 0; i < m->to.n; i++)
        buf_put_str(b, m->to.v[i]);
}

bool message_get(struct str bytes, struct arena *a, struct message *ret)
{
    struct cursor c = cursor_of(bytes);
    struct message m = {0};
    struct str *const texts[] = {&m.sender, &m.account, &m.client, &m.client_name, &m.script, &m.site, &m.subject, &m.error};
    struct str id = cursor_str(&c);
    m.state = cursor_below(&c, 64);
    m.condition = (enum message_condition)cursor_below(&c, MESSAGE_DAMAGED + 1);
    m.inode = cursor_u64(&c);
    m.arrival = (int64_t)cursor_u64(&c);
    m.next_try = (int64_t)cursor_u64(&c);
    m.size = cursor_u64(&c);
    uint32_t flags = cursor_below(&c, 4);
    m.sender_known = flags & 1;
    m.more = flags & 2;
    m.recipients = cursor_u32(&c);
    m.done = cursor_u32(&c);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        *texts[i] = cursor_str(&c);
        c.bad = c.bad || texts[i]->n > MESSAGE_TEXT_MAX;
    }
    uint32_t n = cursor_below(&c, MESSAGE_RECIPIENTS_MAX + 1);
    for (uint32_t i = 0; i < n && !c.bad; i++) {
        struct str to = cursor_str(&c);
        *list_push(a, &m.to) = to;
        c.bad = c.bad || to.n > MESSAGE_TEXT_MAX;
    }
    if (c.bad || c.rest.n || !id.n || id.n > MESSAGE_ID_MAX || memchr(id.p, '\0', id.n))
        return false;
    memcpy(m.id, id.p, id.n);
    *ret = m;
    return true;
}

static int flush(struct work *w)
{
    int r = w->out.full ? -EFBIG : fd_write_all(w->fd, buf_str(&w->out));
    buf_reset(&w->out);
    return r;
}

/* A counted part: type, then what `m` (or nothing) and the numbers say. */
static int hand_over(struct work *w, enum part type, struct str payload)
{
    buf_put_u32(&w->out, type);
    buf_put_str(&w->out, payload);
    return type >= PART_PROGRESS || w->out.n >= FLUSH_AT ? flush(w) : 0;
}

static int hand_over_message(struct work *w, const struct message *m)
{
    _cleanup_(buf_free) struct buf b = BUF(PART_MAX);
    message_put(&b, m);
    int r = b.full ? -EFBIG : hand_over(w, PART_MESSAGE, buf_str(&b));
    /* The first ones are shown while the next are read. */
    return r == 0 && w->wanted <= w->o->skip + 25 ? flush(w) : r;
}

static int progress(struct work *w)
{
    char bytes[8];
    struct buf b = BUF(8);
    buf_put_u64(&b, w->looked.seen);
    memcpy(bytes, b.p, sizeof bytes);
    buf_free(&b);
    return hand_over(w, PART_PROGRESS, str_span(bytes, sizeof bytes));
}

struct texting {
    struct work *w;
    struct evidence evidence;
    struct buf ready;
    uint64_t inode;
};

static int on_text(void *arg, struct str bytes)
{
    struct texting *t = arg;
    evidence_take(&t->evidence, bytes, &t->ready);
    int r = t->ready.full ? -EFBIG : t->ready.n >= FLUSH_AT ? hand_over(t->w, PART_TEXT, buf_str(&t->ready)) : 0;
    if (t->ready.n >= FLUSH_AT)
        buf_reset(&t->ready);
    return r < 0 ? -EPIPE : 0;
}

static int text_of(void *arg, const struct spool_found *f)
{
    struct texting *t = arg;
    return t->w->kind->text(&t->w->o->place, f, t->inode, t->w->arena, on_text, t);
}

/* The text of a message, which the mail program may have moved on since it was read. */
static int hand_over_text(struct work *w, const struct spool_found *f, const struct message *m)
{
    struct texting t = {w, {.mbox = w->o->mbox, .mask = w->o->mask, .spared = {m->sender, m->account}}, BUF(FLUSH_AT * 8), m->inode};
    _cleanup_(buf_free) struct buf code = BUF(64);
    int r = text_of(&t, f);
    if (r == -ENOENT)
        r = w->kind->find(&w->o->place, m->id, w->arena, text_of, &t);
    evidence_end(&t.evidence, &t.ready);
    buf_put_u32(&code, (uint32_t)-r);
    if (r != -EPIPE && (hand_over(w, PART_TEXT, buf_str(&t.ready)) < 0 || hand_over(w, PART_TEXT_END, buf_str(&code)) < 0))
        r = -EPIPE;
    buf_free(&t.ready);
    return r == -EPIPE ? r : 0;
}

#define ENOUGH 1

/* Recipients that have it already are crossed out in place: of several only the file tells who still waits. */
static bool row_is_enough(const struct work *w, const struct message *m)
{
    bool everyone = w->o->everyone || w->o->wanted->everyone;
    return !everyone || (m->recipients == 1 && m->to.n == 1 && !m->more);
}

/* From the index, or from its file. */
static int get(struct work *w, const struct spool_found *f, struct message *m, bool *ret_remembered)
{
    const struct look_options *o = w->o;
    bool settled = w->kind->settled && f->state >= w->kind->settled;
    bool known = settled && index_row(&w->index, str_of(f->id), f->inode, w->arena, m);
    int r = 0;
    w->looked.remembered += known;
    w->settled += settled;
    *ret_remembered = known && row_is_enough(w, m);
    m->state = f->state;
    if (!*ret_remembered) {
        *m = (struct message){0};
        r = w->kind->read(&o->place, f, o->everyone || o->wanted->everyone ? SPOOL_WHOLE : SPOOL_ENVELOPE, w->arena, m);
    }
    if (r == 0 && settled && m->condition == MESSAGE_SOUND)
        index_add(&w->writer, m);
    return r;
}

/* Where the first part of a file does not hold all recipients, those that have it already may be behind it: what is shown is counted to its end. */
static void count_recipients(const struct work *w, const struct spool_found *f, struct message *m)
{
    struct message whole = {0};
    if (m->more && w->kind->read(&w->o->place, f, SPOOL_WHOLE, w->arena, &whole) == 0 && whole.inode == m->inode)
        *m = whole;
}

/* What is shown is read anew: a row proves that it is wanted, not how it stands. */
static int get_anew(struct work *w, const struct spool_found *f, struct message *m)
{
    *m = (struct message){0};
    return w->kind->read(&w->o->place, f, w->o->everyone ? SPOOL_WHOLE : SPOOL_ENVELOPE, w->arena, m);
}

static int unread(struct work *w, int code)
{
    w->looked.vanished += code == -ENOENT;
    w->looked.unread += code != -ENOENT;
    return 0;
}

static int on_found(void *arg, const struct spool_found *f)
{
    struct work *w = arg;
    const struct look_options *o = w->o;
    struct message m = {0};
    bool remembered;
    const char *state = w->kind->states[f->state];
    if (!wanted_state(o->wanted, state)) {
        w->passed = true;
        return 0;
    }
    w->looked.seen++;
    if (w->looked.seen % PROGRESS_EVERY == 0 && progress(w) < 0)
        return -EPIPE;
    if (w->index.bytes.n && w->looked.seen % FORGET_EVERY == 0)
        madvise((void *)(uintptr_t)w->index.bytes.p, w->index.next & ~(uint64_t)4095, MADV_DONTNEED); /* read again where it is needed again */
    if (!o->wanted->any && w->wanted < o->skip) { /* which message it is does not matter: it need not be read */
        w->wanted++;
        w->passed = true;
        return 0;
    }
    if (o->max && w->wanted >= o->skip + o->max && !o->wanted->any) {
        w->looked.more = true;
        return ENOUGH;
    }
    arena_reset(w->arena);
    int r = get(w, f, &m, &remembered);
    if (r < 0)
        return unread(w, r);
    if (!wanted_message(o->wanted, &m, state, o->now))
        return 0;
    if (remembered && o->errors && w->wanted >= o->skip) {
        r = get_anew(w, f, &m);
        if (r < 0)
            return unread(w, r);
        if (!wanted_message(o->wanted, &m, state, o->now))
            return 0;
    }
    if (++w->wanted <= o->skip)
        return 0;
    if (o->max && w->wanted > o->skip + o->max) {
        w->looked.more = true;
        return ENOUGH;
    }
    if (o->errors)
        count_recipients(w, f, &m);
    if (o->errors && w->kind->last_error)
        w->kind->last_error(&o->place, w->arena, &m);
    if (!o->everyone && m.to.n > SPOOL_FIRST_RECIPIENTS)
        m.to.n = SPOOL_FIRST_RECIPIENTS;
    r = hand_over_message(w, &m);
    return r == 0 && o->text && w->kind->text ? hand_over_text(w, f, &m) : r;
}

static int end(struct work *w, int code, const char *unseen, bool indexed)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    const struct looked *l = &w->looked;
    buf_put_u64(&b, l->seen);
    buf_put_u64(&b, w->wanted);
    buf_put_u64(&b, l->unread);
    buf_put_u64(&b, l->vanished);
    buf_put_u64(&b, l->remembered);
    buf_put_u32(&b, indexed);
    buf_put_u32(&b, l->more);
    buf_put_u32(&b, (uint32_t)-code);
    buf_put_str(&b, str_head(str_of(unseen ? unseen : ""), sizeof l->unseen - 1));
    return hand_over(w, PART_END, buf_str(&b));
}

static struct index old_index(const struct index_files *files)
{
    struct index x = {0};
    struct stat st;
    if (files->old < 0 || fstat(files->old, &st) < 0 || st.st_size < INDEX_HEADER)
        return x;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, files->old, 0);
    if (p != MAP_FAILED && !index_of(str_span(p, (size_t)st.st_size), &files->owner, &x))
        munmap(p, (size_t)st.st_size);
    return x;
}

struct job {
    const struct look_options *o;
    struct index_files files;
};

static int only_keep(void *arg, const struct spool_found *f)
{
    struct work *w = arg;
    struct message m = {0};
    bool remembered;
    arena_reset(w->arena);
    (void)get(w, f, &m, &remembered);
    return 0;
}

/* Where there was none the look has written one as it went. One that lacks much, or holds much that is gone, is written anew by a walk of its own: so a look that finds it good writes nothing. */
static bool new_index(struct work *w, int code, const struct index_files *files, struct arena *own)
{
    uint64_t lacks = w->settled - w->looked.remembered, limit = w->index.rows / 100 > 1000 ? w->index.rows / 100 : 1000;
    const char *unseen;
    if (code != 0 || w->passed || w->o->id || files->new < 0)
        return false;
    if (w->index.bytes.n) {
        if (lacks <= limit && w->looked.remembered + limit >= w->index.rows / 2)
            return false;
        struct looked kept = w->looked;
        w->writer = index_writer_begin(files->new);
        code = w->kind->walk(&w->o->place, own, only_keep, w, &unseen);
        w->looked = kept;
    }
    return code == 0 && index_end(&w->writer, &files->owner);
}

static int work(void *arg, int fd)
{
    const struct job *job = arg;
    const struct look_options *o = job->o;
    struct work w = {.o = o, .kind = spool_kinds[o->place.kind], .arena = arena_new(ARENA_MAX), .out = BUF(PART_MAX + 64), .fd = fd, .index = old_index(&job->files)};
    _cleanup_(arena_freep) struct arena *own = arena_new(256u << 20);
    const char *unseen = NULL;
    w.writer = index_writer_begin(w.index.bytes.n ? -1 : job->files.new);
    int r = o->id ? w.kind->find(&o->place, o->id, own, on_found, &w) : w.kind->walk(&o->place, own, on_found, &w, &unseen);
    bool indexed = new_index(&w, r, &job->files, own);
    r = r == -EPIPE ? r : end(&w, r == ENOUGH ? 0 : r, unseen, indexed);
    index_writer_free(&w.writer);
    buf_free(&w.out);
    arena_free(w.arena);
    return r;
}

struct reading {
    look_fn *fn;
    look_text_fn *text;
    look_progress_fn *progress;
    void *arg;
    struct looked *ret;
    struct arena *arena;
    bool ended, indexed;
};

static int on_end(struct reading *r, struct str payload)
{
    struct cursor c = cursor_of(payload);
    struct looked l = {0};
    l.seen = cursor_u64(&c);
    l.wanted = cursor_u64(&c);
    l.unread = cursor_u64(&c);
    l.vanished = cursor_u64(&c);
    l.remembered = cursor_u64(&c);
    r->indexed = cursor_below(&c, 2);
    l.more = cursor_below(&c, 2);
    l.code = -(int)cursor_below(&c, 4096);
    struct str unseen = cursor_str(&c);
    if (c.bad || c.rest.n || unseen.n >= sizeof l.unseen)
        return -EBADMSG;
    memcpy(l.unseen, unseen.p, unseen.n);
    *r->ret = l;
    r->ended = true;
    return 0;
}

static int on_part(struct reading *r, enum part type, struct str payload)
{
    struct message m;
    struct cursor c = cursor_of(payload);
    if (type == PART_END)
        return on_end(r, payload);
    if (type == PART_PROGRESS) {
        uint64_t seen = cursor_u64(&c);
        if (r->progress)
            r->progress(r->arg, seen);
        return c.bad ? -EBADMSG : 0;
    }
    if (type == PART_TEXT)
        return !payload.n ? 0 : r->text ? r->text(r->arg, payload, 0) : -EBADMSG;
    if (type == PART_TEXT_END) {
        int code = -(int)cursor_below(&c, 4096);
        return c.bad || !r->text ? -EBADMSG : r->text(r->arg, (struct str){0}, code);
    }
    arena_reset(r->arena);
    return message_get(payload, r->arena, &m) ? r->fn(r->arg, &m) : -EBADMSG;
}

/* Takes whole parts off the front of what was received. 0, or what ends the reading. */
static int take_parts(struct reading *r, struct buf *got)
{
    size_t used = 0;
    int code = 0;
    while (code == 0 && !r->ended && got->n - used >= 8) {
        struct cursor c = cursor_of(str_from(buf_str(got), used));
        uint32_t type = cursor_below(&c, PARTS), n = cursor_u32(&c);
        if (c.bad || n > PART_MAX)
            return -EBADMSG;
        if (c.rest.n < n)
            break;
        used += 8 + n;
        code = on_part(r, (enum part)type, str_span(c.rest.p, n));
    }
    memmove(got->p, got->p + used, got->n - used);
    got->n -= used;
    return code;
}

static int receive(struct reading *r, int fd)
{
    _cleanup_(buf_free) struct buf got = BUF(PART_MAX + FLUSH_AT * 2);
    char chunk[FLUSH_AT];
    int code = 0;
    while (code == 0 && !r->ended) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        buf_add(&got, chunk, (size_t)n);
        code = got.full ? -EBADMSG : take_parts(r, &got);
    }
    return code;
}

static struct index_files open_index(const struct look_options *o)
{
    struct index_files none = {-1, -1, -1, "", {0}};
    int fd = o->index && spool_kinds[o->place.kind]->settled ? root_openat(o->place.root, o->place.path, O_RDONLY | O_DIRECTORY) : -1;
    if (fd < 0)
        return none;
    struct index_files f = index_open(o->index, fd);
    close(fd);
    return f;
}

int spool_look(const struct look_options *o, look_fn *fn, look_progress_fn *progress_fn, void *arg, struct looked *ret, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct reading r = {.fn = fn, .text = o->text, .progress = progress_fn, .arg = arg, .ret = ret, .arena = a};
    struct worker_stream w;
    *ret = (struct looked){.code = -ECHILD};
    struct job job = {o, open_index(o)};
    int code = worker_start(WORKER_FILES, work, &job, &w, err);
    if (code < 0) {
        index_close(&job.files, false);
        return code;
    }
    code = receive(&r, w.fd);
    int end_code = worker_end(&w, code != 0 && code != -ENODATA, err);
    index_close(&job.files, code == 0 && end_code == 0 && r.indexed);
    if (code == -ENODATA)
        return end_code < 0 ? end_code : err_set(err, -ECHILD, "the reading process ended too early");
    return code == -EBADMSG ? err_set(err, code, "the reading process talks nonsense") : code;
}
