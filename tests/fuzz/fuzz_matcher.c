/* fuzz_matcher.c: the lines of a log, through a filter that joins connections and one that sees several lines at once. */
#include "filter/matcher.h"
#include <assert.h>
#include <stdio.h>

static struct matcher *make(struct arena *a, unsigned maxlines)
{
    struct filter_definition d = {.name = "fuzz", .maxlines = maxlines, .prefregex = {maxlines > 1 ? NULL : "^(?:\\S+ )?<F-MLFID>\\w+\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$", "f", 1}};
    static const char *const one[] = {"^Failed \\S+ for <F-USER>\\S+|.*?</F-USER> from <HOST>(?: port \\d+)?", "^<F-NOFAIL>Connection from</F-NOFAIL> <HOST>",
                                      "^Too many failures", "^<F-MLFFORGET><F-MLFGAINED>Accepted</F-MLFGAINED></F-MLFFORGET> for <F-USER>\\S+</F-USER>"};
    static const char *const many[] = {"^(?P<n>\\S+) a <ADDR>$<SKIPLINES>^(?P=n) b", "^<SUBNET> <F-ALT_USER>\\w*</F-ALT_USER>$"};
    for (size_t i = 0; i < (maxlines > 1 ? ARRAY_SIZE(many) : ARRAY_SIZE(one)); i++)
        *list_push(a, &d.failregex) = (struct filter_text){maxlines > 1 ? many[i] : one[i], "f", 1};
    static const struct { enum event_kind kind; const char *text; } events[] = {{EVENT_LOGIN_OK, "^Opened (?:for <F-USER>.*</F-USER>)?(?: from <ADDR>)?"}, {EVENT_LOGOUT, "^Closed <F-SESSION>\\w*</F-SESSION>"}};
    for (size_t i = 0; maxlines == 1 && i < ARRAY_SIZE(events); i++)
        *list_push(a, &d.events) = (struct filter_event){events[i].kind, {events[i].text, "f", 1}};
    *list_push(a, &d.ignoreregex) = (struct filter_text){"ignore me", "f", 1};
    struct matcher_options o = {.today = 1124013600, .connections = 3};
    struct matcher *m = NULL;
    return matcher_new(&d, &o, &m, NULL) == 0 ? m : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct matcher *matchers[2];
    struct arena *a = arena_new(1u << 20);
    for (unsigned i = 0; i < 2; i++) {
        if (!matchers[i])
            matchers[i] = make(a, i ? 4 : 1);
        assert(matchers[i]);
        struct str rest = str_span((const char *)data, size), line;
        while (str_line(&rest, &line)) {
            struct matcher_event e = {0};
            if (matcher_line(matchers[i], line, NULL, 1124013600, &e) == MATCHER_FOUND)
                assert(e.rule && (e.host.n || e.kind != EVENT_LOGIN_FAILED) && e.attempts && e.matches_n && e.matches_n <= e.attempts);
        }
    }
    arena_free(a);
    return 0;
}
