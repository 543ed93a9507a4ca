#include "nft/bans_own.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <time.h>

#define LARGE 16384 /* elements of a set */
#define QUIET 256  /* elements of a transaction */
#define TRIES 10
#define MESSAGE_FULL 64000u /* the list of elements is an attribute of at most 64 KiB */

static int order(const void *x, const void *y)
{
    const struct ban_element *a = x, *b = y;
    return ban_key_order(&a->key, &b->key);
}

int ban_key_order(const struct ban_key *a, const struct ban_key *b)
{
    int d = (a->network.addr.v6 != 0) - (b->network.addr.v6 != 0);
    if (!d)
        d = a->network.length - b->network.length;
    if (!d)
        d = (a->protocol != 0) - (b->protocol != 0); /* one set after the other */
    if (!d)
        d = memcmp(a->network.addr.bytes, b->network.addr.bytes, a->network.addr.v6 ? 16 : 4);
    if (!d)
        d = a->protocol - b->protocol;
    return d ? d : a->port - b->port;
}

static bool longer(uint64_t a, uint64_t b)
{
    return b && (!a || a > b); /* 0 has no end */
}

/* Into order; a key that is there twice stays once. How many are left. */
static size_t settle(struct ban_element *e, size_t n)
{
    size_t out = 0;
    for (size_t i = 1; i < n; i++)
        if (order(&e[i - 1], &e[i]) >= 0) {
            qsort(e, n, sizeof *e, order);
            break;
        }
    for (size_t i = 0; i < n; i++)
        if (out && order(&e[out - 1], &e[i]) == 0) {
            e[out - 1].held |= e[i].held;
            e[out - 1].ms = longer(e[i].ms, e[out - 1].ms) ? e[i].ms : e[out - 1].ms;
        } else {
            e[out++] = e[i];
        }
    return out;
}

static bool *known(struct bans *b, const struct ban_key *k)
{
    return &b->known[!!k->network.addr.v6][k->network.length][!!k->protocol];
}

static bool same_set(const struct ban_key *a, const struct ban_key *b)
{
    return !a->network.addr.v6 == !b->network.addr.v6 && a->network.length == b->network.length && !a->protocol == !b->protocol;
}

static void put_element(struct nlmsghdr *h, const struct ban_element *e, bool timed)
{
    unsigned char key[SET_KEY];
    size_t n = ban_set_key(&e->key, key);
    struct nlattr *one = mnl_attr_nest_start(h, NFTA_LIST_ELEM), *k = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);
    mnl_attr_put(h, NFTA_DATA_VALUE, n, key);
    mnl_attr_nest_end(h, k);
    if (timed && e->ms)
        mnl_attr_put_u64(h, NFTA_SET_ELEM_TIMEOUT, htobe64(e->ms));
    mnl_attr_nest_end(h, one);
}

enum which { ALL, HELD };

/* One message: as many elements of one set as there is room for. How many were looked at, or -errno. */
static int put_some(struct batch *b, uint16_t type, enum which which, const struct ban_element *e, size_t n, bool timed)
{
    char name[SET_NAME];
    struct nlmsghdr *h = batch_message(b, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
    size_t i = 0, some = 0;
    if (!h)
        return -ENOMEM;
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, BANS_TABLE);
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, ban_set_name(&e[0].key, name));
    struct nlattr *list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
    for (; i < n && h->nlmsg_len < MESSAGE_FULL && same_set(&e[0].key, &e[i].key); i++)
        if (which == ALL || e[i].held) {
            put_element(h, &e[i], timed);
            some++;
        }
    mnl_attr_nest_end(h, list);
    if (some)
        batch_add(b, h);
    return (int)i;
}

static int put_all(struct batch *b, uint16_t type, enum which which, const struct ban_element *e, size_t n, bool timed)
{
    for (size_t i = 0; i < n;) {
        int r = put_some(b, type, which, e + i, n - i, timed);
        if (r < 0)
            return r;
        i += (size_t)r;
    }
    return 0;
}

/* Messages for the sets that are not there yet. */
static int add_sets(struct bans *b, const struct ban_element *e, size_t n)
{
    for (size_t i = 0, last; i < n; i = last) {
        for (last = i + 1; last < n && same_set(&e[i].key, &e[last].key); last++)
            ;
        int r = *known(b, &e[i].key) ? 0 : bans_add_set(&b->batch, &e[i].key, last - i > LARGE);
        if (r < 0)
            return r;
    }
    return 0;
}

static void note_sets(struct bans *b, const struct ban_element *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *known(b, &e[i].key) = true;
}

static int refused(int r, struct err *err)
{
    switch (-r) {
    case ENOENT: return err_set(err, r, "nftables: the table inet " BANS_TABLE " is not there");
    case ENFILE: return err_set(err, r, "nftables: a set is full"); /* strerror would speak of open files */
    default: return err_set(err, r, "nftables: %s", err_name(r));
    }
}

/* What is held is added, taken away and added again, all at once: kernels before 6.12 keep the old time of an element that is added again, and without the
   first step what is not there could not be taken away. */
static int put_batch(struct bans *b, const struct ban_element *e, size_t n)
{
    int r = add_sets(b, e, n);
    if (r == 0)
        r = put_all(&b->batch, NFT_MSG_NEWSETELEM, HELD, e, n, false);
    if (r == 0)
        r = put_all(&b->batch, NFT_MSG_DELSETELEM, HELD, e, n, false);
    return r == 0 ? put_all(&b->batch, NFT_MSG_NEWSETELEM, ALL, e, n, true) : r;
}

static int remove_batch(struct bans *b, const struct ban_element *e, size_t n)
{
    int r = add_sets(b, e, n);
    if (r == 0)
        r = put_all(&b->batch, NFT_MSG_NEWSETELEM, ALL, e, n, false);
    return r == 0 ? put_all(&b->batch, NFT_MSG_DELSETELEM, ALL, e, n, false) : r;
}

/* The table anew and the first elements. */
static int reset_batch(struct bans *b, const struct ban_element *e, size_t n)
{
    memset(b->known, 0, sizeof b->known);
    int r = bans_delete_table(&b->batch);
    if (r == 0)
        r = bans_add_table(&b->batch);
    if (r == 0)
        r = add_sets(b, e, n);
    return r == 0 ? put_all(&b->batch, NFT_MSG_NEWSETELEM, ALL, e, n, true) : r;
}

/* One transaction. It is repeated where the answers were lost (doing it again leads to the same end), and where a hash table is just growing (EBUSY). */
static int repeat(struct bans *b, int (*gather)(struct bans *, const struct ban_element *, size_t), const struct ban_element *e, size_t n)
{
    bool before[2][129][2];
    memcpy(before, b->known, sizeof before);
    for (int i = 0;; i++) {
        int r = batch_begin(&b->batch);
        if (r == 0)
            r = gather(b, e, n);
        if (r == 0)
            r = batch_commit(&b->batch);
        if (r == 0)
            note_sets(b, e, n);
        else
            memcpy(b->known, before, sizeof before); /* what is there is what was there */
        if (i == TRIES || (r != -ENOBUFS && r != -EBUSY && r != -EAGAIN))
            return r;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

/* The kernel writes a message for each element as soon as anybody listens, in any network namespace, which costs ten times as much as the element itself.
   So we leave for a large transaction, and look at the ruleset's number whether another one came between. */
static int transact(struct bans *b, int (*gather)(struct bans *, const struct ban_element *, size_t), const struct ban_element *e, size_t n)
{
    uint32_t before = 0, after = 0;
    bool quiet = n > QUIET && !b->stay && bans_generation(b, &before) == 0 && bans_listen(b, false) == 0;
    int r = repeat(b, gather, e, n);
    if (quiet && (bans_listen(b, true) < 0 || bans_generation(b, &after) < 0 || after - before > (r == 0)))
        b->missed = true;
    return r;
}

void bans_put_listening(struct bans *b, bool yes) { b->stay = yes; }

int bans_put(struct bans *b, struct ban_element *elements, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i += BANS_CHUNK) {
        size_t some = settle(elements + i, n - i < BANS_CHUNK ? n - i : BANS_CHUNK);
        int r = transact(b, put_batch, elements + i, some);
        if (r < 0)
            return refused(r, err);
    }
    return 0;
}

int bans_remove(struct bans *b, struct ban_element *elements, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i += BANS_CHUNK) {
        size_t some = settle(elements + i, n - i < BANS_CHUNK ? n - i : BANS_CHUNK);
        int r = transact(b, remove_batch, elements + i, some);
        if (r < 0)
            return refused(r, err);
    }
    return 0;
}

static int begin(struct bans *b, struct ban_element *chunk, bans_next *next, void *arg, struct err *err)
{
    int n = next(arg, chunk, BANS_CHUNK, err);
    if (n < 0)
        return n;
    int r = transact(b, reset_batch, chunk, settle(chunk, (size_t)n));
    return r < 0 ? refused(r, err) : n > 0;
}

static int fill(struct bans *b, struct ban_element *chunk, bans_next *next, void *arg, struct err *err)
{
    int n = begin(b, chunk, next, arg, err), r;
    while (n > 0 && (n = next(arg, chunk, BANS_CHUNK, err)) > 0)
        if ((r = bans_put(b, chunk, (size_t)n, err)) < 0)
            return r;
    return n;
}

static int with_chunk(struct bans *b, int (*fn)(struct bans *, struct ban_element *, bans_next *, void *, struct err *), bans_next *next, void *arg, struct err *err)
{
    struct ban_element *chunk = calloc(BANS_CHUNK, sizeof *chunk);
    int r = chunk ? fn(b, chunk, next, arg, err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    free(chunk);
    return r;
}

int bans_reset(struct bans *b, bans_next *next, void *arg, struct err *err) { return with_chunk(b, fill, next, arg, err); }
int bans_reset_begin(struct bans *b, bans_next *next, void *arg, struct err *err) { return with_chunk(b, begin, next, arg, err); }

static int parts_batch(struct bans *b, const struct bans_parts *p)
{
    int r = batch_begin(&b->batch);
    if (r == 0)
        r = bans_delete_parts(&b->batch, p);
    if (r == 0)
        r = bans_add_table(&b->batch);
    for (size_t i = 0; r == 0 && i < p->sets_n; i++)
        r = bans_add_lookup(&b->batch, &p->sets[i]);
    return r == 0 ? batch_commit(&b->batch) : r;
}

int bans_mend_parts(struct bans *b, struct err *err)
{
    struct bans_parts *p = calloc(1, sizeof *p);
    int r = p ? bans_parts_list(b, p) : -ENOMEM;
    if (r == 0)
        r = parts_batch(b, p);
    if (r == 0)
        memset(b->known, 0, sizeof b->known);
    for (size_t i = 0; r == 0 && i < p->sets_n; i++)
        *known(b, &p->sets[i]) = true;
    free(p);
    return r < 0 ? refused(r, err) : 0;
}

static int drop_batch(struct bans *b, const struct ban_element *e, size_t n)
{
    (void)e, (void)n;
    return bans_delete_table(&b->batch);
}

int bans_drop(struct bans *b, struct err *err)
{
    int r = transact(b, drop_batch, NULL, 0);
    if (r < 0)
        return refused(r, err);
    memset(b->known, 0, sizeof b->known);
    return 0;
}
