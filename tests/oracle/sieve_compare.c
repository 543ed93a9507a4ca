/* sieve_compare.c: sieve_compare DIRECTORY NOW FILTER... <LOG: the log through all filters at once, line by line: as usual, without Vectorscan, and with every
   expression seeing every line and every date looked for anew; and with logins
   alone asked for. Prints what differs; the last line says how much was compared. */
#include "base/buf.h"
#include "filter/sieve.h"
#include "log/lines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAYS 4
#define LOGINS (1u << EVENT_LOGIN_FAILED | 1u << EVENT_LOGIN_OK) /* the fourth way: only these are asked for */
#define LOGIN_WAY 3

static char *told(struct sieve *s, struct str line, int64_t now, bool logins, struct arena *a, unsigned *taken)
{
    static const char *const names[] = {"missed", "found", "ignored", "held"};
    struct matcher_event e = {0};
    size_t filter = 0;
    enum matcher_result r = sieve_line(s, line, NULL, now, &filter, &e);
    if (r == MATCHER_MISSED || (logins && (r == MATCHER_IGNORED || (r == MATCHER_FOUND && !(LOGINS >> e.kind & 1)))))
        return arena_dup(a, STR("missed"));
    ++*taken;
    struct str last = e.matches_n ? e.matches[e.matches_n - 1] : STR("");
    return arena_printf(a, "%s by %zu rule %u kind %d host %.*s user %.*s at %d %lld attempts %u last %.*s", names[r], filter, e.rule, (int)e.kind, (int)e.host.n, e.host.n ? e.host.p : "",
                        (int)e.user.n, e.user.n ? e.user.p : "", e.timed, e.timed ? (long long)e.time_us : 0, e.attempts, (int)last.n, last.p);
}

static bool print_date(void *ctx, const char *name, uint64_t hits)
{
    struct buf *b = ctx;
    buf_printf(b, "%s %llu;", name, (unsigned long long)hits);
    return true;
}

/* What of it is told where only logins are asked for. */
static const char *usual_login(const char *usual, struct arena *a)
{
    const char *kind = strstr(usual, " kind ");
    bool other = strncmp(usual, "ignored", 7) == 0 || (strncmp(usual, "found", 5) == 0 && kind && !(LOGINS >> strtoul(kind + 6, NULL, 10) & 1));
    return other ? arena_dup(a, STR("missed")) : usual;
}

/* What is known of each filter at the end. */
static char *summary(const struct sieve *s, size_t n, struct arena *a)
{
    struct buf b = BUF(16u << 20);
    for (size_t i = 0; i < n; i++) {
        struct matcher_count c = matcher_counts(sieve_matcher(s, i));
        buf_printf(&b, "%zu: cut %llu broken %llu undated %llu ", i, (unsigned long long)c.cut, (unsigned long long)c.not_utf8, (unsigned long long)c.undated);
        matcher_dates(sieve_matcher(s, i), print_date, &b);
        for (size_t k = 1; k <= matcher_rules(sieve_matcher(s, i)); k++) {
            uint64_t hits;
            (void)matcher_rule(sieve_matcher(s, i), k, &hits);
            buf_printf(&b, " %llu", (unsigned long long)hits);
        }
    }
    char *all = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return all;
}

static int compare(struct sieve **s, size_t n, int64_t now, struct lines *log)
{
    struct str block, line;
    unsigned taken = 0, differ = 0;
    uint64_t lines = 0;
    while (lines_block(log, &block, NULL) > 0) {
        for (unsigned w = 0; w < WAYS; w++)
            sieve_block(s[w], block);
        while (str_line(&block, &line)) {
            struct arena *a = arena_new(16u << 20);
            const char *usual = told(s[0], line, now, false, a, &taken), *login = usual_login(usual, a);
            lines++;
            for (unsigned w = 1; w < WAYS; w++) {
                unsigned unused = 0;
                const char *other = told(s[w], line, now, w == LOGIN_WAY, a, &unused);
                if (strcmp(w == LOGIN_WAY ? login : usual, other) != 0 && differ++ < 20)
                    printf("way %u, line %llu: %s, not %s: %.*s\n", w, (unsigned long long)lines, usual, other, (int)line.n, line.p);
            }
            arena_free(a);
        }
    }
    struct arena *a = arena_new(64u << 20);
    const char *usual = summary(s[0], n, a);
    for (unsigned w = 1; w < LOGIN_WAY; w++)
        if (strcmp(usual, summary(s[w], n, a)) != 0 && differ++ < 20)
            printf("way %u: in the end %s, not %s\n", w, usual, summary(s[w], n, a));
    arena_free(a);
    printf("%llu lines, %u taken, %u differ\n", (unsigned long long)lines, taken, differ);
    return differ > 0;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new(512u << 20);
    struct matcher_options o = {0};
    struct err err = {0};
    struct sieve *s[WAYS] = {0};
    struct lines *log = NULL;
    LIST(struct filter_definition) d = {0};
    if (argc < 4)
        return 2;
    int64_t now = strtoll(argv[2], NULL, 10);
    o.today = now;
    for (int i = 3; i < argc; i++) {
        struct filter_definition *one = list_push(a, &d);
        if (filter_load(a, argv[1], str_of(argv[i]), one, &err) < 0 && fprintf(stderr, "%s: %s\n", argv[i], err.text))
            return 2;
    }
    for (unsigned w = 0; w < WAYS; w++) {
        o.thorough = w == SIEVE_OPEN;
        o.kinds = w == LOGIN_WAY ? LOGINS : 0;
        o.uncounted = w == LOGIN_WAY;
        if (sieve_new(d.v, d.n, &o, w == LOGIN_WAY ? SIEVE_USUAL : (enum sieve_way)w, &s[w], &err) < 0 && fprintf(stderr, "%s:%u: %s\n", err.file, err.line, err.text))
            return 2;
    }
    if (lines_open(dup(STDIN_FILENO), "-", &log, &err) < 0)
        return 2;
    int r = compare(s, d.n, now, log);
    lines_close(log);
    for (unsigned w = 0; w < WAYS; w++)
        sieve_free(s[w]);
    arena_free(a);
    return r;
}
