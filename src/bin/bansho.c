/* bansho: the command line. Verbs are rows; each has its file verb_NAME.c. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("bansho %s\n", BANSHO_VERSION);
        return 0;
    }
    fprintf(stderr, "usage: bansho VERB\n");
    return 2;
}
