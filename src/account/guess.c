#include "account/guess.h"
#include "base/buf.h"
#include "base/digest.h"
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

/* Most likely first; NULL stands for the account's own name (before "@"). */
static const char *const common[] = {NULL, "password", "123456", "admin", "changeme", "12345678", "test", "root", "toor", "1234"};

/* Accounts that devices and images come with. */
static const struct { const char *name, *password; } known[] = {{"pi", "raspberry"}, {"root", "calvin"}, {"root", "alpine"}, {"admin", "setup"}};

static bool number_after(struct str s, struct str prefix, uint64_t max)
{
    uint64_t v;
    struct str rest, digits;
    if (!str_starts(s, prefix))
        return true;
    rest = str_from(s, prefix.n);
    return str_field(&rest, '$', &digits) && str_u64(digits, max, &v);
}

bool hash_is_cheap(struct str s)
{
    static const struct { struct str prefix; struct str parameter; uint64_t max; } kinds[] = {
        {{"$6$", 3}, {"$6$rounds=", 10}, 20000}, {{"$5$", 3}, {"$5$rounds=", 10}, 20000}, {{"$1$", 3}, {"", 0}, 0},
        {{"$2a$", 4}, {"$2a$", 4}, 10}, {{"$2b$", 4}, {"$2b$", 4}, 10}, {{"$2y$", 4}, {"$2y$", 4}, 10},
    };
    static const char *const yescrypt[] = {"$y$j9T$", "$y$j8T$", "$y$j7T$", "$y$j75$"};
    if (s.n > 256)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_starts(s, kinds[i].prefix))
            return !kinds[i].parameter.n || number_after(s, kinds[i].parameter, kinds[i].max);
    for (size_t i = 0; i < ARRAY_SIZE(yescrypt); i++)
        if (str_starts(s, str_of(yescrypt[i])))
            return true;
    return s.n == 13 && s.p[0] != '$' && s.p[0] != '_' && s.p[0] != '{'; /* DES */
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* {SHA512-CRYPT}$6$... -> $6$...; plain: the rest is the password itself. */
static struct str without_scheme(struct str hash, bool *plain)
{
    static const char *const crypts[] = {"{CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}", "{MD5-CRYPT}", "{BLF-CRYPT}", "{DES-CRYPT}"};
    static const char *const plains[] = {"{PLAIN}", "{CLEARTEXT}", "{CLEAR}"};
    *plain = false;
    for (size_t i = 0; i < ARRAY_SIZE(plains); i++)
        if (str_istarts(hash, str_of(plains[i]))) {
            *plain = true;
            return str_from(hash, strlen(plains[i]));
        }
    for (size_t i = 0; i < ARRAY_SIZE(crypts); i++)
        if (str_istarts(hash, str_of(crypts[i])))
            return str_from(hash, strlen(crypts[i]));
    return hash;
}

bool hash_is_dear(struct str hash)
{
    bool plain;
    struct str stored = without_scheme(hash, &plain);
    return !plain && (str_starts(stored, STR("$y$")) || str_starts(stored, STR("$2")));
}

static bool fits(struct guesses *g, struct str stored, const char *guess)
{
    char setting[257];
    if (!g->work)
        g->work = calloc(1, sizeof(struct crypt_data));
    if (!g->work || stored.n >= sizeof setting)
        return false;
    memcpy(setting, stored.p, stored.n);
    setting[stored.n] = 0;
    int64_t before = cpu_us();
    /* crypt_rn of libxcrypt: the sanitizers' run time brings a crypt_r of its own, which would keep libcrypt from being linked. */
    const char *made = crypt_rn(guess, setting, g->work, (int)sizeof(struct crypt_data));
    bool same = made && made[0] != '*' && strcmp(made, setting) == 0;
    explicit_bzero(setting, sizeof setting);
    g->budget_us -= cpu_us() - before;
    g->tried++;
    return same;
}

static const char *guess_of(const struct credential *c, size_t n, char own[256])
{
    if (n < ARRAY_SIZE(common)) {
        snprintf(own, 256, "%.*s", (int)strcspn(c->name, "@"), c->name);
        return common[n] ? common[n] : own;
    }
    n -= ARRAY_SIZE(common);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].name, c->name) == 0 && n-- == 0)
            return known[i].password;
    return NULL;
}

#define LIST_OF_GUESSES "1" /* another number when guesses are added in front of others */

int guess_key(const struct credential *c, char ret[GUESS_KEY])
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    char hex[DIGEST_HEX];
    bool plain;
    struct str stored = without_scheme(c->hash, &plain);
    if (plain || !hash_is_cheap(stored)) /* no digest of a password itself is ever stored */
        return -EOPNOTSUPP;
    buf_addz(&b, LIST_OF_GUESSES);
    buf_put_z(&b, c->name);
    buf_put_str(&b, c->hash);
    int r = b.full ? -EFBIG : digest_sha256_hex(buf_str(&b), hex, NULL);
    if (b.p)
        explicit_bzero(b.p, b.n);
    if (r == 0)
        snprintf(ret, GUESS_KEY, "%.32s", hex);
    return r;
}

bool guess_never(const struct credential *c)
{
    bool plain;
    struct str stored = without_scheme(c->hash, &plain);
    return hash_usable(c->hash) && stored.n && !plain && !hash_is_cheap(stored);
}

int guess_one(struct guesses *g, const struct credential *c, size_t n)
{
    char own[256];
    const char *guess = guess_of(c, n, own);
    bool plain;
    struct str stored = without_scheme(c->hash, &plain);
    if (!guess)
        return -ENOENT;
    if (plain)
        return str_eq(stored, str_of(guess));
    if (!hash_is_cheap(stored)) {
        g->foreign += n == 0;
        return -EOPNOTSUPP;
    }
    g->planned++;
    return g->budget_us + (n == 0 ? g->first_us : 0) > 0 ? fits(g, stored, guess) : -EAGAIN;
}

void guesses_done(struct guesses *g)
{
    if (g->work)
        explicit_bzero(g->work, sizeof(struct crypt_data));
    free(g->work);
    g->work = NULL;
}
