/* verb_notify_round.c: see notify_send.h. */
#include "bin/notify_send.h"
#include "bin/peer.h"
#include "respond/digest.h"
#include "term/text.h"
#include <errno.h>

#define TROUBLE_S 60        /* a trouble is told when it lasts */
#define TROUBLE_AGAIN_S 3600
#define SOON_S 3600         /* the collection, where an act was refused */
#define ENTERED_MOST 1000   /* of one message */
#define PRODUCT_MAX 24      /* bytes of a product's name; longer ones are none of ours */
#define SOURCES_MAX 64

static void sooner(struct notify_round *r, int64_t s)
{
    int n = s < 1 ? 1 : s > DAY ? DAY : (int)s;
    if (r->due < 0 || n < r->due)
        r->due = n;
}

/* A memo that is not there is {name, "", 0}. */
static int memo(struct notify_round *r, const char *name, struct notify_memo *ret, struct err *err)
{
    int got = notify_memo_get(r->store, name, r->a, ret, err);
    if (got == 0)
        *ret = (struct notify_memo){name, "", 0};
    return got < 0 ? got : 0;
}

static int put_memo(struct notify_round *r, const char *name, const char *text, int64_t number, struct err *err)
{
    return notify_memo_put(r->store, &(struct notify_memo){name, text, number}, err);
}

/* --- what bansho-watch answers */

static const char *text_of(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }
static int64_t number_of(const json_t *o, const char *key) { return json_integer_value(json_object_get(o, key)); }

/* Borrows its strings. */
static struct diary_shown_verdict verdict_of(const json_t *o)
{
    const char *kind = text_of(o, "kind"), *looks = text_of(o, "looks"), *network = text_of(o, "network");
    struct diary_shown_verdict v = {.kind = VERDICT_SPARED, .network = network ? network : "", .account = text_of(o, "account"), .filter = text_of(o, "filter"), .reason = text_of(o, "reason"),
                                    .state = text_of(o, "state"), .time_us = number_of(o, "time_us"), .until = number_of(o, "until"), .count = (unsigned)number_of(o, "count")};
    for (enum verdict_kind k = VERDICT_ADDRESS; kind && k < VERDICT_KINDS; k++)
        if (strcmp(kind, response_to(k)->name) == 0)
            v.kind = k;
    for (enum verdict_looks l = LOOKS_ATTACK; looks && l < VERDICT_LOOKS; l++)
        if (strcmp(looks, verdict_looks_name(l)) == 0)
            v.looks = l;
    return v;
}

typedef void take_fn(void *arg, const struct diary_shown_verdict *v);

/* Everything after m; m becomes where it ends. */
static int read_since(struct notify_round *r, struct wire_client *w, struct notify_memo *m, take_fn *take, void *arg, struct err *err)
{
    bool more = true;
    while (more) {
        struct wire_answer answer = {0};
        json_t *in = json_pack("{s:s*, s:I}", "diary", m->text[0] ? m->text : NULL, "after", (json_int_t)m->number);
        int code = peer_ask(w, &peer_watch, "Since", in, &answer, err);
        const json_t *all = json_object_get(answer.parameters, "verdicts");
        const char *diary = text_of(answer.parameters, "diary");
        for (size_t i = 0; code == 0 && i < json_array_size(all); i++) {
            struct diary_shown_verdict v = verdict_of(json_array_get(all, i));
            take(arg, &v);
        }
        more = json_is_true(json_object_get(answer.parameters, "more"));
        if (code == 0) {
            m->text = arena_dupz(r->a, diary ? diary : "");
            m->number = number_of(answer.parameters, "last");
        }
        wire_answer_done(&answer);
        if (code < 0)
            return code;
    }
    return 0;
}

/* --- what cannot wait */

struct fresh {
    struct arena *a;
    LIST(struct diary_shown_verdict) entered;
    int64_t collected; /* there is something for the collection: 1; soon: 2 */
};

static void take_fresh(void *arg, const struct diary_shown_verdict *v)
{
    struct fresh *f = arg;
    enum digest_part part = digest_part_of(v);
    if (part != DIGEST_ENTERED) {
        int64_t how = part == DIGEST_REFUSED ? 2 : 1;
        f->collected = how > f->collected ? how : f->collected;
        return;
    }
    if (f->entered.n >= ENTERED_MOST)
        return;
    struct diary_shown_verdict *e = list_push(f->a, &f->entered);
    *e = *v;
    e->account = v->account ? arena_dupz(f->a, v->account) : NULL;
    e->network = arena_dupz(f->a, v->network);
    e->filter = v->filter ? arena_dupz(f->a, v->filter) : NULL;
    e->state = e->reason = e->log = e->id = NULL;
}

static int post_fresh(struct notify_round *r, const struct fresh *f, const struct notify_memo *at, struct err *err)
{
    int code = store_begin(r->store, err);
    if (code == 0 && f->entered.n) {
        struct message m = digest_entered(r->from.host, f->entered.v, f->entered.n, r->a);
        code = notify_post(r->store, r->config, r->from.now, &m, err);
    }
    if (code == 0)
        code = put_memo(r, "verdicts", at->text, at->number, err);
    if (code == 0 && f->collected)
        code = put_memo(r, "collected", "", f->collected, err);
    if (code == 0)
        code = store_commit(r->store, err);
    if (code < 0)
        store_rollback(r->store);
    return code;
}

static int tell_fresh(struct notify_round *r, struct wire_client *w, struct err *err)
{
    struct notify_memo at, collected;
    int code = memo(r, "verdicts", &at, err);
    if (code == 0)
        code = memo(r, "collected", &collected, err);
    if (code < 0)
        return code;
    struct notify_memo before = at;
    struct fresh f = {.a = r->a, .collected = collected.number};
    code = read_since(r, w, &at, take_fresh, &f, err);
    if (code < 0 || (at.number == before.number && strcmp(at.text, before.text) == 0))
        return code;
    r->entered = f.entered.n > 0;
    return post_fresh(r, &f, &at, err);
}

/* --- the collection */

static void take_digest(void *arg, const struct diary_shown_verdict *v) { digest_add(arg, v); }

static int post_digest(struct notify_round *r, const struct digest *d, const struct notify_memo *at, struct err *err)
{
    struct message m = digest_message(d, r->a);
    int code = store_begin(r->store, err);
    if (code == 0 && m.subject)
        code = notify_post(r->store, r->config, r->from.now, &m, err);
    if (code == 0)
        code = put_memo(r, "digest", at->text, at->number, err);
    if (code == 0)
        code = put_memo(r, "collected", "", 0, err);
    if (code == 0 && m.subject)
        code = put_memo(r, "digest-time", "", r->from.now, err);
    if (code == 0)
        code = store_commit(r->store, err);
    if (code < 0)
        store_rollback(r->store);
    return code;
}

static int tell_digest(struct notify_round *r, struct wire_client *w, struct err *err)
{
    struct notify_memo collected, at, last;
    int code = memo(r, "collected", &collected, err);
    if (code == 0)
        code = memo(r, "digest", &at, err);
    if (code == 0)
        code = memo(r, "digest-time", &last, err);
    if (code < 0 || !collected.number)
        return code;
    int64_t each = config_number(r->config, "notify", "digest");
    if (collected.number == 2 && each > SOON_S)
        each = SOON_S;
    if (last.number <= r->from.now && r->from.now - last.number < each) { /* a clock that went back does not put it off for years */
        sooner(r, last.number + each - r->from.now);
        return 0;
    }
    _cleanup_(digest_freep) struct digest *d = digest_new(r->from.host);
    if (!d)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    code = read_since(r, w, &at, take_digest, d, err);
    return code < 0 ? code : post_digest(r, d, &at, err);
}

/* --- troubles of bansho-watch itself */

/* What it is about, as it is now. */
struct trouble {
    const char *name;            /* of its memos */
    bool now, unknown;           /* unknown: whether it is over: it was begun anew and has not seen yet */
    const char *begun, *ended, *text;
};

static const struct trouble_row {
    const char *name, *key;      /* key: in Status: a number that is not 0, or true */
    const char *begun, *ended;   /* N_() */
    const char *text;            /* N_() */
} troubles[] = {
    {"wall", "failures", N_("bansho %s: attackers are not shut out, bansho-wall cannot be reached"), N_("bansho %s: bansho-wall answers again"),
     N_("bansho-watch sees attackers, but bansho-wall does not answer; what is to be shut out waits, and is asked for again.\nWhat to look at: systemctl status bansho-wall; bansho status")},
    {"budget", "beyond", N_("bansho %s: more attackers than guard.bans-per-hour lets bansho shut out"), N_("bansho %s: all attackers are shut out again"),
     N_("The others wait, and are shut out as the hour allows. If nobody attacks, somebody may write into a log.\nWhat to look at: bansho status; the option bans-per-hour of the section guard (bansho.conf(5))")},
    {"disk", "failing", N_("bansho %s: what bansho-watch sees cannot be written to the disk"), N_("bansho %s: what bansho-watch sees is written again"),
     N_("It goes on in memory, and attackers are shut out as before. Is the disk full?\nWhat to look at: df /var/lib/bansho-watch; journalctl -u bansho-watch")},
};

/* Of one service's log. */
static const struct source_row {
    const char *key;             /* in Source: a boolean */
    const char *known;           /* not null once it can be said that it is over */
    const char *begun, *ended;   /* N_(): host, product */
    const char *text;            /* N_() */
} source_troubles[] = {
    {"unparsed", "last_understood", N_("bansho %s: what %s logs is not understood, attackers are not seen there"), N_("bansho %s: what %s logs is understood again"),
     N_("Lines of its log speak of logins, and no filter understands them: the service or its log format may have changed.\nWhat to look at, with examples: bansho log sources")},
    {"silent", "last_line", N_("bansho %s: %s logs nothing any more, attackers would not be seen there"), N_("bansho %s: %s logs again"),
     N_("Nothing comes from its log, for much longer than ever before. Does the service still run, and does it log to where bansho reads?\nWhat to look at: bansho log sources; bansho status")},
};

/* memo: text "": waits until it has lasted; "told". number: since when; 0: there is none. */
static int tell_trouble(struct notify_round *r, const struct trouble *t, struct err *err)
{
    char told_name[128];
    struct notify_memo m, told;
    struct message message = {0};
    snprintf(told_name, sizeof told_name, "%s-told", t->name);
    int code = memo(r, t->name, &m, err);
    if (code == 0)
        code = memo(r, told_name, &told, err);
    if (code < 0 || (!t->now && (!m.number || t->unknown)))
        return code;
    bool was_told = m.text[0];
    if (t->now && was_told)
        return 0;
    struct notify_memo next = {t->name, "", t->now ? m.number ? m.number : r->from.now : 0}, when = told;
    int64_t due = next.number + TROUBLE_S > told.number + TROUBLE_AGAIN_S ? next.number + TROUBLE_S : told.number + TROUBLE_AGAIN_S;
    if (t->now && r->from.now >= due) {
        message = (struct message){.subject = t->begun, .text = t->text};
        next.text = "told";
        when.number = r->from.now;
    } else if (t->now) {
        sooner(r, due - r->from.now);
    } else if (was_told) {
        message = (struct message){.subject = t->ended, .text = _("How it is now: bansho status")};
    }
    code = store_begin(r->store, err);
    if (code == 0 && message.subject)
        code = notify_post(r->store, r->config, r->from.now, &message, err);
    if (code == 0)
        code = notify_memo_put(r->store, &next, err);
    if (code == 0)
        code = put_memo(r, told_name, "", when.number, err);
    if (code == 0)
        code = store_commit(r->store, err);
    if (code < 0)
        store_rollback(r->store);
    return code;
}

static int tell_source(struct notify_round *r, const json_t *source, struct err *err)
{
    const char *product = text_of(source, "product");
    int code = 0;
    for (size_t i = 0; code == 0 && product && strlen(product) < PRODUCT_MAX && i < ARRAY_SIZE(source_troubles); i++) {
        const struct source_row *t = &source_troubles[i];
        _cleanup_(buf_free) struct buf name = BUF(4 * PRODUCT_MAX + 1);
        text_escape(&name, str_of(product));
        const struct trouble now = {.name = arena_printf(r->a, "%s %s", t->key, name.p ? name.p : ""), .now = json_is_true(json_object_get(source, t->key)),
                                    .unknown = !json_is_integer(json_object_get(source, t->known)), .begun = arena_printf(r->a, _(t->begun), r->from.host, name.p ? name.p : ""),
                                    .ended = arena_printf(r->a, _(t->ended), r->from.host, name.p ? name.p : ""), .text = _(t->text)};
        code = tell_trouble(r, &now, err);
    }
    return code;
}

static int tell_troubles(struct notify_round *r, struct wire_client *w, struct err *err)
{
    struct wire_answer answer = {0};
    int code = peer_ask(w, &peer_watch, "Status", NULL, &answer, err);
    for (size_t i = 0; code == 0 && i < ARRAY_SIZE(troubles); i++) {
        const struct trouble_row *t = &troubles[i];
        const json_t *v = json_object_get(answer.parameters, t->key);
        const struct trouble now = {.name = t->name, .now = json_is_true(v) || json_integer_value(v) > 0, .begun = arena_printf(r->a, _(t->begun), r->from.host),
                                    .ended = arena_printf(r->a, _(t->ended), r->from.host), .text = _(t->text)};
        code = tell_trouble(r, &now, err);
    }
    const json_t *sources = json_object_get(answer.parameters, "sources");
    for (size_t i = 0; code == 0 && i < json_array_size(sources) && i < SOURCES_MAX; i++)
        code = tell_source(r, json_array_get(sources, i), err);
    wire_answer_done(&answer);
    return code;
}

int notify_round(struct notify_round *r, struct err *err)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    r->due = -1;
    int code = peer_open(r->call, &peer_watch, &w, err);
    if (peer_absent(code))
        return 0;
    if (code == 0)
        code = tell_troubles(r, w, err);
    if (code == 0 || code == -EREMOTEIO) /* a full disk: what it has kept it can tell, or not */
        code = tell_fresh(r, w, err);
    return code < 0 ? code : tell_digest(r, w, err);
}
