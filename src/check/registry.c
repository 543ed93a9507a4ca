#include "check/registry.h"
#include "account/account_checks.h"
#include "firewall/firewall_checks.h"
#include "guard/guard_checks.h"
#include "log/log_checks.h"
#include "mail/mail_checks.h"
#include "queue/queue_checks.h"
#include "service/service_checks.h"
#include "site/site_checks.h"
#include "update/update_checks.h"

const struct check_table *const check_tables[] = {
    &account_checks, &site_checks, &firewall_checks, &mail_checks, &log_checks, &guard_checks, &queue_checks, &update_checks, &service_checks,
};
const size_t check_tables_n = ARRAY_SIZE(check_tables);

const struct check *check_by_id(struct str id)
{
    for (size_t t = 0; t < check_tables_n; t++)
        for (size_t i = 0; i < check_tables[t]->n; i++)
            if (str_eq(str_of(check_tables[t]->rows[i].id), id))
                return &check_tables[t]->rows[i];
    return NULL;
}

unsigned check_chapter(const struct check *c)
{
    return (unsigned)(c->requirement[1] - '0');
}
