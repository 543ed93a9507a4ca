/* tags.h: the tags that a filter's expressions keep until the engine compiles them: <HOST>, <ADDR>, <IP4>, <IP6>, <DNS>, <CIDR>, <SUBNET>, <SKIPLINES>, <F-USER> ... </F-USER>,
   <F-ID/>, <F-PORT/> (fail2ban's jail.conf(5) and "Filters"). Text in, text in Python's syntax out (translate.h reads it). */
#pragma once
#include "base/arena.h"

/* addresses_only: <HOST> is no name (usedns = no). Unknown tags and closing tags without their opening one stay as they are. */
struct str tags_expand(struct arena *a, struct str text, bool addresses_only) PARSER(tags);
