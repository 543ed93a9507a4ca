/* queue_read DIR count|read: what the kernel costs for a queue of files: a bare walk of the directories, or the first 4 KiB of each file too (tests/bench/queue compares `bansho queue` with it). */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long long files, bytes;

static void walk(int fd, bool reading)
{
    char first[4096];
    DIR *d = fdopendir(fd);
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        int f = e->d_type == DT_DIR ? openat(fd, e->d_name, O_RDONLY | O_DIRECTORY) : reading ? openat(fd, e->d_name, O_RDONLY) : -1;
        if (e->d_type == DT_DIR) {
            walk(f, reading);
            continue;
        }
        files++;
        if (f >= 0) {
            ssize_t n = pread(f, first, sizeof first, 0);
            bytes += n > 0 ? (unsigned long long)n : 0;
            close(f);
        }
    }
    if (d)
        closedir(d);
}

int main(int argc, char **argv)
{
    int fd = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
    if (fd < 0)
        return 2;
    walk(fd, strcmp(argv[2], "read") == 0);
    printf("%llu %llu\n", files, bytes);
    return 0;
}
