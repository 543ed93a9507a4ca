#include "check/registry.h"
#include "base/i18n.h"
#include "base/nearest.h"
#include "account/account_checks.h"
#include "firewall/firewall_checks.h"
#include "guard/guard_checks.h"
#include "log/log_checks.h"
#include "mail/mail_checks.h"
#include "queue/queue_checks.h"
#include "service/service_checks.h"
#include "site/site_checks.h"
#include "update/update_checks.h"

#define IDS_MAX 256

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

const char *check_nearest(struct str word)
{
    const char *ids[IDS_MAX];
    size_t n = 0;
    for (size_t t = 0; t < check_tables_n; t++)
        for (size_t i = 0; i < check_tables[t]->n && n < IDS_MAX; i++)
            ids[n++] = check_tables[t]->rows[i].id;
    return nearest(word, ids, n);
}

unsigned check_rank(const struct check *c)
{
    static const char *const worst[] = {
        "mail.relay", "account.empty-or-default", "site.exposed", "mail.submission", "firewall.present", "service.answers", "update.pending", "guard.running",
    };
    for (unsigned i = 0; i < ARRAY_SIZE(worst); i++)
        if (strcmp(c->id, worst[i]) == 0)
            return i;
    return ARRAY_SIZE(worst);
}

unsigned check_chapter(const struct check *c)
{
    unsigned n = (unsigned)(c->requirement[1] - '0');
    return n >= 1 && n <= CHAPTERS ? n : CHAPTERS;
}

const char *chapter_title(unsigned chapter)
{
    static const char *const titles[CHAPTERS + 1] = {
        "", N_("passwords"), N_("programs"), N_("access"), N_("mail"), N_("logs and queue"), N_("updates"), N_("your computer"), N_("damage"), N_("services"),
    };
    return chapter >= 1 && chapter <= CHAPTERS ? _(titles[chapter]) : "";
}
