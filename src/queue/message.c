#include "queue/message.h"

struct str message_keep(struct arena *a, struct str s, size_t max)
{
    s = str_head(s, max);
    return str_span(arena_dup(a, s), s.n);
}

static const struct header {
    struct str name;
    size_t at;
    size_t max;
} headers[] = {
    {STR("Subject"), offsetof(struct message, subject), MESSAGE_SUBJECT_MAX},
    {STR("X-PHP-Originating-Script"), offsetof(struct message, script), MESSAGE_TEXT_MAX},
    {STR("X-PPP-Vhost"), offsetof(struct message, site), MESSAGE_TEXT_MAX},
};

void message_header(struct message *m, struct arena *a, struct str line)
{
    ptrdiff_t colon = str_find(line, ':');
    for (size_t i = 0; colon > 0 && i < ARRAY_SIZE(headers); i++) {
        struct str *to = (struct str *)(void *)((char *)m + headers[i].at);
        if (!to->p && str_ieq(str_span(line.p, (size_t)colon), headers[i].name))
            *to = message_keep(a, str_trim(str_from(line, (size_t)colon + 1)), headers[i].max);
    }
}
