#include "queue/size.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>

#define SPARE (512ull << 20)  /* bytes that are plenty, however small their share is */
#define SPARE_INODES 50000

static const char *duration(struct arena *a, int64_t seconds)
{
    if (seconds >= 2 * DAY)
        return arena_printf(a, _("%lld days"), (long long)(seconds / DAY));
    if (seconds >= 2 * 3600)
        return arena_printf(a, _("%lld hours"), (long long)(seconds / 3600));
    return arena_printf(a, _("%lld minutes"), (long long)(seconds < 0 ? 0 : seconds / 60));
}

static bool below(uint64_t n, uint64_t limit, bool was) { return n < (was ? limit + limit / 4 : limit); }

static enum state room_state(const struct spool_seen *s)
{
    const struct spool_count *c = &s->count;
    bool warned = s->usual.room != STATE_OK, failed = s->usual.room == STATE_FAIL;
    if (!c->room_total)
        return STATE_OK;
    /* Postfix refuses mail below one and a half times the largest message (queue_minfree). */
    if (below(c->room, s->message_limit + s->message_limit / 2, failed) || below(c->room, 20ull << 20, failed) || (c->inodes_total && below(c->inodes, 1000, failed)))
        return STATE_FAIL;
    if (below(c->room, SPARE, warned) && below(c->room, c->room_total / 20, warned))
        return STATE_WARN;
    return c->inodes_total && below(c->inodes, SPARE_INODES, warned) && below(c->inodes, c->inodes_total / 20, warned) ? STATE_WARN : STATE_OK;
}

static bool reaches(uint64_t n, uint64_t limit, bool was) { return n >= (was ? limit - limit / 5 : limit); }

static enum state length_state(const struct spool_seen *s, int64_t now)
{
    struct usual_limits limits = usual_limits(&s->usual, now);
    if (reaches(s->count.total, limits.too_many, s->usual.length == STATE_FAIL))
        return STATE_FAIL;
    return reaches(s->count.total, limits.many, s->usual.length != STATE_OK) ? STATE_WARN : STATE_OK;
}

static void tell_counts(const struct spool_seen *s, int64_t now, struct findings *out, struct finding *f)
{
    _cleanup_(buf_free) struct buf each = BUF(1000);
    const struct spool_dir *dirs = spool_dirs[s->kind];
    for (size_t i = 0; dirs[i].name; i++)
        buf_printf(&each, "%s%s %s", i ? ", " : "", dirs[i].name, queue_number(out->arena, s->count.in[i]));
    finding_evidence(out, f, s->path, 0, "%s", each.p);
    if (usual_limits(&s->usual, now).learned)
        finding_evidence(out, f, NULL, 0, _("usual here: about %s messages, learned over %s"), queue_number(out->arena, (uint64_t)(s->usual.mean + 500) / 1000),
                         duration(out->arena, now - s->usual.since));
    if (s->count.oldest)
        finding_evidence(out, f, NULL, 0, s->count.oldest_sampled ? _("the oldest of the 2,000 that were looked at has waited for %s") : _("the oldest undelivered message has waited for %s"),
                         duration(out->arena, now - s->count.oldest));
    if (s->count.room_total)
        finding_evidence(out, f, NULL, 0, _("room for %s MiB and %s files"), queue_number(out->arena, s->count.room >> 20),
                         s->count.inodes_total ? queue_number(out->arena, s->count.inodes) : _("any number of"));
}

static void tell_unseen(const struct spool_seen *s, bool privileged, struct findings *out, struct finding *f)
{
    finding_evidence(out, f, s->count.unseen, 0, "%s", spool_why(s->code));
    if (!privileged && (s->code == -EACCES || s->code == -EPERM))
        finding_next(out, f, "sudo bansho check queue.size");
}

static const char *list_command(enum spool_kind kind)
{
    static const char *const by_kind[] = {
        [SPOOL_POSTFIX] = "bansho queue top",
        [SPOOL_QMAIL] = "/var/qmail/bin/qmail-qread | head -50",
        [SPOOL_EXIM] = "exim -bp | exiqsumm",
    };
    return by_kind[kind];
}

static void judge_seen(const struct spool_seen *s, int64_t now, bool privileged, struct findings *out)
{
    enum state length = length_state(s, now), room = room_state(s), worst = length > room ? length : room;
    const char *n = queue_number(out->arena, s->count.total);
    struct finding *f;
    if (length != STATE_OK && length >= room)
        f = finding_add(out, length, s->object, _("%s messages are waiting in the mail queue"), n);
    else if (room != STATE_OK)
        f = finding_add(out, room, s->object, room == STATE_FAIL ? _("The mail queue has no room left") : _("The mail queue has little room left"));
    else
        f = finding_add(out, STATE_OK, s->object, _("The mail queue is short (%s messages)"), n);
    tell_counts(s, now, out, f);
    if (s->code < 0)
        tell_unseen(s, privileged, out, f);
    if (worst == STATE_OK)
        return;
    if (f->state == length) {
        finding_impact(out, f, _("A long queue is often the first sign that an account or a site is being misused for bulk mail. If that goes on, receivers refuse the mail of everybody here."));
        finding_next(out, f, "%s", list_command(s->kind));
        finding_next_note(out, f, _("only shows which senders the waiting messages have"));
    } else {
        finding_impact(out, f, _("When the file system is full, no mail is accepted any more."));
        finding_next(out, f, "df -h %s; df -i %s", s->path, s->path);
    }
}

void queue_size_judge(const struct spool_seen *s, int64_t now, bool privileged, struct findings *out)
{
    if (s->count.absent) {
        finding_add(out, STATE_NA, s->object, _("The mail program has never run: it has no queue yet"));
        return;
    }
    /* A part that could not be seen never makes it shorter; what was seen may be too long already. */
    if (s->code == 0 || length_state(s, now) != STATE_OK) {
        judge_seen(s, now, privileged, out);
        return;
    }
    struct finding *f = finding_add(out, STATE_UNKNOWN, s->object, _("The mail queue could not be read"));
    tell_unseen(s, privileged, out, f);
}

struct spool_seen queue_size_see(const struct server *server, const struct spool_instance *i, const struct memo *memos, size_t n, struct arena *a)
{
    struct spool_seen s = {.kind = i->kind, .path = i->path, .object = i->name};
    str_u64(str_of(setting_value(i->instance, "", "message_size_limit", "0")), 1ull << 40, &s.message_limit);
    s.code = spool_count(server->host->root, s.path, s.kind, a, &s.count);
    s.code = spool_judged(i, s.code, &s.count, a);
    s.usual = usual_of(memos, n, "queue.size", s.object, a);
    return s;
}

int queue_size_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    struct spools spools = {0};
    spools_of(ctx->server, out->arena, &spools);
    for (size_t k = 0; k < spools.n; k++) {
        struct spool_seen s = queue_size_see(ctx->server, &spools.v[k], ctx->memos, ctx->memos_n, out->arena);
        queue_size_judge(&s, ctx->now, ctx->server->host->privileged, out);
        if (s.code == 0 && !s.count.absent) {
            enum state length = length_state(&s, ctx->now), room = room_state(&s);
            usual_learn(&s.usual, ctx->now, s.count.total);
            s.usual.length = length;
            s.usual.room = room;
        }
        if (s.usual.since)
            usual_leave(&s.usual, s.object, out);
    }
    return 0;
}
