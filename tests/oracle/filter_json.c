/* filter_json: prints what the loader makes of filters and jails, for comparison with fail2ban's own readers (test_fail2ban_reader.py).
   One JSON list a line on standard input, one JSON value a line on standard output: [DIR, SPEC] is a filter of a filter.d, [DIR] all jails of a directory.
   ["time", TEXT, 1] is a jail's time. */
#include "filter/definition.h"
#include "filter/jail_time.h"
#include "filter/jails.h"
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

static json_t *strings(const char *const *v, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(v[i]));
    return list;
}

static json_t *jail(const struct jail *j)
{
    json_t *logs = json_array(), *actions = json_array(), *multipliers = json_array();
    for (size_t i = 0; i < j->logs.n; i++)
        json_array_append_new(logs, json_pack("[s, b]", j->logs.v[i].pattern, j->logs.v[i].tail));
    for (size_t i = 0; i < j->multipliers.n; i++)
        json_array_append_new(multipliers, json_integer(j->multipliers.v[i]));
    for (size_t i = 0; i < j->actions.n; i++) {
        json_t *options = json_object();
        for (size_t k = 0; k < j->actions.v[i].options.n; k++)
            json_object_set_new(options, j->actions.v[i].options.v[k].key, json_string(j->actions.v[i].options.v[k].text));
        json_array_append_new(actions, json_pack("[s, o]", j->actions.v[i].name, options));
    }
    return json_pack("{s:o, s:o, s:o, s:s, s:f, s:f, s:i, s:i, s:b, s:b, s:f, s:f, s:f, s:i, s:o, s:o, s:b, s:s?, s:s?, s:s?, s:s?}", "filter", definition(&j->filter),
                     "logs", logs, "actions", actions, "backend", j->backend, "findtime", j->find_time, "bantime", j->ban_time, "maxretry", (int)j->max_retry, "maxmatches",
                     (int)j->max_matches, "increment", j->increment, "overalljails", j->overall_jails, "factor", j->factor, "maxtime", j->max_time, "rndtime",
                     j->rnd_time, "formula", (int)j->formula, "multipliers", multipliers, "ignoreip", strings(j->ignore_ip.v, j->ignore_ip.n), "ignoreself",
                     j->ignore_self, "ignorecommand", j->ignore_command, "port", j->port, "logencoding", j->filter.logencoding, "logtimezone", j->log_timezone);
}

static json_t *all_jails(const char *dir)
{
    struct arena *a = arena_new(512u << 20);
    struct jails jails;
    struct err err = {0};
    struct root root;
    if (root_open("/", &root, &err) < 0)
        return json_null();
    json_t *o = json_object();
    int r = jails_load(a, &root, dir, &jails, &err);
    if (r < 0)
        json_object_set_new(o, "", json_pack("{s:s, s:s, s:i}", "error", err.text, "file", err.file, "line", (int)err.line));
    for (size_t i = 0; r == 0 && i < jails.list.n; i++) {
        const struct jail *j = &jails.list.v[i];
        json_object_set_new(o, j->name, j->wrong.text ? json_pack("{s:s, s:s, s:i}", "error", j->wrong.text, "file", j->wrong.file, "line", (int)j->wrong.line)
                                        : j->enabled ? jail(j) : json_null());
    }
    root_close(&root);
    arena_free(a);
    return o;
}

static json_t *one_time(struct str s)
{
    double v;
    struct err err = {0};
    return jail_seconds(s, &v, &err) == 0 ? json_real(v) : json_pack("{s:s}", "error", err.text);
}

static json_t *answer(const json_t *asked)
{
    const char *first = json_string_value(json_array_get(asked, 0));
    const json_t *second = json_array_get(asked, 1);
    struct str text = str_span(json_string_value(second), json_string_length(second));
    return json_array_size(asked) == 1 ? all_jails(first) : json_array_size(asked) == 3 ? one_time(text) : one(first, text);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        json_error_t e;
        json_t *asked = json_loadb(line, (size_t)n, 0, &e), *o = answer(asked);
        json_dumpf(o, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
        printf("\n");
        json_decref(o);
        json_decref(asked);
    }
    free(line);
    return 0;
}
