/* logins_module.c: the part of journal.c that looks for successful logins, in the module "journal". It reads each service's entries from the newest one
   backwards: where there are more than can be read in the time, what is told is the nearest past, and whole. One service after the other, since sd-journal takes
   twice as long to find the next entry that fits one of many. What was written before the glance is for the logins alone: of that, only programs that let people in are
   read (Postfix's smtpd; its deliveries are half of what it writes). */
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

/* As journal_entry.by_user. */
static bool by_user(sd_journal *j)
{
    uint64_t uid;
    return str_u64(journal_field(j, "_UID"), UINT32_MAX, &uid) && uid >= 1000 && uid <= 65533;
}

/* What is seen of a service by the way (journal_glances). */
struct glance {
    struct source_health health;
    unsigned probes;
    bool whole;
};

/* The reading ended at this time, before its beginning: what is older is not known to those that wanted it. */
static void broke_off(const struct logins_job *job, struct reading *r, int64_t when)
{
    for (size_t i = 0; i < job->n; i++)
        if (when >= job->since[i]) {
            r[i].since = r[i].complete || when > r[i].since ? when : r[i].since;
            r[i].complete = false;
        }
}

static int64_t oldest_wanted(const struct logins_job *job)
{
    int64_t oldest = job->glance_since ? job->glance_since : job->since[0];
    for (size_t i = 0; i < job->n; i++)
        oldest = job->since[i] < oldest ? job->since[i] : oldest;
    return oldest;
}

#define IDENTIFIER_MAX 64

static void take_login(sd_journal *j, const struct logins_job *job, int64_t when, struct reading *r)
{
    char bytes[IDENTIFIER_MAX];
    struct login_said said;
    struct str identifier = journal_field(j, "SYSLOG_IDENTIFIER");
    if (identifier.n > sizeof bytes)
        return;
    identifier = str_span(memcpy(bytes, identifier.p, identifier.n), identifier.n); /* it may move with the next field (sd_journal_get_data(3)) */
    if (!login_line(identifier, journal_field(j, "MESSAGE"), &said))
        return;
    for (size_t i = 0; i < job->n; i++)
        if (when >= job->since[i])
            count(&r[i], &said, when);
}

/* Nearly all entries are done with their message: sd-journal takes longer for each field than for finding the entry. *newest: no line of the service was seen yet. */
static void take_entry(sd_journal *j, const struct logins_job *job, uint64_t us, struct reading *r, struct glance *g, bool *newest)
{
    int64_t when = (int64_t)(us / 1000000);
    struct str message = journal_field(j, "MESSAGE");
    bool login = login_maybe(message), glanced = job->glance_since && when >= job->glance_since;
    if (glanced && (*newest || (!g->health.telling && speaks_of_login(message))) && !by_user(j)) {
        health_glance(&g->health, journal_field(j, "MESSAGE"), (int64_t)us, &g->probes);
        *newest = false;
    }
    if (login)
        take_login(j, job, when, r);
}

#define IDENTIFIERS_SEEN 5000 /* anybody can make one up: where there are more, */
#define GATES_MAX 32          /* or more that fit, all entries are read */

struct gates {
    size_t n;
    struct str match[GATES_MAX];
    char bytes[GATES_MAX][sizeof "SYSLOG_IDENTIFIER=" + IDENTIFIER_MAX];
};

/* The names that the service's programs that let people in have in this journal. false: too many, or it cannot be said. */
static bool find_gates(sd_journal *j, const struct log_service *s, struct gates *ret)
{
    const size_t skip = sizeof "SYSLOG_IDENTIFIER=" - 1;
    const void *data;
    size_t n;
    int e = sd_journal_query_unique(j, "SYSLOG_IDENTIFIER");
    for (size_t seen = 0; e >= 0 && (e = sd_journal_enumerate_unique(j, &data, &n)) > 0;) {
        struct str id = n > skip ? str_span((const char *)data + skip, n - skip) : STR("");
        if (++seen > IDENTIFIERS_SEEN)
            return false;
        if (id.n > IDENTIFIER_MAX || !log_service_has_program(s, id) || !log_service_lets_in(s, id))
            continue; /* take_login would not take it */
        if (ret->n == GATES_MAX)
            return false;
        ret->match[ret->n] = str_span(memcpy(ret->bytes[ret->n], data, n), n);
        ret->n++;
    }
    return e == 0;
}

static int match_gates(sd_journal *j, const struct log_service *s, const struct gates *g)
{
    bool any;
    sd_journal_flush_matches(j);
    int e = journal_add_matches(j, s->matches, &any);
    if (e >= 0)
        e = sd_journal_add_conjunction(j);
    for (size_t i = 0; e >= 0 && i < g->n; i++)
        e = sd_journal_add_match(j, g->match[i].p, g->match[i].n);
    return e < 0 ? e : 0;
}

enum { AS_BEFORE, NARROWED, NOBODY };

/* From the current entry on, itself among it (at_end: from the end), only what these programs wrote will be read. NOBODY: there are none. */
static int narrow(sd_journal *j, const struct log_service *s, bool at_end)
{
    struct gates g = {0};
    char *here = NULL;
    if (!s->gates[0] || !find_gates(j, s, &g))
        return AS_BEFORE;
    if (!g.n)
        return NOBODY;
    int e = at_end ? 0 : sd_journal_get_cursor(j, &here);
    if (e >= 0)
        e = match_gates(j, s, &g);
    if (e >= 0)
        e = at_end ? sd_journal_seek_tail(j) : sd_journal_seek_cursor(j, here);
    free(here);
    return e < 0 ? e : NARROWED;
}

/* The end is where reading begins. 1: there is something to read. */
static int begin_service(sd_journal *j, const struct logins_job *job, const struct log_service *s)
{
    bool any;
    sd_journal_flush_matches(j);
    int e = journal_add_matches(j, s->matches, &any);
    if (e == 0 && !job->glance_since)
        e = narrow(j, s, true);
    if (e < 0 || e == NOBODY)
        return e < 0 ? e : 0;
    e = sd_journal_seek_tail(j);
    return e < 0 ? e : 1;
}

static int read_entries(sd_journal *j, const struct logins_job *job, const struct log_service *s, int64_t last, int64_t deadline, struct reading *r, struct glance *g)
{
    int64_t when = last, oldest = oldest_wanted(job);
    bool newest = true, narrowed = !job->glance_since;
    uint64_t us;
    int e;
    for (unsigned n = 0; (e = sd_journal_previous(j)) > 0; n++) {
        if (sd_journal_get_realtime_usec(j, &us) < 0)
            continue;
        when = (int64_t)(us / 1000000);
        if (when < oldest)
            return 0;
        if (n % 1024 == 1023 && clock_monotonic_ms() > deadline) {
            e = -ETIME;
            break;
        }
        int narrower = narrowed || when >= job->glance_since ? AS_BEFORE : narrow(j, s, false);
        narrowed |= when < job->glance_since;
        if (narrower < 0 || narrower == NOBODY)
            return narrower < 0 ? narrower : 0;
        if (narrower == AS_BEFORE)
            take_entry(j, job, us, r, g, &newest);
    }
    if (e < 0) { /* too late; or damaged: what stands before is not known */
        broke_off(job, r, when);
        g->whole &= when < job->glance_since;
    }
    return 0;
}

/* Each service has its share of the time that is left. */
static int read_place(sd_journal *j, const struct logins_job *job, struct reading *r, struct glance *glances)
{
    uint64_t first = 0, last = 0;
    int e = 0;
    journal_ends(j, &first, &last);
    for (size_t i = 0; i < job->n; i++)
        if (first && (!r[i].since || (int64_t)first < r[i].since))
            r[i].since = (int64_t)first;
    for (size_t k = 0; e == 0 && k < job->services; k++) {
        int64_t now = clock_monotonic_ms(), left = job->deadline > now ? job->deadline - now : 0;
        e = begin_service(j, job, job->of[k]);
        if (e > 0)
            e = read_entries(j, job, job->of[k], (int64_t)last, now + left / (int64_t)(job->services - k), r, &glances[k]);
    }
    return e < 0 ? e : 0;
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

/* The places follow each other: what is whole in both is whole from the older one's beginning, else from where reading stopped last. */
static void join(struct reading *all, const struct reading *one)
{
    if (!one->complete && (all->complete || one->since > all->since))
        all->since = one->since;
    else if (all->complete && one->since && (!all->since || one->since < all->since))
        all->since = one->since;
    all->tree = one->tree;
    all->n = one->n;
    all->complete = all->complete && one->complete;
}

/* First of all, as one string, so that whoever wants the rest can pass over it. */
static void put_glances(const struct logins_job *job, const struct glance *glances, struct buf *out)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    buf_put_u64(&b, (uint64_t)job->glance_since);
    for (size_t k = 0; job->glance_since && k < job->services; k++) {
        if (!glances[k].whole)
            continue;
        buf_put_u32(&b, job->number[k]);
        buf_put_u64(&b, glances[k].health.lines);
        buf_put_u32(&b, glances[k].health.telling > 0);
        buf_put_u64(&b, (uint64_t)glances[k].health.last_line);
    }
    buf_put_str(out, buf_str(&b));
}

int read_logins(void *arg, struct buf *out)
{
    const struct logins_job *job = arg;
    struct reading all[LOGINS_SINCE_MAX], one[LOGINS_SINCE_MAX];
    struct glance glances[LOGINS_SERVICES_MAX];
    for (size_t k = 0; k < LOGINS_SERVICES_MAX; k++)
        glances[k] = (struct glance){.whole = true};
    for (size_t i = 0; i < job->n; i++)
        all[i] = (struct reading){.complete = true};
    for (size_t p = 0; p < JOURNAL_PLACES; p++) {
        _cleanup_(journal_place_closep) sd_journal *j = NULL;
        int fd = -1;
        int e = journal_open_place(job->root, p, &j, &fd);
        for (size_t k = 0; e < 0 && e != -ENOENT && k < job->services; k++)
            glances[k].whole = false;
        if (e < 0)
            continue;
        for (size_t i = 0; i < job->n; i++)
            one[i] = (struct reading){.tree = all[i].tree, .n = all[i].n, .complete = true};
        e = read_place(j, job, one, glances);
        if (e < 0)
            return e;
        for (size_t i = 0; i < job->n; i++)
            join(&all[i], &one[i]);
    }
    put_glances(job, glances, out);
    for (size_t i = 0; i < job->n; i++) {
        buf_put_u64(out, (uint64_t)all[i].since);
        buf_put_u32(out, all[i].complete);
        buf_put_u32(out, (uint32_t)all[i].n);
        twalk_r(all[i].tree, put, out);
    }
    return out->full ? -E2BIG : 0; /* the trees die with this process */
}
