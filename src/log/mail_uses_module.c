/* mail_uses_module.c: the part of mail_uses.c that reads the journal, in the module "journal". */
#include "log/journal_place.h"
#include "base/clock.h"
#include "log/mail_uses.h"
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IDS 300000

/* Trees (tsearch: red-black) so that what strangers choose cannot slow them down. Keys: "service\0client\0account", and a mail's id. */
struct use {
    struct str key;
    struct mail_use row;
    char other[321];
};
struct mail {
    struct str key;
    struct use *use;
};
struct tally {
    void *uses, *mails;
    size_t uses_n, mails_n;
    uint64_t since;
    bool complete;
};

static int by_key(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return d ? d : x->n < y->n ? -1 : x->n > y->n;
}

/* The element of that key, made where there is none. NULL: the tree has its maximum. `size` counts its struct, which begins with its key. */
static void *element(void **tree, struct str key, size_t size, size_t *n, size_t max)
{
    void *at = tfind(&key, tree, by_key);
    if (at)
        return *(void **)at;
    char *new = *n < max ? calloc(1, size + key.n + 1) : NULL;
    if (!new)
        return NULL;
    memcpy(new + size, key.p, key.n);
    *(struct str *)(void *)new = str_span(new + size, key.n);
    *n += 1;
    return tsearch(new, tree, by_key) ? new : NULL;
}

static void client(struct tally *t, const struct smtp_line *l, int64_t when)
{
    char key[512];
    int n = snprintf(key, sizeof key, "%.*s%c%.*s%c%.*s", (int)l->service.n, l->service.p, 0, (int)l->client.n, l->client.p, 0, (int)l->account.n, l->account.p);
    struct use *u = n > 0 && (size_t)n < sizeof key ? element(&t->uses, str_span(key, (size_t)n), sizeof *u, &t->uses_n, MAX_USES * 5) : NULL;
    struct mail *m = u ? element(&t->mails, l->id, sizeof *m, &t->mails_n, MAX_IDS) : NULL;
    if (!m) {
        t->complete = false;
        return;
    }
    m->use = u;
    u->row.service = u->key.p;
    u->row.client = u->key.p + l->service.n + 1;
    u->row.account = u->row.client + l->client.n + 1;
    u->row.last = when;
    u->row.mails++;
}

static void line(struct tally *t, const struct smtp_line *l, int64_t when)
{
    if (l->says == SMTP_SAYS_CLIENT) {
        client(t, l, when);
        return;
    }
    void *at = tfind(&l->id, &t->mails, by_key);
    struct use *u = at ? (*(struct mail **)at)->use : NULL;
    if (u && l->says == SMTP_SAYS_RELAYED)
        u->row.relayed++;
    else if (u && *u->row.account && l->sender.n && !*u->other && !str_ieq(l->sender, str_of(u->row.account)))
        memcpy(u->other, l->sender.p, l->sender.n);
}

static void read_place(sd_journal *j, const struct mail_uses_job *job, struct tally *t)
{
    uint64_t when;
    if (sd_journal_seek_head(j) >= 0 && sd_journal_next(j) > 0 && sd_journal_get_realtime_usec(j, &when) >= 0 && (!t->since || when / 1000000 < t->since))
        t->since = when / 1000000;
    for (size_t i = 0; job->units[i]; i++) {
        char match[300];
        int n = snprintf(match, sizeof match, "_SYSTEMD_UNIT=%s", job->units[i]);
        if (n > 0 && (size_t)n < sizeof match)
            sd_journal_add_match(j, match, (size_t)n);
    }
    if (sd_journal_seek_realtime_usec(j, (uint64_t)job->since * 1000000) < 0)
        return;
    for (unsigned n = 0; sd_journal_next(j) > 0; n++) {
        struct smtp_line l;
        if (n % 1024 == 0 && clock_monotonic_ms() > job->deadline) {
            t->complete = false;
            return;
        }
        struct str identifier = journal_field(j, "SYSLOG_IDENTIFIER");
        char name[128];
        if (identifier.n >= sizeof name)
            continue;
        memcpy(name, identifier.p, identifier.n); /* the next field may move it */
        if (smtp_line(str_span(name, identifier.n), journal_field(j, "MESSAGE"), &l) && sd_journal_get_realtime_usec(j, &when) >= 0)
            line(t, &l, (int64_t)(when / 1000000));
    }
}

struct answer {
    struct buf rows;
    uint32_t n;
};

static void put(const void *node, VISIT order, void *arg)
{
    const struct use *u = *(struct use *const *)node;
    struct answer *a = arg;
    if ((order != postorder && order != leaf) || (!*u->row.account && !u->row.relayed) || a->n >= MAX_USES)
        return;
    a->n++;
    buf_put_z(&a->rows, u->row.service);
    buf_put_z(&a->rows, u->row.client);
    buf_put_z(&a->rows, u->row.account);
    buf_put_z(&a->rows, u->other);
    buf_put_u32(&a->rows, u->row.mails);
    buf_put_u32(&a->rows, u->row.relayed);
    buf_put_u64(&a->rows, (uint64_t)u->row.last);
}

int read_mail_uses(void *arg, struct buf *out)
{
    const struct mail_uses_job *job = arg;
    struct tally t = {.complete = true};
    struct answer a = {.rows = BUF(30u << 20)};
    for (size_t p = 0; p < JOURNAL_PLACES; p++) {
        _cleanup_(journal_place_closep) sd_journal *j = NULL;
        int fd = -1;
        if (journal_open_place(job->root, p, &j, &fd) == 0)
            read_place(j, job, &t);
    }
    twalk_r(t.uses, put, &a); /* the trees die with this process */
    buf_put_u64(out, t.since);
    buf_put_u32(out, t.complete && a.n < MAX_USES);
    buf_put_u32(out, a.n);
    buf_adds(out, buf_str(&a.rows));
    return out->full || a.rows.full ? -E2BIG : 0;
}
