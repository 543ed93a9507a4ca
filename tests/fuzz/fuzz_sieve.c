/* fuzz_sieve.c: the lines of a log through several filters at once: what the sieve lets through gives what all filters give that see every line. */
#include "filter/sieve.h"
#include <assert.h>

#define NOW 1124013600

static struct filter_definition filter(struct arena *a, const char *pref, const char *const *fail, const char *ignore, const char *date)
{
    struct filter_definition d = {.name = "fuzz", .maxlines = 1, .prefregex = {pref, "f", 1}, .datepattern = {date, "f", 1}};
    for (; *fail; fail++)
        *list_push(a, &d.failregex) = (struct filter_text){*fail, "f", 1};
    if (ignore)
        *list_push(a, &d.ignoreregex) = (struct filter_text){ignore, "f", 1};
    return d;
}

static struct sieve *make(struct arena *a, enum sieve_way way, bool uncounted)
{
    static const char *const ssh[] = {"^Failed \\S+ for <F-USER>\\S+|.*?</F-USER> from <HOST>(?: port \\d+)?", "^<F-NOFAIL>Connection from</F-NOFAIL> <HOST>",
                                      "^Too many (?i:failures)", "^<F-MLFFORGET><F-MLFGAINED>Accepted</F-MLFGAINED></F-MLFFORGET> for <F-USER>\\S+</F-USER>", NULL};
    static const char *const web[] = {"^<HOST> -\\S* \\[\\] \"(?:GET|POST) /x", "^<ADDR> .*ab+cdef? \\w{2}", NULL};
    static const char *const loose[] = {"^(?P<x>[a-c])(?P=x) <HOST>$", "(?i)kiss <HOST>", "^[Ww]rong<ADDR>", "four <HOST>", NULL};
    static const char *const access[] = {"^<HOST> \\S+ <[^>]*> \"POST /login", "^<HOST> no date", NULL};
    const struct filter_definition d[] = {
        filter(a, "^(?:\\S+ )?<F-MLFID>\\w+\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$", ssh, "ignore me", NULL),
        filter(a, NULL, web, NULL, "{^LN-BEG}"), filter(a, NULL, loose, "nobody", "^[^\\[]*\\[({DATE})\n{^LN-BEG}"),
        filter(a, NULL, access, NULL, "^(?:[^\"\\\\]|\\\\.)*<(%d/%b/%Y:%H:%M:%S(?: %z)?)> "),
    };
    struct filter_definition *kept = arena_zalloc(a, sizeof d);
    memcpy(kept, d, sizeof d);
    struct matcher_options o = {.today = NOW, .connections = 3, .uncounted = uncounted, .thorough = way == SIEVE_OPEN};
    struct sieve *s = NULL;
    return sieve_new(kept, ARRAY_SIZE(d), &o, way, &s, NULL) == 0 ? s : NULL;
}

static bool same(const struct matcher_event *a, const struct matcher_event *b)
{
    return a->rule == b->rule && a->attempts == b->attempts && a->timed == b->timed && (!a->timed || a->time_us == b->time_us) && str_eq(a->host, b->host) && str_eq(a->user, b->user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sieve *sieves[4]; /* the usual one, one that sees every line; by sieve_next: one of which nobody asks more than what is found, and one that counts, too */
    static struct arena *texts[4];
    struct str rest = str_span((const char *)data, size), found_rest[2] = {rest, rest}, line;
    uint64_t at[2] = {0}, n = 0;
    for (unsigned i = 0; i < 4; i++) {
        sieves[i] = sieves[i] ? sieves[i] : make(texts[i] = arena_new(16u << 20), i == 1 ? SIEVE_OPEN : SIEVE_USUAL, i == 2);
        assert(sieves[i]);
        sieve_restart(sieves[i]);
        if (i != 1)
            sieve_block(sieves[i], rest);
    }
    while (str_line(&rest, &line)) {
        struct matcher_event e[4] = {{0}, {0}, {0}, {0}};
        size_t filter[4] = {9, 9, 9, 9};
        enum matcher_result r[4];
        for (unsigned i = 0; i < 2; i++)
            r[i] = sieve_line(sieves[i], line, NULL, NOW, &filter[i], &e[i]);
        assert(r[0] == r[1] && filter[0] == filter[1] && same(&e[0], &e[1]));
        n++;
        if (r[0] == MATCHER_MISSED)
            continue;
        for (unsigned i = 2; i < 4; i++) {
            r[i] = sieve_next(sieves[i], &found_rest[i - 2], NOW, &at[i - 2], &filter[i], &e[i]);
            assert(r[i] == r[0] && at[i - 2] == n && filter[i] == filter[0] && same(&e[0], &e[i]));
        }
    }
    for (unsigned i = 0; i < 2; i++)
        assert(sieve_next(sieves[i + 2], &found_rest[i], NOW, &at[i], &(size_t){0}, &(struct matcher_event){0}) == MATCHER_MISSED && at[i] == n);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 1; k < 4; k += 2)
            assert(matcher_counts(sieve_matcher(sieves[0], i)).undated == matcher_counts(sieve_matcher(sieves[k], i)).undated);
    return 0;
}
