#include "call.h"
#include "check/registry.h"
#include <stdlib.h>

static void understands(void **state)
{
    (void)state;
    static const struct { const char *words; enum outcome want; const char *out, *err; } table[] = {
        {"", OUTCOME_FINE, "bansho help VERB", NULL},
        {"--help", OUTCOME_FINE, "bansho help VERB", NULL},
        {"-h", OUTCOME_FINE, "bansho help VERB", NULL},
        {"--lang ja", OUTCOME_FINE, "安全を見守ります", NULL},
        {"help", OUTCOME_FINE, "check", NULL},
        {"help check", OUTCOME_FINE, "--root DIR", NULL},
        {"check --help", OUTCOME_FINE, "--root DIR", NULL},
        {"check -h --lang=ja", OUTCOME_FINE, "オプション", NULL},
        {"version", OUTCOME_FINE, "bansho " BANSHO_VERSION "\n", NULL},
        {"help nothing", OUTCOME_USAGE, NULL, "no verb \"nothing\""},
        {"chekc", OUTCOME_USAGE, NULL, "bansho check"},
        {"qwertyuiop", OUTCOME_USAGE, NULL, "bansho help"},
        {"chekc --lang ja", OUTCOME_USAGE, NULL, "もしかして: bansho check"},
        {"check --jsn", OUTCOME_USAGE, NULL, "--json"},
        {"check --zzzzzz", OUTCOME_USAGE, NULL, "bansho help check"},
        {"check --root", OUTCOME_USAGE, NULL, "--root needs a value"},
        {"check --root /no/such/dir", OUTCOME_USAGE, NULL, "/no/such/dir"},
        {"check no.such-check", OUTCOME_USAGE, NULL, "no.such-check"},
        {"check 0", OUTCOME_USAGE, NULL, "\"0\""},
        {"check --lang fr", OUTCOME_USAGE, NULL, "neither ja nor en"},
        {"version more", OUTCOME_USAGE, NULL, "too many"},
        {"accept", OUTCOME_FINE, "Nothing is accepted", NULL},
        {"accept --why x", OUTCOME_USAGE, NULL, "name a check"},
        {"accept --withdraw", OUTCOME_USAGE, NULL, "name a check"},
        {"accept --withdraw no.such-check", OUTCOME_USAGE, NULL, "nothing is accepted"},
        {"accept -y", OUTCOME_USAGE, NULL, "--withdraw"},
        {"accept no.such-check --why x --until 2999-01-01", OUTCOME_USAGE, NULL, "no check"},
        {"explain no.such-check", OUTCOME_USAGE, NULL, "bansho explain"},
        {"explain", OUTCOME_FINE, "3 access", NULL},
        {"explain --json", OUTCOME_FINE, "bansho.explain/1", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf out = BUF(1u << 20), err = BUF(1u << 20);
        enum outcome o = bansho(table[i].words, &out, &err);
        if (o != table[i].want)
            print_error("bansho %s: %d\n%s%s", table[i].words, o, out.p, err.p);
        assert_int_equal(o, table[i].want);
        if (table[i].out)
            assert_non_null(strstr(out.p, table[i].out));
        else
            assert_string_equal(out.p, "");
        if (table[i].err)
            assert_non_null(strstr(err.p, table[i].err));
        else
            assert_string_equal(err.p, "");
    }
}

/* What a person typed comes back harmless. */
static void escapes_what_was_typed(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf out = BUF(10000), err = BUF(10000);
    assert_int_equal(bansho("\x1b]0;x\x07", &out, &err), OUTCOME_USAGE);
    assert_null(strchr(err.p, '\x1b'));
    assert_non_null(strstr(err.p, "\\x1b]0;x\\x07"));
}

static void accepts_only_real_days(void **state)
{
    (void)state;
    static const struct { const char *day, *says; } table[] = {
        {"2026-02-30", "is no day"}, {"2026-13-01", "is no day"}, {"tomorrow", "is no day"}, {"2026-1-1", "is no day"}, {"2026-01-011", "is no day"},
        {"2020-01-01", "has passed"}, {"2199-01-01", "more than a year"},
    };
    const char *id = NULL;
    for (size_t i = 0; i < check_tables_n && !id; i++)
        if (check_tables[i]->n)
            id = check_tables[i]->rows[0].id;
    assert_non_null(id);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char words[200];
        _cleanup_(buf_free) struct buf out = BUF(10000), err = BUF(10000);
        snprintf(words, sizeof words, "accept %s --why known --until %s", id, table[i].day);
        assert_int_equal(bansho(words, &out, &err), OUTCOME_USAGE);
        assert_non_null(strstr(err.p, table[i].says));
    }
}

/* The table itself: every row complete, names apart, options not shadowing each other. */
static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < verbs_n; i++) {
        const struct verb *v = verbs[i];
        assert_true(v->name && v->usage && v->summary && v->help && v->run && v->min <= v->max);
        assert_true((v->argument == ARGUMENT_WORDS) == (v->words != NULL));
        assert_ptr_equal(verb_by_name(str_of(v->name)), v);
        size_t n = 0;
        for (const struct verb_option *o = v->options; o && o->name; o++, n++) {
            assert_non_null(o->help);
            assert_true((o->argument == ARGUMENT_NONE) == (o->value == NULL));
            for (const struct verb_option *c = common_options; c->name; c++)
                assert_string_not_equal(c->name, o->name);
        }
        assert_true(n < VERB_OPTIONS_MAX);
    }
    for (size_t t = 0; t < check_tables_n; t++)
        for (size_t i = 0; i < check_tables[t]->n; i++) {
            const struct check *c = &check_tables[t]->rows[i];
            assert_true(c->id && c->requirement && c->title && *c->title && c->why && *c->why && c->advice && *c->advice && c->probe);
            assert_true(c->requirement[0] == 'G' && check_chapter(c) >= 1 && check_chapter(c) <= CHAPTERS);
            assert_ptr_equal(check_by_id(str_of(c->id)), c);
        }
}

int main(void)
{
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    setenv("STATE_DIRECTORY", "/nonexistent/bansho-test", 1);
    setenv("LC_ALL", "C", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(understands), cmocka_unit_test(escapes_what_was_typed), cmocka_unit_test(accepts_only_real_days),
                                       cmocka_unit_test(rows_are_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
