/* belongs.h: which lines of one log belong to an account: those that name it as somebody who logs in, and those of its connections and messages (a queue id, a session, a process) once
   one line said so. An address in from=<...> or to=<...> is no login: anybody can write mail in somebody's name.

   Lines are joined as they come: what stands before the line that leads to it (of a notice that mail could not be delivered, its first lines now and then) is not.

   "taro" and "taro@example.jp" are two accounts: each is told only as it stands (letters of either case). */
#pragma once
#include "base/str.h"
#include <stdint.h>

#define BELONGS_IDS 1024 /* remembered at once; the one that was not seen for longest is forgotten */

/* Does the line name the account as one that logs in? The account in small letters. */
bool account_in(struct str line, struct str account) PARSER(account_in);

/* What joins lines: "q" and a queue id, "s" and a session, "p" and name and number of a process; views into the line, and whether the line ends it. */
struct line_ids {
    struct { char kind; struct str text; } v[3];
    size_t n;
    bool over;
};
void line_ids(struct str line, struct line_ids *ret) PARSER(account_in);

struct belongs {
    struct { uint64_t hash; int64_t seen; } ids[BELONGS_IDS];
    size_t n;
};
/* One line of the log, in their order; us: its time, or that of the dated line before it; 0: not known. */
bool belongs_line(struct belongs *b, struct str line, struct str account, int64_t us);
