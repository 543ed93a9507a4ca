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

/* "example.jp:443 192.0.2.1 - - ...": the virtual host before the line, as Apache's vhost_combined writes it. */
static bool of_site(struct str line, struct str site)
{
    return line.n > site.n && str_ieq(str_span(line.p, site.n), site) && (line.p[site.n] == ':' || line.p[site.n] == ' ');
}

bool selection_line(const struct selection *s, const struct selection_log *log, struct str line)
{
    if (s->text.n && str_search(line, s->text) < 0)
        return false;
    if (s->services && !(s->services & (log->services ? log->services : line_services(line))))
        return false;
    if (s->site.n && !log->of_site && !of_site(line, s->site))
        return false;
    return !s->addressed || address_in(line, &s->address);
}

struct seek selection_needle(const struct selection *s, char room[static ADDRESS_NEEDLE])
{
    bool fold = false;
    struct str text = s->text;
    if (s->account.n) {
        text = s->account;
        fold = true;
    } else if (!text.n && s->addressed) {
        text = address_needle(&s->address, room, &fold);
    }
    return seek_of(text, fold);
}
