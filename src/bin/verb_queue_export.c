/* verb_queue_export.c: `bansho queue export`: messages as evidence: their texts, and a table of their envelopes. Nothing in the queue is changed. */
#include "bin/queue_call.h"
#include "queue/evidence.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define ROOM_LEFT 20          /* a twentieth of the file system stays free: mail has to come in meanwhile */
#define TABLE "envelopes.csv"
#define MBOX "messages.mbox"

struct exporting {
    struct queue_call *q;
    const struct spool_instance *spool;
    const char *into, *part;  /* the directory; its name until it is complete */
    bool mbox, mask;
    int dir;
    FILE *table, *texts;
    char id[MESSAGE_ID_MAX + 1];
    struct buf row;           /* of the message whose text comes */
    uint64_t messages, bytes, recipients, damaged, gone;
    int code;                 /* why it could not be written */
};

/* --- the table: RFC 4180; what a program for tables would take for a formula begins with an apostrophe --- */

static void cell(struct buf *b, struct str s)
{
    _cleanup_(buf_free) struct buf shown = BUF(1u << 30);
    text_escape(&shown, s);
    struct str text = buf_str(&shown);
    buf_addz(b, b->n && b->p[b->n - 1] != '\n' ? ",\"" : "\"");
    if (text.n && strchr("=+-@", text.p[0]))
        buf_addc(b, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_addc(b, '"');
        buf_addc(b, text.p[i]);
    }
    buf_addc(b, '"');
}

static void cell_number(struct buf *b, uint64_t n) { buf_printf(b, ",%llu", (unsigned long long)n); }

/* Free text, in which recipients may be named. */
static void cell_masked(const struct exporting *x, struct buf *b, const struct message *m, struct str s)
{
    _cleanup_(buf_free) struct buf masked = BUF(1u << 20);
    const struct evidence e = {.mask = true, .spared = {m->sender, m->account}};
    if (x->mask)
        evidence_mask_text(&e, s, &masked);
    cell(b, x->mask ? buf_str(&masked) : s);
}

static void cell_recipients(const struct exporting *x, struct buf *b, const struct message *m)
{
    _cleanup_(buf_free) struct buf all = BUF(512u << 20);
    for (size_t i = 0; i < m->to.n; i++) {
        if (i)
            buf_addc(&all, ' ');
        if (x->mask)
            evidence_mask(m->to.v[i], &all);
        else
            buf_adds(&all, m->to.v[i]);
    }
    cell(b, buf_str(&all));
}

static const char columns[] = "file,id,queue,state,arrival,size,sender,account,client,client_name,script,site,subject,waiting,done,error,condition,recipients,text\n";

static void row_of(struct exporting *x, const char *file, const struct message *m)
{
    static const char *const conditions[] = {[MESSAGE_SOUND] = "sound", [MESSAGE_WRITING] = "writing", [MESSAGE_DAMAGED] = "damaged"};
    struct buf *b = &x->row;
    struct tm tm;
    char arrival[32] = "";
    time_t at = (time_t)m->arrival;
    buf_reset(b);
    if (m->arrival && gmtime_r(&at, &tm))
        strftime(arrival, sizeof arrival, "%Y-%m-%dT%H:%M:%SZ", &tm);
    const struct str first[] = {str_of(file), str_of(m->id), str_of(queue_name(x->q, x->spool)), str_of(spool_state(x->spool, m->state)), str_of(arrival)};
    const struct str who[] = {m->sender_known && !m->sender.n ? STR("<>") : m->sender, m->account, m->client, m->client_name, m->script, m->site};
    for (size_t i = 0; i < ARRAY_SIZE(first); i++)
        cell(b, first[i]);
    cell_number(b, m->size);
    for (size_t i = 0; i < ARRAY_SIZE(who); i++)
        cell(b, who[i]);
    cell_masked(x, b, m, m->subject);
    cell_number(b, m->recipients);
    cell_number(b, m->done);
    cell_masked(x, b, m, m->error);
    cell(b, str_of(conditions[m->condition]));
    cell_recipients(x, b, m);
}

/* --- the texts --- */

static FILE *create(struct exporting *x, const char *name)
{
    int fd = openat(x->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        x->code = -errno;
        if (fd >= 0)
            close(fd);
    }
    return f;
}

static int finish(struct exporting *x, FILE **f)
{
    bool good = !*f || (fflush(*f) == 0 && fsync(fileno(*f)) == 0 && !ferror(*f));
    if (!good && x->code == 0)
        x->code = errno ? -errno : -EIO;
    if (*f && fclose(*f) != 0 && x->code == 0)
        x->code = -errno;
    *f = NULL;
    return x->code;
}

static bool room_for(struct exporting *x, uint64_t bytes)
{
    struct statvfs fs;
    if (fstatvfs(x->dir, &fs) < 0)
        x->code = -errno;
    else if ((uint64_t)fs.f_bavail < (uint64_t)fs.f_blocks / ROOM_LEFT + bytes / (fs.f_frsize ? fs.f_frsize : 1))
        x->code = -ENOSPC;
    return x->code == 0;
}

/* The line before each message of an mbox. */
static void separator(struct exporting *x, const struct message *m)
{
    time_t at = (time_t)m->arrival;
    struct tm tm;
    char date[32] = "Thu Jan  1 00:00:00 1970";
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (gmtime_r(&at, &tm) && tm.tm_year < 8000)
        snprintf(date, sizeof date, "%s %s %2d %02d:%02d:%02d %d", days[tm.tm_wday], months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
    fputs("From ", x->texts);
    for (size_t i = 0; i < m->sender.n; i++)
        fputc(m->sender.p[i] > ' ' && m->sender.p[i] < 0x7f ? m->sender.p[i] : '_', x->texts);
    fprintf(x->texts, "%s %s\n", m->sender.n ? "" : "MAILER-DAEMON", date);
}

static int on_message(void *arg, const struct message *m)
{
    struct exporting *x = arg;
    char file[128] = MBOX;
    if (m->state >= spool_count_states(x->spool->kind) || strchr(m->id, '/'))
        return -EBADMSG;
    if (!room_for(x, m->size))
        return x->code;
    if (!x->mbox)
        snprintf(file, sizeof file, "%06llu-%s.eml", (unsigned long long)x->messages + 1, m->id);
    if (!x->mbox && !(x->texts = create(x, file)))
        return x->code;
    memcpy(x->id, m->id, sizeof x->id);
    if (x->mbox)
        separator(x, m);
    row_of(x, file, m);
    x->messages++;
    x->recipients += m->recipients;
    return 0;
}

static int on_text_end(struct exporting *x, int code)
{
    bool lost = code == -ENOENT || code == -ESTALE;
    cell(&x->row, lost ? STR("gone") : code < 0 ? STR("damaged") : STR("whole"));
    x->gone += lost;
    x->damaged += code < 0 && !lost;
    fwrite(x->row.p, 1, x->row.n, x->table);
    fputc('\n', x->table);
    if (x->row.full)
        x->code = -EFBIG;
    if (!x->mbox)
        (void)!finish(x, &x->texts);
    return x->code;
}

static int on_text(void *arg, struct str bytes, int code)
{
    struct exporting *x = arg;
    if (!x->texts)
        return -EBADMSG;
    if (!bytes.p)
        return on_text_end(x, code);
    x->bytes += bytes.n;
    if (fwrite(bytes.p, 1, bytes.n, x->texts) != bytes.n)
        x->code = errno ? -errno : -EIO;
    else
        (void)room_for(x, 0);
    return x->code;
}

/* --- the directory: it has its name when it is complete --- */

static int begin(struct exporting *x, struct err *err)
{
    struct stat st;
    if (access(x->into, F_OK) == 0)
        return err_set(err, -EEXIST, _("%s is there already: nothing is overwritten"), x->into);
    if (mkdir(x->part, 0700) < 0)
        return err_set(err, -errno, "%s: %s", x->part, err_name(errno));
    x->dir = open(x->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (x->dir < 0 || fstat(x->dir, &st) < 0)
        return err_set(err, -errno, "%s: %s", x->part, err_name(errno));
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return err_set(err, -EPERM, _("%s has become somebody else's meanwhile"), x->part);
    x->table = create(x, TABLE);
    x->texts = x->table && x->mbox ? create(x, MBOX) : NULL;
    if (x->code < 0)
        return err_set(err, x->code, "%s: %s", x->part, err_name(-x->code));
    fwrite(columns, 1, sizeof columns - 1, x->table);
    return 0;
}

static int end(struct exporting *x, struct err *err)
{
    (void)!finish(x, &x->texts);
    (void)!finish(x, &x->table);
    if (x->code == 0 && !x->messages) {
        if (unlinkat(x->dir, TABLE, 0) < 0 || (x->mbox && unlinkat(x->dir, MBOX, 0) < 0) || rmdir(x->part) < 0)
            return err_set(err, -errno, "%s: %s", x->part, err_name(errno));
        return 0;
    }
    if (x->code == 0 && fsync(x->dir) < 0)
        x->code = -errno;
    if (x->code == -ENOSPC)
        return err_set(err, x->code, _("there is too little room: what was written so far lies in %s and is not complete"), x->part);
    if (x->code < 0)
        return err_set(err, x->code, _("it is not complete (%s); what there is lies in %s"), err_name(-x->code), x->part);
    if (renameat2(AT_FDCWD, x->part, AT_FDCWD, x->into, RENAME_NOREPLACE) < 0)
        return err_set(err, -errno, _("%s could not get its name (%s): it lies in %s"), x->into, err_name(errno), x->part);
    return 0;
}

/* Of one id, or of all that are meant. */
static uint64_t look(struct exporting *x, const char *id)
{
    struct queue_call *q = x->q;
    uint64_t seen = 0;
    for (size_t i = 0; i < q->spools.n && x->code == 0; i++) {
        struct looked l = {0};
        struct look_options o = {.id = id, .errors = true, .everyone = true, .text = on_text, .mbox = x->mbox, .mask = x->mask};
        x->spool = &q->spools.v[i];
        int r = queue_readable(q, x->spool) ? queue_look(q, x->spool, &o, on_message, x, &l) : 0;
        if (r < 0 && x->code == 0)
            x->code = r;
        seen += l.seen;
    }
    return seen;
}

static void collect(struct exporting *x)
{
    const struct call *c = x->q->call;
    if (c->args_n == 1)
        look(x, NULL);
    for (size_t k = 1; k < c->args_n && x->code == 0; k++)
        if (!look(x, c->args[k]) && x->code == 0) {
            x->q->unknown = true;
            complainf(_("%s: there is no such message in the queue (any more)"), c->args[k]);
        }
}

static void tell_json(const struct exporting *x, const char *result, const struct err *err)
{
    struct emit j = emit_to(stdout);
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.queue-export/1");
    emit_text(&j, "result", result);
    emit_text(&j, "directory", !x->messages ? NULL : strcmp(result, "done") == 0 ? x->into : x->part);
    emit_int(&j, "messages", (int64_t)x->messages);
    emit_int(&j, "recipients", (int64_t)x->recipients);
    emit_int(&j, "bytes", (int64_t)x->bytes);
    emit_int(&j, "damaged", (int64_t)x->damaged);
    emit_int(&j, "gone", (int64_t)x->gone);
    emit_bool(&j, "masked", x->mask);
    emit_text(&j, "reason", err->text[0] ? err->text : NULL);
    emit_end(&j);
    emit_done(&j);
}

static void tell(const struct exporting *x)
{
    struct arena *a = x->q->arena;
    _cleanup_(buf_free) struct buf b = BUF(65536), into = BUF(65536);
    text_escape(&into, str_of(x->into));
    buf_printf(&b, _("Exported: %s messages, %s, to %s recipients, into %.*s\n"), queue_number(a, x->messages), queue_size_text(a, x->bytes), queue_number(a, x->recipients), (int)into.n, into.p);
    if (x->gone)
        buf_printf(&b, _("%s of them were gone before their text was read: of these there is the envelope only\n"), queue_number(a, x->gone));
    if (x->damaged)
        buf_printf(&b, _("%s of them are damaged: there is what could be read\n"), queue_number(a, x->damaged));
    buf_addz(&b, x->mask ? _("Recipients are masked; what a text holds encoded (base64) was not looked into\n") : _("It holds what people wrote, and to whom: only its owner can read it\n"));
    fwrite(b.p, 1, b.n, stdout);
}

static enum outcome export(struct exporting *x)
{
    struct err err = {0};
    int r = begin(x, &err);
    if (r == 0) {
        collect(x);
        r = end(x, &err);
    }
    if (x->q->json)
        tell_json(x, r < 0 ? "failed" : x->messages ? "done" : "nothing", &err);
    else if (r == 0 && x->messages)
        tell(x);
    else if (r == 0)
        fputs(_("0 messages are meant\n"), stdout);
    if (r < 0)
        return x->q->json ? OUTCOME_USAGE : complain(&err);
    return queue_outcome(x->q);
}

enum outcome queue_export(struct queue_call *q)
{
    struct exporting x = {.q = q, .into = call_option(q->call, "into"), .mask = call_option(q->call, "mask"), .dir = -1, .row = BUF(1u << 30)};
    const char *as = call_option(q->call, "as") ? call_option(q->call, "as") : "mbox";
    x.mbox = strcmp(as, "mbox") == 0;
    if (!x.mbox && strcmp(as, "eml") != 0)
        return complainf(_("--as %s: possible are mbox and eml"), as);
    if (!x.into || !x.into[0])
        return complainf("%s", _("queue export: into which new directory? --into DIR"));
    if (q->call->args_n == 1 && !q->wanted.rules.n)
        return complainf(_("queue %s: say which messages are meant, by their ids or by options; all of a state: --state deferred"), q->call->args[0]);
    struct str name = str_of(x.into);
    while (name.n > 1 && name.p[name.n - 1] == '/')
        name.n--;
    x.into = arena_dup(q->arena, name);
    x.part = arena_printf(q->arena, "%s.part", x.into);
    enum outcome outcome = export(&x);
    buf_free(&x.row);
    if (x.dir >= 0)
        close(x.dir);
    return outcome;
}
