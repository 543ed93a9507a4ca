/* xt.h: the matches of iptables-nft rules (they keep the kernel's xt_* structs). For the files of this room only. */
#pragma once
#include "nft/ruleset.h"

enum answer { NO, YES, MAYBE };
/* Does the match hold for the first packet of a new TCP connection to this port? MAYBE: not known here. */
enum answer xt_match(const char *name, uint32_t revision, const void *info, uint32_t n, uint16_t port);
