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

static struct sieve *make(struct arena *a, enum sieve_way way)
{
    static const char *const ssh[] = {"^Failed \\S+ for <F-USER>\\S+|.*?</F-USER> from <HOST>(?: port \\d+)?", "^<F-NOFAIL>Connection from</F-NOFAIL> <HOST>",
                                      "^Too many (?i:failures)", "^<F-MLFFORGET><F-MLFGAINED>Accepted</F-MLFGAINED></F-MLFFORGET> for <F-USER>\\S+</F-USER>", NULL};
    static const char *const web[] = {"^<HOST> -\\S* \\[\\] \"(?:GET|POST) /x", "^<ADDR> .*ab+cdef? \\w{2}", NULL};
    static const char *const loose[] = {"^(?P<x>[a-c])(?P=x) <HOST>$", "(?i)kiss <HOST>", "^[Ww]rong<ADDR>", "four <HOST>", NULL};
    const struct filter_definition d[] = {
        filter(a, "^(?:\\S+ )?<F-MLFID>\\w+\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$", ssh, "ignore me", NULL),
        filter(a, NULL, web, NULL, "{^LN-BEG}"), filter(a, NULL, loose, "nobody", "^[^\\[]*\\[({DATE})\n{^LN-BEG}"),
    };
    struct filter_definition *kept = arena_zalloc(a, sizeof d);
    memcpy(kept, d, sizeof d);
    struct matcher_options o = {.today = NOW, .connections = 3, .thorough = way == SIEVE_OPEN};
    struct sieve *s = NULL;
    return sieve_new(kept, ARRAY_SIZE(d), &o, way, &s, NULL) == 0 ? s : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sieve *sieves[2];
    static struct arena *texts[2];
    for (unsigned i = 0; i < 2; i++)
        if (!sieves[i])
            sieves[i] = make(texts[i] = arena_new(16u << 20), i ? SIEVE_OPEN : SIEVE_USUAL);
    assert(sieves[0] && sieves[1]);
    struct str rest = str_span((const char *)data, size), line;
    sieve_block(sieves[0], rest);
    while (str_line(&rest, &line)) {
        struct matcher_event e[2] = {{0}, {0}};
        size_t filter[2] = {9, 9};
        enum matcher_result r[2];
        for (unsigned i = 0; i < 2; i++)
            r[i] = sieve_line(sieves[i], line, NULL, NOW, &filter[i], &e[i]);
        assert(r[0] == r[1] && filter[0] == filter[1] && e[0].rule == e[1].rule && e[0].attempts == e[1].attempts && e[0].timed == e[1].timed);
        assert((!e[0].timed || e[0].time_us == e[1].time_us) && str_eq(e[0].host, e[1].host) && str_eq(e[0].user, e[1].user));
    }
    for (unsigned i = 0; i < 3; i++)
        assert(matcher_counts(sieve_matcher(sieves[0], i)).undated == matcher_counts(sieve_matcher(sieves[1], i)).undated);
    return 0;
}
