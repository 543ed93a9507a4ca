#include "guard/replay_health.h"
#include "filter/line_head.h"
#include "log/health.h"
#include <fnmatch.h>

#define LOOKED_AT (4u << 20) /* bytes of a log whose lines are all looked at; behind that */
#define EACH 16              /* every so many blocks */

static uint32_t bit(const struct log_service *s) { return 1u << (s - log_services); }

uint32_t replay_health_of(const char *filter)
{
    const struct log_service *s = log_service_of_filter(filter);
    return s ? bit(s) : 0;
}

const struct log_service *replay_health_own(const char *path)
{
    for (const struct log_service *s = log_services; s < log_services + log_services_n; s++)
        for (size_t i = 0; s->own && !str_starts(str_of(s->object), STR("web")) && i < ARRAY_SIZE(s->files) && s->files[i]; i++)
            if (fnmatch(s->files[i], path, FNM_PATHNAME) == 0)
                return s;
    return NULL;
}

void replay_health_line(struct replay_health *h, struct str line)
{
    struct line_head head;
    const struct log_service *s = h->own;
    bool named = line_head(line, &head);
    if (!s && (!named || !(s = log_service_of_program(head.ident)) || !log_service_lets_in(s, head.ident)))
        return;
    if (!(h->asked & ~h->understood & bit(s)) || h->telling[s - log_services] >= HEALTH_TELLING)
        return;
    h->telling[s - log_services] += speaks_of_login(named ? head.message : line);
}

void replay_health_block(struct replay_health *h, struct str block)
{
    struct str line;
    if (!(h->asked & ~h->understood) || (h->looked >= LOOKED_AT && h->blocks++ % EACH))
        return;
    h->looked += block.n;
    while (str_line(&block, &line))
        replay_health_line(h, line);
}

uint32_t replay_health_unparsed(const struct replay_health *h)
{
    uint32_t set = 0;
    for (size_t i = 0; i < log_services_n; i++)
        if (h->telling[i] >= HEALTH_TELLING)
            set |= bit(&log_services[i]);
    return set & ~h->understood;
}
