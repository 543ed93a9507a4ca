#include "respond/respond.h"

static const struct response table[] = {
    [VERDICT_ADDRESS] = {VERDICT_ADDRESS, "address", {RESPONSE_BAN, RESPONSE_TELL}, 2},
    [VERDICT_NETWORK] = {VERDICT_NETWORK, "network", {RESPONSE_BAN, RESPONSE_TELL}, 2},
    [VERDICT_ENTERED] = {VERDICT_ENTERED, "entered", {RESPONSE_TELL}, 1},
    [VERDICT_SPARED] = {VERDICT_SPARED, "spared", {RESPONSE_TELL}, 1},
    [VERDICT_SPREAD] = {VERDICT_SPREAD, "spread", {RESPONSE_BAN, RESPONSE_TELL}, 2},
    [VERDICT_SPRAY] = {VERDICT_SPRAY, "spray", {RESPONSE_BAN, RESPONSE_TELL}, 2},
    [VERDICT_SLOW] = {VERDICT_SLOW, "slow", {RESPONSE_BAN, RESPONSE_TELL}, 2},
    [VERDICT_ATTACKED] = {VERDICT_ATTACKED, "attacked", {RESPONSE_TELL}, 1},
};

const struct response *response_to(enum verdict_kind kind) { return &table[kind]; }

const char *response_act_name(enum response_act act)
{
    static const char *const names[] = {[RESPONSE_BAN] = "ban", [RESPONSE_TELL] = "tell"};
    return names[act];
}
