/* bansho: the command line. Verbs are rows (verbs.h); each has its file verb_NAME.c. */
#include "bin/verbs.h"

int main(int argc, char **argv)
{
    /* Before locale and tables: whoever asks in a loop gets it in no time. */
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        printf("bansho %s\n", BANSHO_VERSION);
        return OUTCOME_FINE;
    }
    enum outcome o = verb_dispatch(argc, argv);
    /* What could not be written was not said. */
    if (fflush(stdout) != 0 || ferror(stdout))
        return OUTCOME_USAGE;
    return (int)o;
}
