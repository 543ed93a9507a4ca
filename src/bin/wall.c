/* wall.c: bansho-wall: see wall.h. */
#include "base/i18n.h"
#include "bin/wall_call.h"
#include "term/text.h"
#include <getopt.h>
#include <stdio.h>

static int usage(FILE *to)
{
    fputs(_("Usage: bansho-wall [OPTION...]\n"
            "Keeps out whom it is told to (org.bansho.Wall): drops their packets in the kernel and ends their connections.\n\n"
            "  --state FILE     the bans (default: /var/lib/bansho-wall/wall.db)\n"
            "  --socket PATH    where it answers, where systemd hands over no socket\n"
            "  --remove-table   takes its table out of the kernel, and ends\n"
            "  --version\n"), to);
    return to == stderr ? 2 : 0;
}

/* -1: go on; else the exit status. */
static int understand(int argc, char **argv, struct wall_call *ret)
{
    static const struct option longs[] = {{"state", required_argument, NULL, 's'}, {"socket", required_argument, NULL, 'l'}, {"remove-table", no_argument, NULL, 'r'},
                                            {"version", no_argument, NULL, 'v'},     {"help", no_argument, NULL, 'h'},         {0}};
    for (int got; (got = getopt_long(argc, argv, "", longs, NULL)) != -1;)
        switch (got) {
        case 's': ret->ledger = optarg; break;
        case 'l': ret->listen = optarg; break;
        case 'r': return wall_take_away();
        case 'v': printf("bansho-wall %s\n", BANSHO_VERSION); return 0;
        case 'h': return usage(stdout);
        default: return usage(stderr);
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
