/* logins_module.c: the part of journal.c that looks for successful logins, in the module "journal". It reads from the newest entry backwards: where there are
   more than can be read in the time, what is told is the nearest past, and whole. */
#include "log/journal_place.h"
#include "base/addr.h"
#include "base/clock.h"
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* One account's logins from one network: a row of the tree (tsearch: red-black, so that names chosen by strangers cannot slow it down). */
struct seen {
    struct prefix network;
    struct addr address;    /* of the newest login */
    int64_t first, last;
    uint64_t n;
    struct str account;
    char bytes[];
};

struct reading {
    void *tree;
    size_t n;
    int64_t since;          /* since then nothing was passed over */
    bool complete;
};

static int by_account_and_network(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    size_t n = x->account.n < y->account.n ? x->account.n : y->account.n;
    int d = memcmp(x->account.p, y->account.p, n);
    if (d || x->account.n != y->account.n)
        return d ? d : x->account.n < y->account.n ? -1 : 1;
    return memcmp(&x->network, &y->network, sizeof x->network); /* no padding: bytes only */
}

/* /24 and /48: what one provider gives to one place. Without an address: all of it together. */
static struct prefix network_of(struct str text, struct addr *ret)
{
    struct prefix p = {0};
    *ret = (struct addr){0};
    if (!text.n || !addr_parse(text, ret))
        return p;
    p.addr = *ret;
    p.length = ret->v6 ? 48 : 24;
    memset(p.addr.bytes + p.length / 8, 0, sizeof p.addr.bytes - p.length / 8);
    return p;
}

static void count(struct reading *r, const struct login_said *l, int64_t when)
{
    struct seen key = {.account = l->account};
    key.network = network_of(l->address, &key.address);
    void *at = tfind(&key, &r->tree, by_account_and_network);
    if (at) {
        struct seen *known = *(struct seen **)at;
        if (when > known->last) {
            known->last = when;
            known->address = key.address;
        }
        known->first = when < known->first ? when : known->first;
        known->n++;
        return;
    }
    struct seen *one = r->n < MAX_PLACES ? malloc(sizeof *one + l->account.n) : NULL;
    if (!one) {
        r->complete = false;
        r->since = when > r->since ? when : r->since; /* the older ones of this account are not known any more */
        return;
    }
    *one = key;
    one->first = one->last = when;
    one->n = 1;
    memcpy(one->bytes, l->account.p, l->account.n);
    one->account = str_span(one->bytes, l->account.n);
    if (tsearch(one, &r->tree, by_account_and_network))
        r->n++;
}

static void look_at(sd_journal *j, struct reading *r, int64_t when)
{
    char identifier[64];
    struct login_said l;
    struct str s = journal_field(j, "SYSLOG_IDENTIFIER");
    if (s.n >= sizeof identifier)
        return;
    memcpy(identifier, s.p, s.n); /* the next field may move it */
    if (login_line(str_span(identifier, s.n), journal_field(j, "MESSAGE"), &l))
        count(r, &l, when);
}

static int read_place(sd_journal *j, const struct logins_job *job, struct reading *r)
{
    uint64_t first = 0, last = 0, us;
    bool any;
    journal_ends(j, &first, &last);
    if (first && (!r->since || (int64_t)first < r->since))
        r->since = (int64_t)first;
    int e = journal_add_matches(j, job->matches, &any);
    if (e == 0)
        e = sd_journal_seek_tail(j);
    if (e < 0)
        return e;
    int64_t when = (int64_t)last;
    for (unsigned n = 0; (e = sd_journal_previous(j)) > 0; n++) {
        if (sd_journal_get_realtime_usec(j, &us) < 0)
            continue;
        when = (int64_t)(us / 1000000);
        if (when < job->since)
            return 0;
        if (n % 1024 == 1023 && clock_monotonic_ms() > job->deadline) {
            r->complete = false;
            r->since = when;
            return 0;
        }
        look_at(j, r, when);
    }
    if (e < 0) { /* damaged: what stands before is not known */
        r->complete = false;
        r->since = when;
    }
    return 0;
}

static void put(const void *node, VISIT order, void *arg)
{
    const struct seen *one = *(struct seen *const *)node;
    struct buf *out = arg;
    if (order != postorder && order != leaf)
        return;
    buf_put_str(out, one->account);
    buf_put_str(out, str_span((const char *)&one->network, sizeof one->network));
    buf_put_str(out, str_span((const char *)&one->address, sizeof one->address));
    buf_put_u64(out, (uint64_t)one->first);
    buf_put_u64(out, (uint64_t)one->last);
    buf_put_u64(out, one->n);
}

int read_logins(void *arg, struct buf *out)
{
    const struct logins_job *job = arg;
    struct reading all = {.complete = true};
    for (size_t p = 0; p < JOURNAL_PLACES; p++) {
        _cleanup_(journal_place_closep) sd_journal *j = NULL;
        int fd = -1;
        struct reading one = {.tree = all.tree, .n = all.n, .complete = true};
        if (journal_open_place(job->root, p, &j, &fd) < 0)
            continue;
        int e = read_place(j, job, &one);
        if (e < 0)
            return e;
        /* The places follow each other: what is whole in both is whole from the older one's beginning, else from where reading stopped last. */
        if (!one.complete && (all.complete || one.since > all.since))
            all.since = one.since;
        else if (all.complete && one.since && (!all.since || one.since < all.since))
            all.since = one.since;
        all.tree = one.tree;
        all.n = one.n;
        all.complete = all.complete && one.complete;
    }
    buf_put_u64(out, (uint64_t)all.since);
    buf_put_u32(out, all.complete);
    buf_put_u32(out, (uint32_t)all.n);
    twalk_r(all.tree, put, out);
    return out->full ? -E2BIG : 0; /* the tree dies with this process */
}
