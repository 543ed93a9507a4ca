#include "log/lines.h"
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNPACKED_MAX (8u << 20) /* a few hundred bytes may unpack to gigabytes: the rest is more of the same */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines *l;
    struct str block;
    struct err err = {0};
    int r, fd = memfd_create("log", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0 || lines_open(fd, "log", &l, &err) < 0)
        return 0;
    while ((r = lines_block(l, &block, &err)) > 0) {
        assert(block.n && block.n <= LINES_LONGEST + 1 && block.p[block.n - 1] == '\n');
        if (lines_health(l).bytes > UNPACKED_MAX)
            break;
    }
    assert(r >= 0 || err.text[0]);
    lines_close(l);
    return 0;
}
