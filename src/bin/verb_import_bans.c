/* verb_import_bans.c: see import_bans.h. */
#include "bin/import_bans.h"
#include "bin/peer.h"
#include <errno.h>
#include <inttypes.h>

static json_t *ban(const struct import_ban *b, struct arena *a)
{
    char text[ADDR_TEXT + 4];
    prefix_text(&b->who, text);
    json_t *p = json_pack("{s:s, s:s, s:s}", "id", arena_printf(a, "fail2ban:%s:%" PRId64, text, b->until), "network", text, "why", "fail2ban");
    if (p && b->until != INT64_MAX)
        json_object_set_new(p, "until", json_integer(b->until));
    return p;
}

/* 0, or what ends it all. */
static int hand(struct wire_client *wall, const struct import_ban *b, struct arena *a, struct import_handed *ret, struct err *err)
{
    struct wire_answer answer = {0};
    int r = peer_ask(wall, &peer_wall, "Ban", ban(b, a), &answer, err);
    if (r == 0 && json_is_true(json_object_get(answer.parameters, "known")))
        ret->known++;
    else if (r == 0)
        ret->taken++;
    else if (r == -EREMOTEIO) {
        const char *reason = wire_answer_reason(&answer);
        ret->refused++;
        if (!ret->reason)
            ret->reason = arena_dupz(a, reason ? reason : answer.error);
        r = 0;
    }
    wire_answer_done(&answer);
    return r;
}

void import_hand_over(const struct call *c, const struct import_bans *bans, struct arena *a, struct import_handed *ret)
{
    _cleanup_(wire_client_freep) struct wire_client *wall = NULL;
    struct err err = {0};
    char start[128];
    int r = peer_open(c, &peer_wall, &wall, &err);
    if (peer_absent(r)) {
        ret->reason = arena_printf(a, _("%s does not run. To start it: %s"), peer_wall.program, peer_start(&peer_wall, start, sizeof start));
        return;
    }
    for (size_t i = 0; r == 0 && i < bans->list.n; i++)
        r = hand(wall, &bans->list.v[i], a, ret, &err);
    if (r < 0)
        ret->reason = arena_dupz(a, err.text);
}
