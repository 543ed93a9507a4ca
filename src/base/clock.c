#include "base/clock.h"
#include <time.h>

static int64_t system_now(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

struct clock clock_system(void)
{
    return (struct clock){.now = system_now};
}

int64_t clock_monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *clock_text(struct arena *a, int64_t seconds, const char *format)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    char text[128] = "";
    if (localtime_r(&t, &tm))
        strftime(text, sizeof text, format, &tm);
    return arena_dupz(a, text);
}
