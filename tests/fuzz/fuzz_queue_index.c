#include "queue/index.h"
#include "queue/spool.h"
#include <assert.h>
#include <stdlib.h>

/* Its first bytes are set right, so that what lies behind is looked at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct index_owner owner = {0};
    struct arena *a = arena_new(256u << 20);
    struct index x;
    struct message m;
    char *copy = malloc(size + 1);
    if (size)
        memcpy(copy, data, size);
    if (size >= 8)
        memcpy(copy, INDEX_MAGIC, 8);
    if (index_of(str_span(copy, size), &owner, &x))
        for (uint64_t inode = 0; inode < 3; inode++) {
            if (index_row(&x, STR("3F2A41C0B7"), inode, a, &m))
                assert(m.inode == inode && m.to.n <= SPOOL_FIRST_RECIPIENTS && m.sender.n <= MESSAGE_TEXT_MAX && strcmp(m.id, "3F2A41C0B7") == 0);
            (void)index_row(&x, STR("A"), inode, a, &m);
        }
    free(copy);
    arena_free(a);
    return 0;
}
