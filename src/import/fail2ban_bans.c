/* fail2ban_bans.c: see fail2ban.h. The rows were written by fail2ban, the addresses in them by attackers: each is parsed like any foreign text. */
#include "import/fail2ban.h"
#include "store/store.h"
#include <stdlib.h>

/* Grouped by SQLite, so that a million rows of as many jails cost one each. A ban without end has bantime -1. */
#define CURRENT                                                                                                                                                  \
    "SELECT ip, jail, max(CASE WHEN bantime < 0 THEN 9223372036854775807 WHEN bantime > 4000000000 THEN 4000000000 + timeofban ELSE timeofban + bantime END) AS until" \
    " FROM bips WHERE typeof(timeofban) = 'integer' AND typeof(bantime) = 'integer' AND timeofban BETWEEN 0 AND 99999999999"                                        \
    " GROUP BY ip HAVING until > ?1"

static int by_address(const void *a, const void *b)
{
    return memcmp(&((const struct import_ban *)a)->who, &((const struct import_ban *)b)->who, sizeof(struct prefix));
}

int import_fail2ban_bans(struct arena *a, const char *path, int64_t now, struct import_bans *ret, struct err *err)
{
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct import_bans got = {0};
    int r = store_open_other(path, &s, err);
    if (r == 0)
        r = store_prepare(s, CURRENT, &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, now);
    while ((r = statement_step(st, err)) > 0 && !got.cut) {
        struct import_ban b = {.until = statement_column_int(st, 2)};
        const char *ip = statement_column_text(st, 0, a);
        if (!ip || !prefix_parse(str_of(ip), false, &b.who)) {
            got.unread++;
            continue;
        }
        got.cut = got.list.n == IMPORT_BANS_MAX;
        b.jail = statement_column_text(st, 1, a);
        if (!got.cut)
            *list_push(a, &got.list) = b;
    }
    if (r < 0)
        return r;
    if (got.list.n)
        qsort(got.list.v, got.list.n, sizeof *got.list.v, by_address);
    *ret = got;
    return 0;
}
