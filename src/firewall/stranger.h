/* stranger.h: would the loaded packet filter stop a stranger's connection to a port that nobody opened? */
#pragma once
#include "nft/ruleset.h"
#include "server/probe.h"

struct stranger {
    bool asked;        /* this machine has an address of the family that strangers can reach */
    unsigned may;      /* FATE_* over all ports that were tried */
    struct fate fate;  /* of the last one */
    char to[ADDR_TEXT];
};

/* Both families against a ruleset; `h` gives the addresses and interfaces. */
int stranger_fate(struct ruleset *r, const struct host *h, bool v6, struct stranger *ret, struct err *err) _must_check_;
