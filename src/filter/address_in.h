/* address_in.h: does a line name an address? As a whole word only: 192.0.2.1 is not in 192.0.2.10, 1192.0.2.1 or host-192.0.2.1.example; in any spelling: [192.0.2.1]:25,
   ::ffff:192.0.2.1, 2001:0DB8::1. */
#pragma once
#include "base/addr.h"

bool address_in(struct str line, const struct prefix *wanted) PARSER(address_in);

#define ADDRESS_NEEDLE 24
/* Bytes that every line holds that names such an address (in small letters; `fold`: letters of either case are meant), in ret; "" : there are none. */
struct str address_needle(const struct prefix *wanted, char ret[static ADDRESS_NEEDLE], bool *ret_fold);
