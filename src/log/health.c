#include "log/health.h"

#define LOOKED_AT 512 /* bytes of a line in which words are looked for */

const char *source_state_name(enum source_state s)
{
    static const char *const names[] = {[SOURCE_LIVE] = "live", [SOURCE_QUIET] = "quiet", [SOURCE_UNPARSED] = "unparsed", [SOURCE_UNREAD] = "unread"};
    return names[s];
}

static bool holds(struct str small, const struct str *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_search(small, words[i]) >= 0)
            return true;
    return false;
}

/* How it ended, in whatever words, each with its rarest pair of letters: no two pairs begin with the same one but those of "cc". */
static const struct {
    struct str word;
    size_t pair;
} ends[] = {{{"fail", 4}, 1}, {{"incorrect", 9}, 4}, {{"invalid", 7}, 2}, {{"denied", 6}, 2}, {{"wrong", 5}, 0}, {{"refused", 7}, 2}, {{"accepted", 8}, 1}, {{"success", 7}, 2}, {{"logged in", 9}, 2}, {{"login ok", 8}, 6}};

static bool ends_here(struct str line, size_t at)
{
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (ends[i].word.p[ends[i].pair] == str_lower(line.p[at]) && at >= ends[i].pair && str_istarts(str_from(line, at - ends[i].pair), ends[i].word))
            return true;
    return false;
}

/* In one pass for the pairs, since a search for each of the words takes five times as long, and lines are many. */
static bool tells_an_end(struct str line)
{
    static const char second[256] = {['a'] = 'i', ['r'] = 'r', ['v'] = 'a', ['n'] = 'i', ['w'] = 'r', ['f'] = 'u', ['c'] = 'c', ['g'] = 'g', ['o'] = 'k',
                                     ['A'] = 'i', ['R'] = 'r', ['V'] = 'a', ['N'] = 'i', ['W'] = 'r', ['F'] = 'u', ['C'] = 'c', ['G'] = 'g', ['O'] = 'k'};
    for (size_t i = 0; i + 1 < line.n; i++)
        if (second[(unsigned char)line.p[i]] == (line.p[i + 1] | 0x20) && ends_here(line, i))
            return true;
    return false;
}

bool speaks_of_login(struct str line)
{
    /* Not Dovecot's of a connection that only came and went, nor mail that was not taken, nor TLS that did not come about, nor a server that could not be reached. */
    static const struct str none[] = {{"(no auth attempts", 17}, {"(disconnected before auth was ready", 35}, {"reject: ", 8}, {"ssl routines", 12}, {"connection refused", 18}};
    char small[LOOKED_AT];
    size_t n = line.n < sizeof small ? line.n : sizeof small;
    if (!tells_an_end(str_span(line.p, n)))
        return false;
    for (size_t i = 0; i < n; i++)
        small[i] = str_lower(line.p[i]);
    return !holds(str_span(small, n), none, ARRAY_SIZE(none));
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

bool health_probe(struct str line, unsigned *probes)
{
    return str_search(line, str_of(HEALTH_PROBE_NAME)) >= 0 && ++*probes <= HEALTH_PROBES;
}

void health_glance(struct source_health *h, struct str message, int64_t time_us, unsigned *probes)
{
    bool speaks = !h->telling && speaks_of_login(message);
    bool ours = speaks && health_probe(message, probes);
    health_line(h, STR(""), &time_us, false, false);
    h->telling += speaks && !ours;
}

enum source_state health_state(const struct source_health *h, int64_t since)
{
    if (h->telling >= HEALTH_TELLING && (!h->matched || !h->dated))
        return SOURCE_UNPARSED;
    return h->lines && (!h->dated || h->last_line >= since) ? SOURCE_LIVE : SOURCE_QUIET;
}

void pace_come(struct source_pace *p, int64_t ms)
{
    if (p->last && ms - p->last > p->longest)
        p->longest = ms - p->last;
    p->first = p->first ? p->first : ms;
    p->last = ms;
}

int64_t pace_silent_at(const struct source_pace *p)
{
    int64_t pause = p->longest < PACE_SILENT_MS / PACE_TIMES ? PACE_SILENT_MS : p->longest * PACE_TIMES;
    return p->last - p->first >= PACE_KNOWN_MS ? p->last + pause : 0;
}
