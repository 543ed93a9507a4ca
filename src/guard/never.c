#include "guard/never.h"

void never_fill(const struct config *config, struct arena *a, struct guard_rules *rules)
{
    struct never_list all = {0};
    LIST(struct prefix) list = {0};
    never_find(config, a, &all);
    for (size_t i = 0; i < all.rows.n; i++)
        *list_push(a, &list) = all.rows.v[i].network;
    rules->never = list.v;
    rules->never_n = list.n;
    const struct value *proxies = config ? config_value(config, "guard", "", "trusted-proxies") : NULL;
    rules->proxies = proxies ? proxies->prefixes.v : NULL;
    rules->proxies_n = proxies ? proxies->prefixes.n : 0;
}

static bool spares(void *arg, const struct prefix *who) { return never_touched(never_now(arg), who); }

void never_ask(struct never_now *now, struct guard_rules *rules)
{
    rules->spares = spares;
    rules->spares_arg = now;
}
