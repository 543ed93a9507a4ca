#include "mail/fixes.h"
#include "base/i18n.h"
#include "mail/mail_checks.h"

bool mail_is_wrong(const struct findings *wrong, const char *object)
{
    for (size_t k = 0; k < wrong->list.n; k++)
        if (strcmp(wrong->list.v[k].object, object) == 0)
            return true;
    return false;
}

bool mail_is_by_hand(const struct findings *wrong, const char *object)
{
    for (size_t k = 0; k < wrong->list.n; k++)
        if (wrong->list.v[k].by_hand && strcmp(wrong->list.v[k].object, object) == 0)
            return true;
    return false;
}

const struct check *mail_check(const char *id)
{
    for (size_t k = 0; k < mail_checks.n; k++)
        if (strcmp(mail_checks.rows[k].id, id) == 0)
            return &mail_checks.rows[k];
    return NULL;
}

void mail_by_hand(struct plan *p, const char *object, const char *product)
{
    plan_cannot(p, object, _("bansho does not change the settings of %s; what to do by hand: bansho explain %s"), product, p->check->id);
}
