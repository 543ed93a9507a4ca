#include "act/registry.h"
#include "account/account_acts.h"
#include "change/change_acts.h"
#include "queue/queue_acts.h"
#include "unit/unit_acts.h"
#include "update/update_acts.h"
#include <string.h>

const struct act_table *const act_tables[] = {
    &change_acts,
    &account_acts,
    &unit_acts,
    &update_acts,
    &queue_acts,
};
const size_t act_tables_n = ARRAY_SIZE(act_tables);

const struct act *act_by_name(const char *name)
{
    for (size_t t = 0; t < act_tables_n; t++)
        for (size_t i = 0; i < act_tables[t]->n; i++)
            if (strcmp(act_tables[t]->rows[i]->name, name) == 0)
                return act_tables[t]->rows[i];
    return NULL;
}
