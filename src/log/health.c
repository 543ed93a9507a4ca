#include "log/health.h"

#define LOOKED_AT 512 /* bytes of a line in which words are looked for */

const char *source_state_name(enum source_state s)
{
    static const char *const names[] = {[SOURCE_LIVE] = "live", [SOURCE_QUIET] = "quiet", [SOURCE_UNPARSED] = "unparsed", [SOURCE_UNREAD] = "unread"};
    return names[s];
}

bool speaks_of_login(struct str line)
{
    static const struct str words[] = {{"login", 5}, {"logged", 6}, {"passw", 5}, {"auth", 4}, {"user", 4}, {"fail", 4}, {"invalid", 7}, {"accepted", 8}};
    char small[LOOKED_AT];
    size_t n = line.n < sizeof small ? line.n : sizeof small;
    for (size_t i = 0; i < n; i++)
        small[i] = str_lower(line.p[i]);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (str_search(str_span(small, n), words[i]) >= 0)
            return true;
    return false;
}

void health_line(struct source_health *h, struct str line, const int64_t *time_us, bool matched, bool all)
{
    int64_t t = time_us ? *time_us / 1000000 : 0;
    h->lines++;
    h->dated += time_us != NULL;
    h->matched += matched;
    h->last_line = t > h->last_line ? t : h->last_line;
    if (matched)
        h->last_event = t > h->last_event ? t : h->last_event;
    /* Once something is understood, it is no question any more. */
    if (matched || all || (!h->matched && speaks_of_login(line)))
        h->telling++;
}

enum source_state health_state(const struct source_health *h, int64_t since)
{
    if (h->telling >= HEALTH_TELLING && (!h->matched || !h->dated))
        return SOURCE_UNPARSED;
    return h->lines && (!h->dated || h->last_line >= since) ? SOURCE_LIVE : SOURCE_QUIET;
}
