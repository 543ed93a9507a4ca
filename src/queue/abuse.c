#include "queue/abuse.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "queue/look.h"
#include "queue/spools.h"
#include "queue/usual.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum by { BY_ACCOUNT, BY_SCRIPT, BY_CLIENT, BY_SUBJECT, BYS };

/* In the order of what says most: one who logged in has one client, too. */
static const struct {
    const char *name, *option;
    const char *found;      /* share in percent, key */
    const char *advice;
} bys[BYS] = {
    [BY_ACCOUNT] = {"account", "account", N_("%llu %% of the messages that wait are of the account %s"),
                    N_("Ask its owner. If it was not they: change the password first, then hold these messages and delete them.")},
    [BY_SCRIPT] = {"script", "script", N_("%llu %% of the messages that wait were sent by the PHP script %s"),
                   N_("Look at the site whose script that is: a form without a check, or a file that an intruder left. Stop it, then hold these messages and delete them.")},
    [BY_CLIENT] = {"client", "client", N_("%llu %% of the messages that wait came from the address %s"), N_("If nobody knows that address: shut it out, then hold these messages and delete them.")},
    [BY_SUBJECT] = {"subject", "subject", N_("%llu %% of the messages that wait have the subject \"%s\""), N_("Look from where they come, and hold them meanwhile.")},
};

_Static_assert(BYS == ARRAY_SIZE(((struct abuse_sample *)NULL)->keys), "abuse.h has a list for each");

void abuse_take(struct abuse_sample *s, const struct message *m, bool own)
{
    const struct str keys[BYS] = {[BY_ACCOUNT] = m->account, [BY_SCRIPT] = m->script, [BY_CLIENT] = own ? (struct str){0} : m->client, [BY_SUBJECT] = m->subject};
    s->read++;
    s->bounces += m->sender_known && !m->sender.n;
    for (size_t i = 0; i < BYS; i++)
        if (keys[i].n)
            *list_push(s->arena, &s->keys[i]) = str_span(arena_dup(s->arena, keys[i]), keys[i].n);
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int r = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return r ? r : (x->n > y->n) - (x->n < y->n);
}

/* The most frequent one, and how often. */
static struct str leading(struct abuse_sample *s, enum by by, uint64_t *ret_n)
{
    struct str *v = s->keys[by].v, best = {0};
    size_t n = s->keys[by].n, from = 0;
    *ret_n = 0;
    if (n)
        qsort(v, n, sizeof *v, by_text);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && str_eq(v[i], v[from]))
            continue;
        if (i - from > *ret_n) {
            *ret_n = i - from;
            best = v[from];
        }
        from = i;
    }
    return best;
}

static bool dominates(const struct abuse_sample *s, uint64_t n) { return s->read && n * 100 >= s->read * ABUSE_PERCENT; }
static uint64_t percent(const struct abuse_sample *s, uint64_t n) { return n * 100 / s->read; }
static enum state weight(const struct abuse_sample *s) { return s->total >= s->many ? STATE_FAIL : STATE_WARN; }

static const char *object_of(const struct abuse_sample *s, struct arena *a, const char *what, const char *key)
{
    return arena_printf(a, "%s%s%s%s%s", s->object, s->object[0] ? " " : "", what, key[0] ? " " : "", key);
}

static void evidence(const struct abuse_sample *s, uint64_t n, struct findings *out, struct finding *f)
{
    finding_evidence(out, f, s->path, 0, s->read < s->total ? _("%llu of %llu messages that were looked at; %llu wait") : _("%llu of %llu messages; %llu wait"), (unsigned long long)n, (unsigned long long)s->read,
                     (unsigned long long)s->total);
}

static void told(struct abuse_sample *s, enum by by, struct str key, uint64_t n, struct findings *out)
{
    struct arena *a = out->arena;
    const char *text = arena_dup(a, key);
    struct finding *f = finding_add(out, weight(s), object_of(s, a, bys[by].name, text), _(bys[by].found), (unsigned long long)percent(s, n), text);
    evidence(s, n, out, f);
    for (size_t i = by + 1; i < BYS; i++) {
        uint64_t others;
        struct str other = leading(s, (enum by)i, &others);
        if (dominates(s, others))
            finding_evidence(out, f, NULL, 0, "%s: %s (%llu %%)", bys[i].name, arena_dup(a, other), (unsigned long long)percent(s, others));
    }
    finding_impact(out, f, _("When a password was stolen, or a site broken into, bulk mail goes out in your name. Receivers then refuse the mail of everybody on this server."));
    finding_next(out, f, "bansho queue list --%s %s", bys[by].option, shell_word(a, text));
    finding_next_note(out, f, "%s", _(bys[by].advice));
}

static void unseen(const struct abuse_sample *s, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_UNKNOWN, s->object, _("The messages of the mail queue could not be read"));
    if (s->code < 0)
        finding_evidence(out, f, s->unseen ? s->unseen : s->path, 0, "%s", spool_why(s->code));
    if (s->unread)
        finding_evidence(out, f, s->path, 0, _("%llu messages could not be opened"), (unsigned long long)s->unread);
    if (geteuid() != 0 && (s->unread || s->code == -EACCES || s->code == -EPERM))
        finding_next(out, f, "sudo bansho check queue.abuse");
}

void abuse_judge(struct abuse_sample *s, struct findings *out)
{
    for (size_t i = 0; i < BYS && s->total >= ABUSE_LEAST; i++) {
        uint64_t n;
        struct str key = leading(s, (enum by)i, &n);
        if (dominates(s, n)) {
            told(s, (enum by)i, key, n, out);
            return;
        }
    }
    if (s->total >= ABUSE_LEAST && dominates(s, s->bounces)) {
        struct finding *f = finding_add(out, weight(s), object_of(s, out->arena, "bounces", ""), _("%llu %% of the messages that wait are bounces"), (unsigned long long)percent(s, s->bounces));
        evidence(s, s->bounces, out, f);
        finding_impact(out, f, _("Bounces that nobody takes are answers to bulk mail that was sent in your name, or to mail that this server should have refused at once."));
        finding_next(out, f, "bansho queue top --bounce --by to");
        finding_next_note(out, f, _("only shows to whom they go"));
        return;
    }
    if (s->code < 0 || s->unread) {
        unseen(s, out);
        return;
    }
    struct finding *f = finding_add(out, STATE_OK, s->object, s->total < ABUSE_LEAST ? _("Too few messages wait to speak of misuse") : _("No single sender fills the mail queue"));
    finding_evidence(out, f, s->path, 0, s->total < ABUSE_LEAST ? _("%llu messages wait") : _("of %llu messages that were looked at"), (unsigned long long)(s->total < ABUSE_LEAST ? s->total : s->read));
}

struct taking {
    const struct probe_ctx *ctx;
    struct abuse_sample *sample;
};

static bool is_own(const struct probe_ctx *ctx, struct str client)
{
    struct addr a;
    const struct host *h = ctx->server->host;
    if (!addr_parse(client, &a))
        return false;
    bool own = addr_is_loopback(&a);
    for (size_t i = 0; i < h->addrs.n && !own; i++)
        own = addr_eq(&h->addrs.v[i].addr, &a);
    return own;
}

static int on_message(void *arg, const struct message *m)
{
    struct taking *t = arg;
    abuse_take(t->sample, m, is_own(t->ctx, m->client));
    return 0;
}

static int read_sample(const struct probe_ctx *ctx, const struct spool_instance *s, struct abuse_sample *sample, struct err *err)
{
    struct wanted wanted = {0};
    struct looked looked = {0};
    struct taking t = {ctx, sample};
    struct look_options o = {.place = {ctx->server->host->root, s->path, s->kind}, .wanted = &wanted, .now = ctx->now, .max = ABUSE_SAMPLE};
    int r = wanted_add(&wanted, sample->arena, WANTED_STATE, "!hold", err);
    if (r == 0)
        r = spool_look(&o, on_message, NULL, &t, &looked, err);
    sample->unread = looked.unread;
    if (r == 0 && looked.code < 0 && sample->code == 0) {
        sample->code = looked.code;
        sample->unseen = looked.unseen[0] ? arena_dupz(sample->arena, looked.unseen) : NULL;
    }
    return r;
}

static int probe_spool(const struct probe_ctx *ctx, const struct spool_instance *s, struct findings *out, struct err *err)
{
    struct arena *a = out->arena;
    struct abuse_sample sample = {.object = s->name, .path = s->path, .arena = a};
    struct spool_count count;
    struct usual usual = usual_of(ctx->memos, ctx->memos_n, "queue.size", s->name, a);
    if (!spool_kinds[s->kind]->walk) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, s->name, _("The messages in the queue of %s are not read by this version"), spool_kinds[s->kind]->name);
        finding_next(out, f, "exim -bp | exiqsumm");
        return 0;
    }
    sample.code = spool_count(ctx->server->host->root, s->path, s->kind, a, &count);
    sample.code = spool_judged(s, sample.code, &count, a);
    sample.unseen = count.unseen;
    if (count.absent) {
        finding_add(out, STATE_NA, s->name, _("The mail program has never run: it has no queue yet"));
        return 0;
    }
    sample.many = usual_limits(&usual, ctx->now).many;
    sample.total = count.total;
    for (size_t i = 0; spool_dirs[s->kind][i].name; i++)
        if (strcmp(spool_dirs[s->kind][i].name, "hold") == 0)
            sample.total -= count.in[i];
    int r = sample.total >= ABUSE_LEAST ? read_sample(ctx, s, &sample, err) : 0;
    if (r == 0)
        abuse_judge(&sample, out);
    return r;
}

int queue_abuse_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct spools spools = {0};
    int r = 0;
    spools_of(ctx->server, out->arena, &spools);
    for (size_t k = 0; k < spools.n && r == 0; k++)
        r = probe_spool(ctx, &spools.v[k], out, err);
    return r;
}
