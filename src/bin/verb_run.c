/* verb_run.c: from argv to a verb's row: options, language, help, and what to say when it was not understood. */
#include "base/nearest.h"
#include "bin/verbs.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define LONG_FIRST 1000 /* getopt's value for the n-th option is LONG_FIRST + n */
#define NAMES_MAX 64

const char *call_option(const struct call *c, const char *name)
{
    for (size_t i = c->given_n; i-- > 0;)
        if (strcmp(c->given[i]->name, name) == 0)
            return c->values[i] ? c->values[i] : "";
    return NULL;
}

enum outcome complain(const struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    buf_addz(&b, "bansho: ");
    if (err->file[0]) {
        text_escape(&b, str_of(err->file));
        if (err->line)
            buf_printf(&b, ":%u", err->line);
        if (err->column)
            buf_printf(&b, ":%u", err->column);
        buf_addz(&b, ": ");
    }
    text_escape(&b, str_of(err->text));
    fprintf(stderr, "%s\n", b.p);
    return OUTCOME_USAGE;
}

enum outcome complainf(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_complain("bansho", format, ap);
    va_end(ap);
    return OUTCOME_USAGE;
}

/* The n-th option of a verb: its own first, then the common ones. */
static const struct verb_option *option_at(const struct verb *v, size_t n)
{
    const struct verb_option *o = v->options;
    for (; o && o->name; o++)
        if (n-- == 0)
            return o;
    for (o = common_options; o->name; o++)
        if (n-- == 0)
            return o;
    return NULL;
}

static enum outcome unknown_verb(const char *word)
{
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (; n < verbs_n && n < NAMES_MAX; n++)
        names[n] = verbs[n]->name;
    const char *near = nearest(str_of(word), names, n);
    if (near)
        return complainf(_("there is no verb \"%s\". Did you mean: bansho %s"), word, near);
    return complainf(_("there is no verb \"%s\". All verbs: bansho help"), word);
}

static enum outcome unknown_option(const struct verb *v, const char *word)
{
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (const struct verb_option *o; n < NAMES_MAX && (o = option_at(v, n)); n++)
        names[n] = o->name;
    struct str name = str_of(word + strspn(word, "-"));
    (void)str_field(&(struct str){name.p, name.n}, '=', &name);
    const char *near = nearest(name, names, n);
    if (near)
        return complainf(_("%s: there is no option \"%s\". Did you mean: --%s"), v->name, word, near);
    return complainf(_("%s: there is no option \"%s\". Its options: bansho help %s"), v->name, word, v->name);
}

/* Parses the verb's options into c. 0, E2BIG, or the getopt answer ('?' or ':'), *bad being the word that it is about. */
static int parse(struct call *c, int argc, char **argv, const char **bad)
{
    struct option longs[NAMES_MAX] = {0};
    char letters[2 * NAMES_MAX] = ":";
    size_t at = 1;
    for (size_t i = 0; i < NAMES_MAX - 1; i++) {
        const struct verb_option *o = option_at(c->verb, i);
        if (!o)
            break;
        longs[i] = (struct option){o->name, o->value ? required_argument : no_argument, NULL, LONG_FIRST + (int)i};
        if (o->letter) {
            letters[at++] = o->letter;
            if (o->value)
                letters[at++] = ':';
        }
    }
    opterr = 0;
    optind = 0; /* glibc: begin again, also after an earlier parse */
    for (int got; (got = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const struct verb_option *o = got >= LONG_FIRST ? option_at(c->verb, (size_t)(got - LONG_FIRST)) : NULL;
        for (size_t i = 0; got != '?' && got != ':' && !o; i++)
            o = option_at(c->verb, i)->letter == got ? option_at(c->verb, i) : NULL;
        if (!o) {
            *bad = optind > 0 && optind <= argc ? argv[optind - 1] : "";
            return got;
        }
        if (c->given_n == VERB_OPTIONS_MAX)
            return E2BIG;
        c->given[c->given_n] = o;
        c->values[c->given_n++] = o->value ? optarg : NULL;
    }
    c->args = argv + optind;
    c->args_n = (size_t)(argc - optind);
    return 0;
}

static bool one_of(const char *words, const char *value)
{
    struct str rest = str_of(words), word;
    while (str_field(&rest, '|', &word))
        if (str_eq(word, str_of(value)))
            return true;
    return false;
}

/* Values and number of arguments, against the row. OUTCOME_FINE: as the row wants it. */
static enum outcome validate(const struct call *c)
{
    const struct verb *v = c->verb;
    for (size_t i = 0; i < c->given_n; i++)
        if (c->given[i]->argument == ARGUMENT_WORDS && !one_of(c->given[i]->words, c->values[i]))
            return complainf(_("--%s: \"%s\" is none of %s"), c->given[i]->name, c->values[i], c->given[i]->words);
    if (c->args_n > v->max)
        return complainf(_("%s: too many arguments. Usage: bansho %s %s"), v->name, v->name, v->usage);
    if (c->args_n < v->min)
        return complainf(_("%s: something is missing. Usage: bansho %s %s"), v->name, v->name, v->usage);
    if (v->argument == ARGUMENT_WORDS && c->args_n && !one_of(v->words, c->args[0]))
        return complainf(_("%s: \"%s\" is none of %s"), v->name, c->args[0], v->words);
    return OUTCOME_FINE;
}

static enum outcome show_help(char *verb, const char *language)
{
    return verb_help.run(&(struct call){.verb = &verb_help, .language = language, .args = &verb, .args_n = verb ? 1 : 0});
}

/* The language must be known before the first complaint: --lang is looked for before anything is parsed. */
static const char *lang_of(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct str a = str_of(argv[i]);
        if (str_eq(a, STR("--lang")) && i + 1 < argc)
            return argv[i + 1];
        if (str_starts(a, STR("--lang=")))
            return argv[i] + strlen("--lang=");
    }
    return NULL;
}

enum outcome verb_dispatch(int argc, char **argv)
{
    struct call c = {0};
    struct err err = {0};
    if (text_language(lang_of(argc, argv), &c.language, &err) < 0)
        return complain(&err);
    int first = 1;
    while (first < argc && (str_starts(str_of(argv[first]), STR("--lang=")) || strcmp(argv[first], "--lang") == 0))
        first += strcmp(argv[first], "--lang") == 0 ? 2 : 1;
    if (first >= argc || strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0)
        return show_help(NULL, c.language);
    c.verb = verb_by_name(str_of(argv[first]));
    if (!c.verb)
        return unknown_verb(argv[first]);
    const char *bad = "";
    int r = parse(&c, argc - first, argv + first, &bad);
    if (r == '?')
        return unknown_option(c.verb, bad);
    if (r == E2BIG)
        return complainf(_("%s: more than %d options"), c.verb->name, VERB_OPTIONS_MAX);
    if (r == ':')
        return complainf(_("%s: %s needs a value"), c.verb->name, bad);
    if (call_option(&c, "help"))
        return show_help(argv[first], c.language);
    enum outcome o = validate(&c);
    return o == OUTCOME_FINE ? c.verb->run(&c) : o;
}
