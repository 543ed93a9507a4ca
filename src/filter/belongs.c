#include "filter/belongs.h"
#include "base/hash.h"
#include "filter/line_head.h"

#define FORGET_US (6 * 86400 * INT64_C(1000000)) /* Postfix gives a message up after five days */

/* What names of accounts are made of. */
static bool part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._%+@-", c)) || (c & 0x80);
}

static bool same(const char *p, struct str account)
{
    for (size_t i = 0; i < account.n; i++)
        if (str_lower(p[i]) != account.p[i])
            return false;
    return true;
}

/* An address of a message, by what stands before it. */
static bool is_address(struct str before)
{
    static const char *const logins[] = {"user=<", "username=<", "login=<", "account=<", "user <"};
    static const char *const addresses[] = {"from=", "to=", "sender=", "=> ", "-> ", "== ", "** ", "<= ", "for <", "MAIL FROM:", "RCPT TO:"};
    if (before.n && before.p[before.n - 1] == '<') {
        for (size_t i = 0; i < ARRAY_SIZE(logins); i++)
            if (before.n >= strlen(logins[i]) && str_ieq(str_from(before, before.n - strlen(logins[i])), str_of(logins[i])))
                return false;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
        if (str_ends(before, str_of(addresses[i])))
            return true;
    return false;
}

bool account_in(struct str line, struct str account)
{
    for (size_t i = 0; account.n && i + account.n <= line.n; i++) {
        const char *p = line.p + i, *behind = p + account.n, *end = line.p + line.n;
        if (str_lower(*p) != account.p[0] || !same(p, account) || (i && part(p[-1])))
            continue;
        bool goes_on = behind < end && part(*behind) && !(*behind == '.' && (behind + 1 == end || !part(behind[1])));
        if (!goes_on && !is_address(str_span(line.p, i)))
            return true;
    }
    return false;
}

static void add(struct line_ids *ids, char kind, struct str text)
{
    if (text.n && text.n <= 64 && ids->n < ARRAY_SIZE(ids->v)) {
        ids->v[ids->n].kind = kind;
        ids->v[ids->n++].text = text;
    }
}

/* "3F2A4B5C6D: ..." and "4Vx2Yb3kzqz9rXV: ...": capitals and digits, or long with a digit; NOQUEUE is none. */
static struct str queue_id(struct str s)
{
    size_t n = 0, digits = 0, small = 0;
    for (; n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'A' && s.p[n] <= 'Z') || (s.p[n] >= 'a' && s.p[n] <= 'z')); n++) {
        digits += s.p[n] <= '9';
        small += s.p[n] >= 'a';
    }
    bool good = n >= 6 && n <= 20 && digits && (!small || n >= 10) && (n == s.n || s.p[n] == ':' || s.p[n] == ')' || s.p[n] == ' ');
    return good ? str_span(s.p, n) : (struct str){s.p, 0};
}

static struct str behind(struct str s, struct str words)
{
    ptrdiff_t at = str_search(s, words);
    return at < 0 ? (struct str){s.p, 0} : str_from(s, (size_t)at + words.n);
}

static void of_postfix(struct str message, struct line_ids *ret)
{
    struct str id = queue_id(message);
    if (!id.n || id.n == message.n || message.p[id.n] != ':')
        return;
    add(ret, 'q', id);
    /* A content filter on this machine hands it back, and the message has another number; so has the notice that it could not be delivered. */
    if (str_search(message, STR("relay=127.0.0.1")) > 0 || str_search(message, STR("relay=localhost")) > 0)
        add(ret, 'q', queue_id(behind(message, STR("queued as "))));
    add(ret, 'q', queue_id(behind(message, STR("delivery status notification: "))));
    add(ret, 'q', queue_id(behind(message, STR("non-delivery notification: "))));
    ret->over = str_ends(message, STR(": removed"));
}

static struct str until(struct str s, char end)
{
    ptrdiff_t at = str_find(s, end);
    return at < 0 ? (struct str){s.p, 0} : str_span(s.p, (size_t)at);
}

/* "imap-login: Login: user=<a>, ..., session=<xyz>"; "imap(a)<12><xyz>: ..." */
static void of_dovecot(struct str message, struct line_ids *ret)
{
    struct str session = until(behind(message, STR("session=<")), '>'), numbered = behind(message, STR(")<"));
    add(ret, 's', session);
    if (!session.n && numbered.n)
        add(ret, 's', until(behind(numbered, STR("><")), '>'));
    ret->over = str_search(message, STR(": Disconnected")) >= 0 || str_search(message, STR(": Logged out")) >= 0 || str_search(message, STR(": Connection closed")) >= 0;
}

/* One process serves one connection; its number comes again, so that the end counts. */
static void of_process(const struct line_head *h, struct line_ids *ret)
{
    static const char *const ends[] = {"session closed", "Connection closed", "Disconnected from", "FTP session closed", "[preauth]", "Logout.", "Connection reset"};
    add(ret, 'p', str_span(h->ident.p, (size_t)(h->pid.p + h->pid.n - h->ident.p)));
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        ret->over |= str_search(h->message, str_of(ends[i])) >= 0;
}

static size_t alnum(struct str s)
{
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'A' && s.p[n] <= 'Z') || (s.p[n] >= 'a' && s.p[n] <= 'z')))
        n++;
    return n;
}

/* Exim's name of a message, 1rABCD-0001Xx-3M or 1rABCD-00000001Xxy-3M4a, as the third word of its mainlog or behind its name in syslog. */
static void of_exim(struct str line, struct line_ids *ret)
{
    struct str rest = str_span(line.p, line.n < 120 ? line.n : 120), word;
    for (unsigned i = 0; i < 8 && !ret->n && str_word(&rest, " ", &word); i++) {
        size_t middle = word.n > 7 ? alnum(str_from(word, 7)) : 0;
        if (alnum(word) == 6 && word.n > 7 && word.p[6] == '-' && (middle == 6 || middle == 11) && word.n > 7 + middle + 2 && word.p[7 + middle] == '-' && alnum(str_from(word, 8 + middle)) == word.n - 8 - middle)
            add(ret, 'q', word);
    }
    ret->over = ret->n && str_search(line, STR(" Completed")) > 0;
}

void line_ids(struct str line, struct line_ids *ret)
{
    static const char *const by_process[] = {"sshd", "proftpd", "vsftpd", "pure-ftpd"};
    struct line_head h;
    *ret = (struct line_ids){0};
    if (!line_head(line, &h) || str_starts(h.ident, STR("exim")))
        of_exim(line, ret);
    else if (str_starts(h.ident, STR("postfix")))
        of_postfix(h.message, ret);
    else if (str_eq(h.ident, STR("dovecot")))
        of_dovecot(h.message, ret);
    else
        for (size_t i = 0; h.pid.n && i < ARRAY_SIZE(by_process); i++)
            if (str_starts(h.ident, str_of(by_process[i])))
                of_process(&h, ret);
}

/* An id that a stranger chose to meet another's shows one line more. */
static uint64_t hash_of(char kind, struct str s)
{
    return hash_add(HASH_BEGIN ^ (unsigned char)kind, s);
}

static size_t known(const struct belongs *b, uint64_t hash)
{
    size_t i = 0;
    while (i < b->n && b->ids[i].hash != hash)
        i++;
    return i;
}

static void remember(struct belongs *b, uint64_t hash, int64_t us)
{
    size_t at = known(b, hash);
    if (at == BELONGS_IDS) {
        at = 0;
        for (size_t i = 1; i < b->n; i++)
            if (b->ids[i].seen < b->ids[at].seen)
                at = i;
    }
    b->n += at == b->n;
    b->ids[at].hash = hash;
    b->ids[at].seen = us;
}

static void forget(struct belongs *b, size_t at)
{
    b->ids[at] = b->ids[--b->n];
}

bool belongs_line(struct belongs *b, struct str line, struct str account, int64_t us)
{
    struct line_ids ids;
    uint64_t hashes[ARRAY_SIZE(ids.v)];
    bool mine = account_in(line, account);
    line_ids(line, &ids);
    for (size_t i = 0; i < ids.n; i++) {
        hashes[i] = hash_of(ids.v[i].kind, ids.v[i].text);
        size_t at = known(b, hashes[i]);
        if (at < b->n && us && b->ids[at].seen && us - b->ids[at].seen > FORGET_US)
            forget(b, at);
        else if (at < b->n && i == 0) /* others are what the first one leads to */
            mine = true;
    }
    for (size_t i = 0; mine && i < ids.n; i++) {
        size_t at = known(b, hashes[i]);
        if (i == 0 && ids.over) {
            if (at < b->n)
                forget(b, at);
        } else {
            remember(b, hashes[i], us);
        }
    }
    return mine;
}
