/* wall.c: bansho-wall: see wall.h. */
#include "base/i18n.h"
#include "bin/wall_call.h"
#include "bin/wall_options.h"
#include "term/text.h"
#include <getopt.h>
#include <stdio.h>

static int usage(FILE *to)
{
    fprintf(to, "bansho-wall: %s\n\n", _(wall_summary));
    for (const struct verb_option *o = wall_options; o->name; o++)
        fprintf(to, "  --%s %s\n      %s\n", o->name, o->value ? o->value : "", _(o->help));
    return to == stderr ? 2 : 0;
}

#define OPTIONS_MAX 16
#define FIRST 1000 /* getopt's value for the first option */
/* -1: go on; else the exit status. */
static int understand(int argc, char **argv, struct wall_call *ret)
{
    struct option longs[OPTIONS_MAX + 1] = {0};
    for (size_t i = 0; i < OPTIONS_MAX && wall_options[i].name; i++)
        longs[i] = (struct option){wall_options[i].name, wall_options[i].value ? required_argument : no_argument, NULL, FIRST + (int)i};
    for (int got; (got = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        const char *name = got >= FIRST ? wall_options[got - FIRST].name : "";
        if (strcmp(name, "state") == 0)
            ret->ledger = optarg;
        else if (strcmp(name, "socket") == 0)
            ret->listen = optarg;
        else if (strcmp(name, "remove-table") == 0)
            return wall_take_away();
        else if (strcmp(name, "version") == 0)
            return printf("bansho-wall %s\n", BANSHO_VERSION) < 0;
        else
            return usage(strcmp(name, "help") == 0 ? stdout : stderr);
    }
    return optind < argc ? usage(stderr) : -1;
}

int main(int argc, char **argv)
{
    struct wall_call c = {0};
    const char *language = NULL;
    struct err err = {0};
    if (text_language(NULL, &language, &err) < 0)
        wall_say("%s", err.text);
    int status = understand(argc, argv, &c);
    return status >= 0 ? status : wall_work(&c);
}
