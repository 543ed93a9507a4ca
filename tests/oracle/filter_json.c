/* filter_json: prints what the loader makes of filters and jails, for comparison with fail2ban's own readers (test_fail2ban_reader.py).
   One JSON list [DIR, SPEC] a line on standard input, one JSON object a line on standard output. */
#include "filter/definition.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *text(const struct filter_text *t)
{
    return t->text ? json_string(t->text) : json_null();
}

static json_t *definition(const struct filter_definition *d)
{
    json_t *fail = json_array(), *ignore = json_array(), *match = json_array(), *places = json_array();
    for (size_t i = 0; i < d->failregex.n; i++) {
        json_array_append_new(fail, text(&d->failregex.v[i]));
        json_array_append_new(places, json_pack("[s, i]", d->failregex.v[i].file, (int)d->failregex.v[i].line));
    }
    for (size_t i = 0; i < d->ignoreregex.n; i++)
        json_array_append_new(ignore, text(&d->ignoreregex.v[i]));
    for (size_t i = 0; i < d->journalmatch.n; i++)
        json_array_append_new(match, json_string(d->journalmatch.v[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:i, s:s?, s:o, s:s?, s:o}", "prefregex", text(&d->prefregex), "failregex", fail, "ignoreregex", ignore, "datepattern",
                     text(&d->datepattern), "maxlines", (int)d->maxlines, "usedns", d->usedns, "journalmatch", match, "logtype", d->logtype, "places", places);
}

static json_t *one(const char *dir, struct str spec)
{
    struct arena *a = arena_new(64u << 20);
    struct filter_definition d;
    struct err err = {0};
    int r = filter_load(a, dir, spec, &d, &err);
    json_t *o = r >= 0 ? definition(&d) : json_pack("{s:s, s:s, s:i, s:i}", "error", err.text, "file", err.file, "line", (int)err.line, "code", r);
    arena_free(a);
    return o;
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        json_error_t e;
        json_t *asked = json_loadb(line, (size_t)n, 0, &e), *spec = json_array_get(asked, 1);
        json_t *o = one(json_string_value(json_array_get(asked, 0)), str_span(json_string_value(spec), json_string_length(spec)));
        json_dumpf(o, stdout, JSON_COMPACT);
        printf("\n");
        json_decref(o);
        json_decref(asked);
    }
    free(line);
    return 0;
}
