/* Replays a fuzz target's seeds as an ordinary test: every file named on the command line is given to the target once. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    size_t cap = 4u << 20;
    uint8_t *data = malloc(cap);
    size_t n = data ? fread(data, 1, cap, f) : 0;
    fclose(f);
    /* An exact-size copy, so that ASan sees a read past the end. */
    uint8_t *exact = malloc(n ? n : 1);
    if (data && exact) {
        for (size_t i = 0; i < n; i++)
            exact[i] = data[i];
        LLVMFuzzerTestOneInput(exact, n);
    }
    free(exact);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "no seeds\n");
        return 1;
    }
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) < 0) {
            perror(argv[i]);
            return 1;
        }
    printf("%d seeds\n", argc - 1);
    return 0;
}
