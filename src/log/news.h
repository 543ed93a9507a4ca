/* news.h: what following logs has to tell besides lines, as sentences for people. */
#pragma once
#include "log/follow.h"
#include "log/journal_stream.h"

/* NULL: nothing that a person must know. In the arena. */
const char *follow_news(const struct follow_item *item, struct arena *a);
const char *journal_news(const struct journal_entry *e, struct arena *a);
