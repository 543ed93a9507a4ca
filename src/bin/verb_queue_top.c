/* verb_queue_top.c: `bansho queue top`: who fills the queue. */
#include "bin/queue_call.h"
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#define GROUPS_MAX 100000 /* keys are chosen by strangers; what comes after so many different ones is counted together */

struct group {
    struct str key;
    uint64_t messages, bytes, recipients;
    int64_t newest;
};

struct grouping {
    struct queue_call *q;
    const struct by *by;
    void *tree;              /* of groups, by key */
    LIST(struct group *) groups;
    struct group others;
    uint64_t messages;
};

static struct str by_account(const struct message *m) { return m->account; }
static struct str by_sender(const struct message *m) { return m->sender; }
static struct str by_client(const struct message *m) { return m->client; }
static struct str by_script(const struct message *m) { return m->script; }
static struct str by_site(const struct message *m) { return m->site; }
static struct str by_subject(const struct message *m) { return m->subject; }
static struct str by_error(const struct message *m) { return m->error; }
/* Of the first recipient: a message to many is rarely to many places. */
static struct str by_domain(const struct message *m)
{
    struct str to = m->to.n ? m->to.v[0] : (struct str){0};
    const char *at = to.n ? memrchr(to.p, '@', to.n) : NULL;
    return at ? str_from(to, (size_t)(at - to.p)) : to;
}

static const struct by {
    const char *name;
    struct str (*key)(const struct message *m);
} keys[] = {
    {"account", by_account}, {"sender", by_sender}, {"client", by_client}, {"script", by_script}, {"site", by_site}, {"to", by_domain}, {"subject", by_subject}, {"error", by_error},
};

static int compare(const void *a, const void *b)
{
    const struct str *x = &((const struct group *)a)->key, *y = &((const struct group *)b)->key;
    int r = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return r ? r : (x->n > y->n) - (x->n < y->n);
}

static struct group *group_of(struct grouping *g, struct str key)
{
    struct group wanted = {.key = key.p ? key : STR("")};
    struct group *const *known = tfind(&wanted, &g->tree, compare);
    if (known)
        return *known;
    if (g->groups.n >= GROUPS_MAX)
        return &g->others;
    struct group *new = arena_zalloc(g->q->arena, sizeof *new);
    new->key = str_span(arena_dup(g->q->arena, wanted.key), key.n);
    if (!tsearch(new, &g->tree, compare))
        return &g->others;
    *list_push(g->q->arena, &g->groups) = new;
    return new;
}

static int on_message(void *arg, const struct message *m)
{
    struct grouping *g = arg;
    struct group *group = group_of(g, g->by->key(m));
    g->messages++;
    group->messages++;
    group->recipients += m->recipients;
    if (__builtin_add_overflow(group->bytes, m->size, &group->bytes))
        group->bytes = INT64_MAX;
    if (m->arrival > group->newest)
        group->newest = m->arrival;
    return 0;
}

static int larger(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    return x->messages != y->messages ? (x->messages < y->messages) - (x->messages > y->messages) : compare(x, y);
}

static void say_json(const struct grouping *g, const struct group *group)
{
    struct emit j = emit_to(stdout);
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "by", g->by->name);
    if (group->key.n)
        emit_str(&j, "key", group->key);
    else
        emit_null(&j, "key");
    emit_int(&j, "messages", (int64_t)group->messages);
    emit_int(&j, "bytes", (int64_t)group->bytes);
    emit_int(&j, "recipients", (int64_t)group->recipients);
    emit_time(&j, "newest", group->newest);
    emit_end(&j);
    emit_done(&j);
}

static void say(const struct grouping *g, const struct group *group, struct buf *b)
{
    const struct queue_call *q = g->q;
    arena_reset(q->row);
    buf_printf(b, "%10s %8s  %s  ", queue_number(q->row, group->messages), queue_size_text(q->row, group->bytes), group->newest ? clock_text(q->row, group->newest, "%m-%d %H:%M") : "           ");
    if (group->key.n)
        text_escape(b, group->key);
    else
        buf_addz(b, strcmp(g->by->name, "sender") == 0 ? "<>" : _("(none)"));
    buf_addc(b, '\n');
}

static void tell(struct grouping *g)
{
    const struct queue_call *q = g->q;
    _cleanup_(buf_free) struct buf b = BUF(1u << 30);
    size_t n = q->per && q->per < g->groups.n ? (size_t)q->per : g->groups.n;
    qsort(g->groups.v, g->groups.n, sizeof *g->groups.v, larger);
    for (size_t i = 0; i < n; i++) {
        if (q->json)
            say_json(g, g->groups.v[i]);
        else
            say(g, g->groups.v[i], &b);
    }
    if (!q->json) {
        printf(_("%s messages from %s%s\n"), queue_number(q->arena, g->messages), queue_number(q->arena, g->groups.n), g->others.messages ? "+" : "");
        if (n)
            printf("%10s %8s  %-11s  %s\n", _("messages"), _("size"), _("newest"), g->by->name);
        if (g->others.messages)
            buf_printf(&b, _("%s further messages are not told apart\n"), queue_number(q->arena, g->others.messages));
        fwrite(buf_str(&b).p, 1, b.n, stdout);
    }
}

static void leave(void *group)
{
    (void)group;
}

enum outcome queue_top(struct queue_call *q)
{
    struct grouping g = {.q = q};
    const char *by = call_option(q->call, "by") ? call_option(q->call, "by") : "account";
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (strcmp(keys[i].name, by) == 0)
            g.by = &keys[i];
    if (!g.by)
        return complainf(_("--by %s: possible are account, sender, client, script, site, to, subject and error"), by);
    for (size_t i = 0; i < q->spools.n; i++) {
        struct looked l;
        struct look_options o = {.errors = g.by->key == by_error};
        if (queue_readable(q, &q->spools.v[i]))
            (void)!queue_look(q, &q->spools.v[i], &o, on_message, &g, &l);
    }
    tell(&g);
    tdestroy(g.tree, leave);
    return queue_outcome(q);
}
