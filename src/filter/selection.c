#include "filter/selection.h"

bool selection_timed(const struct selection *s)
{
    return s->since > 0 || s->until < INT64_MAX;
}

bool selection_time(const struct selection *s, int64_t time_us)
{
    int64_t seconds = time_us / 1000000 - (time_us % 1000000 < 0);
    return seconds >= s->since && seconds <= s->until;
}

bool selection_line(const struct selection *s, struct str line)
{
    if (s->text.n && str_search(line, s->text) < 0)
        return false;
    return !s->addressed || address_in(line, &s->address);
}

struct needle selection_needle(const struct selection *s, char room[static ADDRESS_NEEDLE])
{
    bool fold = false;
    struct str text = s->text;
    if (!text.n && s->addressed)
        text = address_needle(&s->address, room, &fold);
    return needle_of(text, fold);
}
