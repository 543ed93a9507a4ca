#include "guard/never.h"
#include "host/never.h"

void never_fill(const struct config *config, struct arena *a, struct guard_rules *rules)
{
    struct never_list all = {0};
    LIST(struct prefix) list = {0};
    never_find(config, a, &all);
    for (size_t i = 0; i < all.rows.n; i++)
        *list_push(a, &list) = all.rows.v[i].network;
    rules->never = list.v;
    rules->never_n = list.n;
}
